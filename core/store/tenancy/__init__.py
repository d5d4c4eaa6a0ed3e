"""What a tenant has: its metadata and versions, tokens, numbers, and how large it is."""
