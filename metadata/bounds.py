"""How much a tenant may declare, where the dialect's schemas do not say it.

Each bound is checked before anything is published.
"""

from __future__ import annotations

DOCUMENT_BYTES = 1_000_000
DOCUMENTS = 2_000  # of one layer
DRAFT_BYTES = 20_000_000  # of all documents of a tenant's own
PROBLEMS = 200  # told at once; the rest is counted
DEPTH = 64  # levels of objects and arrays in a document or a JSON value
OBJECTS = 500
FIELDS = 500  # of one object
REFERENCES = 24  # of one object: each has a foreign key of its own
OPTIONS = 500  # of one picklist
FORMULA_PARTS = 2_000  # of one that is computed when asked, what it reads of such in its place
KEY_BYTES = 60
JUDGEMENTS = 1_000  # of one value by one object's schema, along the worst path into it
EFFORT = 10_000_000  # steps in which the values of one write are judged: two seconds at worst
PATTERN_PARTS = 50_000  # of all patterns of an object: a second to prepare
LETTER_PARTS = 40  # that a class of letters such as \p{L} counts as
NUMBER_DIGITS = 40  # of a number in a declaration

TEXT_LENGTH = 1_000  # of a text whose declaration gives no `maxLength`
MOST_TEXT_LENGTH = 4_000  # that a text may ask for
LONGTEXT_LENGTH = 131_072  # of a long text whose declaration gives no `maxLength`
MOST_LONGTEXT_LENGTH = 1_000_000
COMPUTED_LENGTH = 10_000  # of a text that a formula gives: the rest is cut
LIST_LENGTH = 100  # items of a list whose declaration gives no `maxItems`
MOST_LIST_LENGTH = 1_000

DECIMAL_SCALE = 2
PERCENT_SCALE = 4  # a percent is a fraction: 0.1234 is 12.34 %
