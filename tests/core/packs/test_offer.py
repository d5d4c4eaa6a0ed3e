"""Choosing among the packs on offer."""

from __future__ import annotations

import pytest

from core.errors import Refused
from core.packs.offer import Offer, Pack


def a_pack(key: str, *requires: str) -> Pack:
    return Pack(key, "1.0.0", key.title(), "ours", dict.fromkeys(requires, "1.0"), True, {})


OFFER = Offer(
    {pack.key: pack for pack in (a_pack("crm"), a_pack("saas", "crm"), a_pack("care", "saas"))}
)


def test_what_a_pack_requires_comes_with_it_and_before_it() -> None:
    assert [pack.key for pack in OFFER.choose(["care"])] == ["crm", "saas", "care"]


def test_the_order_of_layers_is_not_the_order_of_asking() -> None:
    assert OFFER.choose(["saas", "crm", "saas"]) == OFFER.choose(["crm", "saas"])


def test_every_unknown_pack_is_told_with_a_mend() -> None:
    with pytest.raises(Refused) as caught:
        OFFER.choose(["sass", "crm", "logistics"])
    assert [problem.message for problem in caught.value.problems] == [
        "There is no pack 'sass'. Did you mean 'saas'?",
        "There is no pack 'logistics'. On offer: 'crm', 'saas' and 'care'.",
    ]
