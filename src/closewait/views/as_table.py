"""The sockets as rows, in 80 columns; wider where there is room. A listener's queue is written `waiting/limit`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from closewait.diagnosis.wording import age_in_words, name_of
from closewait.snapshot.table import Snapshot
from closewait.views.visible import visible

COLUMNS = ("state", "local_address", "local_port", "local_service", "remote_address", "remote_port", "remote_service",
           "recv_queue_bytes", "send_queue_bytes", "accept_queue_conns", "accept_queue_limit",
           "age_low_s", "age_high_s", "pid", "process")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """How many columns each part has."""

    state: int = 13
    end: int = 21
    queue: int = 7
    age: int = 10

    @classmethod
    def for_width(cls, width: int) -> "Layout":
        """Addresses get what a wider line gives, up to a whole IPv6 address and its port."""
        return cls(end=min(47, 21 + max(0, width - 100) // 2))


def as_table(look: Snapshot, *, width: int = 80, verbose: bool = False) -> str:
    """The rows of one look under a header; `verbose` adds the lines that were not understood."""
    layout = Layout.for_width(width)
    lines = [row(layout, "STATE", "LOCAL", "REMOTE", "RECV-Q", "SEND-Q", "AGE", "HOLDER")]
    if look.kind == "counts":
        lines = [f"{visible(state):15}{count:>10,}" for state, count in look.states.items()]
    elif look.kind == "sockets":
        lines += [_socket_row(layout, values) for values in look.sockets.select(COLUMNS).iter_rows(named=True)]
    lines += [f"# {visible(caveat)}" for caveat in look.sight.caveats]
    lines += _not_understood(look, verbose)
    return "\n".join(lines) + "\n"


def row(layout: Layout, state: str, local: str, remote: str, received: str, sent: str, age: str, holder: str) -> str:
    """One line; a part that is too long pushes the others on rather than lose a character."""
    return (
        f"{state:{layout.state}} {local:{layout.end}} {remote:{layout.end}} "
        f"{received:>{layout.queue}} {sent:>{layout.queue}} {age:>{layout.age}} {holder}"
    ).rstrip()


def _socket_row(layout: Layout, values: Mapping[str, Any]) -> str:
    listening = values["state"] == "LISTEN"
    received = values["accept_queue_conns"] if listening else values["recv_queue_bytes"]
    sent = values["accept_queue_limit"] if listening else values["send_queue_bytes"]
    has_holder = values["pid"] is not None or values["process"] is not None
    return row(
        layout,
        visible(values["state"] or "-"),
        visible(_end(values, "local")),
        visible(_end(values, "remote")),
        _number(received),
        _number(sent),
        _age(values["age_low_s"], values["age_high_s"]),
        visible(name_of(values["pid"], values["process"])) if has_holder else "-",
    )


def _end(values: Mapping[str, Any], side: str) -> str:
    address = values[f"{side}_address"] or "*"
    port = values[f"{side}_port"] if values[f"{side}_port"] is not None else values[f"{side}_service"]
    return f"[{address}]:{port or '*'}" if ":" in address else f"{address}:{port or '*'}"


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _age(low_s: float | None, high_s: float | None) -> str:
    """`3 min 52 s` where exact, `>40 s` where only the lower bound is known."""
    if low_s is None:
        return "-"
    return age_in_words(low_s) if high_s is not None and high_s - low_s < 1 else f">{age_in_words(low_s)}"


def _not_understood(look: Snapshot, verbose: bool) -> Iterator[str]:
    missed = look.sight.lines_not_understood
    if verbose:
        yield from (f"# line {line.line_no}: {visible(line.why)}: {visible(line.text)}" for line in missed)
    elif missed:
        yield f"# {len(missed)} lines were not understood; see them with: closewait list SOURCE -v"
