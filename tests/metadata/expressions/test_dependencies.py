from hypothesis import given
from hypothesis import strategies as st

from metadata.expressions.dependencies import Cycle, order

GRAPHS = st.dictionaries(
    st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdefgh"), max_size=3), max_size=6
)


def test_puts_each_name_after_those_it_reads() -> None:
    reads = {"total": {"net", "tax"}, "tax": {"net"}, "net": {"amount"}}
    assert order(reads) == ("net", "tax", "total")


def test_names_a_cycle() -> None:
    found = order({"a": {"b"}, "b": {"c", "x"}, "c": {"a"}, "x": set()})
    assert isinstance(found, Cycle)
    assert str(found) == "a → b → c → a"
    assert str(order({"a": {"a"}})) == "a → a"


@given(GRAPHS)
def test_answers_with_an_order_or_a_true_cycle(reads: dict[str, set[str]]) -> None:
    found = order(reads)
    if isinstance(found, Cycle):
        assert found.names[0] == found.names[-1]
        assert all(
            following in reads[name]
            for name, following in zip(found.names, found.names[1:], strict=False)
        )
    else:
        assert sorted(found) == sorted(reads)
        places = {name: place for place, name in enumerate(found)}
        assert all(
            places[read] < places[name] for name in reads for read in reads[name] & places.keys()
        )
