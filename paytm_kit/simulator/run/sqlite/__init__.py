"""The database engine of the simulator's own books."""
