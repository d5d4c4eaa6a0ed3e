"""A cache that keeps what is asked for again."""

from __future__ import annotations

from schema.caches import Cache


def test_gives_back_what_was_put() -> None:
    cache = Cache[str, int](10)
    cache.put("a", 1)
    assert cache.get("a") == 1
    assert cache.get("a") == 1
    assert cache.get("b") is None


def test_newcomers_push_out_newcomers_only() -> None:
    cache = Cache[str, int](10)
    cache.put("kept", 1)
    cache.get("kept")
    for number in range(100):
        cache.put(f"once {number}", number)
    assert cache.get("kept") == 1
    assert cache.get("once 0") is None


def test_forgets_what_was_not_asked_for_the_longest() -> None:
    cache = Cache[int, int](10)
    for number in range(12):
        cache.put(number, number)
        cache.get(number)
    assert cache.get(0) is None
    assert cache.get(11) == 11


def test_never_outgrows_its_capacity() -> None:
    cache = Cache[int, int](100)
    for number in range(300):
        cache.put(number, number, weight=number % 30)
        cache.get(number - number % 7)
        assert cache.stats().weight <= 100


def test_a_value_put_again_replaces_the_old_one() -> None:
    cache = Cache[str, int](10)
    cache.put("a", 1)
    cache.get("a")
    cache.put("a", 2)
    assert cache.get("a") == 2
    assert cache.stats().entries == 1


def test_a_value_too_heavy_for_newcomers_is_not_kept() -> None:
    cache = Cache[str, int](10)
    cache.put("a", 1, weight=3)
    assert cache.get("a") is None


def test_counts_for_the_metrics() -> None:
    cache = Cache[str, int](10)
    cache.put("a", 1)
    cache.get("a")
    cache.get("b")
    stats = cache.stats()
    assert (stats.hits, stats.misses, stats.entries, stats.weight) == (1, 1, 1, 1)
    cache.clear()
    assert cache.stats().entries == 0
