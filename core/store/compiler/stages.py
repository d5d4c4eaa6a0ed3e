"""The stage that a record is in, as an object."""

from __future__ import annotations

from core import query
from core.store.compiler import columns, kinds
from core.store.compiler.json_text import Text, bare, json_literal, literal, obj, said
from core.store.compiler.kinds import Kind
from core.store.compiler.work import Row
from metadata import naming
from metadata.model import Pipeline, Stage


def info(row: Row, part: query.StageInfo) -> Text:
    """The stage's object, or null where the record is in none."""
    text = obj((output.name, _part(row, output.value)) for output in part.outputs)
    return bare(f"case when {row.column('stage')} is not null then {text.sql} end")


def _part(row: Row, part: query.Part) -> Text:
    if isinstance(part, query.Constant):
        return said(part.json)
    assert isinstance(part, query.StagePart)
    if part.part == "key":
        return columns.shown(row, query.Column("stage"))
    if part.part == "since":
        return kinds.shown(Kind.INSTANT, row.column("stage_entered_at"))
    return _declared(row, part.part)


def _declared(row: Row, name: str) -> Text:
    """What the pipeline says of the stage."""
    pipeline = row.work.published.metadata.pipeline_of(row.object.key)
    assert pipeline is not None
    return bare(f"case {row.column('stage')} {_cases(row, pipeline, name)} end")


def _cases(row: Row, pipeline: Pipeline, name: str) -> str:
    return " ".join(
        f"when {literal(stage.key)} then"
        f" {_title(row, stage) if name == 'title' else _json(_of(stage, name))}"
        for stage in pipeline.stages
    )


def _title(row: Row, stage: Stage) -> str:
    """The title in the tenant's language or the nearest, where there is one."""
    if not stage.labels:
        return _json(stage.title)
    language = row.work.parameters.language(tuple(sorted(stage.labels)))
    others = (f"when {literal(tag)} then {_json(it)}" for tag, it in sorted(stage.labels.items()))
    return f"case {language} {' '.join(others)} else {_json(stage.title)} end"


def _json(text: str) -> str:
    return literal(json_literal(text))


def _of(stage: Stage, name: str) -> str:
    if name == "kind":
        return naming.enum_value(stage.kind.value)
    return str(getattr(stage, name))
