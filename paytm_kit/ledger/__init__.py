"""Money truth: the pure table of what may happen, and the one book that writes it."""
