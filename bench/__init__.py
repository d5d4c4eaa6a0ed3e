"""What Dealgraph costs: the same questions put to it, to SQL by hand and to a plain server."""
