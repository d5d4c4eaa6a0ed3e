"""How the tables came to be, one step a module; each command may run twice."""
