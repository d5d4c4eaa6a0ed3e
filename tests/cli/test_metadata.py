"""`dealgraph metadata`: from files to a published version, and back."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli import main
from core.store.embedded.server import Cluster

OBJECT = "https://dealgraph.dev/schemas/object-1.json"
NUMBERS = itertools.count(1)


@pytest.fixture
def tenant(running: tuple[Path, Cluster], monkeypatch: pytest.MonkeyPatch) -> str:
    """The key of a new tenant without packs."""
    monkeypatch.setenv("DEALGRAPH_DATA_DIR", str(running[0]))
    key = f"t{next(NUMBERS)}"
    assert CliRunner().invoke(main.app, ["tenant", "create", key]).exit_code == 0
    return key


def run(verb: str, tenant: str, *words: object) -> Result:
    words = ("metadata", verb, "--tenant", tenant, *map(str, words))
    return CliRunner().invoke(main.app, [str(word) for word in words])


def an_object(key: str = "visit__c", **fields: Any) -> dict[str, Any]:
    properties = {"name__c": {"type": "string", "title": "Name"}, **fields}
    names = {"title": "Visit", "x-plural": f"{key.removesuffix('__c')}s__c", "x-title": "name__c"}
    return {"$schema": OBJECT, "$id": key, **names, "type": "object", "properties": properties}


def written(folder: Path, *documents: dict[str, Any]) -> Path:
    for document in documents:
        (folder / f"{document['$id']}.json").write_text(json.dumps(document))
    return folder


def test_files_become_a_version_and_are_written_again(tenant: str, tmp_path: Path) -> None:
    assert run("export", tenant, tmp_path / "nothing").exit_code == 0
    assert run("diff", tenant, tmp_path / "nothing").stdout == "Nothing would change.\n"
    given = written(tmp_path, an_object(cost__c={"type": "number", "x-type": "decimal"}))
    assert run("check", tenant, given).stdout == "Nothing is wrong.\n"
    assert "The object 'visit__c' is new" in run("diff", tenant).stdout
    published = run("publish", tenant, "--note", "Visits")
    assert (published.exit_code, published.stdout) == (0, "Version 2 is published.\n")
    assert run("export", tenant, tmp_path / "out").exit_code == 0
    found = json.loads((tmp_path / "out" / "objects" / "visit__c.json").read_text())
    assert found == json.loads((given / "visit__c.json").read_text())
    assert run("diff", tenant, tmp_path / "out").stdout == "Nothing would change.\n"


def test_a_rollback_is_a_version_too(tenant: str, tmp_path: Path) -> None:
    run("publish", tenant, written(tmp_path, an_object()))
    told = run("diff", tenant, "--to", "1")
    assert (told.exit_code, "breaks clients" in told.stdout) == (0, True)
    assert run("diff", tenant, "--to", "1", written(tmp_path, an_object())).exit_code == 2
    back = run("rollback", tenant, "--to", "1")
    assert (back.exit_code, back.stdout) == (0, "Version 3 is published.\n")
    assert "breaks clients" in back.stderr
    listed = run("versions", tenant).stdout
    assert [line.split()[1] for line in listed.splitlines()[1:]] == [
        "rollback",
        "publish",
        "create",
    ]


def test_everything_that_is_wrong_is_told_with_its_place(tenant: str, tmp_path: Path) -> None:
    wrong = an_object(cost__c={"type": "strin"}, sum__c={"type": "number", "minimum": "none"})
    checked = run("check", tenant, written(tmp_path, wrong))
    assert checked.exit_code == 1
    assert "objects/visit__c.json#/properties/cost__c" in checked.stdout
    assert "objects/visit__c.json#/properties/sum__c" in checked.stdout
    told = json.loads(run("check", tenant, "--json").stdout)
    assert {"document", "pointer", "rule", "message", "mend"} == told[0].keys()
    refused = run("publish", tenant)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "/properties/cost__c" in refused.stderr


def test_files_that_are_no_documents_are_named(tenant: str, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "nothing.json").write_text("{}")
    read = run("check", tenant, tmp_path / "broken.json", tmp_path / "absent.json")
    assert read.exit_code == 1
    assert f"{tmp_path}/broken.json: This is not JSON" in read.stderr
    assert f"{tmp_path}/absent.json: It cannot be read" in read.stderr
    meant = run("check", tenant, tmp_path / "nothing.json")
    assert meant.exit_code == 1
    assert f"{tmp_path}/nothing.json: A document says what it is" in meant.stderr


def test_beside_a_broken_file_all_that_is_wrong_with_the_others_is_told(
    tenant: str, tmp_path: Path
) -> None:
    (tmp_path / "broken.json").write_text("a: b")
    wrong = {"cost__c": {"type": "strin"}, "total__c": {"type": "number", "x-formula": "1 +"}}
    told = run("check", tenant, written(tmp_path, an_object(**wrong)))
    assert f"{tmp_path}/visit__c.json#/properties/total__c/x-formula" in told.stderr
    assert f"{tmp_path}/broken.json: This is not JSON" in told.stderr
    assert f"{tmp_path}/visit__c.json#/properties/cost__c/type: 'strin' is not" in told.stderr


def test_labels_are_in_the_language_that_their_file_is_called_by(
    tenant: str, tmp_path: Path
) -> None:
    labels = {
        "$schema": OBJECT.replace("object", "labels"),
        "objects": {"user": {"title": "Kollege"}},
    }
    (tmp_path / "i18n").mkdir()
    (tmp_path / "i18n" / "de.json").write_text(json.dumps(labels))
    assert run("check", tenant, tmp_path).stdout == "Nothing is wrong.\n"
    assert run("publish", tenant).exit_code == 0
    assert run("export", tenant, tmp_path / "out").exit_code == 0
    found = json.loads((tmp_path / "out" / "i18n" / "de.json").read_text())
    assert found == {"language": "de", **labels}


def test_what_is_not_among_the_files_is_taken_out(tenant: str, tmp_path: Path) -> None:
    run("publish", tenant, written(tmp_path, an_object(), an_object("trip__c")))
    (tmp_path / "trip__c.json").unlink()
    assert run("diff", tenant, tmp_path).stdout == "Nothing would change.\n"
    assert "The object 'trip__c' is removed" in run("diff", tenant, "--prune", tmp_path).stdout
    assert run("discard", tenant).exit_code == 0
    assert run("diff", tenant).stdout == "Nothing would change.\n"


def test_a_script_reads_what_was_published(tenant: str, tmp_path: Path) -> None:
    told = json.loads(run("publish", tenant, "--json", written(tmp_path, an_object())).stdout)
    assert told["version"] == 2
    assert [change["subject"] for change in told["changes"]] == ["object visit__c"]


def test_nothing_new_is_refused(tenant: str) -> None:
    refused = run("publish", tenant)
    assert refused.exit_code == 1
    assert "nothing to publish" in refused.stderr


def test_what_is_only_for_readers_is_published_too(tenant: str, tmp_path: Path) -> None:
    run("publish", tenant, written(tmp_path, an_object()))
    commented = {**an_object(), "$comment": "Asked for by sales."}
    assert run("diff", tenant, written(tmp_path, commented)).stdout == "Nothing would change.\n"
    assert run("publish", tenant).stdout == "Version 3 is published.\n"
    assert "Asked for by sales." in run("export", tenant).stdout
    assert run("publish", tenant).exit_code == 1
    assert run("rollback", tenant, "--to", "3").exit_code == 1
    assert run("rollback", tenant, "--to", "2").exit_code == 0
    assert "Asked for by sales." not in run("export", tenant).stdout


def test_a_version_that_was_never_there_is_refused(tenant: str) -> None:
    assert run("rollback", tenant, "--to", "9").exit_code == 1
    assert run("export", tenant, "--version", "9").exit_code == 1
