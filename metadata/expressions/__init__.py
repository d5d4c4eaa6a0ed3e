"""The language of formulas, rules and gates: CEL's syntax over exact numbers and SQL's nulls.

A text becomes a typed tree (`parsing`), which runs in Python (`evaluate`) or as SQL (in the
store) with the same result. What it reads is known without running it (`reads`).
"""
