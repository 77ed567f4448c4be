"""The simulated world: virtual time, market tapes, matching, accounts."""
