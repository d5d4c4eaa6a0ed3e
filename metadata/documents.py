"""JSON text to a document and back: exact numbers, no duplicate keys, nothing unstorable."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import TypeAlias

import msgspec
import orjson

from metadata import bounds
from metadata.dialects import Kind
from metadata.problems import Path, Problem, pointer
from metadata.text import bad_text

Document: TypeAlias = dict[str, object]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def load(text: str | bytes, name: str, kind: Kind = Kind.OBJECT) -> Document | tuple[Problem, ...]:
    """The document that a JSON text holds, or everything that is wrong with the text.

    Numbers are ints, or Decimals where they have a fraction. `name` is the document's, for the
    problems, and `kind` what it was probably to be. Bytes are UTF-8, with or without a mark at the
    beginning.
    """
    if isinstance(text, bytes):
        text = text.removeprefix(codecs.BOM_UTF8)
    size = len(text.encode(errors="surrogatepass")) if isinstance(text, str) else len(text)
    if size > bounds.DOCUMENT_BYTES:
        return (_too_large(size, name),)
    try:
        rough = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return (_no_json(text, name, error, kind),)
    if too_deep := _too_deep(rough, name):
        return too_deep
    exact = json.loads(text, object_pairs_hook=_object, parse_float=_number, parse_int=_integer)
    doubled = _first(_duplicates(exact, name))
    found = accepted(exact, name, kind)
    if isinstance(found, tuple):
        return (*doubled, *found)
    return doubled or found


def accepted(
    document: object, name: str, kind: Kind = Kind.OBJECT
) -> Document | tuple[Problem, ...]:
    """Parsed JSON with exact numbers, or what is wrong with it before its meaning is looked at: of
    each kind at most 200 problems.

    A float stands for the number that it is written as: 0.1 is one tenth.
    """
    if not isinstance(document, dict):
        return (Problem(name, "", "NOT_AN_OBJECT", "A document is a JSON object.", _begin(kind)),)
    size = _size(document)
    if size > bounds.DOCUMENT_BYTES:
        return (_too_large(size, name),)
    if _plain(document):
        return _exact_object(document)
    if too_deep := _too_deep(document, name):
        return too_deep
    if strange := _first(_strange(document, name)):
        return strange
    exact = _exact_object(document)
    bad = _first(
        Problem(name, pointer(path), "BAD_TEXT", "Text with NUL or a lone surrogate can't be kept.")
        for path in bad_text(document)
    )
    return bad or _first(_bad_values(exact, name)) or exact


def text(document: object) -> str:
    """The document as JSON text, keys in their order, numbers exact."""
    return _ENCODER.encode(document).decode()


def reread(text: str) -> Document:
    """The document that `text` wrote, or `load` took: quickly, since nothing is wrong with it."""
    return _DECODER.decode(text)


def _first(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(islice(problems, bounds.PROBLEMS))


def _size(document: Document) -> int:
    """How many bytes the document has as JSON; 0 where it is none."""
    try:
        return len(orjson.dumps(document, default=str, option=_PASS))
    except (orjson.JSONEncodeError, RecursionError):
        return 0


def _too_large(size: int, name: str) -> Problem:
    message = f"The document is {size:,} bytes long; at most {bounds.DOCUMENT_BYTES:,} are allowed."
    return Problem(name, "", "DOCUMENT_TOO_LARGE", message, "Split it.")


def _no_json(text: str | bytes, name: str, error: orjson.JSONDecodeError, kind: Kind) -> Problem:
    if isinstance(text, bytes):
        try:
            text.decode()
        except UnicodeDecodeError:
            return Problem(name, "", "BAD_JSON", "This is not text in UTF-8.", "Save it as UTF-8.")
    place = f"(line {error.lineno}, column {error.colno})"
    message = f"This is not JSON: {error.msg} {place}."
    return Problem(name, "", "BAD_JSON", message, _json_mend(error.doc, error.pos, kind))


def _begin(kind: Kind) -> str:
    return f'Begin with {{ "$schema": "{kind.schema}", …'


def _json_mend(text: str, position: int, kind: Kind) -> str:
    """What was probably meant by a text that is no JSON from a position on."""
    if not text.lstrip().startswith(("{", "[")):
        return f"Other formats, such as YAML, are not read. {_begin(kind)}"
    rest = text[position:]
    found = next((mend for begins, mend in _NO_JSON if rest.startswith(begins)), "")
    is_key = text[:position].rstrip().endswith(("{", ",")) and rest[:1].isalpha()
    return found or (_QUOTED if is_key else "")


_QUOTED = 'Put texts and keys between straight double quotation marks: "name".'
_NO_JSON: tuple[tuple[tuple[str, ...], str], ...] = (
    (("//", "/*", "#"), 'JSON has no comments: say "$comment" in it.'),
    (("'", "\u201c", "\u201d", "\u2018", "\u2019"), _QUOTED),
    (("True", "False", "None"), "Write true and false, and leave out what there is not."),
    (("{",), "Put each document into a file of its own."),
)


def _plain(document: Document) -> bool:
    """Whether the document is, at one glance, shallow and without null, NUL and surrogates."""
    try:
        raw = orjson.dumps(document, default=_suspect, option=_PASS)
    except (orjson.JSONEncodeError, RecursionError):
        return False
    suspicious = b"null" in raw or b"\\u0000" in raw
    return not suspicious and _modest(document, bounds.DEPTH)


_PASS = (
    orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
)


def _suspect(value: object) -> str:
    if isinstance(value, Decimal) and _kept(value):
        return ""
    raise TypeError


def _modest(value: object, depth: int) -> bool:
    """Whether it is nested at most so deep, and its floats are of a size that we keep."""
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return depth > 0 and all(
            isinstance(item, str) or _modest(item, depth - 1) for item in inside
        )
    return not isinstance(value, float) or _kept(Decimal(repr(value)))


def _deeper(value: object, depth: int) -> bool:
    if depth == 0:
        return isinstance(value, dict | list)
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_deeper(item, depth - 1) for item in inside)


def _too_deep(document: object, name: str) -> tuple[Problem, ...]:
    if not _deeper(document, bounds.DEPTH):
        return ()
    message = f"The document is nested more than {bounds.DEPTH} levels deep."
    return (Problem(name, "", "TOO_DEEP", message),)


def _exact_object(value: Document) -> Document:
    return {key: _exact(item) for key, item in value.items()}


def _exact(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return _number(repr(value)) if isinstance(value, float) else value


class _Doubled(dict[str, object]):
    """An object in which keys occurred twice."""

    keys_twice: tuple[str, ...] = ()


class _TooLong(str):
    """A number with more digits than we keep."""

    __slots__ = ()


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled = _Doubled(found)
    times = Counter(key for key, _ in pairs)
    doubled.keys_twice = tuple(key for key in found if times[key] > 1)
    return doubled


def _number(text: str) -> object:
    number = Decimal(text)
    if not _kept(number):
        return _TooLong(text)
    return int(number) if number == number.to_integral_value() else number


_DECODER = msgspec.json.Decoder(dict[str, object], float_hook=_number)


def _kept(number: Decimal) -> bool:
    if not number.is_finite() or abs(number.adjusted()) > bounds.NUMBER_DIGITS:
        return False
    return len(number.as_tuple().digits) <= bounds.NUMBER_DIGITS


def _integer(text: str) -> object:
    return int(text) if len(text) <= bounds.NUMBER_DIGITS else _TooLong(text)


def _duplicates(document: object, name: str) -> Iterator[Problem]:
    for path, found in _walk(document):
        for key in found.keys_twice if isinstance(found, _Doubled) else ():
            message = f"The key '{key}' is given twice."
            place = pointer((*path, key))
            yield Problem(name, place, "DUPLICATE_KEY", message, "Remove one of them.")


def _bad_values(document: object, name: str) -> Iterator[Problem]:
    for path, found in _walk(document):
        if found is None:
            mend = 'Leave the key out; to hide something of a pack, say "x-hidden": true.'
            yield Problem(name, pointer(path), "NULL", "A declaration has no null.", mend)
        elif isinstance(found, _TooLong) or _is_long(found):
            message = f"A number has at most {bounds.NUMBER_DIGITS} digits."
            yield Problem(name, pointer(path), "NUMBER_TOO_LONG", message)


def _strange(document: object, name: str) -> Iterator[Problem]:
    """What no JSON text holds, should a caller bring it."""
    known = (str, int, float, Decimal, dict, list)
    for path, found in _walk(document):
        odd_keys = isinstance(found, dict) and not all(isinstance(key, str) for key in found)
        if odd_keys or not (found is None or isinstance(found, known)):
            yield Problem(name, pointer(path), "BAD_VALUE", "This is no JSON value.")


def _is_long(value: object) -> bool:
    if isinstance(value, Decimal):
        return not _kept(value)
    return isinstance(value, int) and abs(value) >= 10**bounds.NUMBER_DIGITS


def _walk(document: object) -> Iterator[tuple[Path, object]]:
    waiting: list[tuple[Path, object]] = [((), document)]
    while waiting:
        path, found = waiting.pop()
        yield path, found
        if isinstance(found, dict):
            waiting += [((*path, key), item) for key, item in reversed(found.items())]
        elif isinstance(found, list):
            waiting += [((*path, i), found[i]) for i in range(len(found) - 1, -1, -1)]
