"""The engine: everything Dealgraph does, below the API and above the declarations."""
