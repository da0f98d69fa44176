"""Two snapshots of one host: which sockets stayed in their state between them, and what was told of them before."""

from collections.abc import Sequence

import polars as pl

from closewait.snapshot.table import Snapshot

FOUR_TUPLE = ("local_address", "local_port", "remote_address", "remote_port")


def identity(earlier: Snapshot, later: Snapshot) -> tuple[str, ...]:
    """The columns by which a socket is known again: the kernel's cookie if both looks tell it, else the four-tuple.

    A four-tuple can be used again by another connection between two looks; a cookie cannot (net/core/sock_diag.c).
    """
    both_tell = all(look.sockets["cookie"].null_count() == 0 for look in (earlier, later))
    return ("cookie",) if both_tell else FOUR_TUPLE


def stayed(earlier: Snapshot, later: Snapshot) -> pl.Series:
    """For each row of `later`: was the same socket in the same state in `earlier`?"""
    key = [*identity(earlier, later), "state"]
    before = earlier.sockets.select(key).unique().with_columns(stayed=pl.lit(True))
    joined = later.sockets.select(key).join(before, on=key, how="left", nulls_equal=True, maintain_order="left")
    return joined["stayed"].fill_null(False)


def before(earlier: Snapshot, later: Snapshot, columns: Sequence[str]) -> pl.DataFrame:
    """For each row of `later` what `columns` told of the same socket, in the same state, in `earlier`; else null."""
    key = [*identity(earlier, later), "state"]
    told = earlier.sockets.select(*key, *columns).unique(key, keep="first")
    return later.sockets.select(key).join(told, on=key, how="left", nulls_equal=True, maintain_order="left")[columns]
