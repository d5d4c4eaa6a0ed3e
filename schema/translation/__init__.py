"""From what a document selects to what is asked of the store."""
