"""A traced life told as steps of a connection: of both ends where both were seen, each with its time and actor."""

from collections.abc import Iterator

from closewait.diagnosis.lives import Life, Moment
from closewait.records import record
from closewait.tcp.states import Move
from closewait.tcp.transitions import ARROWS, Arrow, Step

#: In these transitions to CLOSED the kernel keeps the connection in a small socket that no event tells of
#: (tcp_time_wait() in net/ipv4/tcp_minisocks.c).
SMALL = "WHOSE socket ends; the kernel keeps a small one in its place (FIN_WAIT_2 or TIME_WAIT), which no trace tells"

#: What the kernel does otherwise than the table of arrows says. A listener's child becomes a socket only when the
#: handshake is confirmed: until then a request stands for it, which no event tells of (tcp_check_req() in that file).
OF_THE_KERNEL = {
    ("LISTEN", "SYN_RECEIVED"): "the handshake is confirmed, and WHOSE kernel makes the socket",
    ("FIN_WAIT_2", "CLOSED"): SMALL,
    ("CLOSING", "CLOSED"): SMALL,
}


@record
class Lived:
    """What became of one connection, seen from `here`; `times_s` of the steps count from the first of them."""

    here: Life
    there: Life | None
    steps: tuple[Step, ...]
    times_s: tuple[float, ...]


def lived(life: Life) -> Lived:
    """The story of `life`'s connection, seen from the end that began it."""
    both = sorted(filter(None, (life, life.other_end)), key=lambda one: one.moments[0].transition.time_ns)
    here, there = both[0], both[1] if len(both) > 1 else None
    steps = list(_steps(here, there))
    return Lived(here, there, tuple(step for _, step in steps), tuple(at_s for at_s, _ in steps))


def _steps(here: Life, there: Life | None) -> Iterator[tuple[float, Step]]:
    """Each transition of either end in the order of time, with the states of both after it."""
    began_ns = here.moments[0].transition.time_ns
    told = [(moment, life) for life in (here, there) if life for moment in life.moments]
    states = {id(life): life.moments[0].transition.before for life in (here, there) if life}
    for moment, life in sorted(told, key=lambda one: one[0].transition.time_ns):
        transition, arrow, is_here = moment.transition, arrow_of(moment), life is here
        states[id(life)] = transition.after
        said = OF_THE_KERNEL.get((transition.before, transition.after))
        sends = arrow.sends if arrow and said is None else None
        said = said or _said(moment, arrow)
        at_s = (transition.time_ns - began_ns) / 1e9
        step = Step(
            words=f"{at_s * 1000:,.3f} ms: {said}.".replace("WHOSE", "{here}" if is_here else "{there}"),
            segment=f"{'-->' if is_here else '<--'} {sends}" if sends else None,
            here_event=arrow.event if arrow and is_here else None,
            there_event=arrow.event if arrow and not is_here else None,
            here=states[id(here)],
            there=states[id(there)] if there else "",
        )
        yield at_s, step


def _said(moment: Moment, arrow: Arrow | None) -> str:
    """What happened, and by whom; WHOSE stands for the end."""
    transition = moment.transition
    if arrow is None:
        return f"WHOSE socket goes from {transition.before} to {transition.after}"
    if arrow.caused_by is not Move.LOCAL_APPLICATION:
        return f"{arrow.event.value} (WHOSE side)"
    by = f" ({moment.actor})".replace("{", "{{").replace("}", "}}") if moment.actor else ""  # a name may hold braces
    said: str = arrow.event.value
    return said.replace("the program", "WHOSE program") + by


def arrow_of(moment: Moment) -> Arrow | None:
    """The arrow that a transition takes; of several that of the program where its own call did it."""
    transition = moment.transition
    possible = [arrow for arrow in ARROWS if (arrow.before, arrow.after) == (transition.before, transition.after)]
    by_program = [arrow for arrow in possible if arrow.caused_by is Move.LOCAL_APPLICATION]
    others = [arrow for arrow in possible if arrow not in by_program]
    return next(iter([*by_program, *others] if transition.thread is not None else [*others, *by_program]), None)
