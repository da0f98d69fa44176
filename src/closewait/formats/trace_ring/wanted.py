"""What is wanted of a trace: which filters a transition can answer, and which of them the kernel can decide itself.

The kernel leaves an event out before it is written, which costs it less than writing it (the filter's language:
Documentation/trace/events.rst, section 5). It is told no more than what it can decide; the rest is decided here.
"""

from closewait.errors import BadUsage
from closewait.formats.trace_ring.transitions import STATE_NUMBERS
from closewait.snapshot.filters.condition import (
    EVERYTHING,
    Among,
    Condition,
    Either,
    Every,
    Leaf,
    Not,
    Within,
    leaves,
    rewritten,
    weakened,
)
from closewait.snapshot.filters.values import GREATEST_PORT

TOLD = ("local_address", "local_port", "remote_address", "remote_port", "state", "pid", "process")
UNTOLD_SERVICES = ("local_service", "remote_service")  # stand beside the port's number; a name without one meets none
FIELD_OF = {"local_port": "sport", "remote_port": "dport"}
STATE_FIELDS = ("oldstate", "newstate")

CONNECTING = f"newstate == {STATE_NUMBERS['SYN_SENT']}"  # the port of its own comes later
NEVER = "newstate == 0"  # no state has this number
MOST_CHARACTERS = 2000  # the kernel takes less than a page of text


def refuse_untold(condition: Condition) -> None:
    """Raise BadUsage where `condition` is about something that no transition tells."""
    for leaf in leaves(condition):
        if leaf.column not in (*TOLD, *UNTOLD_SERVICES):
            raise BadUsage(
                f"A transition does not tell {leaf.column}. closewait trace can choose by state (left or entered), "
                "local, lport, remote, rport, pid and proc; closewait list knows the others."
            )


def kernel_filter(condition: Condition, *, whole_lives: bool) -> str | None:
    """The part of `condition` that the kernel can decide, in its words; None where it can decide nothing.

    `whole_lives` keeps every transition of a socket that meets it, its first one too, and those of its other end.
    """

    def can_tell(leaf: Leaf) -> bool:
        return is_kernels(leaf) and not (whole_lives and leaf.column == "state")

    decided = weakened(condition, can_tell)
    if decided == EVERYTHING:
        return None
    words = _words(decided)
    if whole_lives:
        words = f"({words}) || ({_words(rewritten(decided, _mirrored))}) || {CONNECTING}"
    return words if len(words) <= MOST_CHARACTERS else None


def is_kernels(leaf: Leaf) -> bool:
    """Whether the kernel can decide it."""
    is_port = isinstance(leaf, Within) and leaf.column in FIELD_OF
    return is_port or (isinstance(leaf, Among) and leaf.column == "state")


def decides_all(condition: Condition) -> bool:
    """Whether the kernel decides the whole of `condition`, and what it keeps is what is wanted."""
    in_kernel = kernel_filter(condition, whole_lives=False)
    return condition == EVERYTHING or (in_kernel is not None and all(map(is_kernels, leaves(condition))))


def _mirrored(leaf: Leaf) -> Condition:
    """What a leaf about ports is at the other end."""
    other = {"local_port": "remote_port", "remote_port": "local_port"}.get(leaf.column, leaf.column)
    return Within(other, leaf.spans) if isinstance(leaf, Within) else leaf


def _words(condition: Condition) -> str:
    if isinstance(condition, Not):
        return f"!({_words(condition.part)})"
    if isinstance(condition, Every):
        return " && ".join(f"({_words(part)})" for part in condition.parts)
    if isinstance(condition, Either):
        return " || ".join(f"({_words(part)})" for part in condition.parts) or NEVER
    if isinstance(condition, Within):
        return " || ".join(_span(FIELD_OF[condition.column], *span) for span in condition.spans) or NEVER
    patterns = condition.patterns if isinstance(condition, Among) else ()
    numbers = sorted({STATE_NUMBERS[name] for name in patterns if name in STATE_NUMBERS})
    return " || ".join(f"{field} == {number}" for number in numbers for field in STATE_FIELDS) or NEVER


def _span(field: str, low: float | None, high: float | None) -> str:
    """A port that is told, between two bounds; 0 is none."""
    least, most = max(1, int(low or 1)), min(GREATEST_PORT, GREATEST_PORT if high is None else int(high))
    if least > most:
        return NEVER
    return f"{field} == {least}" if least == most else f"({field} >= {least} && {field} <= {most})"
