"""The demo tenant's rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from core.actions.importing.system import fields_of
from plugins.demo.pursuits import OPEN
from plugins.demo.sizes import SIZES, Size
from plugins.demo.tables import KEY, MONTHS
from plugins.demo.tenant import tables
from plugins.demo.words import BRANCHES
from tests.core.actions.importing.a_mapping import crm

BOUGHT = {"sold", "churned"}
AS_OF = date(2026, 6, 15)
Rows = tuple[Mapping[str, Any], ...]


@cache
def made(accounts: int = 300, seed: int = 1) -> Mapping[str, Rows]:
    return {table.object: tuple(table.rows) for table in tables(Size(accounts), AS_OF, seed)}


def test_the_same_seed_makes_the_same_rows() -> None:
    again = {table.object: tuple(table.rows) for table in tables(Size(300), AS_OF, 1)}
    assert again == made()
    assert made(seed=2)["account"] != made()["account"]


def test_every_field_is_declared_and_every_required_one_is_there() -> None:
    metadata = crm()
    for key, rows in made().items():
        declared = metadata.objects[key]
        known = {*declared.fields, *fields_of(metadata, declared)}
        required = {name for name, field in declared.fields.items() if field.required}
        assert {name for row in rows for name in row} <= known
        assert all(required <= row.keys() for row in rows)


def test_every_object_of_the_pack_has_rows() -> None:
    assert made().keys() == crm().objects.keys()


def test_references_name_rows_that_come_before() -> None:
    metadata = crm()
    seen: dict[str, set[str]] = {}
    for table in tables(Size(300), AS_OF):
        fields = metadata.objects[table.object].fields
        here = seen.setdefault(table.object, set())
        for row in table.rows:
            for key in table.references & row.keys():
                reference = fields[key].reference if key in fields else None
                target = "user" if reference is None else reference.object
                assert row[key] in seen[target]
            assert row[KEY] not in here
            here.add(row[KEY])


def test_keys_and_unique_values_occur_once() -> None:
    for field in ("registration_number", "email", "code"):
        for key in ("account", "user", "product"):
            values = [row[field] for row in made()[key] if field in row]
            assert len(values) == len(set(values))


def test_groups_are_five_levels_deep() -> None:
    parents = {row[KEY]: row.get("parent") for row in made()["account"]}

    def depth(key: str) -> int:
        parent = parents[key]
        return 0 if parent is None else 1 + depth(parent)

    assert set(map(depth, parents)) == {0, 1, 2, 3, 4}


def test_plants_and_divisions_are_where_their_company_is() -> None:
    accounts = {row[KEY]: row for row in made()["account"]}
    for row in accounts.values():
        parent = accounts.get(row.get("parent"))
        if parent is not None and "（" in parent["name"]:
            assert row["city"] == parent["city"]


def test_children_of_one_parent_differ_in_name() -> None:
    names = Counter((row.get("parent"), row["name"]) for row in made()["account"])
    assert max(names.values()) == 1


def test_people_report_to_people() -> None:
    managers = {row[KEY]: row.get("reports_to") for row in made()["contact"]}
    reporting = sum(manager is not None for manager in managers.values())
    assert reporting > 0.7 * len(managers)

    def chain(key: str) -> int:
        manager = managers[key]
        return 0 if manager is None else 1 + chain(manager)

    assert max(map(chain, managers)) >= 3


def test_histories_lie_within_eighteen_months_and_end_in_the_stage() -> None:
    first = AS_OF - timedelta(days=MONTHS * 30 + 1)
    for row in made()["opportunity"]:
        moments = [datetime.fromisoformat(entry["entered_at"]) for entry in row["stage_history"]]
        assert moments == sorted(moments)
        assert first <= moments[0].date()
        assert moments[-1].date() <= AS_OF
        assert row["created_at"] == row["stage_history"][0]["entered_at"]
        assert row["stage"] == row["stage_history"][-1]["stage"]


def test_nobody_works_on_weekends() -> None:
    days = [
        datetime.fromisoformat(entry["entered_at"])
        for row in made()["opportunity"]
        for entry in row["stage_history"]
    ]
    days += [datetime.fromisoformat(row["occurred_at"]) for row in made()["activity"]]
    assert max(day.weekday() for day in days) == 4


def test_companies_were_there_before_their_opportunities_and_know_what_they_bought() -> None:
    accounts = {row[KEY]: row for row in made()["account"]}
    won = set()
    for row in made()["opportunity"]:
        company = accounts[row["account"]]
        assert company["created_at"] < row["created_at"]
        if row["stage"] == "won":
            won.add(company[KEY])
    bought = {key for key, row in accounts.items() if row.get("deal_status") in BOUGHT}
    assert bought == won
    assert {row.get("deal_status") for row in accounts.values()} == {None, *BOUGHT}


def test_nothing_is_older_than_what_it_belongs_to() -> None:
    begun = {
        row[KEY]: datetime.fromisoformat(row["created_at"])
        for key in ("account", "contact", "opportunity")
        for row in made()[key]
    }
    for row in made()["account"]:
        assert begun[row.get("parent", row[KEY])] <= begun[row[KEY]]
    for row in made()["contact"]:
        assert begun[row["account"]] <= begun[row[KEY]]
    for row in made()["activity"]:
        assert begun[row["opportunity"]] < datetime.fromisoformat(row["occurred_at"])


def test_leads_are_of_the_branch_that_their_company_is_called_by() -> None:
    industries = {branch.chinese: branch.industry for branch in BRANCHES}
    industries |= {branch.english: branch.industry for branch in BRANCHES}
    accounts = {row[KEY]: row for row in made()["account"]}
    for row in made()["lead"]:
        if "account" in row:
            known = accounts[row["account"]]
            assert (row["industry"], row["city"]) == (known["industry"], known["city"])
        else:
            assert any(
                word in row["company"] and industry == row["industry"]
                for word, industry in industries.items()
            )


def test_the_further_an_opportunity_came_the_more_of_its_chain_is_covered() -> None:
    stages = {row[KEY]: row["stage"] for row in made()["opportunity"]}
    covered: dict[str, list[bool]] = {}
    for member in made()["opportunity_contact"]:
        stage = stages[member["opportunity"]]
        covered.setdefault(stage, []).append(member["coverage"] != "uncovered")
    rates = [sum(covered[stage]) / len(covered[stage]) for stage in OPEN]
    assert rates == sorted(rates)
    assert rates[0] < 0.5 < rates[-1]


def test_nobody_buys_who_was_not_spoken_to() -> None:
    spoken: dict[str, datetime] = {}
    for row in made()["activity"]:
        if row.get("two_way") and row.get("done"):
            at = datetime.fromisoformat(row["occurred_at"])
            spoken[row["opportunity"]] = min(at, spoken.get(row["opportunity"], at))
    for row in made()["opportunity"]:
        if row["stage"] == "won":
            won = datetime.fromisoformat(row["stage_history"][-1]["entered_at"])
            assert spoken[row[KEY]] < won


def test_who_approves_is_known_from_a_negotiation_on() -> None:
    approvers = {
        row["opportunity"] for row in made()["opportunity_contact"] if "approver" in row["roles"]
    }
    late = {row[KEY] for row in made()["opportunity"] if row["stage"] in ("negotiation", "won")}
    assert late <= approvers


def test_coverage_says_of_nobody_less_than_the_activities() -> None:
    covered = {row[KEY]: row["coverage"] for row in made()["opportunity_contact"]}
    for row in made()["activity"]:
        coverage = covered.get(f"{row['opportunity']}/{row.get('contact')}")
        if row.get("done") and coverage == "uncovered":
            assert "two_way" not in row
        if row.get("done") and coverage == "contacted":
            assert row["type"] in ("call", "email", "message")


def test_only_who_has_bought_expands_or_renews() -> None:
    bought: dict[str, str] = {}
    for row in made()["opportunity"]:
        if row["stage"] == "won":
            won = row["stage_history"][-1]["entered_at"]
            bought[row["account"]] = min(won, bought.get(row["account"], won))
    for row in made()["opportunity"]:
        is_customer = bought.get(row["account"], "9")[:10] < row["created_at"][:10]
        assert is_customer or row["type"] in ("new_business", "replacement")
        assert is_customer or row["source"] != "existing_customer"
        assert not is_customer or row["type"] != "new_business"


def test_some_opportunities_come_of_leads_that_were_converted() -> None:
    leads = {row[KEY]: row for row in made()["lead"]}
    found = [row for row in made()["opportunity"] if "lead" in row]
    assert len({row["lead"] for row in found}) == len(found) > 10
    for row in found:
        lead = leads[row["lead"]]
        assert lead["converted_at"] < row["created_at"]
        told = ("account", "campaign", "source")
        assert [row.get(key) for key in told] == [lead.get(key) for key in told]


def test_every_stage_has_opportunities_and_some_were_taken_up_again() -> None:
    pipeline = crm().pipelines["sales"]
    stages = Counter(row["stage"] for row in made()["opportunity"])
    assert set(stages) == {stage.key for stage in pipeline.stages}
    assert 0.2 < stages["won"] / (stages["won"] + stages["lost"]) < 0.5
    again = [row for row in made()["opportunity"] if ("lost", "qualified") in _steps(row)]
    assert again


def _steps(row: Mapping[str, Any]) -> set[tuple[str, str]]:
    stages = [entry["stage"] for entry in row["stage_history"]]
    return set(pairwise(stages))


def test_reasons_are_those_of_the_pipeline() -> None:
    known = {str(reason["key"]) for reason in crm().pipelines["sales"].reasons}
    given = {
        entry["reason"]
        for row in made()["opportunity"]
        for entry in row["stage_history"]
        if "reason" in entry
    }
    assert given <= known


def test_the_amount_is_that_of_the_lines() -> None:
    totals: dict[str, Decimal] = {}
    for line in made()["opportunity_line"]:
        net = line["quantity"] * Decimal(line["unit_price"]) * (1 - Decimal(line["discount"]))
        totals[line["opportunity"]] = totals.get(line["opportunity"], Decimal(0)) + net
    for row in made()["opportunity"]:
        assert abs(totals[row[KEY]] - Decimal(row["amount"])) < Decimal("0.05")


def test_chains_have_ranks_without_gaps_and_unknown_stances() -> None:
    ranks: dict[str, list[int]] = {}
    for member in made()["opportunity_contact"]:
        ranks.setdefault(member["opportunity"], []).append(member["decision_rank"])
    assert all(found == list(range(1, len(found) + 1)) for found in ranks.values())
    stances = Counter(member.get("stance") for member in made()["opportunity_contact"])
    assert set(stances) == {None, -2, -1, 0, 1, 2}


def test_options_are_declared() -> None:
    for key, rows in made().items():
        for name, field in crm().objects[key].fields.items():
            known = {option.key for option in field.options}
            given = [
                value for row in rows if known and name in row for value in _options(row[name])
            ]
            assert set(given) <= known, (key, name)


def _options(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_names_are_chinese_and_english() -> None:
    names = [row["name"] for row in made()["account"]]
    chinese = sum(any(letter >= "\u4e00" for letter in name) for name in names)
    assert 0.3 < chinese / len(names) < 0.95


@pytest.mark.parametrize("accounts", [1, 7, 60])
def test_any_size_can_be_made(accounts: int) -> None:
    found = made(accounts)
    assert len(found["account"]) == accounts
    assert len(found["opportunity"]) == Size(accounts).opportunities


def test_sizes_grow() -> None:
    accounts = [size.accounts for size in SIZES.values()]
    assert accounts == sorted(accounts)
