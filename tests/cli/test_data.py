"""Importing, exporting and the demo, as commands."""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
import socket
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

import server
from cli import main
from cli.data import SOME_REJECTED, Watch
from cli.demo import MadeUp
from core.actions.importing.rejects import RejectFiles
from core.actions.importing.report import Report, Tally
from core.actions.tenants import create_tenant
from core.store.embedded.server import Cluster
from core.store.tenancy.tenants import Settings
from tests.a_dealgraph import a_site
from tests.conftest import copy

MAPPING = {
    "$schema": "https://dealgraph.dev/schemas/import-1.json",
    "steps": [
        {
            "object": "account",
            "key": "external_id",
            "fields": {"name": "name", "external_id": "key", "employees": "staff"},
        }
    ],
}


@pytest.fixture
def folder(running: tuple[Path, Cluster], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where commands are typed."""
    monkeypatch.setenv("DEALGRAPH_DATA_DIR", str(running[0]))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "import.json").write_text(json.dumps(MAPPING))
    return tmp_path


def run(*words: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main.app, words, input=given)


def test_the_clock_goes_on_when_a_file_was_read(tmp_path: Path) -> None:
    watch = Watch(RejectFiles(tmp_path))
    watch.progressed(Report([Tally("account")]), "accounts.csv", 1.0)
    assert not watch.bar.finished


def a_tenant(key: str) -> str:
    assert run("tenant", "create", key, "--pack", "crm").exit_code == 0
    return key


@cache
def an_empty_tenant() -> str:
    """One that stays empty, made by whichever test asks for it first."""
    return a_tenant("empty")


def load(tenant: str, *words: str) -> Result:
    return run("import", "--tenant", tenant, "--mapping", "import.json", *words)


def counts(result: Result) -> list[str]:
    """The first line of figures: rows, created, there already, kept, left out, rejected."""
    return result.stdout.splitlines()[1].split()[1:]


def test_rows_are_loaded_and_bad_ones_lie_in_a_file_with_reasons(folder: Path) -> None:
    tenant = a_tenant("loaded")
    (folder / "accounts.csv").write_text("key,name,staff\n1,Acme,7\n2,Beta,many\n3,Gamma,\n")
    result = load(tenant, "accounts.csv")
    assert result.exit_code == SOME_REJECTED
    assert counts(result) == ["3", "2", "0", "0", "0", "1"]
    assert (
        "accounts.csv, line 3, staff: 'many' is not a whole number. [BAD_NUMBER]" in result.stderr
    )
    with (folder / "accounts.rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["name"], row["rejected_line"], row["rejected_column"]) == ("Beta", "3", "staff")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deals.csv", "key,name,staff\n1,客户,many\n"),
        ("deals.jsonl", '{"key":"1","name":"客户","staff":"many"}\n'),
    ],
    ids=["csv", "jsonl"],
)
def test_rejected_rows_are_read_as_they_were_written_whatever_their_file_is_in(
    folder: Path, name: str, text: str
) -> None:
    tenant = a_tenant(f"mended-{name[-3:]}")
    [step] = MAPPING["steps"]
    (folder / "import.json").write_text(
        json.dumps({**MAPPING, "steps": [{**step, "encoding": "gb18030"}]})
    )
    (folder / name).write_text(text, "gb18030")
    assert load(tenant, name).exit_code == SOME_REJECTED
    rejected = folder / name.replace(".", ".rejected.")
    rejected.write_text(rejected.read_text("utf-8-sig").replace("many", "7"), "utf-8")
    assert load(tenant, rejected.name).exit_code == 0
    assert run("export", "out", "--tenant", tenant).exit_code == 0
    assert "客户" in (folder / "out" / "account.jsonl").read_text("utf-8")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("text", "rejects"),
    [
        ("key,name,staff\n1,Acme,7\n2,Beta,many\n", "stdin.rejected.csv"),
        ('\n{"key":"1","name":"Acme","staff":7}\n{"key":"2","name":"B","staff":"many"}\n', "stdin.rejected.jsonl"),
    ],
    ids=["csv", "jsonl"],
)  # fmt: skip
def test_rows_come_from_standard_input(folder: Path, text: str, rejects: str, packed: bool) -> None:
    tenant = a_tenant(f"piped-{packed}-{rejects[-3:]}".lower())
    given = gzip.compress(text.encode()) if packed else text.encode()
    words = ("import", "--tenant", tenant, "--mapping", "import.json", "-")
    result = run(*words, given=given)
    assert result.exit_code == SOME_REJECTED, result.output
    assert counts(result) == ["2", "1", "0", "0", "0", "1"]
    assert [path.name for path in folder.glob("stdin*")] == [rejects]
    empty = run(*words, given=b"")
    assert empty.exit_code == 1
    assert "stdin.csv: the file is empty." in empty.output


def test_again_the_rows_are_found_and_an_old_file_of_rejects_goes(folder: Path) -> None:
    tenant = a_tenant("again")
    (folder / "accounts.csv").write_text("key,name,staff\n1,Acme,many\n")
    assert load(tenant, "accounts.csv").exit_code == SOME_REJECTED
    (folder / "accounts.csv").write_text("key,name,staff\n1,Acme,7\n")
    assert load(tenant, "accounts.csv").exit_code == 0
    result = load(tenant, "accounts.csv")
    assert counts(result) == ["1", "0", "1", "0", "0", "0"]
    assert not (folder / "accounts.rejected.csv").exists()


@pytest.mark.parametrize("flag", ["--dry-run", "--all-or-nothing"])
def test_nothing_is_written_when_it_is_asked_for(folder: Path, flag: str) -> None:
    tenant = a_tenant(flag.strip("-"))
    (folder / "accounts.csv").write_text("key,name,staff\n1,Acme,7\n2,Beta,many\n")
    result = load(tenant, flag, "--rejects", "bad", "accounts.csv")
    assert result.exit_code == SOME_REJECTED
    assert "Nothing was written." in result.stdout
    assert (folder / "bad" / "accounts.rejected.csv").exists()
    assert run("export", "--tenant", tenant, "--object", "account", "out").exit_code == 0
    assert (folder / "out" / "account.jsonl").read_text() == ""


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("accounts.csv", b"", "the file is empty"),
        ("accounts.csv", b"name;staff\nAcme;7\n", "there is no column 'key'"),
        ("accounts.csv", ",".join(map(str, range(50_000))).encode(), "50,000 columns"),
        ("accounts.csv", b"key,name,staff\n1,\xff,7\n", "line 2 is not utf-8 text"),
        ("accounts.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03K", "it was cut off"),
        ("accounts.xlsx", b"PK\x03\x04", "save it as CSV"),
        ("accounts", b"x", "name it .csv"),
    ],
)
def test_a_file_that_is_none_is_refused_before_anything_is_written(
    folder: Path, name: str, content: bytes, told: str
) -> None:
    (folder / name).write_bytes(content)
    result = load(an_empty_tenant(), name)
    assert result.exit_code == 1
    assert told in result.stderr
    assert "Nothing was written." in result.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON"),
        ('{"$schema": "https://dealgraph.dev/schemas/import-1.json"}', "'steps' is missing"),
        (json.dumps(MAPPING).replace("employees", "employes"), "Did you mean 'employees'?"),
        (json.dumps(MAPPING).replace('"staff"', '"head count"'), "no column 'head count'"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(folder: Path, text: str, told: str) -> None:
    (folder / "import.json").write_text(text)
    (folder / "accounts.csv").write_text("key,name,staff\n")
    result = load(an_empty_tenant(), "accounts.csv")
    assert result.exit_code == 1
    assert told in result.stderr


def test_a_missing_mapping_or_tenant_is_told(folder: Path) -> None:
    (folder / "accounts.csv").write_text("key,name,staff\n")
    assert "There is no tenant 'nobody'" in load("nobody", "accounts.csv").stderr
    (folder / "import.json").unlink()
    assert "import.json cannot be read" in load(a_tenant("unmapped"), "accounts.csv").stderr


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_is_exported_is_imported_by_its_own_mapping(folder: Path, form: str) -> None:
    tenant, fresh = a_tenant(f"from-{form}"), a_tenant(f"to-{form}")
    (folder / "accounts.csv").write_text("key,name,staff\n1,Acme,7\n2,华为,9\n")
    load(tenant, "accounts.csv")
    written = run("export", "--tenant", tenant, "--format", form, "--gzip", "out")
    assert written.exit_code == 0
    files = [str(path) for path in sorted((folder / "out").glob("*.gz"))]
    loaded = run("import", "--tenant", fresh, "--mapping", "out/import.json", *files)
    assert loaded.exit_code == 0, loaded.stderr
    for name in (tenant, fresh):
        run("export", "--tenant", name, "--object", "account", f"out-{name}")
    texts = [
        (folder / f"out-{name}" / "account.jsonl").read_text("utf-8") for name in (tenant, fresh)
    ]
    assert texts[0] == texts[1]
    assert "华为" in texts[0]


def test_another_form_of_file_is_refused(folder: Path) -> None:
    result = run("export", "--tenant", "any", "--format", "xml", "out")
    assert result.exit_code == 2


def test_an_export_that_can_not_be_written_is_told(folder: Path) -> None:
    (folder / "file").touch()
    result = run("export", "--tenant", a_tenant("unwritten"), "file/out")
    assert result.exit_code == 1
    assert "file/out cannot be written to: Not a directory." in result.stderr


def test_rejects_that_can_not_be_written_are_told(folder: Path) -> None:
    (folder / "accounts.csv").write_text("key,name,staff\n1,Acme,many\n")
    (folder / "file").touch()
    result = load(a_tenant("unkept"), "accounts.csv", "--rejects", "file/rejects")
    assert result.exit_code == 1
    assert "rejected rows can't be written there: Not a directory." in result.stderr


def test_the_demo_is_made_once_and_a_token_printed(folder: Path) -> None:
    made = run("demo", "--accounts", "12", "--as-of", "2026-06-15", "--only-load")
    assert made.exit_code == 0, made.stderr
    assert made.stdout.startswith("dg_")
    assert run("export", "--tenant", "demo", "before").exit_code == 0
    again = run("demo", "--accounts", "15", "--only-load")
    assert again.exit_code == 0
    assert again.stdout != made.stdout
    assert again.stderr.startswith("The demo is there already, and stays as it is.")
    assert "--data-dir" in again.stderr
    run("export", "--tenant", "demo", "after")
    accounts = (folder / "before" / "account.jsonl").read_text("utf-8")
    assert len(accounts.splitlines()) == 12
    assert (folder / "after" / "account.jsonl").read_text("utf-8") == accounts


def test_a_demo_is_not_made_where_its_port_is_taken(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run("demo", "--port", port, "--data-dir", str(directory / "data"))
    assert refused.exit_code == 1
    assert f"Port {port} of 127.0.0.1 cannot be listened on" in refused.stderr
    assert not (directory / "data").exists()


def test_a_demo_that_was_broken_off_goes_on_as_it_was_begun(directory: Path, made: Path) -> None:
    copy(made, directory)
    begun = MadeUp(40, date(2026, 6, 15), seed=2)

    async def begin() -> None:
        async with server.open_store(server.Settings(data_dir=directory)) as store:
            await create_tenant(store, Settings("demo"), ["crm"], note=begun.told)

    asyncio.run(begin())
    again = run("demo", "--accounts", "12", "--only-load", "--data-dir", str(directory))
    assert again.exit_code == 0
    told = "Going on with the demo that was begun: 40 accounts as of 2026-06-15, seed 2.\n"
    assert again.stderr == told
    out, data = str(directory / "out"), ("--data-dir", str(directory))
    assert (
        " 240 " in run("export", "--tenant", "demo", "--object", "opportunity", out, *data).stdout
    )


def test_a_tenant_of_that_name_is_not_filled_with_a_demo(directory: Path, made: Path) -> None:
    copy(made, directory)
    data = ("--data-dir", str(directory))
    assert run("tenant", "create", "demo", "--pack", "crm", *data).exit_code == 0
    refused = run("demo", "--only-load", *data)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "'demo' that is no demo" in refused.stderr


@pytest.mark.parametrize("day", ["1999-12-31", "2999-01-01", "2026-02-30"])
def test_a_demo_stands_at_a_day_of_this_century_that_has_come(day: str) -> None:
    refused = run("demo", "--as-of", day, "--only-load")
    assert (refused.exit_code, "--as-of" in refused.stderr) == (2, True)


def test_more_accounts_than_can_be_made_up_are_refused() -> None:
    refused = run("demo", "--accounts", "99999999999", "--only-load")
    assert (refused.exit_code, "--accounts" in refused.stderr) == (2, True)


def test_an_unknown_size_is_refused(folder: Path) -> None:
    result = run("demo", "--size", "huge", "--only-load")
    assert (result.exit_code, "small, medium, large" in result.stderr) == (2, True)


def test_the_demo_is_served_and_its_address_opens_the_playground(made: Path) -> None:
    with a_site(made) as site:
        serving = site.start("demo", "--accounts", "8")
        token = site.dealgraph("token", "create", "--tenant", "demo", "--role", "reader").strip()
        found = serving.data(token, "{ accounts { totalCount } opportunities { totalCount } }")
        assert found["accounts"]["totalCount"] == 8
        assert found["opportunities"]["totalCount"] == 48
        assert serving.stop() == 0
        line = next(line for line in serving.lines if line.startswith("Playground"))
        assert line.split()[1].startswith(f"{serving.url}/graphql#token=dg_")
