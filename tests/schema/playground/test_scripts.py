"""The playground's pure modules, in Node where there is one."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from graphql import get_introspection_query, graphql_sync

import schema.playground
from schema.platform.strawberry_schema import platform
from schema.types.tenant_schema import full
from tests.schema.a_server import a_schema
from tests.schema.some_metadata import crm

TESTS = Path(__file__).with_name("scripts.test.mjs")
ASSETS = Path(schema.playground.__file__).with_name("assets")


def test_scripts_pass_their_own_tests(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    shutil.copytree(ASSETS, tmp_path / "assets")
    shutil.copy(TESTS, tmp_path / TESTS.name)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for name, described in (("schema", a_schema()), ("crm", full(crm(), platform()))):
        introspected = graphql_sync(
            described, get_introspection_query(input_value_deprecation=True)
        )
        (tmp_path / f"{name}.json").write_text(json.dumps(introspected.data))
    ran = subprocess.run(
        [node, "--test", TESTS.name],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
