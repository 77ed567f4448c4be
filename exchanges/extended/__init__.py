"""Extended: REST, streams and signing of its Starknet perpetuals."""
