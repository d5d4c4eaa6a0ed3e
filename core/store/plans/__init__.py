"""How values and records of an object are kept, worked out once from its declaration."""
