"""Decision chains by the API."""

from __future__ import annotations

import pytest

from tests.schema.an_api import Client


@pytest.fixture
async def chain(client: Client) -> dict[str, str]:
    """A deal: Li, who approves and is for us, over Wang, who is met; Zhao is unknown."""
    account = await client.one("account", name="Acme")
    deal = await client.one("opportunity", name="Deal", account=account)
    li = await client.one("contact", name="Li", account=account, department="Board")
    wang = await client.one("contact", name="Wang", account=account, reportsTo=li, department="IT")
    zhao = await client.one("contact", name="Zhao", account=account)
    await client.create(
        "opportunity_contact",
        {
            "opportunity": deal,
            "contact": li,
            "roles": ["APPROVER"],
            "decisionRank": 1,
            "influence": 3,
            "stance": 1,
            "coverage": "UNCOVERED",
        },
        {
            "opportunity": deal,
            "contact": wang,
            "decisionRank": 2,
            "influence": 2,
            "stance": 2,
            "coverage": "MET",
        },
        {"opportunity": deal, "contact": zhao, "influence": 1},
    )
    await client.one("contact_relation", source=wang, target=zhao, kind="INFLUENCES", strength=2)
    return {"deal": deal, "Li": li, "Wang": wang, "Zhao": zhao}


async def test_shows_nodes_edges_and_measures(client: Client, chain: dict[str, str]) -> None:
    data = await client.data(
        """query ($id: ID!) { opportunity(id: $id) { decisionChain {
          nodes { key contact { name reportsTo { name } } opportunityContact { roles influence } }
          edges { kind from to strength }
          measures { members coverageRate supportIndex unknownShare singleThreadRisk topGap blockerRisk }
        } } }""",
        id=chain["deal"],
    )

    found = data["opportunity"]["decisionChain"]
    assert found["nodes"] == [
        {
            "key": chain["Li"],
            "contact": {"name": "Li", "reportsTo": None},
            "opportunityContact": {"roles": ["APPROVER"], "influence": 3},
        },
        {
            "key": chain["Wang"],
            "contact": {"name": "Wang", "reportsTo": {"name": "Li"}},
            "opportunityContact": {"roles": None, "influence": 2},
        },
        {
            "key": chain["Zhao"],
            "contact": {"name": "Zhao", "reportsTo": None},
            "opportunityContact": {"roles": None, "influence": 1},
        },
    ]
    edges = {(it["kind"], it["from"], it["to"], it["strength"]) for it in found["edges"]}
    assert edges == {
        ("reports_to", chain["Wang"], chain["Li"], None),
        ("influences", chain["Wang"], chain["Zhao"], 2),
    }
    assert found["measures"] == {
        "members": 3,
        "coverageRate": "0.333333333333",
        "supportIndex": "0.583333333333",
        "unknownShare": "0.166666666667",
        "singleThreadRisk": True,
        "topGap": True,
        "blockerRisk": False,
    }


async def test_finds_the_way_to_a_role(client: Client, chain: dict[str, str]) -> None:
    source = """query ($id: ID!, $role: OpportunityContactRoles!) {
      opportunity(id: $id) { decisionChain { pathTo(role: $role) { contact { name } } } }
    }"""

    to_approver = await client.data(source, id=chain["deal"], role="APPROVER")
    to_coach = await client.data(source, id=chain["deal"], role="COACH")

    names = [it["contact"]["name"] for it in to_approver["opportunity"]["decisionChain"]["pathTo"]]
    assert names == ["Wang", "Li"]
    assert to_coach["opportunity"]["decisionChain"]["pathTo"] == []


async def test_no_way_leads_through_a_conflict(client: Client, chain: dict[str, str]) -> None:
    zhao = chain["Zhao"]
    await client.data(
        """mutation ($id: ID!, $roles: [OpportunityContactRoles!]) {
          updateOpportunityContact(id: $id, input: {roles: $roles}) { errors { code } } }""",
        id=(await _link(client, chain["deal"], zhao)),
        roles=["COACH"],
    )
    source = """query ($id: ID!) {
      opportunity(id: $id) { decisionChain { pathTo(role: COACH) { contact { name } } } } }"""
    before = await client.data(source, id=chain["deal"])
    relation = await client.data("{ contactRelations { nodes { id } } }")
    await client.data(
        """mutation ($id: ID!) {
          updateContactRelation(id: $id, input: {kind: CONFLICT}) { errors { code } } }""",
        id=relation["contactRelations"]["nodes"][0]["id"],
    )
    after = await client.data(source, id=chain["deal"])

    way = before["opportunity"]["decisionChain"]["pathTo"]
    assert [it["contact"]["name"] for it in way] == ["Wang", "Zhao"]
    assert after["opportunity"]["decisionChain"]["pathTo"] == []


async def _link(client: Client, deal: str, contact: str) -> str:
    found = await client.data(
        """query ($deal: ID!, $contact: ID!) {
          opportunityContacts(filter: {opportunity: {id: {eq: $deal}}, contact: {id: {eq: $contact}}})
            { nodes { id } } }""",
        deal=deal,
        contact=contact,
    )
    return str(found["opportunityContacts"]["nodes"][0]["id"])


async def test_shows_the_chains_of_many_deals_at_once(
    client: Client, chain: dict[str, str]
) -> None:
    await client.one("opportunity", name="Empty")

    data = await client.data(
        """{ opportunities(orderBy: [{name: ASC}]) { nodes {
          name decisionChain { measures { members coverageRate } nodes { contact { name } } }
        } } }"""
    )

    assert [
        it["decisionChain"]["measures"]["members"] for it in data["opportunities"]["nodes"]
    ] == [
        3,
        0,
    ]
    assert data["opportunities"]["nodes"][1]["decisionChain"]["measures"]["coverageRate"] is None
