"""From a query to one SQL statement whose result is JSON text."""
