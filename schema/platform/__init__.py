"""The platform's own part of the API, written in Python: who asks, limits, metadata, tokens."""
