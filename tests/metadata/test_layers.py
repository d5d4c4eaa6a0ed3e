from __future__ import annotations

import json
from decimal import Decimal

import pytest

from metadata.layers import Layer, Rank, of_json, ordered, platform, to_json
from metadata.model import Unique
from tests.metadata.builders import a_pack, a_parent, a_tenant, an_object, metadata_of


def test_the_platform_declares_users_and_teams() -> None:
    metadata = metadata_of()
    user, team = metadata.objects["user"], metadata.objects["team"]
    assert list(user.fields) == ["name", "email", "active", "title", "manager", "team"]
    assert user.uniques == (Unique("email", ("email",), ignore_case=True),)
    assert team.tree is not None
    assert [inverse.key for inverse in metadata.inverses("user")] == ["reports"]
    assert [inverse.key for inverse in metadata.inverses("team")] == ["children", "members"]


def test_layers_stand_in_the_order_of_their_ranks_and_requirements() -> None:
    layers = [
        a_tenant(),
        a_pack("wire", requires={"steel": "1.0"}),
        a_pack("steel", requires={"crm": "1.0"}),
        a_pack("crm"),
        platform(),
    ]
    order, problems = ordered(layers)
    assert problems == []
    assert [layer.name for layer in order.layers] == ["platform", "crm", "steel", "wire", "tenant"]
    assert order.above("wire", "crm")
    assert order.above("tenant", "wire")
    assert not order.above("steel", "wire")


@pytest.mark.parametrize(
    ("layer", "rank"),
    [
        (platform(), Rank.PLATFORM),
        (a_pack("crm"), Rank.BASE),
        (a_pack("steel", requires={"crm": "1.0"}), Rank.INDUSTRY),
        (Layer("other", {}), Rank.INDUSTRY),
        (a_tenant(), Rank.TENANT),
    ],
)
def test_ranks(layer: Layer, rank: Rank) -> None:
    assert layer.rank is rank


@pytest.mark.parametrize(
    ("least", "message"),
    [
        ("1.0", ""),
        ("1.0.0", ""),
        ("1.1", "there is 1.0.0"),
        ("0.9", "there is 1.0.0"),
        ("2.0", "there is 1.0.0"),
    ],
)
def test_a_required_pack_is_new_enough_and_of_the_same_major_version(
    least: str, message: str
) -> None:
    _, problems = ordered([a_pack("crm"), a_pack("steel", requires={"crm": least})])
    assert [problem.document for problem in problems] == ["steel/pack.json"] * bool(message)
    assert all(message in problem.message for problem in problems)


def test_packs_that_require_each_other_are_refused() -> None:
    _, problems = ordered(
        [a_pack("one", requires={"two": "1.0"}), a_pack("two", requires={"one": "1.0"})]
    )
    assert problems
    assert {problem.rule for problem in problems} == {"REQUIRES"}


def test_two_layers_of_one_name_are_refused() -> None:
    _, problems = ordered([a_pack("crm"), a_pack("crm")])
    assert [problem.rule for problem in problems] == ["DUPLICATE"]


def test_a_tenant_may_extend_users() -> None:
    field = a_parent("user")
    assert field["x-tree"] is True
    metadata = metadata_of(a_tenant(an_object("user", {"badge__c": {"type": "string"}})))
    assert list(metadata.objects["user"].fields)[-1] == "badge__c"


def test_layers_go_through_json_with_their_order_and_exact_numbers() -> None:
    number = Decimal("12345678901234567.89")
    field = {"type": "number", "x-type": "money", "maximum": number}
    found = [platform(), a_pack("crm", an_object("deal", {"zeta": field, "alpha": field}))]
    again = of_json(json.loads(json.dumps(to_json(found))))
    assert [layer.name for layer in again] == ["platform", "crm"]
    assert again[1] == found[1]
    properties = again[1].documents["objects/deal.json"]["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == ["zeta", "alpha"]
