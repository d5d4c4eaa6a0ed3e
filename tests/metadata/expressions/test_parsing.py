from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.expressions.catalogue import BUILT_IN, catalogue
from metadata.expressions.environment import Environment
from metadata.expressions.evaluate import evaluator
from metadata.expressions.parsing import parse
from metadata.expressions.problems import Code, Problem
from metadata.expressions.tree import Expression, Function, Type
from tests.metadata.expressions import random_expressions
from tests.metadata.expressions.worked_examples import ENVIRONMENT, NOW, TODAY


def problems(text: str, wanted: Type | None = None) -> list[Problem]:
    found = parse(text, ENVIRONMENT, wanted)
    assert isinstance(found, list), found
    return found


def expression(text: str, environment: Environment = ENVIRONMENT) -> Expression:
    found = parse(text, environment)
    assert isinstance(found, Expression), found
    return found


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        (
            "",
            0,
            "The expression is empty. A value is expected: a name, a number, a text or a call.",
        ),
        ("1 +", 3, "The expression ends too early."),
        ("amount = 1", 7, "Write == to compare."),
        ("won and won", 4, "Write && for “and”."),
        ("amount <> 1", 8, "Write != for “not equal”."),
        ("(amount", 7, "An operator or a closing ) is expected."),
        ("amount probability", 7, "An operator is expected."),
        ("won ? 1", 7, "An operator or a : and another value is expected."),
        ("name == 'saas", 8, "Close the text with the same quotation mark"),
        ("‘saas’ == name", 0, "Write texts between straight quotation marks"),
        ("roles[0]", 5, "Lists stand after `in` only"),
        ("1e1234", 5, "4 can't stand here."),
        ("amount.", 7, "A name is expected."),
    ],
)
def test_says_where_it_can_not_be_read_and_what_to_write(
    text: str, position: int, message: str
) -> None:
    (problem,) = problems(text)
    assert problem.code is Code.SYNTAX
    assert problem.position == position
    assert message in problem.message


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("amuont * 2", Code.UNKNOWN_NAME, "There is no amuont here. Did you mean amount?"),
        ("account.industri", Code.UNKNOWN_NAME, "Did you mean account.industry?"),
        ("close_date.year", Code.UNKNOWN_NAME, "Write year(close_date)."),
        ("today().year", Code.UNKNOWN_NAME, "write year(…)"),
        ("rond(amount)", Code.UNKNOWN_FUNCTION, "Did you mean round?"),
        ("amount == NULL", Code.UNKNOWN_NAME, "Write null."),
        ("today > close_date", Code.UNKNOWN_NAME, "Write today()."),
        ("substring(name, -1)", Code.WRONG_TYPE, "It takes (text, whole number from 0"),
        ("max(amount, '1')", Code.WRONG_TYPE, "Write numbers without quotation marks"),
        ("amount ^ 2 > 1", Code.SYNTAX, "Write pow(x, 2)."),
        ("name like 'a'", Code.SYNTAX, "Write contains(x, 'part')"),
        ("amount ＞ 1", Code.SYNTAX, "Write a plain >."),
        ("amount\u00a0> 1", Code.SYNTAX, "The invisible U+00A0 can't stand here."),
        ("ROUND(amount)", Code.UNKNOWN_FUNCTION, "Did you mean round?"),
        ("IF(won, 1, 2)", Code.UNKNOWN_FUNCTION, "Write condition ? one : other."),
        ("ISBLANK(name)", Code.UNKNOWN_FUNCTION, "Ask x == null, or has(x)."),
        ("zzz(amount)", Code.UNKNOWN_FUNCTION, "The functions are abs, "),
        ("name.matches('a+')", Code.UNKNOWN_FUNCTION, "There is no function matches."),
        ("amount + name", Code.WRONG_TYPE, "Turn the number into text: text(x)."),
        ("created_at - created_at", Code.WRONG_TYPE, "Ask hours_between(start, end)."),
        ("created_at + 1", Code.WRONG_TYPE, "Write add_hours(instant, hours)."),
        ("close_date > '2026-01-31'", Code.WRONG_TYPE, "Write a date as date('2026-01-31')."),
        ("created_at > close_date", Code.WRONG_TYPE, "Take the day of the instant"),
        ("amount == '5'", Code.WRONG_TYPE, "Write numbers without quotation marks"),
        ("amount && won", Code.WRONG_TYPE, "compare the value with something, or ask has(x)"),
        ("amount ? 1 : 2", Code.WRONG_TYPE, "Before the ? stands a condition"),
        ("won ? 1 : 'a'", Code.WRONG_TYPE, "does not take (bool, number, text)"),
        ("roles == roles", Code.WRONG_TYPE, "hasAny(x, 'a', 'b')"),
        ("name in name", Code.WRONG_TYPE, "After `in` stands a list"),
        ("name in []", Code.WRONG_TYPE, "The list is empty."),
        ("['a']", Code.WRONG_TYPE, "Lists stand after `in` only"),
        ("won < won", Code.WRONG_TYPE, "< does not take (bool, bool)"),
        ("1 < 2 < 3", Code.WRONG_TYPE, "< does not take (bool, number)"),
        ("round(amount, probability)", Code.WRONG_TYPE, "whole number from -30 to 30"),
        ("round(amount, 1.5)", Code.WRONG_TYPE, "whole number from -30 to 30"),
        ("min()", Code.WRONG_TYPE, "min does not take ()."),
        ("1e64", Code.BAD_LITERAL, "at most 64 digits before the point"),
        ("1e-37", Code.BAD_LITERAL, "36 after it"),
        ("date('2026-02-30')", Code.BAD_LITERAL, "'2026-02-30' is no date."),
        (r"'\q'", Code.BAD_LITERAL, "a backslash that means nothing"),
        (r"'\x00'", Code.BAD_LITERAL, "a backslash that means nothing"),
        (r"'\ud800'", Code.BAD_LITERAL, "a backslash that means nothing"),
        (r"'\U00110000'", Code.BAD_LITERAL, "a backslash that means nothing"),
    ],
)
def test_says_what_is_wrong_and_how_to_mend_it(text: str, code: Code, message: str) -> None:
    (problem,) = problems(text)
    assert problem.code is code
    assert message in problem.message


def test_reports_everything_that_is_wrong_in_the_order_it_is_written() -> None:
    found = problems("amuont + foo(won + 1) > today() || nane")
    assert [(p.position, p.code) for p in found] == [
        (0, Code.UNKNOWN_NAME),
        (9, Code.UNKNOWN_FUNCTION),
        (17, Code.WRONG_TYPE),
        (35, Code.UNKNOWN_NAME),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("won && " * 300 + "won", Code.TOO_LONG),
        ("(" * 51 + "1" + ")" * 51, Code.TOO_DEEP),
        ("-" * 51 + "1", Code.TOO_DEEP),
        ("won ? 1 : " * 51 + "1", Code.TOO_DEEP),
        ("abs(" * 51 + "1" + ")" * 51, Code.TOO_DEEP),
        (" * ".join(["amount"] * 52), Code.TOO_DEEP),
        ("today()" + " - today() + today()" * 40, Code.TOO_DEEP),
        ("amount == '\x00'", Code.SYNTAX),
        ("amount == '\ud800'", Code.SYNTAX),
    ],
)
def test_refuses_what_is_too_long_too_deep_or_can_not_be_stored(text: str, code: Code) -> None:
    assert [problem.code for problem in problems(text)] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "+".join(["amount"] * 280),
        "&&".join(["won"] * 390),
        "+".join(["name"] * 390),
        "won ? 1 : " * 48 + "1",
        "(" * 48 + "won" + ")" * 48,
    ],
)
def test_long_chains_count_as_one_level(text: str) -> None:
    evaluator(expression(text))({}, TODAY, NOW)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("amount", Type.NUMBER),
        ("score", Type.NUMBER),
        ("null", Type.TEXT),
        ("won ? null : close_date", Type.DATE),
        ("null + 1", Type.NUMBER),
        ("null + 'a'", Type.TEXT),
        ("coalesce(null, won)", Type.BOOL),
        ("won == (won ? null : coalesce(null, null))", Type.BOOL),
        ("null == null", Type.BOOL),
        ("null < null", Type.BOOL),
        ("min(null, null) + 'a'", Type.TEXT),
        ("roles", Type.TEXTS),
    ],
)
def test_knows_what_an_expression_gives(text: str, given: Type) -> None:
    assert expression(text).type is given


def test_refuses_an_expression_that_gives_something_else_than_is_wanted() -> None:
    (problem,) = problems("amount", Type.BOOL)
    assert problem.message == (
        "The expression gives a number, and a bool is needed. "
        "Compare it with something, or ask has(x)."
    )
    assert isinstance(parse("null", ENVIRONMENT, Type.DATE), Expression)
    assert isinstance(parse("amount", ENVIRONMENT, Type.FLOAT), Expression)


def test_follows_paths_that_an_environment_finds_one_by_one() -> None:
    class Chain:
        def get(self, name: str, /) -> Type | None:
            return Type.TEXT if set(name.split(".")) <= {"parent", "name"} else None

        def __iter__(self) -> Iterator[str]:
            return iter(["name", "parent"])

    environment = Environment(Chain())
    assert expression("parent.parent.parent.name", environment).type is Type.TEXT
    assert isinstance(parse("parent.nam", environment), list)


def test_offers_the_functions_that_an_environment_adds() -> None:
    doubled = Function(
        "acme.double",
        (Type.NUMBER,),
        Type.NUMBER,
        "Twice the number.",
        call=lambda number: number * 2,
    )
    environment = Environment({"amount": Type.NUMBER}, catalogue([*BUILT_IN, doubled]))
    found = expression("acme.double(amount) + 1", environment)
    assert evaluator(found)({"amount": 4}, TODAY, NOW) == 9
    assert isinstance(parse("acme.double(amount)", ENVIRONMENT), list)


def test_a_text_that_is_compared_with_nothing_is_not_taken_for_an_option() -> None:
    assert evaluator(expression("has('won')"))({}, TODAY, NOW) is True


def test_equal_expressions_are_equal_trees_whatever_their_spacing() -> None:
    one = expression("amount*( 2 ) // twice")
    other = expression("amount * 2")
    assert one.root == other.root
    assert hash(one.root) == hash(other.root)


@given(
    st.one_of(st.text(max_size=60), st.text("amount.(),'\"\\&|=!<>?:+-*/%[]0e9 \n", max_size=60))
)
def test_never_raises_on_any_text(text: str) -> None:
    found = parse(text, ENVIRONMENT)
    assert isinstance(found, Expression) or all(isinstance(p, Problem) for p in found)


@given(random_expressions.expressions(depth=3))
def test_what_it_is_and_what_it_gives_agree(text: str) -> None:
    found = parse(text, random_expressions.ENVIRONMENT)
    if isinstance(found, Expression):
        evaluator(found)({}, TODAY, NOW)
    else:
        assert {problem.code for problem in found} <= {Code.BAD_LITERAL, Code.TOO_LONG}
