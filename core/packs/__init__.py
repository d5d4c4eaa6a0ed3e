"""What the plugins offer, read once at start-up: packs of declarations, and what was refused."""
