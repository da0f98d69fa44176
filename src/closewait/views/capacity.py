"""Capacity as text and as JSON: the arithmetic line by line, so that a reader can check it."""

from collections.abc import Iterator
from typing import Any

from closewait.diagnosis.tuning.capacity import Capacity, Rate
from closewait.views.page import Block, wrapped
from closewait.views.visible import visible

SCHEMA = "closewait/1"
HOLDS_WHERE = (
    "It holds for connections that this host closes first: the side that closes first keeps TIME_WAIT. A pool that "
    "keeps its connections open needs none of it."
)
ONE_DESTINATION = (
    "Towards one destination: one local address, one remote address, one remote port. Each other destination has the "
    "whole range again."
)


def capacity_as_text(where: str, capacity: Capacity, width: int) -> str:
    """What holds now, what each change would give, and what is left towards the busiest destinations."""
    parts = [
        wrapped(visible(f"Capacity for new connections: {where}"), width, "", "  "),
        wrapped(ONE_DESTINATION, width, "  ", "  "),
        list(Block("Ports", (("", capacity.port_arithmetic),), whole=True).lines(width)),
        list(_rates("Now", capacity.now, width)),
        list(_rates("What each change would give", capacity.changes, width)),
        list(_rates("Left towards the busiest destinations", (rate for _, rate in capacity.busiest), width)),
        wrapped(HOLDS_WHERE, width, "  ", "  "),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _rates(heading: str, rates: Any, width: int) -> Iterator[str]:
    rates = list(rates)
    if rates:
        yield heading
    for rate in rates:
        why = f" ({rate.why})" if rate.why and rate.why not in rate.what else ""
        yield from wrapped(visible(f"{rate.what}{why}:"), width, "  ", "    ")
        yield f"    {rate.arithmetic}"


def capacity_as_dict(source: str, system: str | None, capacity: Capacity) -> dict[str, Any]:
    """The same for programs; rates are connections per second."""
    return {
        "schema": SCHEMA,
        "source": source,
        "system": system,
        "capacity": {
            "ports": capacity.ports,
            "ports_told": capacity.ports_told,
            "port_arithmetic": capacity.port_arithmetic,
            "now": [rate_as_dict(rate) for rate in capacity.now],
            "changes": [rate_as_dict(rate) for rate in capacity.changes],
            "busiest": [rate_as_dict(rate) for _, rate in capacity.busiest],
        },
    }


def rate_as_dict(rate: Rate) -> dict[str, Any]:
    """One rate with its parts."""
    return {
        "what": rate.what,
        "ports": rate.ports,
        "hold_s": rate.hold_s,
        "addresses": rate.addresses,
        "conns_per_s": rate.per_s,
        "why": rate.why,
        "arithmetic": rate.arithmetic,
    }
