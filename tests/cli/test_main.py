"""Commands: what they print, where, and how they end."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli import main
from core.errors import Unauthenticated
from core.identity import Actor, Role
from core.store.database.connections import Database
from core.store.embedded.server import Cluster
from core.store.tenancy.tokens import Doorkeeper


@pytest.fixture
def cluster_in_use(running: tuple[Path, Cluster], monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The server that commands work beside."""
    folder, cluster = running
    monkeypatch.setenv("DEALGRAPH_DATA_DIR", str(folder))
    return cluster


def run(*words: str) -> Result:
    return CliRunner().invoke(main.app, words)


def actor_of(cluster: Cluster, text: str) -> Actor:
    """Who the server takes a token for."""

    async def ask() -> Actor:
        database = await Database.open(cluster.url("dealgraph_app", "dealgraph"))
        try:
            return await Doorkeeper(database).actor(text)
        finally:
            await database.close()

    return asyncio.run(ask())


def test_the_version_is_told() -> None:
    assert run("--version").stdout == f"dealgraph {version('dealgraph')}\n"


def test_every_command_is_in_the_help_and_found_by_a_name_that_is_nearly_its_own() -> None:
    told = run("--help").stdout
    for name in ("serve", "token", "metadata", "import", "export", "demo"):
        assert f" {name} " in told
        assert f"Did you mean '{name}'?" in run(name[:-1]).stderr


def test_a_token_is_printed_alone_and_opens_the_door(cluster_in_use: Cluster) -> None:
    assert run("tenant", "create", "alone", "--pack", "crm").exit_code == 0
    made = run("token", "create", "--tenant", "alone", "--role", "member", "--expires", "30d")
    assert (made.exit_code, made.stderr) == (0, "")
    text = made.stdout.removesuffix("\n")
    assert "\n" not in text
    assert actor_of(cluster_in_use, text).role is Role.MEMBER


def test_a_revoked_token_is_listed_and_opens_nothing(cluster_in_use: Cluster) -> None:
    run("tenant", "create", "doors")
    title = ("--title", "dashboards")
    text = run("token", "create", "--tenant", "doors", "--role", "reader", *title).stdout.strip()
    token = actor_of(cluster_in_use, text).token
    revoked = run("token", "revoke", "--tenant", "doors", str(token))
    assert revoked.exit_code == 0
    with pytest.raises(Unauthenticated):
        actor_of(cluster_in_use, text)
    listed = run("token", "list", "--tenant", "doors").stdout
    assert all(word in listed for word in (str(token), "reader", "dashboards"))
    assert text not in listed


def test_what_others_have_written_is_listed_on_one_line_and_steers_nothing(
    cluster_in_use: Cluster,
) -> None:
    odd = "[/end] [bold]x[/bold] \x1b[31mred\n\u202eback"
    run("tenant", "create", "odd", "--title", odd)
    run("token", "create", "--tenant", "odd", "--role", "reader", "--title", odd)
    for listing in (("tenant", "list"), ("token", "list", "--tenant", "odd")):
        listed = run(*listing)
        assert listed.exit_code == 0
        assert "[/end] [bold]x[/bold]  [31mred  back" in listed.stdout


NOBODY = "01a220cd-c95f-7c3f-ab5e-0d498321195c"


@pytest.mark.usefixtures("cluster_in_use")
class TestRefusals:
    def test_a_taken_key(self) -> None:
        run("tenant", "create", "taken")
        again = run("tenant", "create", "taken")
        assert (again.exit_code, again.stdout) == (1, "")
        assert "taken" in again.stderr

    def test_settings_that_mean_nothing_all_at_once(self) -> None:
        made = run("tenant", "create", "odd", "--currency", "XYZ", "--time-zone", "Moon")
        assert made.exit_code == 1
        assert "XYZ" in made.stderr
        assert "Moon" in made.stderr

    @pytest.mark.parametrize("key", ["Acme", "a" * 64, "1st", ""])
    def test_a_key_that_is_none(self, key: str) -> None:
        made = run("tenant", "create", key)
        assert made.exit_code == 1
        assert "is not a lower case letter, then at most 62 lower case letters" in made.stderr

    def test_a_pack_that_nobody_offers(self) -> None:
        made = run("tenant", "create", "packless", "--pack", "crn")
        assert made.exit_code == 1
        assert "crm" in made.stderr
        assert "packless" not in run("tenant", "list").stdout

    def test_a_tenant_that_is_not_there(self) -> None:
        made = run("token", "create", "--tenant", "nobody", "--role", "admin")
        assert (made.exit_code, made.stdout) == (1, "")
        assert "dealgraph tenant list" in made.stderr

    @pytest.mark.parametrize("span", ["30", "0d", "d", "-1d", "1y", "999999d"])
    def test_a_span_that_is_none(self, span: str) -> None:
        made = run("token", "create", "--tenant", "a", "--role", "admin", "--expires", span)
        assert made.exit_code == 2

    def test_a_user_that_is_none(self) -> None:
        run("tenant", "create", "userless")
        made = run("token", "create", "--tenant", "userless", "--role", "admin", "--user", NOBODY)
        assert (made.exit_code, made.stdout) == (1, "")
        assert "There is no such user." in made.stderr

    def test_a_folder_that_can_not_be_written_to(self, tmp_path: Path) -> None:
        run("tenant", "create", "folderless")
        (tmp_path / "file").touch()
        folder = str(tmp_path / "file" / "client")
        refused = run("schema", "--tenant", "folderless", "--client", folder)
        assert refused.exit_code == 1
        assert f"{folder} cannot be written to: Not a directory." in refused.stderr

    @pytest.mark.parametrize(
        "words",
        [
            ("tenant", "create", "bytes", "--title", "a\udcff"),
            ("token", "create", "--tenant", "a", "--role", "admin", "--title", "a\udcff"),
            ("token", "list", "--tenant", "a\udcff"),
            ("metadata", "rollback", "--tenant", "a", "--to", "1", "--note", "a\udcff"),
        ],
    )
    def test_bytes_that_are_no_text(self, words: tuple[str, ...]) -> None:
        refused = run(*words)
        assert refused.exit_code == 2
        assert "not text in UTF-8" in refused.stderr

    def test_a_role_that_is_none(self) -> None:
        assert run("token", "create", "--tenant", "a", "--role", "king").exit_code == 2


@pytest.mark.usefixtures("cluster_in_use")
def test_migrating_what_is_up_to_date_says_so() -> None:
    run("migrate")
    done = run("migrate")
    assert (done.exit_code, done.stdout) == (0, "Nothing to do: all is up to date.\n")


def test_a_new_database_is_told_of(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = directory / "wrong"
    monkeypatch.setenv("DEALGRAPH_DATA_DIR", str(folder))
    told = f"Making a new database in {folder}.\n"
    assert run("tenant", "list").stderr == told
    assert run("tenant", "list").stderr == ""


def test_a_data_directory_whose_name_is_too_long_is_told() -> None:
    refused = run("tenant", "list", "--data-dir", "x" * 300)
    assert refused.exit_code == 1
    assert "cannot be made: File name too long" in refused.stderr


def test_a_setting_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALGRAPH_CONNECTIONS", "many")
    refused = run("tenant", "list")
    assert refused.exit_code == 1
    assert "DEALGRAPH_CONNECTIONS" in refused.stderr


def test_a_port_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALGRAPH_DATABASE_URL", "postgresql://app:secret@127.0.0.1:99999/sales")
    refused = run("tenant", "list")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("DEALGRAPH_DATABASE_URL cannot be read.")
    assert "secret" not in refused.stderr


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALGRAPH_DATABASE_URL", "postgresql://app:secret@127.0.0.1:1/sales")
    refused = run("tenant", "list")
    assert refused.exit_code == 1
    assert "127.0.0.1:1 cannot be reached" in refused.stderr
    assert "secret" not in refused.stderr
