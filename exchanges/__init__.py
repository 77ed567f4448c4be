"""Venues: clients, the order state table, and the parts that carry orders out."""
