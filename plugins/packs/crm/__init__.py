"""The base pack: accounts, contacts, opportunities and what leads to them."""
