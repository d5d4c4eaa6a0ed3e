"""Formulas, roll-ups and rules: understood, typed, and put in an order in which they compute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from msgspec import structs

from metadata import bounds
from metadata.environments import TYPES, USERS, Scope
from metadata.expressions import dependencies
from metadata.expressions.dependencies import Cycle
from metadata.expressions.environment import Environment
from metadata.expressions.parsing import parse
from metadata.expressions.problems import Problem as Fault
from metadata.expressions.reading import read
from metadata.expressions.reads import OLD, parts, reads
from metadata.expressions.tree import Expression, Type
from metadata.linking import Linked
from metadata.model import NUMBERS, Computed, Field, FieldType, ObjectType, Rollup, Step
from metadata.problems import Findings, Path, a, did_you_mean, listed

_SPANS = NUMBERS | {FieldType.DATE, FieldType.DATETIME}
_UNSET = Computed()


def computed(
    linked: Linked, staged: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Computed], tuple[Step, ...]]:
    """The understood expressions of each object, and the steps of computing what is stored.

    Marks the fields that are computed when read: those whose formula reads the clock or other
    records, directly or through another such field.
    """
    run = _Run(linked, staged)
    for of in linked.objects.values():
        run.understand(of)
    order = run.order()
    run.settle(order)
    run.check_rules()
    run.check_sizes(order)
    return run.result, tuple(run.steps(order))


class _Run:
    """One pass over all objects; expressions and what fields read gather in it."""

    def __init__(self, linked: Linked, staged: Mapping[str, Sequence[str]]) -> None:
        self.result: dict[str, Computed] = {}
        self._linked = linked
        self._staged = staged
        self._reads: dict[str, set[str]] = {}  # "object.field" → "object.field"
        self._live: set[str] = set()  # "object.field" that is computed when read
        self._ruled: list[tuple[str, Path, Expression]] = []  # (object, where, what a rule asks)

    def understand(self, of: ObjectType) -> None:
        found = Computed(
            formulas=dict(self._formulas(of)),
            conditions=dict(self._rollups(of)),
            rules=tuple(self._rules(of)),
        )
        if found != _UNSET or any(field.derived for field in of.fields.values()):
            self.result[of.key] = found

    def order(self) -> Sequence[str]:
        """The computed fields, each after those it reads; empty where they go in a circle."""
        order = dependencies.order(self._reads)
        if not isinstance(order, Cycle):
            return order
        owner, _, key = order.names[0].partition(".")
        message = f"These fields are computed from each other: {order}."
        mend = "Break the circle at one of them."
        self._findings(owner).add(("properties", key), "CYCLE", message, mend)
        return ()

    def settle(self, order: Sequence[str]) -> None:
        """Marks what is computed when read, and gives each object the order of its formulas."""
        for name in order:
            self._settle(name)
        own: dict[str, list[str]] = {}
        for step in self.steps(order):
            if self._field(step).formula is not None:
                own.setdefault(step.object, []).append(step.field)
        for key, fields in own.items():
            self.result[key] = replace(self.result[key], order=tuple(fields))

    def check_rules(self) -> None:
        """Refuses rules that read what a write does not have: live fields of other records, and
        live ones as they were before, also by way of the record's own live formulas.
        """
        for object_key, path, asked in self._ruled:
            wrong = sorted(self._unseen(object_key, reads(asked).names))
            if wrong:
                message = f"The rule reads {listed(wrong, 'and')}, which is computed when asked."
                mend = "Name the stored fields that it is computed from."
                self._findings(object_key).add(path, "NOT_STORED", message, mend)

    def check_sizes(self, order: Sequence[str]) -> None:
        """Refuses formulas that are computed when asked and grow too large by what they read:
        another such formula is computed in its place, as often as it is named.
        """
        sizes: dict[str, int] = {}
        for name in order:
            owner, key = _split(name)
            if name not in self._live:
                continue

            def size_of(read: str, owner: str = owner) -> int:
                *_, last = self._read_by(owner, frozenset({read}))
                return sizes.get(last, 1)

            size = parts(self.result[owner].formulas[key], size_of)
            sizes[name] = min(size, bounds.FORMULA_PARTS + 1)
            if size > bounds.FORMULA_PARTS:
                message = (
                    f"With the formulas in it, it has more than {bounds.FORMULA_PARTS:,} parts."
                )
                mend = "Name formulas that are computed when asked less often."
                path = ("properties", key, "x-formula")
                self._findings(owner).add(path, "TOO_LONG", message, mend)

    def _unseen(self, object_key: str, names: AbstractSet[str]) -> Iterator[str]:
        seen: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            plain = name.removeprefix(f"{OLD}.")
            *_, read = self._read_by(object_key, frozenset({plain}))
            if read not in self._live:
                continue
            if "." in name:
                yield name
            else:
                formula = self.result[object_key].formulas.get(name)
                waiting += reads(formula).names if formula is not None else ()

    def steps(self, order: Sequence[str]) -> Iterator[Step]:
        for name in order:
            if name not in self._live:
                read = frozenset(_split(other) for other in self._reads[name])
                yield Step(*_split(name), read)

    def _field(self, step: Step) -> Field:
        return self._linked.objects[step.object].fields[step.field]

    def _settle(self, name: str) -> None:
        """Marks a field that reads a live one as live; a roll-up can't be."""
        through = sorted(self._reads[name] & self._live)
        if name not in self._live and not through:
            return
        owner, _, key = name.partition(".")
        fields = self._linked.objects[owner].fields
        field = fields[key]
        if field.rollup is not None:
            message = f"The roll-up reads {listed(through, 'and')}, which is computed when asked."
            mend = "Roll up stored fields; formulas over a record's own fields are."
            path = ("properties", key, "x-rollup")
            self._findings(owner).add(path, "NOT_STORED", message, mend)
            return
        self._live.add(name)
        assert isinstance(fields, dict)
        fields[key] = structs.replace(field, stored=False)

    def _findings(self, object_key: str) -> Findings:
        return self._linked.findings[object_key]

    def _scope(self, object_key: str, *, with_old: bool = False) -> Scope:
        return Scope(self._linked.objects, self._staged, object_key, with_old)

    def _parsed(
        self, text: str, scope: Scope, wanted: Type | None, path: Path
    ) -> Expression | None:
        """The expression, or None where it is wrong and that is told."""
        found = parse(text, scope.environment(), wanted)
        if isinstance(found, Expression):
            return found
        if not self._may_be_right(text, scope):
            for problem in found:
                self._findings(scope.object).add(path, problem.code, problem.placed, problem.mend)
        return _understood(text, scope, wanted)

    def _may_be_right(self, text: str, scope: Scope) -> bool:
        """Whether what it names may be there, though it was not found."""
        doubted = self._linked.doubt.expression(text, scope.object)
        return doubted and not isinstance(read(text), Fault)

    def _formulas(self, of: ObjectType) -> Iterator[tuple[str, Expression]]:
        for key, field in of.fields.items():
            wanted = TYPES.get(field.type)
            if field.formula is None or wanted is None:
                continue
            path = ("properties", key, "x-formula")
            found = self._parsed(field.formula, self._scope(of.key), wanted, path)
            if found is not None:
                self._note(of, key, found)
                yield key, found

    def _note(self, of: ObjectType, key: str, found: Expression) -> None:
        name, read = f"{of.key}.{key}", reads(found)
        self._reads[name] = set(self._read_by(of.key, read.names))
        if not read.storable:
            self._live.add(name)

    def _read_by(self, object_key: str, names: frozenset[str]) -> Iterator[str]:
        """Every field on the way of every path."""
        for name in names:
            owner = object_key
            for part in name.split("."):
                yield f"{owner}.{part}"
                field = self._linked.objects[owner].fields.get(part)
                if part in USERS:
                    owner = "user"
                elif field is not None and field.reference is not None:
                    owner = field.reference.object

    def _rollups(self, of: ObjectType) -> Iterator[tuple[str, Expression]]:
        for key, field in of.fields.items():
            if field.rollup is None:
                continue
            path = ("properties", key, "x-rollup")
            child = self._child(of, field.rollup, path)
            if child is None:
                continue
            rollup, name = field.rollup, f"{of.key}.{key}"
            self._check_rollup(field, child, path, self._findings(of.key))
            self._reads[name] = {f"{child.key}.{rollup.via}"}
            if rollup.field is not None:
                self._reads[name].add(f"{child.key}.{rollup.field}")
            if rollup.where is not None:
                found = self._condition(of, child, rollup.where, (*path, "where"))
                if found is not None:
                    self._reads[name] |= set(self._read_by(child.key, reads(found).names))
                    yield key, found

    def _condition(
        self, of: ObjectType, child: ObjectType, text: str, path: Path
    ) -> Expression | None:
        scope = self._scope(child.key)
        findings = self._findings(of.key)
        told = parse(text, scope.environment(), Type.BOOL)
        if not isinstance(told, Expression) and not self._may_be_right(text, scope):
            for problem in told:
                findings.add(path, problem.code, problem.placed, problem.mend)
        found = told if isinstance(told, Expression) else _understood(text, scope, Type.BOOL)
        if found is None:
            return None
        if not reads(found).storable:
            message = "A roll-up's condition reads the child's own fields only, and no clock."
            findings.add(path, "NOT_STORED", message, "Name fields of the child.")
        return found

    def _child(self, of: ObjectType, rollup: Rollup, path: Path) -> ObjectType | None:
        """The object that is rolled up, if its reference leads here."""
        findings, doubt = self._findings(of.key), self._linked.doubt
        child = self._linked.objects.get(rollup.object)
        if child is None:
            if not doubt.thing(rollup.object):
                mend = did_you_mean(rollup.object, self._linked.objects)
                message = f"There is no object '{rollup.object}'."
                findings.add((*path, "object"), "UNKNOWN_OBJECT", message, mend)
            return None
        via = child.fields.get(rollup.via)
        if via is None or via.reference is None or via.reference.object != of.key:
            if not doubt.field(child.key, rollup.via):
                known = [
                    f.key
                    for f in child.references()
                    if f.reference and f.reference.object == of.key
                ]
                mend = f"Known are {listed(known)}." if known else "It has none."
                message = f"'{child.key}.{rollup.via}' is no reference to {of.key}."
                findings.add((*path, "via"), "WRONG_TYPE", message, mend)
            return None
        return child

    def _check_rollup(
        self, field: Field, child: ObjectType, path: Path, findings: Findings
    ) -> None:
        rollup = field.rollup
        assert rollup is not None
        if rollup.op == "count":
            if rollup.field is not None:
                message = "A count counts records, not a field."
                findings.add((*path, "field"), "MISPLACED", message, "Remove it.")
            if field.type not in NUMBERS - {FieldType.MONEY}:
                message = f"A count is a number; '{field.key}' is {a(field.type)}."
                findings.add(path, "WRONG_TYPE", message, 'Say "type": "integer".')
            return
        if rollup.field is None:
            message = f"It does not say which field of '{child.key}' to take."
            findings.add(path, "MISSING", message, "Add 'field'.")
            return
        taken = child.fields.get(rollup.field)
        if taken is None:
            findings.no_field((*path, "field"), child.key, rollup.field, child.fields)
            return
        _check_taken(field, taken, rollup, path, findings)

    def _rules(self, of: ObjectType) -> Iterator[tuple[Expression | None, Expression]]:
        """When and check of each rule, in the order of the object's rules."""
        scope = self._scope(of.key, with_old=True)
        for index, rule in enumerate(of.rules):
            path = ("x-rules", index)
            when = None
            if rule.when is not None:
                when = self._parsed(rule.when, scope, Type.BOOL, (*path, "when"))
            check = self._parsed(rule.check, scope, Type.BOOL, (*path, "check"))
            for word, asked in (("when", when), ("check", check)):
                if asked is not None:
                    self._ruled.append((of.key, (*path, word), asked))
            if check is not None and (when is not None or rule.when is None):
                yield when, check


def _understood(text: str, scope: Scope, wanted: Type | None) -> Expression | None:
    """The expression, where options that it names in vain are all that may be wrong with it."""
    found = parse(text, Environment(scope), wanted)
    return found if isinstance(found, Expression) else None


def _split(name: str) -> tuple[str, str]:
    owner, _, key = name.partition(".")
    return owner, key


def _check_taken(
    field: Field, taken: Field, rollup: Rollup, path: Path, findings: Findings
) -> None:
    able = NUMBERS if rollup.op in ("sum", "avg") else _SPANS
    if taken.type not in able:
        message = f"{a(taken.type).capitalize()} has no {rollup.op}."
        findings.add(
            (*path, "field"), "WRONG_TYPE", message, f"Name a field of {listed(sorted(able))}."
        )
        return
    money = FieldType.MONEY
    both_numbers = field.type in NUMBERS and taken.type in NUMBERS
    fits = field.type is taken.type or (both_numbers and money not in (field.type, taken.type))
    if not fits:
        message = f"The {rollup.op} of {a(taken.type)} is no {field.type}."
        mend = f"Declare '{field.key}' as {taken.type}."
        findings.add(path, "WRONG_TYPE", message, mend)
