"""Readers of other people's recordings, one file a format."""
