"""Which of several labels to show to whom, by language tags (BCP 47)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_TRADITIONAL = frozenset({"tw", "hk", "mo"})


def called(title: str, labels: Mapping[str, str], language: str) -> str:
    """The label in a language or the nearest one; the title where there is none."""
    tag = nearest(language, labels)
    return labels[tag] if tag is not None else title


def nearest(language: str, tags: Iterable[str]) -> str | None:
    """The tag itself, else one of the same language and script, else of the same language.

    `zh`, `zh-CN` and `zh-SG` are written as `zh-Hans` is, `zh-TW`, `zh-HK` and `zh-MO` as `zh-Hant`.
    """
    known = sorted(tags)
    for alike in (str.lower, _written, _spoken):
        wanted = alike(language)
        for tag in known:
            if alike(tag) == wanted:
                return tag
    return None


def _written(tag: str) -> object:
    """Language and script."""
    first, *others = tag.lower().split("-")
    script = next((it for it in others if len(it) == 4 and it.isalpha()), "")
    if first == "zh" and not script:
        script = "hans" if _TRADITIONAL.isdisjoint(others) else "hant"
    return first, script


def _spoken(tag: str) -> object:
    return tag.lower().partition("-")[0]
