"""Plugins in, their offer out."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

from core import hookspecs
from core.errors import Refused
from core.packs.loading import HOOKS, load
from core.packs.offer import Fault, Offer
from plugins.built_in import BUILT_IN
from tests.core.packs.a_plugin import a_folder, a_module, install, offering


def faults_of(source: str, sound: Path) -> list[Fault]:
    """What is refused of a plugin `bad`, while the plugin `good` beside it comes up."""
    good = a_module(offering(a_folder(sound, "good")))
    offer = load({"bad": a_module(source), "good": good})
    assert set(offer.packs) == {"good"}
    return list(offer.faults)


def test_register_packs(tmp_path: Path) -> None:
    offer = load({"field": a_module(offering(a_folder(tmp_path)))})
    pack = offer.packs["visits"]
    assert (pack.version, pack.title, pack.plugin) == ("1.0.0", "Visits", "field")
    assert pack.documents["objects/visit.json"]["$id"] == "visit"
    assert offer.faults == ()


def test_what_ships_with_us_loads_without_a_fault() -> None:
    offer = load(BUILT_IN)
    assert offer.faults == ()
    assert "crm" in offer.packs


def test_every_hook_has_an_implementation_that_ships() -> None:
    implemented = {hook for module in BUILT_IN.values() for hook in HOOKS if hasattr(module, hook)}
    assert implemented == set(HOOKS)


def test_every_hook_says_what_it_gives() -> None:
    assert all(inspect.getdoc(getattr(hookspecs, hook)) for hook in HOOKS)


def test_a_misspelt_hook_is_refused_with_the_right_name(tmp_path: Path) -> None:
    source = "@hookimpl\ndef register_pack():\n    return []"
    [fault] = faults_of(source, tmp_path)
    assert str(fault) == (
        "plugin bad, hook register_pack: there is no such hook. Did you mean 'register_packs'?"
    )


def test_an_unknown_argument_is_refused_by_its_name(tmp_path: Path) -> None:
    source = "@hookimpl\ndef register_packs(tenant):\n    return []"
    [fault] = faults_of(source, tmp_path)
    assert (fault.hook, fault.argument) == ("register_packs", "tenant")


@pytest.mark.parametrize("option", ["wrapper", "hookwrapper"])
def test_a_wrapper_is_refused(tmp_path: Path, option: str) -> None:
    source = f"@hookimpl({option}=True)\ndef register_packs():\n    return (yield)"
    [fault] = faults_of(source, tmp_path)
    assert fault.hook == "register_packs"
    assert "wrapper" in fault.message


def test_a_forgotten_marker_is_told(tmp_path: Path) -> None:
    [fault] = faults_of("def register_packs():\n    return []", tmp_path)
    assert fault.hook == "register_packs"
    assert "@hookimpl" in fault.message


def test_a_plugin_without_a_hook_is_refused(tmp_path: Path) -> None:
    [fault] = faults_of("answer = 42", tmp_path)
    assert "registers nothing" in fault.message


@pytest.mark.parametrize("answer", ["[]", "None", "()"])
def test_an_offer_of_nothing_is_refused(tmp_path: Path, answer: str) -> None:
    [fault] = faults_of(f"@hookimpl\ndef register_packs():\n    return {answer}", tmp_path)
    assert (fault.hook, fault.message) == (
        "register_packs",
        "offers nothing; return at least one PackFolder",
    )


@pytest.mark.parametrize("answer", ["['here']", "'here'", "7"])
def test_a_value_of_another_kind_is_refused(tmp_path: Path, answer: str) -> None:
    faults = faults_of(f"@hookimpl\ndef register_packs():\n    return {answer}", tmp_path)
    assert faults[0].argument == "value 1"
    assert "not a PackFolder" in faults[0].message


@pytest.mark.parametrize("path", ["'here'", "None"])
def test_a_folder_that_is_no_path_is_told(tmp_path: Path, path: str) -> None:
    source = f"@hookimpl\ndef register_packs():\n    return [PackFolder({path})]"
    [fault] = faults_of(source, tmp_path)
    assert (fault.argument, fault.message[-18:]) == ("value 1", "not a pathlib.Path")


def test_a_module_that_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    [fault] = faults_of("def __dir__():\n    raise ValueError('closed')", tmp_path)
    assert str(fault) == "plugin bad: cannot be looked at: ValueError: closed"


@pytest.mark.parametrize(
    "raised", ["ValueError('no licence')", "SystemExit(3)", "GeneratorExit()", "BaseException(1)"]
)
def test_what_a_hook_raises_is_told_and_contained(tmp_path: Path, raised: str) -> None:
    [fault] = faults_of(f"@hookimpl\ndef register_packs():\n    raise {raised}", tmp_path)
    assert fault.hook == "register_packs"
    assert raised.split("(")[0] in fault.message


def test_what_is_raised_is_told_in_one_line(tmp_path: Path) -> None:
    source = "@hookimpl\ndef register_packs():\n    raise ValueError('no\\n  licence')"
    [fault] = faults_of(source, tmp_path)
    assert fault.message == "raised ValueError: no licence"


def test_an_async_hook_is_refused(tmp_path: Path) -> None:
    [fault] = faults_of("@hookimpl\nasync def register_packs():\n    return []", tmp_path)
    assert fault.message == "is async; a hook is a plain function: write def"


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "broken")
    (folder / "objects" / "visit.json").write_text('{"$id": "visit"')
    [fault] = faults_of(offering(folder), tmp_path)
    assert fault.argument == "broken/objects/visit.json"
    assert "not JSON" in fault.message


def test_who_chooses_a_pack_that_was_refused_is_told_why(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "broken")
    (folder / "objects" / "visit.json").write_text('{"$id": "visit"')
    offer = load({"plugin": a_module(offering(folder))})
    with pytest.raises(Refused) as told:
        offer.choose(["broken"])
    unknown, why = told.value.problems
    assert "There is no pack 'broken'" in unknown.message
    assert "broken/objects/visit.json: " in why.message


def test_the_first_plugin_keeps_a_key_that_two_offer(tmp_path: Path) -> None:
    one, two = a_folder(tmp_path / "1"), a_folder(tmp_path / "2", version="2.0.0")
    offer = load({"alpha": a_module(offering(one)), "beta": a_module(offering(two))})
    assert offer.packs["visits"].plugin == "alpha"
    assert offer.faults == (
        Fault(
            "beta",
            "register_packs",
            "visits",
            "the plugin alpha already offers a pack with this key",
        ),
    )


def test_packs_follow_those_that_they_require(tmp_path: Path) -> None:
    second = a_folder(tmp_path, "alpha", requires={"beta": "1.2"})
    first = a_folder(tmp_path, "beta", version="1.4.0")
    offer = load({"both": a_module(offering(second, first))})
    assert list(offer.packs) == ["beta", "alpha"]


def test_base_packs_come_before_the_others(tmp_path: Path) -> None:
    other, base = a_folder(tmp_path, "alpha"), a_folder(tmp_path, "beta")
    head = json.loads((base / "pack.json").read_text())
    (base / "pack.json").write_text(json.dumps(head | {"layer": "base"}))
    offer = load({"both": a_module(offering(other, base))})
    assert list(offer.packs) == ["beta", "alpha"]


@pytest.mark.parametrize(
    ("requires", "told"),
    [
        ({"gamma": "1.0"}, "requires the pack gamma 1.0, which no plugin offers"),
        ({"beta": "1.1"}, "requires beta 1.1, but 1.0.0 is on offer"),
        ({"beta": "0.9"}, "requires beta 0.9, but 1.0.0 is on offer"),
        ({"alpha": "1.0"}, "requires alpha, which is refused itself, comes later or requires this"),
    ],
)
def test_a_requirement_that_is_not_met_refuses_the_pack(
    tmp_path: Path, requires: dict[str, str], told: str
) -> None:
    folders = a_folder(tmp_path, "alpha", requires=requires), a_folder(tmp_path, "beta")
    offer = load({"both": a_module(offering(*folders))})
    assert list(offer.packs) == ["beta"]
    assert [fault.message for fault in offer.faults] == [told]


def test_a_base_pack_that_requires_another_kind_is_told_what_to_say(tmp_path: Path) -> None:
    base, other = a_folder(tmp_path, "alpha", requires={"beta": "1.0"}), a_folder(tmp_path, "beta")
    head = json.loads((base / "pack.json").read_text())
    (base / "pack.json").write_text(json.dumps(head | {"layer": "base"}))
    offer = load({"both": a_module(offering(base, other))})
    (fault,) = offer.faults
    assert fault.message == (
        'is a base pack and requires beta, which is none: say "layer": "industry" in its pack.json'
    )


class TestInstalled:
    """Plugins found by entry point."""

    @pytest.fixture
    def site(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "site"
        folder.mkdir()
        monkeypatch.syspath_prepend(folder)
        return folder

    def load(self) -> Offer:
        return load({})

    def test_an_installed_plugin_is_found(self, site: Path, tmp_path: Path) -> None:
        install(site, "visiting", offering(a_folder(tmp_path)))
        offer = self.load()
        assert offer.packs["visits"].plugin == "visiting"
        assert offer.faults == ()

    def test_one_that_cannot_be_imported_is_named_and_the_rest_comes_up(
        self, site: Path, tmp_path: Path
    ) -> None:
        install(site, "broken_import", "import a_module_that_is_not_there")
        install(site, "leaving", "raise SystemExit(1)")
        install(site, "visiting_still", offering(a_folder(tmp_path)))
        offer = self.load()
        assert list(offer.packs) == ["visits"]
        assert [(fault.plugin, fault.argument) for fault in offer.faults] == [
            ("broken_import", "broken_import_module"),
            ("leaving", "leaving_module"),
        ]

    def test_what_a_plugin_prints_does_not_mix_with_what_scripts_read(
        self, site: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        install(site, "chatty", "print('hello')")
        self.load()
        told = capsys.readouterr()
        assert (told.out, told.err) == ("", "hello\n")

    def test_another_contract_is_refused_without_importing(self, site: Path) -> None:
        install(site, "newer", "raise AssertionError('imported')", group="dealgraph.2")
        [fault] = self.load().faults
        assert fault == Fault(
            "newer", "", "", "is made for dealgraph.2; this server takes dealgraph.1"
        )

    def test_the_name_of_a_built_in_plugin_is_taken(self, site: Path, tmp_path: Path) -> None:
        install(site, "field", offering(a_folder(tmp_path)))
        offer = load({"field": a_module(offering(a_folder(tmp_path, "ours")))})
        assert list(offer.packs) == ["ours"]
        assert [fault.plugin for fault in offer.faults] == ["field"]

    def test_a_group_that_is_none_of_ours_is_told(self, site: Path, tmp_path: Path) -> None:
        install(site, "unversioned", offering(a_folder(tmp_path)), group="dealgraph")
        [fault] = self.load().faults
        assert fault.message == "is made for dealgraph; this server takes dealgraph.1"
