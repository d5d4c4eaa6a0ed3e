"""Everything that a demo tenant holds, in the order in which it can be written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from plugins.demo.activities import activities
from plugins.demo.chains import chains
from plugins.demo.companies import accounts, companies
from plugins.demo.contacts import contacts
from plugins.demo.marketing import campaigns, leads
from plugins.demo.opportunities import last_wins, opportunities
from plugins.demo.products import products
from plugins.demo.sellers import sellers
from plugins.demo.sizes import Size
from plugins.demo.tables import Begun, Table, World, earlier

PACK = "crm"
SEED = 1


def tables(size: Size, as_of: date, seed: int = SEED) -> Iterator[Table]:
    """The tables of a tenant as it stands on a day; equal arguments give equal rows."""
    world = World(seed, as_of)
    team = sellers(world, size)
    catalogue, product_table = products()
    made = companies(world, size, team)
    people, contact_table = contacts(world, made)
    campaign_list, campaign_table = campaigns(world)
    converted, lead_table = leads(world, size, campaign_list, made)
    deals, (opportunity_table, line_table) = opportunities(world, size, made, catalogue, converted)
    members, (member_table, relation_table) = chains(world, deals, people)
    for table in (*team.tables, product_table):
        yield earlier(world, table)
    yield campaign_table
    begun: Begun = {}
    yield earlier(world, accounts(world, made, last_wins(deals)), "parent", begun)
    yield earlier(world, contact_table, "account", begun)
    yield lead_table
    yield opportunity_table
    yield line_table
    yield member_table
    yield relation_table
    yield activities(world, deals, members)
