"""How a simulator runs: console script, server, settings, addresses."""
