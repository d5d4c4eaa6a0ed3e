"""One pipeline from its merged declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias, cast

from metadata import naming
from metadata.decimals import trimmed
from metadata.doubts import Doubt
from metadata.fields import labels
from metadata.layers import TENANT
from metadata.merging import Merged
from metadata.model import Criterion, Json, Pipeline, Stage, StageKind
from metadata.problems import Findings, Path, did_you_mean

Body: TypeAlias = Mapping[str, object]

_LIKELY = ((Decimal("0.75"), "commit"), (Decimal("0.5"), "best_case"), (Decimal(0), "pipeline"))
_EVER = 10**6
_PROBABILITY = {StageKind.WON: "1", StageKind.LOST: "0", StageKind.INVALID: "0"}
_CATEGORY = {
    StageKind.WON: "closed",
    StageKind.LOST: "omitted",
    StageKind.INVALID: "omitted",
}


def pipeline(declared: Merged, doubt: Doubt, findings: Findings) -> Pipeline | None:
    """The pipeline, or None where it can't be made out; what is wrong is told."""
    body = declared.body
    is_sure = declared.key not in doubt.courses
    if missing := {"object", "stages"} - body.keys():
        for word in sorted(missing):
            findings.add((), "MISSING", f"The pipeline has no {word}.", f"Add '{word}'.")
        return None
    _check_names(declared, findings)
    stages = tuple(_stages(declared, findings, is_sure=is_sure))
    if is_sure:
        _check_course(stages, findings)
    _check_targets(stages, findings, is_sure=is_sure)
    return Pipeline(
        key=declared.key,
        object=cast(str, body["object"]),
        title=naming.titled(body, declared.key),
        stages=stages,
        amount=cast("str | None", body.get("amount")),
        date=cast("str | None", body.get("date")),
        probability=cast("str | None", body.get("probability")),
        reasons=tuple(_listed(declared, ("reasons",), findings)),
        labels=labels(body, "title"),
        layer=declared.sources[0].layer,
    )


def _check_names(declared: Merged, findings: Findings) -> None:
    if declared.sources[0].layer == TENANT and not naming.suffix(declared.key):
        message = f"What a tenant declares ends in __c: '{declared.key}__c'."
        findings.add(("$id",), "SUFFIX", message, "Rename it.")


def _stages(declared: Merged, findings: Findings, *, is_sure: bool) -> Iterator[Stage]:
    for index, said in enumerate(_listed(declared, ("stages",), findings)):
        path = ("stages", index)
        if "kind" not in said and is_sure:
            message = f"The stage '{said['key']}' has no kind."
            findings.add(path, "MISSING", message, "Say open, won, lost or invalid.")
        yield _stage(said, path, findings)


def _stage(said: Body, path: Path, findings: Findings) -> Stage:
    key = cast(str, said["key"])
    kind = StageKind(cast(str, said.get("kind", "open")))
    probability = _probability(said.get("probability"), kind)
    targets = cast("list[str] | None", said.get("allowed_targets"))
    for word in ("warn_days", "max_days"):
        if kind is not StageKind.OPEN and word in said:
            message = f"No record is ever too long in a stage of kind {kind}."
            findings.add((*path, word), "MISPLACED", message, "Remove it.")
    if cast(int, said.get("warn_days", 0)) > cast(int, said.get("max_days", _EVER)):
        message = "'warn_days' is later than 'max_days'."
        findings.add((*path, "warn_days"), "OUT_OF_RANGE", message)
    category = cast(str, said.get("forecast_category", _category(kind, probability)))
    if "kind" in said:
        _check_outlook(kind, probability, category, path, findings)
    return Stage(
        key=key,
        title=naming.titled(said, key),
        kind=kind,
        probability=probability,
        forecast_category=category,
        max_days=cast("int | None", said.get("max_days")),
        warn_days=cast("int | None", said.get("warn_days")),
        entry=_gate(said, "entry", path, findings),
        exit=_gate(said, "exit", path, findings),
        allowed_targets=None if targets is None else tuple(targets),
        reactivate_targets=tuple(cast("list[str]", said.get("reactivate_targets", []))),
        free_jump=bool(said.get("free_jump")),
        allow_backward=bool(said.get("allow_backward")),
        tasks=tuple(cast("list[Json]", said.get("tasks", []))),
        playbook=cast(str, said.get("playbook", "")),
        labels=labels(said, "title"),
        deprecated=bool(said.get("deprecated")),
    )


def _probability(said: object, kind: StageKind) -> str:
    if isinstance(said, int | Decimal):
        return format(trimmed(Decimal(said)), "f")
    return _PROBABILITY.get(kind, "0")


def _category(kind: StageKind, probability: str) -> str:
    """The usual category: of open stages by their probability."""
    if kind in _CATEGORY:
        return _CATEGORY[kind]
    likely = Decimal(probability)
    return next(category for least, category in _LIKELY if likely >= least)


def _check_outlook(
    kind: StageKind, probability: str, category: str, path: Path, findings: Findings
) -> None:
    """What is closed is certain, and forecast as such; what is open is not."""
    if probability != _PROBABILITY.get(kind, probability):
        message = f"The probability of a stage of kind {kind} is {_PROBABILITY[kind]}, always."
        findings.add((*path, "probability"), "CLOSED_PROBABILITY", message, "Leave it out.")
    if category != _CATEGORY.get(kind, category):
        message = f"A stage of kind {kind} is forecast as '{_CATEGORY[kind]}', always."
        findings.add((*path, "forecast_category"), "FORECAST_CATEGORY", message, "Leave it out.")
    if kind is StageKind.OPEN and category == _CATEGORY[StageKind.WON]:
        message = f"Only what is won is forecast as '{category}'."
        mend = "Say commit, or leave it out."
        findings.add((*path, "forecast_category"), "FORECAST_CATEGORY", message, mend)


def _gate(said: Body, side: str, path: Path, findings: Findings) -> tuple[Criterion, ...]:
    result: list[Criterion] = []
    seen: set[str] = set()
    for index, one in enumerate(cast("list[Body]", said.get(side, []))):
        at = (*path, side, index)
        key = cast(str, one["key"])
        if key in seen:
            message = f"There are two criteria '{key}' in this gate."
            findings.add((*at, "key"), "DUPLICATE", message, "Rename one.")
        seen.add(key)
        if len(one.keys() & {"schema", "check", "kind"}) != 1:
            message = f"The criterion '{key}' has not exactly one of schema, check and kind."
            findings.add(at, "BAD_CRITERION", message, "Keep one of them.")
        if "parameters" in one and "kind" not in one:
            message = "Parameters go with a plugin's kind of criterion."
            findings.add((*at, "parameters"), "MISPLACED", message, "Remove them.")
        result.append(_criterion(key, one))
    return tuple(result)


def _criterion(key: str, said: Body) -> Criterion:
    return Criterion(
        key=key,
        title=naming.titled(said, key),
        severity=cast(str, said.get("severity", "block")),
        enforce_on_skip=bool(said.get("enforce_on_skip")),
        schema=cast("Json | None", said.get("schema")),
        check=cast("str | None", said.get("check")),
        kind=cast("str | None", said.get("kind")),
        parameters=cast(Json, said.get("parameters", {})),
        labels=labels(said, "title"),
    )


def _listed(declared: Merged, path: Path, findings: Findings) -> list[Body]:
    """The items of a list with keys, of which each stands once and a tenant's end in __c."""
    said = cast("list[Body]", declared.body.get(cast(str, path[0]), []))
    seen: dict[str, str] = {}
    for index, one in enumerate(said):
        key = cast(str, one["key"])
        at = (*path, index)
        if key.upper() in seen:
            message = f"'{key}' is given twice."
            findings.add((*at, "key"), "DUPLICATE", message, "Remove one of them.")
        seen[key.upper()] = key
        if _added_by_tenant(declared, at) and not naming.suffix(key):
            message = f"What a tenant adds to a pack's pipeline ends in __c: '{key}__c'."
            findings.add((*at, "key"), "SUFFIX", message, "Rename it.")
    return said


def _added_by_tenant(declared: Merged, path: Path) -> bool:
    return declared.sources[0].layer != TENANT and declared.layer_of(path) == TENANT


def _check_course(stages: tuple[Stage, ...], findings: Findings) -> None:
    live = [stage for stage in stages if not stage.deprecated]
    if not any(stage.kind is StageKind.OPEN for stage in live):
        message = "The pipeline has no open stage for new records to enter."
        findings.add(("stages",), "NO_OPEN_STAGE", message, "Add one.")
    closed = False
    for index, stage in enumerate(stages):
        if stage.kind is StageKind.OPEN and closed:
            message = f"The open stage '{stage.key}' follows a closed one."
            mend = "Put it before the closed stages; in a higher layer, name a neighbour beside it."
            findings.add(("stages", index), "STAGE_ORDER", message, mend)
        closed = closed or stage.kind is not StageKind.OPEN


def _check_targets(stages: tuple[Stage, ...], findings: Findings, *, is_sure: bool) -> None:
    """Targets are there and, where the kinds of all stages are known, of the right one."""
    by_key = {stage.key: stage for stage in stages}
    for index, stage in enumerate(stages):
        path = ("stages", index)
        for place, key in enumerate(stage.allowed_targets or ()):
            _check_target(key, by_key, (*path, "allowed_targets", place), findings)
        for place, key in enumerate(stage.reactivate_targets):
            at = (*path, "reactivate_targets", place)
            _check_target(key, by_key, at, findings)
            if is_sure and key in by_key and by_key[key].kind is not StageKind.OPEN:
                message = f"A record can't be taken up again in the closed stage '{key}'."
                findings.add(at, "STAGE_KIND", message, "Name an open stage.")
        if is_sure and stage.reactivate_targets and stage.kind is StageKind.OPEN:
            message = "Only closed stages are reactivated."
            findings.add((*path, "reactivate_targets"), "MISPLACED", message, "Remove it.")


def _check_target(key: str, stages: Mapping[str, Stage], path: Path, findings: Findings) -> None:
    if key not in stages:
        mend = did_you_mean(key, stages)
        findings.add(path, "UNKNOWN_STAGE", f"There is no stage '{key}'.", mend)
