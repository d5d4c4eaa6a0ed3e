"""What is wrong with a declaration, where it says so, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `document` names the document as its layer does, `pointer` is a JSON pointer into it, `rule`
    is a stable UPPER_SNAKE code, `message` says what is wrong, `mend` a way to put it right.
    """

    document: str
    pointer: str
    rule: str
    message: str
    mend: str = ""

    def __str__(self) -> str:
        place = f"{self.document}#{self.pointer}" if self.pointer else self.document
        return f"{place}: {self.told}"

    @property
    def told(self) -> str:
        """What is wrong and the mend, without the place."""
        return f"{self.message} {self.mend}" if self.mend else self.message


class Findings:
    """Problems as they are found; `where` tells the document and pointer of a path.

    `doubted(object, field)` says that a field which is not found may yet be declared.
    """

    def __init__(
        self,
        where: Callable[[Path], tuple[str, str]],
        doubted: Callable[[str, str], bool] = lambda object_key, key: False,
    ) -> None:
        self.problems: list[Problem] = []
        self._where = where
        self._doubted = doubted

    def add(self, path: Path, rule: str, message: str, mend: str = "") -> None:
        document, place = self._where(path)
        self.problems.append(Problem(document, place, rule, message, mend))

    def no_field(self, path: Path, object_key: str, key: str, known: Iterable[str]) -> None:
        """Tells that an object has no such field, unless that is not sure."""
        if not self._doubted(object_key, key):
            message = f"'{object_key}' has no field '{key}'."
            self.add(path, "UNKNOWN_FIELD", message, did_you_mean(key, known))


def pointer(path: Iterable[str | int]) -> str:
    """The path as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "Did you mean 'title'?" where a known word is close, else nothing."""
    close = closest(word, known)
    return f"Did you mean '{close}'?" if close is not None else ""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like this one, if any is; that both are a tenant's says nothing."""
    stems: dict[str, str] = {}
    for one in known:
        stems.setdefault(_stem(one), one)
    close = get_close_matches(_stem(word[:80]), list(stems), n=1, cutoff=0.6)
    return stems[close[0]] if close else None


def _stem(word: str) -> str:
    """The word in lower case, without the ending of what a tenant declares."""
    return word.lower().removesuffix("__c")


def listed(words: Iterable[str], last: str = "or") -> str:
    """ "'a', 'b' or 'c'"; a long list is cut short."""
    quoted = [f"'{word}'" for word in words]
    if len(quoted) > 12:
        return ", ".join(quoted[:12]) + f" and {len(quoted) - 12} more"
    return f" {last} ".join(filter(None, (", ".join(quoted[:-1]), *quoted[-1:])))


def a(noun: str) -> str:
    """'a text', 'an integer'."""
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"


def shown(value: object) -> str:
    """The value as short JSON-like text, for a message."""
    if isinstance(value, str):
        return f"'{value[:60]}…'" if len(value) > 60 else f"'{value}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "null" if value is None else str(value)[:60]
