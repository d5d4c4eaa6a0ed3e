"""Numbers that remember how they were written."""

from __future__ import annotations

import math
from typing import Self


class Exact(float):
    """A JSON number with a fraction, an exponent or more than 64 bits, with its `text`.

    Int and Float read it as the float that it is; Decimal reads the text, so that
    12345678901234567.89 stays what the client wrote. A text beyond the range of a float is
    kept too: `finite` is False then, and a scalar that needs a float refuses it.
    """

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number

    @property
    def finite(self) -> bool:
        return math.isfinite(self)
