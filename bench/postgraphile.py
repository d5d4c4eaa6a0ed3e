"""PostGraphile 5 over the plain server's tables, where its packages are at hand.

`npm install postgraphile@5 pg` in some folder, and `DEALGRAPH_BENCH_NODE` names that folder. It is
asked what the reads ask: its relations come from foreign keys, and its group-by is a view.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = os.environ.get("DEALGRAPH_BENCH_NODE", "")

RELATIONS = (
    "alter table account add foreign key (parent) references account",
    "alter table contact add foreign key (account) references account",
    "alter table contact add foreign key (reports_to) references contact",
    "alter table opportunity add foreign key (account) references account",
    "alter table member add foreign key (opportunity) references opportunity",
    "alter table member add foreign key (contact) references contact",
    "create view stages as select stage, count(*), sum(amount) as amount from opportunity group by 1",
)
"""Commands on the plain database."""


def command() -> Sequence[str]:
    """What serves, on `BENCH_POSTGRAPHILE_PORT`, the database of `BENCH_POSTGRAPHILE_URL`."""
    own = Path(FOLDER, "node_modules", ".bin", "node")  # of the package `node`, if it is there
    node = str(own) if own.exists() else shutil.which("node") or "node"
    return [node, str(Path(__file__).with_suffix(".mjs"))]


def body(key: str, variables: Mapping[str, object]) -> bytes:
    """A request of a kind."""
    return json.dumps({"query": DOCUMENTS[key], "variables": variables}).encode()


DOCUMENTS = {
    "record": """query($id: UUID!) { opportunityByRowId(rowId: $id) {
      rowId name amount closeDate source stage } }""",
    "list": """query($stage: String!) {
      allOpportunities(first: 50, condition: {stage: $stage}, orderBy: [AMOUNT_DESC]) {
        nodes { rowId name amount accountByAccount { name
          contactsByAccount(first: 3) { nodes { name title } } } } } }""",
    "tree": """query($id: UUID!) { accountByRowId(rowId: $id) { rowId name
      accountsByParent(first: 10) { nodes { rowId name
        accountsByParent(first: 10) { nodes { rowId name
          accountsByParent(first: 10) { nodes { rowId name } } } } } } } }""",
    "chain": """query($id: UUID!) { opportunityByRowId(rowId: $id) { name
      membersByOpportunity { nodes {
        roles decisionRank influence stance
        contactByContact { name contactByReportsTo { name contactByReportsTo { name } } } } } } }""",
    "groups": "{ allStages { nodes { stage count amount } } }",
    "flat": """{ allOpportunities(first: 1000) { nodes {
      rowId name amount closeDate source stage createdAt account } } }""",
}
