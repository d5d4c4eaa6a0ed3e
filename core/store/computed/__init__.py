"""Values that follow from others: formulas, roll-ups and amounts in another currency."""
