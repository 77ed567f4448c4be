"""Simulators that speak venues' own protocols: a pure protocol front for each, over one simulated venue."""
