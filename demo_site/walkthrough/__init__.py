"""The newcomer's walk: what went over the wire in one payment of the demo shop, and buttons that try to break it."""
