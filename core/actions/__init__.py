"""What may be done, one module a subject. Actions own the transaction."""
