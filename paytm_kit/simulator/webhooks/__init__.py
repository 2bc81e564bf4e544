"""What the simulator carries to a merchant's server by itself."""
