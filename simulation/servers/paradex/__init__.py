"""A simulator of Paradex: its REST, its JSON-RPC streams and its STARK signatures over one simulated venue."""
