"""Which label is shown in which language."""

from __future__ import annotations

import pytest

from metadata.languages import called

LABELS = {"fr": "Compte", "zh-Hant": "客戶", "zh-Hans": "客户"}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh-Hans", "客户"),
        ("ZH-hans", "客户"),
        ("zh-CN", "客户"),
        ("zh-Hans-CN", "客户"),
        ("zh-SG", "客户"),
        ("zh", "客户"),
        ("zh-TW", "客戶"),
        ("zh-Hant-HK", "客戶"),
        ("fr-CA", "Compte"),
        ("de", "Account"),
    ],
)
def test_a_language_is_met_by_the_nearest(language: str, expected: str) -> None:
    assert called("Account", LABELS, language) == expected


def test_another_script_is_better_than_another_language() -> None:
    assert called("Account", {"zh-Hans": "客户"}, "zh-TW") == "客户"
