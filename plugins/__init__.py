"""Packs and models that ship with Dealgraph, on the hooks that partners get."""
