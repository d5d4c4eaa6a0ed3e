"""Trees and graphs of records, kept as they are written."""
