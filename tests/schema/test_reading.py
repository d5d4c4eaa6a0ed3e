"""What may be in a body or a URL, and how each wrong one is refused."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

import pytest

from schema.limits import Limits
from schema.numbers import Exact
from schema.reading import asked, posted
from schema.requests import BadRequest, Request

LIMITS = Limits()


def read(body: bytes) -> Request:
    """The request in a body."""
    return posted(body, "id", LIMITS)


def variable(text: str) -> object:
    """The value of a variable written as `text`."""
    return read(b'{"query":"{a}","variables":{"v":' + text.encode() + b"}}").variables["v"]


def test_reads_every_member() -> None:
    request = read(
        b'{"query":"query A{a}","operationName":"A","variables":{"b":[1,null]},'
        b'"extensions":{"c":true},"other":1}'
    )
    assert request == Request(
        "query A{a}", "A", {"b": [1, None]}, {"c": True}, "POST", "id", gzip=False
    )


def test_takes_null_and_absent_members_for_empty() -> None:
    request = read(b'{"query":"{a}","operationName":null,"variables":null,"extensions":null}')
    assert request == read(b'{"query":"{a}"}')
    assert (request.operation_name, request.variables, request.extensions) == (None, {}, {})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("12345678901234567.89", "12345678901234567.89"),
        ("0.10", "0.10"),
        ("1e5", "1e5"),
        ("-0.0", "-0.0"),
    ],
)
def test_fractions_remember_how_they_were_written(text: str, kept: str) -> None:
    number = variable(text)
    assert isinstance(number, Exact)
    assert (number.text, float(number)) == (kept, float(text))


@pytest.mark.parametrize("text", ["7", "-9223372036854775809", "123456789012345678901234567890"])
def test_integers_of_any_size_stay_exact(text: str) -> None:
    number = variable(text)
    assert type(number) is int
    assert number == int(text)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BAD_REQUEST"),
        (b"{", "BAD_REQUEST"),
        (b'{"query":"{a}"} x', "BAD_REQUEST"),
        (b"query=%7Ba%7D", "BAD_REQUEST"),
        (b"null", "BAD_REQUEST"),
        (b'"{a}"', "BAD_REQUEST"),
        (b"3", "BAD_REQUEST"),
        (b'[{"query":"{a}"}]', "BAD_REQUEST"),
        (b"{}", "BAD_REQUEST"),
        (b'{"query":null}', "BAD_REQUEST"),
        (b'{"query":""}', "BAD_REQUEST"),
        (b'{"query":["{a}"]}', "BAD_REQUEST"),
        (b'{"query":"{a}","operationName":1}', "BAD_REQUEST"),
        (b'{"query":"{a}","operationName":false}', "BAD_REQUEST"),
        (b'{"query":"{a}","variables":"{}"}', "BAD_REQUEST"),
        (b'{"query":"{a}","variables":[]}', "BAD_REQUEST"),
        (b'{"query":"{a}","variables":0}', "BAD_REQUEST"),
        (b'{"query":"{a}","extensions":false}', "BAD_REQUEST"),
        (b'{"query":"{\x00a}"}', "BAD_REQUEST"),
        (b'{"query":"{a}","variables":{"v":NaN}}', "BAD_NUMBER"),
        (b'{"query":"{a}","variables":{"v":-Infinity}}', "BAD_NUMBER"),
        (b'{"query":"{a}","variables":{"v":1e400}}', "BAD_NUMBER"),
        (b'{"query":"{a}","variables":{"v":-1e400}}', "BAD_NUMBER"),
        (b'{"query":"{a}","variables":{"v":' + b"9" * 5000 + b"}}", "BAD_NUMBER"),
        (b"\xef\xbb\xbf" + b'{"query":"{a}"}', "BAD_TEXT"),
        (b'{"query":"\xff"}', "BAD_TEXT"),
        (b'{"query":"\xed\xa0\x80"}', "BAD_TEXT"),
        ('{"query":"{a}"}'.encode("utf-16"), "BAD_TEXT"),
        (b'{"query":"{a}","variables":{"v":"\\ud800"}}', "BAD_TEXT"),
        (b'{"query":"{a}","variables":{"v":"\\udc00x"}}', "BAD_TEXT"),
        (b'{"query":"{a}","variables":{"v":"a\\u0000"}}', "BAD_TEXT"),
        (b'{"query":"{a}","variables":{"v":[{"\\u0000":1}]}}', "BAD_TEXT"),
        (b'{"query":"{a\\u0000}"}', "BAD_TEXT"),
        (b'{"query":"{a}","query":"{b}"}', "DUPLICATE_KEY"),
        (b'{"query":"{a}","variables":{"v":{"w":1,"w" :2}}}', "DUPLICATE_KEY"),
        (b'{"query":"{a}","variables":{"v":' + b"[" * 99 + b"]" * 99 + b"}}", "LIMIT_EXCEEDED"),
        (b'{"query":"{a}","variables":{"v":' + b"[" * 5000 + b"]" * 5000 + b"}}", "LIMIT_EXCEEDED"),
        (b'{"query":"{a}","variables":' + b'{"v":' * 900 + b"1" + b"}" * 901, "LIMIT_EXCEEDED"),
        (b'{"documentId":"sha256:00"}', "PERSISTED_QUERY_NOT_SUPPORTED"),
        (b'{"extensions":{"persistedQuery":{}}}', "PERSISTED_QUERY_NOT_SUPPORTED"),
    ],
)
def test_refuses_a_body_with_a_code(body: bytes, code: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read(body)
    assert caught.value.code == code
    assert not caught.value.well_formed


def test_finds_a_key_that_is_given_twice_among_hundreds_of_thousands_at_once() -> None:
    """Looking for each name among all others would take hours."""
    keys = b",".join(b'"k%d":1' % number for number in range(300_000))
    with pytest.raises(BadRequest) as caught:
        read(b'{"query":"{a}","variables":{' + keys + b',"z":1,"z":2}}')
    assert caught.value.code == "DUPLICATE_KEY"


def test_says_where_a_nul_character_stands() -> None:
    with pytest.raises(BadRequest, match=r"variables\.input\.names\.1"):
        read(b'{"query":"{a}","variables":{"input":{"names":["x","\\u0000"]}}}')


def test_a_backslash_before_u0000_is_no_nul_character() -> None:
    assert variable('"\\\\u0000"') == "\\u0000"


def test_says_which_key_is_given_twice() -> None:
    with pytest.raises(BadRequest, match="`name`"):
        read(b'{"query":"{a}","variables":{"input":{"name":"x","age":1,"name":"y"}}}')


def test_allows_variables_as_deep_as_the_limit() -> None:
    levels = LIMITS.nesting - 2
    assert variable("[" * levels + "]" * levels)


def test_counts_braces_of_the_document_for_nothing() -> None:
    query = "{a}" * 400
    assert read(b'{"query":"' + query.encode() + b'"}').query == query


def test_reads_a_query_string() -> None:
    sent = {
        "query": '{a(x:"商")}',
        "variables": '{"v":1.50}',
        "extensions": "",
        "operationName": "",
    }
    request = asked(urlencode(sent).encode(), "id", LIMITS)
    assert request.query == '{a(x:"商")}'
    assert request.method == "GET"
    assert (request.operation_name, request.extensions) == (None, {})
    value = request.variables["v"]
    assert isinstance(value, Exact)
    assert value.text == "1.50"


@pytest.mark.parametrize(
    ("query_string", "code"),
    [
        ("", "BAD_REQUEST"),
        ("query=", "BAD_REQUEST"),
        ("variables={}", "BAD_REQUEST"),
        ("query={a}&variables={", "BAD_REQUEST"),
        ("query={a}&variables=[]", "BAD_REQUEST"),
        ("query={a}&extensions=1", "BAD_REQUEST"),
        ("query={a}&" + "&".join(f"x{n}=1" for n in range(100)), "BAD_REQUEST"),
        ("query={a}&query={b}", "DUPLICATE_KEY"),
        ('query={a}&variables={"v":1,"v":2}', "DUPLICATE_KEY"),
        ("query=%FF", "BAD_TEXT"),
        ("query=%ED%A0%80", "BAD_TEXT"),
        ("query=%00", "BAD_TEXT"),
        ('query={a}&variables={"v":1e400}', "BAD_NUMBER"),
        ("query=" + "a" * 200_001, "LIMIT_EXCEEDED"),
    ],
)
def test_refuses_a_query_string_with_a_code(query_string: str, code: str) -> None:
    with pytest.raises(BadRequest) as caught:
        asked(quote(query_string, safe="%&=").encode(), "id", LIMITS)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("query_string", "message"),
    [
        ("query={a}&variables={", "`variables`: The text isn't JSON"),
        ('query={a}&variables={"v":1,"v":2}', "`variables`: `v` is given twice"),
        ('query={a}&extensions={"v":NaN}', "`extensions`: NaN and Infinity aren't JSON"),
        ("query={a}&extensions=[]", "`extensions` must be an object"),
    ],
)
def test_says_which_parameter_of_a_query_string_is_broken(query_string: str, message: str) -> None:
    with pytest.raises(BadRequest, match=re.escape(message)):
        asked(quote(query_string, safe="%&=").encode(), "id", LIMITS)


def test_refuses_a_query_string_that_is_not_ascii() -> None:
    with pytest.raises(BadRequest, match="UTF-8"):
        asked("query={商}".encode(), "id", LIMITS)
