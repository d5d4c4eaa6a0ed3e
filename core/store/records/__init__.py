"""Records as they are written: created, changed, moved, removed and restored."""
