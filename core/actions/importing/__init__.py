"""Rows of files become records: a mapping says how, and every row that does not is told."""
