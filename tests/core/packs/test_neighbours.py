"""Distributions that bring packages of our names."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.packs.neighbours import in_the_way


def install(site: Path, name: str, package: str) -> None:
    """A distribution that brings one package."""
    about = site / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "RECORD").write_text(f"{package}/__init__.py,,\n")
    (about / "top_level.txt").write_text(f"{package}\n")


def test_a_distribution_with_a_package_of_our_name_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "validator", "schema")
    install(tmp_path, "harmless", "harmless")
    monkeypatch.syspath_prepend(tmp_path)
    assert in_the_way() == {"schema": ["validator"]}


def test_ours_is_not_in_its_own_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "dealgraph", "schema")
    monkeypatch.syspath_prepend(tmp_path)
    assert in_the_way() == {}
