"""A transaction that writes: its locks, its statements, and the records it has in hand."""
