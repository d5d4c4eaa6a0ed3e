"""The embedded PostgreSQL: its programs, its folders and its life."""
