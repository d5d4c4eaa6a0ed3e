"""The questions of the benchmark, as each server is asked them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Variables = Callable[[int], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of request: Dealgraph's document, the plain server's, and the variables."""

    key: str
    title: str
    document: str
    plain: str
    variables: Variables
    plain_variables: Variables
    bar: float  # of the throughput of SQL by hand

    def body(self, number: int) -> bytes:
        return _body(self.document, self.variables(number))

    def plain_body(self, number: int) -> bytes:
        return _body(self.plain, self.plain_variables(number))

    def hand_body(self, number: int) -> bytes:
        return json.dumps(self.variables(number)).encode()


def _body(document: str, variables: Mapping[str, object]) -> bytes:
    return json.dumps({"query": document, "variables": variables}).encode()


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids to ask for, by position; the same rows in both worlds."""

    opportunities: tuple[str, ...]
    accounts: tuple[str, ...]
    roots: tuple[str, ...]


READ, WRITE = 0.8, 0.6


def questions(ours: Ids, plain: Ids) -> list[Question]:
    """Every kind of request, reads first."""

    def one(name: str, pick: Callable[[Ids], tuple[str, ...]], ids: Ids) -> Variables:
        chosen = pick(ids)
        return lambda number: {name: chosen[number * 7919 % len(chosen)]}

    def both(name: str, pick: Callable[[Ids], tuple[str, ...]]) -> tuple[Variables, Variables]:
        return one(name, pick, ours), one(name, pick, plain)

    def same(**values: object) -> tuple[Variables, Variables]:
        return (lambda number: values), (lambda number: values)

    def stage(upper: bool) -> Variables:
        names = ("initial", "qualified", "solution", "negotiation")
        return lambda number: {"stage": names[number % 4].upper() if upper else names[number % 4]}

    opportunity = both("id", lambda ids: ids.opportunities)
    root = both("id", lambda ids: ids.roots)

    def created(ids: Ids) -> Variables:
        return lambda number: {
            "name": f"新商机 {number}",
            "account": ids.accounts[number % len(ids.accounts)],
            "amount": f"{number % 100_000}.50",
        }

    def updated(ids: Ids) -> Variables:
        return lambda number: {
            "id": ids.opportunities[number * 7919 % len(ids.opportunities)],
            "amount": f"{number % 1_000_000}.25",
        }

    return [
        Question("record", "one record by id", _RECORD, _PLAIN_RECORD, *opportunity, READ),
        Question(
            "list",
            "50 by stage, ordered, with account and 3 contacts",
            _LIST,
            _PLAIN_LIST,
            stage(True),
            stage(False),
            READ,
        ),
        Question("tree", "a tree four levels deep", _TREE, _PLAIN_TREE, *root, READ),
        Question(
            "chain", "a decision chain, managers two up", _CHAIN, _PLAIN_CHAIN, *opportunity, READ
        ),
        Question("groups", "group-by of 10,000", _GROUPS, _PLAIN_GROUPS, *same(), READ),
        Question("flat", "1,000 flat rows of 8 fields", _FLAT, _PLAIN_FLAT, *same(), READ),
        Question(
            "create", "create one", _CREATE, _PLAIN_CREATE, created(ours), created(plain), WRITE
        ),
        Question(
            "update",
            "update one field",
            _UPDATE,
            _PLAIN_UPDATE,
            updated(ours),
            updated(plain),
            WRITE,
        ),
    ]


_RECORD = """query($id: ID!) { opportunity(id: $id) {
  id name amount closeDate source stage { key } } }"""
_PLAIN_RECORD = """query($id: UUID!) { opportunity(id: $id) {
  id name amount closeDate source stage } }"""
_LIST = """query($stage: OpportunityStage!) {
  opportunities(first: 50, filter: {stage: {eq: $stage}}, orderBy: [{amount: DESC}]) {
    nodes { id name amount account { name contacts(first: 3) { nodes { name jobTitle } } } } } }"""
_PLAIN_LIST = """query($stage: String!) { opportunities(first: 50, stage: $stage) {
  id name amount account { name contacts(first: 3) { name title } } } }"""
_TREE = """query($id: ID!) { account(id: $id) { id name
  children { nodes { id name children { nodes { id name children { nodes { id name } } } } } } } }"""
_PLAIN_TREE = """query($id: UUID!) { account(id: $id) { id name
  children { id name children { id name children { id name } } } } }"""
_CHAIN = """query($id: ID!) { opportunity(id: $id) { name decisionChain { nodes {
  contact { name reportsTo { name reportsTo { name } } }
  opportunityContact { roles decisionRank influence stance } } } } }"""
_PLAIN_CHAIN = """query($id: UUID!) { opportunity(id: $id) { name members {
  roles decisionRank influence stance
  contact { name reportsTo { name reportsTo { name } } } } } }"""
_GROUPS = """{ opportunities { groups(by: [{stage: true}]) {
  key { stage } aggregate { count amount { sum } } } } }"""
_PLAIN_GROUPS = """{ stages { stage count amount } }"""
_FLAT = """{ opportunities(first: 1000) { nodes {
  id name amount closeDate source stage { key } createdAt version } } }"""
_PLAIN_FLAT = """{ opportunities(first: 1000) {
  id name amount closeDate source stage createdAt accountId } }"""
_CREATE = """mutation($name: String!, $account: ID!, $amount: Decimal!) {
  createOpportunity(input: {name: $name, account: $account, amount: $amount, source: TENDER,
    closeDate: "2026-12-01"}) { opportunity { id name amount } errors { path code message } } }"""
_PLAIN_CREATE = """mutation($name: String!, $account: UUID!, $amount: Decimal!) {
  createOpportunity(name: $name, account: $account, amount: $amount) { id name amount } }"""
_UPDATE = """mutation($id: ID!, $amount: Decimal!) {
  updateOpportunity(id: $id, input: {amount: $amount}) {
    opportunity { id amount } errors { path code message } } }"""
_PLAIN_UPDATE = """mutation($id: UUID!, $amount: Decimal!) {
  updateOpportunity(id: $id, amount: $amount) { id amount } }"""
