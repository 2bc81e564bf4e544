"""The verbs: what a view, a command or the admin may ask for. Each module is one journey."""
