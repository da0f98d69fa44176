"""Any condition, for property tests: about columns that every look has."""

from ipaddress import IPv4Network, IPv6Network

from hypothesis import strategies as st

from closewait.snapshot.filters.condition import Among, Condition, Either, Every, Inside, Not, Within

STATES = ("LISTEN", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_2", "TIME_WAIT", "BOUND", "CLOSED", "SYN_RECEIVED")
NETWORKS = tuple(map(IPv4Network, ("0.0.0.0/0", "127.0.0.0/8", "127.0.0.1/32", "10.0.0.0/8", "0.0.0.0/32"))) + tuple(
    map(IPv6Network, ("::/0", "::1/128", "::/128", "2001:db8::/32"))
)


def spans(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int | None, int | None]]:
    """Two ends in order, or one of them missing."""
    bound = st.none() | numbers
    return st.tuples(bound, bound).map(lambda ends: ends if None in ends else (min(ends), max(ends)))


def about_addresses(ports: st.SearchStrategy[int]) -> st.SearchStrategy[Condition]:
    """A condition that the kernel can decide with its program, with these ports in it."""
    sides = st.sampled_from(["local", "remote"])
    within = st.builds(Within, sides.map("{}_port".format), st.lists(spans(ports), max_size=3).map(tuple))
    inside = st.builds(
        Inside, sides.map("{}_address".format), st.lists(st.sampled_from(NETWORKS), max_size=3).map(tuple)
    )
    named = st.builds(Among, sides.map("{}_service".format), st.just(("http",)))
    return within | inside | named


def about_states() -> st.SearchStrategy[Condition]:
    """A condition about the state."""
    return st.builds(Among, st.just("state"), st.lists(st.sampled_from(STATES), max_size=3).map(tuple))


def joined(leaf: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Conditions of `leaf`, joined by and, or and not."""
    return st.recursive(
        leaf,
        lambda part: (
            st.builds(Every, st.lists(part, max_size=3).map(tuple))
            | st.builds(Either, st.lists(part, max_size=3).map(tuple))
            | st.builds(Not, part)
        ),
        max_leaves=8,
    )


def conditions(ports: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[Condition]:
    """Any condition, also about what no kernel can decide."""
    ports = st.integers(-1, 70_000) if ports is None else ports
    ours = st.builds(
        Within, st.sampled_from(["uid", "recv_queue_bytes", "pid"]), st.lists(spans(ports), max_size=2).map(tuple)
    )
    return joined(about_addresses(ports) | about_states() | ours | st.just(Among("process", ("a*",))))
