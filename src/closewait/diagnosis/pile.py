"""How strongly a pile of sockets accuses its owner: by a second look, by age, or only by number.

A state seen once is an observation. What accuses is that the same sockets are still there at a second look, or that
they are certainly older than a program needs; a mere number in one look stays `possible` and names the second look.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from closewait.diagnosis.finding import Certainty, Severity
from closewait.diagnosis.group import Group
from closewait.diagnosis.stall import Stall
from closewait.diagnosis.thresholds import (
    CLIENT_PATIENCE_S,
    CRITICAL_PILE_SOCKETS,
    FEWEST_MORE,
    MANY_DESCRIPTORS,
    PILE_UP_SOCKETS,
    SECOND_LOOK_S,
    SERVER_PATIENCE_S,
    TURNOVER_SHARE,
)
from closewait.diagnosis.wording import age_in_words, count_of
from closewait.records import record


@record
class Weight:
    """How bad and how sure, and what says so."""

    severity: Severity
    certainty: Certainty
    because: str
    second_look: str | None


def looked_twice(group: Group) -> bool:
    """There was an earlier look, far enough away to prove that something persists."""
    return group.persisting is not None and (group.seconds_between is None or group.seconds_between >= SECOND_LOOK_S)


def grows(sockets: int, before: int) -> bool:
    """There are so many more than a look ago that it is not merely what comes and goes."""
    return sockets - before >= max(FEWEST_MORE, TURNOVER_SHARE * before)


def of_owner(groups: Iterable[Group], count: Callable[[Group], int]) -> Callable[[Group], int]:
    """`count`, summed over all places where the same program plays the same role; a nameless one stands for itself."""
    totals = Counter[tuple[object, ...]]()
    for group in groups:
        totals[_program(group)] += count(group)
    return lambda group: totals[_program(group)]


def _program(group: Group) -> tuple[object, ...]:
    return (group.owner_pid, group.owner_process, group.role) if group.owner_known else group.key


def part_of_a_large_pile(group: Group) -> bool:
    """Very many descriptors were open when these were made, and little else is shown: the dump shows a part of them."""
    return (group.highest_fd or 0) >= MANY_DESCRIPTORS and group.close_wait > group.established


def descriptors_open_at_once(group: Group) -> str | None:
    """What the highest descriptor number of a large pile says; None where the pile is not known to be large."""
    if not part_of_a_large_pile(group) or group.highest_fd is None:
        return None
    return f"descriptor numbers go up to {group.highest_fd:,}: as many were open at once, for the lowest free is taken"


def weight(group: Group, sockets: int, of_its_owner: int = 0) -> Weight | None:
    """How strongly `sockets` standing CLOSE_WAIT of `group` accuse its owner; None: not at all.

    `of_its_owner` are those of the same program in all places: one in each of ten places is a pile too.
    """
    critical = sockets >= CRITICAL_PILE_SOCKETS or part_of_a_large_pile(group)
    severity = Severity.CRITICAL if critical else Severity.WARNING
    if looked_twice(group):
        if not group.persisting:
            return None
        between = (
            "two looks" if group.seconds_between is None else f"two looks {age_in_words(group.seconds_between)} apart"
        )
        grown = f"; {group.growth:+,} since" if group.growth else ""
        return Weight(
            severity,
            "certain",
            f"{count_of(group.persisting, 'socket')} stayed in CLOSE_WAIT over {between}{grown}",
            None,
        )
    if group.patience_exceeded:
        patience_s = CLIENT_PATIENCE_S if group.role == "client" else SERVER_PATIENCE_S
        older = f"{count_of(group.patience_exceeded, 'socket')} certainly older than {age_in_words(patience_s)}"
        return Weight(severity, "likely", older, "whether the number grows")
    if max(sockets, of_its_owner) >= PILE_UP_SOCKETS and not group.passes_through:
        number = f"{count_of(sockets, 'socket')} at once, beside {group.established:,} ESTABLISHED of the same group"
        return Weight(severity, "possible", number, "whether the same sockets stay or others pass through")
    return None


@record
class Patience:
    """From when on a stall accuses: how old, how many of that age, and how many at once where no age is told."""

    age_s: float
    fewest: int = 1
    at_once: int = PILE_UP_SOCKETS
    share: float = 1.0  # of ESTABLISHED and TIME_WAIT, which so many at once must exceed


def weight_of(
    stall: Stall, patience: Patience, seconds_between: float | None, *, beside: int, ended: int = 0
) -> Weight | None:
    """How strongly `stall` accuses; None: not at all. `beside` are the ESTABLISHED sockets to compare it with, and
    `ended` those in TIME_WAIT, where many connections that are short would hide how busy the place is.

    What a look into a moment shows is never more than possible, and only where much stands still.
    """
    severity = Severity.CRITICAL if stall.sockets >= CRITICAL_PILE_SOCKETS else Severity.WARNING
    if stall.persisting is not None and (seconds_between is None or seconds_between >= SECOND_LOOK_S):
        if stall.persisting < patience.fewest:
            return None
        between = "two looks" if seconds_between is None else f"two looks {age_in_words(seconds_between)} apart"
        stood = f"{count_of(stall.persisting, 'socket')} stood like this in {between}"
        return Weight(severity, "certain", stood, None)
    if stall.overdue >= patience.fewest:
        older = f"{count_of(stall.overdue, 'socket')} certainly for longer than {age_in_words(patience.age_s)}"
        return Weight(severity, "likely", older, "whether the same sockets stay")
    if stall.sockets >= patience.at_once and stall.sockets > patience.share * (beside + ended):
        ended_too = f" and {ended:,} TIME_WAIT" if ended else ""
        number = f"{count_of(stall.sockets, 'socket')} at once, beside {beside:,} ESTABLISHED{ended_too}"
        return Weight(severity, "possible", number, "whether the same sockets stay or others pass through")
    return None
