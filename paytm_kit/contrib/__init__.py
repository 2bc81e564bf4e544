"""Ways into the kit from other frameworks, each behind an extra of its own."""
