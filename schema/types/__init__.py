"""A tenant's GraphQL types, made from its metadata, each field saying what it means to a query."""
