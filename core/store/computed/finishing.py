"""What the server adds to a record that is written, and whether it may be as it then is."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core import stages
from core.errors import Problem
from core.stages import Stay
from core.store.computed import scopes
from core.store.computed.related import Related
from core.store.plans.computing import FormulaPlan
from core.store.plans.field_plans import FieldPlan, StagePlan
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.values import Value
from core.store.writing.drafts import Draft, Setting
from metadata import decimals, languages
from metadata.expressions.reads import OLD
from metadata.model import FieldType, Stage, StageKind
from metadata.problems import listed
from metadata.validation import Misfit


def finish(draft: Draft, setting: Setting) -> None:
    """Compute what the record's own fields give, and note where its values don't fit."""
    if draft.before is None:
        for sums in draft.plan.rollups.values():
            sums.begin(draft)
        if draft.plan.stage is not None:
            enter_stage(draft, draft.plan.stage, setting)
    if draft.plan.stage is not None:
        _settle_probability(draft, draft.plan.stage, setting)
    _validate(draft)
    if not setting.privileged:
        _refuse_retired(draft)
    compute(draft, setting)


def compute(draft: Draft, setting: Setting) -> None:
    """Bring the record's stored formulas up to date."""
    computing = draft.plan.computing
    if computing.formulas:
        values = draft.values
        scope = {**scopes.of_draft(draft, setting), **values} if computing.system else values
        for plan in computing.formulas.values():
            _compute(draft, plan, scope, setting)


def compute_one(draft: Draft, key: str, setting: Setting) -> None:
    """Bring one stored formula up to date."""
    computing, values = draft.plan.computing, draft.values
    scope = {**scopes.of_draft(draft, setting), **values} if computing.system else values
    _compute(draft, computing.formulas[key], scope, setting)


def _compute(draft: Draft, plan: FormulaPlan, scope: dict[str, Any], setting: Setting) -> None:
    fitted = plan.value(scope, setting.today, setting.now, draft.digits)
    for target in (draft.values, scope):
        if fitted is None:
            target.pop(plan.key, None)
        else:
            target[plan.key] = fitted


def check_rules(draft: Draft, setting: Setting, related: Related) -> None:
    """Note the rules that do not hold; `related` has what they read of other records."""
    computing = draft.plan.computing
    if not computing.rules:
        return
    scope = {**scopes.of_draft(draft, setting), **draft.values, **related.values}
    scope.update((f"{OLD}.{key}", value) for key, value in draft.old.items())
    for live in computing.live:
        of_amount = draft.plan.of.fields[live.key].type is FieldType.MONEY
        seen = {**scope, **related.amounts} if of_amount and related.amounts else scope
        scope[live.key] = live.value(seen, setting.today, setting.now, draft.digits)
    for plan in computing.rules:
        if plan.broken(scope, setting.today, setting.now):
            rule = plan.rule
            path = draft.path if plan.field is None else (*draft.path, plan.field)
            message = languages.called(rule.message, rule.labels, setting.published.language)
            problem = Problem(path, f"RULE_{rule.key.upper()}", message)
            (draft.warnings if rule.severity == "warn" else draft.problems).append(problem)


def misfits(plan: ObjectPlan, values: Mapping[str, Value]) -> list[Misfit]:
    """Where a record's own values do not fit its declaration."""
    document = {}
    checked = plan.forms.checked
    for key, value in values.items():
        if key in checked:
            convert = checked[key]
            document[key] = value if convert is None else convert(value)
    return plan.validator.misfits(document)


def _validate(draft: Draft) -> None:
    found = misfits(draft.plan, draft.values)
    if not found:
        return
    refused = {problem.path[len(draft.path)] for problem in draft.problems if problem.path[1:]}
    for misfit in found:
        if not misfit.path or misfit.path[0] not in refused:
            draft.problems.append(Problem((*draft.path, *misfit.path), misfit.rule, misfit.message))


def _refuse_retired(draft: Draft) -> None:
    """Note options that are no longer to be chosen and that the record does not have already."""
    for plan in draft.plan.retiring:
        chosen = _chosen(draft.values, plan.key) - _chosen(draft.old, plan.key)
        retired = [o.title for o in plan.field.options if o.deprecated and o.key in chosen]
        if retired:
            text = f"'{plan.field.title}' no longer takes {listed(retired, 'and')}."
            draft.wrong("RETIRED_OPTION", text, plan.key)


def _chosen(values: Mapping[str, Value], key: str) -> set[str]:
    value = values.get(key, ())
    return {value} if isinstance(value, str) else set(value)


def enter_stage(draft: Draft, plan: StagePlan, setting: Setting) -> None:
    """Let a new record enter its stage: the one given, the last of a dated history, or the first."""
    pipeline = plan.pipeline
    if draft.entries is not None:
        wrong = stages.problems(pipeline, draft.entries, setting.now)
        at = (*draft.path, "stage_history")
        draft.problems += [Problem((*at, *one.path), one.code, one.message) for one in wrong]
        if wrong:
            return
        draft.stays = stages.stays(pipeline, list(draft.entries.values()))
        _be_in(draft, draft.stays[-1])
    else:
        entered_at = draft.stage_entered_at or draft.created_at or setting.now
        draft.stays = [stages.first_stay(draft.stage or pipeline.first.key, entered_at)]
        _be_in(draft, draft.stays[0])
    stage = pipeline.stage(draft.stage or "")
    if stage is None:
        draft.problems.append(stages.unknown_stage(pipeline, draft.stage, (*draft.path, "stage")))
    elif plan.probability is not None:
        fields = plan.probability
        if fields.key not in draft.touched and fields.key not in draft.values:
            draft.values[fields.key] = usual_probability(fields, stage)


def _be_in(draft: Draft, stay: Stay) -> None:
    if draft.stage is not None and draft.stage != stay.to_stage:
        text = f"The history ends in {stay.to_stage!r}, the record is given as in {draft.stage!r}."
        draft.wrong("BAD_HISTORY", text, "stage")
    draft.stage, draft.stage_entered_at = stay.to_stage, stay.entered_at


def _settle_probability(draft: Draft, plan: StagePlan, setting: Setting) -> None:
    """Where the probability is cleared, the stage's own holds again.

    In a closed stage it is that one always: nothing is uncertain any more. What differs is
    refused, and in an admin's import left out. A record that has another one since earlier keeps
    it until it is written.
    """
    fields, stage = plan.probability, plan.pipeline.stage(draft.stage or "")
    if fields is None or stage is None:
        return
    if draft.before is not None and fields.key not in draft.touched:
        return
    usual, given = usual_probability(fields, stage), draft.values.get(fields.key)
    if given is not None and stage.kind is StageKind.OPEN:
        return
    if given in (None, usual) or setting.privileged or fields.key not in draft.touched:
        draft.values[fields.key] = usual
    elif given != draft.old.get(fields.key):
        text = f"In '{stage.title}' it is {stage.probability}, always: leave it out."
        draft.wrong("CLOSED_PROBABILITY", text, fields.key)


def usual_probability(fields: FieldPlan, stage: Stage) -> Decimal:
    """A stage's own probability, as its field has it."""
    scale = fields.field.scale
    default = Decimal(stage.probability)
    return decimals.rounded(default, decimals.MAX_SCALE if scale is None else scale)
