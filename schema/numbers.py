"""Numbers that remember how they were written."""

from __future__ import annotations

from typing import Self


class Exact(float):
    """A JSON number with a fraction or an exponent, and its `text`.

    Float reads it as the float that it is; Decimal reads the text, so that
    12345678901234567.89 stays what the client wrote. So does whoever asks how it is written.
    """

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __repr__(self) -> str:
        return self.text
