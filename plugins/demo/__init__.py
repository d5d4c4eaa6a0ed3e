"""A believable tenant, made up: the same rows for the same seed, size and day."""
