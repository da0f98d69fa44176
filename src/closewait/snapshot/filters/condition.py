"""What a filter is, as data: conditions about one row, joined by and, or and not.

A row that does not tell a column meets no condition about it. `Not` keeps exactly the rows that its condition leaves
out, so that a filter and its opposite share every table between them.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from closewait.records import record

if TYPE_CHECKING:  # who asks for everything needs no addresses
    from ipaddress import IPv4Network, IPv6Network

    Network = IPv4Network | IPv6Network

#: The least and the greatest number wanted; None is no bound.
Span = tuple[float | None, float | None]


@record
class Within:
    """The number in `column` lies in one of `spans`, both ends included."""

    column: str
    spans: tuple[Span, ...]


@record
class Among:
    """The text in `column` is one of `patterns`, in any case; `*` stands for any characters, `?` for one."""

    column: str
    patterns: tuple[str, ...]


@record
class Inside:
    """The address in `column` is in one of `networks`, or is a name that is one of `patterns`.

    An IPv4 network holds the IPv4 addresses of IPv6 sockets (`::ffff:10.0.0.1`) too, as in ss and in the kernel.
    """

    column: str
    networks: "tuple[Network, ...]" = ()
    patterns: tuple[str, ...] = ()


@record
class Every:
    """All parts hold; without parts, always."""

    parts: tuple["Condition", ...]


@record
class Either:
    """One of the parts holds; without parts, never."""

    parts: tuple["Condition", ...]


@record
class Not:
    """The part does not hold."""

    part: "Condition"


Leaf = Within | Among | Inside
Condition = Leaf | Every | Either | Not

EVERYTHING = Every(())
NOTHING = Either(())


def all_of(*parts: Condition) -> Condition:
    """The condition that all of `parts` hold."""
    wanted = tuple(part for part in parts if part != EVERYTHING)
    return wanted[0] if len(wanted) == 1 else Every(wanted)


def one_of(*parts: Condition) -> Condition:
    """The condition that one of `parts` holds."""
    possible = tuple(part for part in parts if part != NOTHING)
    return possible[0] if len(possible) == 1 else Either(possible)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """The conditions about single columns that `condition` is made of."""
    if isinstance(condition, Every | Either):
        for part in condition.parts:
            yield from leaves(part)
    elif isinstance(condition, Not):
        yield from leaves(condition.part)
    else:
        yield condition


def columns_of(condition: Condition) -> frozenset[str]:
    """The columns that `condition` is about."""
    return frozenset(leaf.column for leaf in leaves(condition))


def rewritten(condition: Condition, rewrite: Callable[[Leaf], Condition]) -> Condition:
    """`condition` with each of its leaves replaced by what `rewrite` makes of it."""
    if isinstance(condition, Every | Either):
        return type(condition)(tuple(rewritten(part, rewrite) for part in condition.parts))
    if isinstance(condition, Not):
        return Not(rewritten(condition.part, rewrite))
    return rewrite(condition)


def weakened(condition: Condition, can_tell: Callable[[Leaf], bool]) -> Condition:
    """The narrowest condition from leaves that `can_tell` knows, which keeps at least the rows of `condition`."""
    if isinstance(condition, Every):
        return all_of(*(weakened(part, can_tell) for part in condition.parts))
    if isinstance(condition, Either):
        parts = [weakened(part, can_tell) for part in condition.parts]
        return EVERYTHING if EVERYTHING in parts else one_of(*parts)
    if all(map(can_tell, leaves(condition))):
        return condition
    return EVERYTHING
