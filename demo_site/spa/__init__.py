"""A checkout on a single page, in plain JavaScript: it pays through the REST API and nothing else."""
