"""Extended's own protocol over a simulated venue: REST, one stream per topic (v1), and the multiplexed one (v2)."""
