"""A new version of the metadata, and what it asks of the records that are there."""
