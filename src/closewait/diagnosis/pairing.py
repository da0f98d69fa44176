"""Both ends of a connection on one host: who waits for whom is then seen, and not concluded.

The other end of a socket is the one whose two addresses and ports are the same, turned round. Behind a translation of
addresses (NAT) it has others, and is not found.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from closewait.diagnosis.finding import Finding, Severity
from closewait.diagnosis.pair import End, Pair, Pairs
from closewait.diagnosis.report import Report
from closewait.diagnosis.wording import count_of, name_of
from closewait.snapshot.table import Snapshot

#: Pairs of programs and states that are shown of one finding.
MOST_SHOWN = 3

OURS = ["local_address", "local_port", "remote_address", "remote_port"]
THEIRS = ["remote_address", "remote_port", "local_address", "local_port"]
PORTS = (("local_port", "remote_port"), ("remote_port", "local_port"))  # of ours, and of the other end
LOOPBACK = r"^(?:127\.|::1$)"  # the same address in every namespace

#: Whose move it is, by the state of the socket that the finding is about and of its other end (RFC 9293, section 3.6).
MOVES = {
    ("CLOSE_WAIT", "FIN_WAIT_2"): "{here} has to close; {there} has said goodbye and waits for that",
    ("FIN_WAIT_2", "CLOSE_WAIT"): "{there} has to close; {here} has said goodbye and waits for that",
    ("FIN_WAIT_1", "ESTABLISHED"): "{there} has to read; the goodbye of {here} stands behind what it does not take",
    ("ESTABLISHED", "ESTABLISHED"): "neither {here} nor {there} has closed",
}

#: An end that nobody holds any more, or whose holder is not told.
THIS_END, OTHER_END = "this end", "the other end"


def with_other_ends(reports: Sequence[Report]) -> list[Report]:
    """The reports on places of one host; each finding above benign with the other ends of its sockets, where seen."""
    looks = [report.snapshot for report in reports if report.snapshot.kind == "sockets"]
    if not looks or not any(_wants_ends(finding) for report in reports for finding in report.findings):
        return list(reports)
    seen = pl.concat(map(_ends, looks))
    return [
        replace(
            report,
            findings=tuple(
                replace(finding, pairs=_pairs(finding, report.snapshot, seen)) if _wants_ends(finding) else finding
                for finding in report.findings
            ),
        )
        for report in reports
    ]


def _wants_ends(finding: Finding) -> bool:
    """Whether somebody has to act on it, and it shows sockets."""
    return finding.severity is not Severity.BENIGN and bool(finding.rows)


def _ends(look: Snapshot) -> pl.DataFrame:
    """The ends of a look, each with where it was seen."""
    return look.sockets.select(*OURS, "state", "pid", "process", found_in=pl.lit(look.source))


def _pairs(finding: Finding, look: Snapshot, seen: pl.DataFrame) -> Pairs | None:
    """The sockets of a finding joined to their other ends, counted by programs and states."""
    ours = _about(finding, look.sockets).select(*_plain(OURS), "state", "pid", "process").with_row_index("ours")
    ports = [pl.col(theirs).is_in(ours[port].unique().to_list()) for port, theirs in PORTS]
    near = seen.filter(*ports).filter(pl.col("state") != "LISTEN").with_columns(_plain(OURS))
    joined = ours.join(near, left_on=THEIRS, right_on=OURS, suffix="_there", maintain_order="left")
    here, loopback = pl.col("found_in") == look.source, pl.col("local_address").str.contains(LOOPBACK)
    if not joined.select(here.all()).item():
        joined = joined.filter(here | ~loopback).filter(here | (pl.len().over("ours") == 1))
    joined = joined.unique("ours", keep="first", maintain_order=True)
    if joined.is_empty():
        return None
    who = ["state", "pid", "process", "state_there", "pid_there", "process_there", "found_in"]
    counted = (
        joined.group_by(who)
        .agg(pl.len().alias("sockets"), pl.col(OURS).first())
        .sort(["sockets", *who], descending=[True, *[False] * len(who)], nulls_last=True)
    )
    examples = tuple(_pair(row, look.source) for row in counted.head(MOST_SHOWN).iter_rows(named=True))
    return Pairs(joined.height, _said(joined.height, ours.height, examples[0]), examples)


def _about(finding: Finding, sockets: pl.DataFrame) -> pl.DataFrame:
    """The sockets that a finding is about, as its evidence shows them: the states, the holders, the port."""
    evidence = sockets[list(finding.rows)]
    pids = {*evidence["pid"].to_list()}
    if None not in pids:
        pids |= {owner.pid for owner in finding.owners}
    port = "local_port" if finding.role == "server" else "remote_port"
    about = sockets.filter(
        pl.col("state").is_in(evidence["state"].unique().to_list()), pl.col("pid").is_in(list(pids), nulls_equal=True)
    )
    one_place = len(finding.places) == 1
    return about.filter(pl.col(port).is_in(evidence[port].unique().to_list())) if one_place else about


def _pair(row: dict[str, Any], source: str) -> Pair:
    elsewhere = None if row["found_in"] == source else row["found_in"]
    return Pair(
        here=End(row["state"], row["pid"], row["process"], row["local_address"], row["local_port"]),
        there=End(
            row["state_there"],
            row["pid_there"],
            row["process_there"],
            row["remote_address"],
            row["remote_port"],
            elsewhere,
        ),
        sockets=row["sockets"],
    )


def _said(paired: int, sockets: int, most: Pair) -> str:
    """`20 of 20 have their other end on this host: server[34] has to close; client[12] has said goodbye and …`."""
    move = MOVES.get((most.here.state or "", most.there.state or ""))
    has = "has its" if paired == 1 else "have their"
    said = f"{paired:,} of {count_of(sockets, 'socket')} {has} other end on this host"
    return (
        f"{said}: {move.format(here=named(most.here, THIS_END), there=named(most.there, OTHER_END))}" if move else said
    )


def named(end: End, unnamed: str) -> str:
    """`client[12]`, `client[12] in netns:web`."""
    name = unnamed if end.pid is None and end.process is None else name_of(end.pid, end.process)
    return f"{name} in {end.found_in}" if end.found_in else name


def _plain(columns: Sequence[str]) -> list[pl.Expr]:
    """The columns of addresses and ports; an IPv4 address of an IPv6 socket is told as the other end tells it."""
    return [pl.col(name).str.strip_prefix("::ffff:") if name.endswith("address") else pl.col(name) for name in columns]
