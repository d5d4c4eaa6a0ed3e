"""Packs of declarations, one folder each."""
