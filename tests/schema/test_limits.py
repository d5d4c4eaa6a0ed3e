"""Every limit is a setting with a name, a value and a meaning."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from core.errors import LimitExceeded
from schema.limits import SETTABLE, Limits, limits_of


def test_lists_every_limit_with_its_meaning() -> None:
    listed = replace(Limits(), depth=4).listing()
    assert [it.name for it in listed] == [it.name for it in fields(Limits)]
    assert listed[0].value == 4
    assert all(it.description for it in listed)


def test_the_defaults_are_those_that_clients_were_promised() -> None:
    promised = {
        "depth": 10,
        "cost": 50_000,
        "page": 50,
        "nested_page": 10,
        "max_page": 1_000,
        "aliases": 50,
        "tokens": 5_000,
        "document": 50_000,
        "body": 5_000_000,
        "batch": 500,
        "deadline": 5_000,
    }
    listed = {it.name: it.value for it in Limits().listing()}
    assert promised.items() <= listed.items()


def test_a_refusal_names_limit_value_and_allowed() -> None:
    with pytest.raises(LimitExceeded) as caught:
        Limits().check("depth", 11)
    error = caught.value
    assert (error.limit, error.value, error.allowed) == ("depth", 11, 10)
    assert "`depth`" in error.message


def test_what_equals_the_limit_is_allowed() -> None:
    Limits().check("depth", 10)


def test_every_limit_but_the_deadline_is_a_setting_of_its_own() -> None:
    limits = limits_of({"depth": 4}, deadline=2.5)
    assert limits == replace(Limits(), depth=4, deadline=2500)
    assert set(SETTABLE) == {it.name for it in fields(Limits)} - {"deadline"}
