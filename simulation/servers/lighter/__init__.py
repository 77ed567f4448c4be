"""Lighter's protocol over a simulated venue: signed transactions, REST, the /stream socket."""
