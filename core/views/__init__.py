"""What may be seen: queries with the asker's rights added."""
