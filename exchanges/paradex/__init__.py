"""Paradex: perpetuals on a Starknet chain of its own. Orders are signed with the STARK key of the account."""
