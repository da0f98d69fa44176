"""The story of one socket: who closed first and how that is known, what each side may still do, and what ends it.

What is general comes from the tables of tcp/; what is particular from the row, its holders, and the host's settings.
"""

from collections.abc import Iterator, Mapping

from closewait.diagnosis.one_socket import OneSocket
from closewait.diagnosis.wording import age_in_words, count_of
from closewait.records import record
from closewait.tcp.clocks import WITHOUT_CLOCK, Clock, Runs, clocks_for
from closewait.tcp.receive_queue import goodbye
from closewait.tcp.spellings import canonical
from closewait.tcp.standing import Standing, deeds, standing, states_of_the_peer, way_to
from closewait.tcp.states import Move, State, state

#: What the kernel's note about closed directions says.
SHUTDOWN_SAID = {
    "receive": "The kernel has noted that nothing more can come: the peer has ended its sending.",
    "send": "The kernel has noted that this end has ended its sending.",
    "both": "The kernel has noted that both directions are ended.",
    "none": "The kernel has noted no ended direction.",
}

#: What a running timer does when it ends (idiag_timer, include/uapi/linux/inet_diag.h, net/ipv4/inet_diag.c).
TIMER_SAID = {
    "retransmit": "sends again what the peer has not acknowledged",
    "keepalive": "asks the peer whether it is still there, or ends an unheld socket",
    "time_wait": "takes the socket away",
    "zero_window_probe": "asks the peer whether it has room again",
    "delayed_ack": "sends an acknowledgement",
}


@record
class Clocked:
    """A clock that runs for this socket, or may; each of its settings with its value here (None: not told)."""

    clock: Clock
    values: tuple[tuple[str, str | None], ...]


@record
class Story:
    """What is told of one socket."""

    socket: OneSocket
    state: State
    closed_first: str
    how_we_know: tuple[str, ...]
    here_may: tuple[str, ...]
    there_may: tuple[str, ...]
    whose_move: Move
    who: str
    ends_when: tuple[str, ...]
    clocks: tuple[Clocked, ...]
    standing: Standing | None


def story_of(socket: OneSocket, *, system: str | None, settings: Mapping[str, str]) -> Story | None:
    """The story of `socket` on `system`, whose `settings` have these values; None where its state is not told."""
    name = canonical(socket.state or "")
    if name is None:
        return None
    told, peer = state(name), socket.other_end
    half_closed = (name == "FIN_WAIT_2" and socket.is_held is True) or (
        name == "CLOSE_WAIT" and peer is not None and peer.state == "FIN_WAIT_2" and peer.is_held is True
    )
    return Story(
        socket=socket,
        state=told,
        closed_first=_closed_first(told),
        how_we_know=tuple(_how_we_know(socket, told)),
        here_may=tuple(_may(socket, name)),
        there_may=tuple(_peer_may(socket, name)) if socket.has_peer else (),
        whose_move=told.whose_move,
        who=_who(socket, told),
        ends_when=tuple(_ends_when(socket, told)),
        clocks=tuple(_clocks(socket, name, system, settings)),
        standing=standing(name, peer.state if peer else None, half_closed=half_closed) if socket.has_peer else None,
    )


def _closed_first(told: State) -> str:
    if told.name == "TIME_WAIT":
        return "this end, or both at the same moment"
    return told.closed_first or "nobody has closed"


def _how_we_know(socket: OneSocket, told: State) -> Iterator[str]:
    """The way that leads to the state, then what the row itself shows."""
    way = way_to(told.name)
    if way:
        steps = "; ".join(f"{arrow.event.value} ({arrow.after})" for arrow in way)
        yield f"{'A' if told.name == 'TIME_WAIT' else 'The'} way from an open connection to {told.name}: {steps}."
    else:
        yield told.entered_because
    shutdown = socket.told["shutdown"]
    if shutdown and told.closed_first:
        yield SHUTDOWN_SAID[shutdown]
    queue = socket.told["recv_queue_bytes"]
    if told.name == "CLOSE_WAIT" and queue is not None:
        yield _read_to_the_end(queue, is_queued=socket.is_queued)
    if socket.other_end is not None and socket.other_end.state:
        yield f"The other end is in this look too: {socket.other_end.state}."
    low_s, high_s = socket.told["age_low_s"], socket.told["age_high_s"]
    if low_s is not None:
        exact = high_s is not None and high_s - low_s < 1
        bound = "" if exact else " at least" if high_s is None else f" to {age_in_words(high_s)}"
        yield f"It has been in {told.name} for {age_in_words(low_s)}{bound}."


def _read_to_the_end(queue_bytes: int, *, is_queued: bool) -> str:
    if queue_bytes == 0:
        return "Recv-Q is 0: the end was taken from the queue by the program or its runtime, and not answered."
    ending = goodbye(queue_bytes)
    unread = ending.what if ending else "data and the FIN"
    by_whom = "nobody has accepted the connection" if is_queued else "the program has not read up to the end"
    return f"Recv-Q is {queue_bytes:,} ({unread}): {by_whom}."


def _may(socket: OneSocket, name: str) -> Iterator[str]:
    """What the program of this end may still do."""
    unread = socket.told["recv_queue_bytes"]
    if socket.is_queued:
        yield "accept the connection first: until then nothing else"
        return
    if name == "SYN_RECEIVED":
        yield "nothing: no program has it yet, the kernel waits for the peer"
        return
    if socket.is_held is False:
        yield "nothing: no program holds the socket any more, the kernel finishes it"
        return
    if name == "CLOSE_WAIT":
        yield _may_read(unread)
    yield from _deeds(name)
    if name in ("FIN_WAIT_1", "FIN_WAIT_2"):
        yield "close: then nobody holds it, and the kernel's clock begins to run"
    elif not deeds(name):
        yield "nothing: both sides have closed, the kernel finishes it"


def _may_read(unread_bytes: int | None) -> str:
    """What is left to read in CLOSE_WAIT."""
    if unread_bytes is None:
        return "read what has come, if anything, then the end"
    bytes_unread = count_of(unread_bytes, "byte")
    return f"read what has come ({bytes_unread} with the FIN), then the end" if unread_bytes else "read the end again"


def _peer_may(socket: OneSocket, name: str) -> Iterator[str]:
    """What the other end may still do: in the state it was seen in, else in each that it can be in."""
    peer = socket.other_end
    if peer is not None and peer.state:
        yield f"{peer.state}, seen here: {'; '.join(_may(peer, peer.state))}"
        return
    for possible in states_of_the_peer(name):
        if possible != "CLOSED":
            yield f"if it is in {possible}: {', '.join(_deeds(possible)) or 'nothing'}"
    if name in ("CLOSE_WAIT", "LAST_ACK", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2"):
        yield "it may be gone altogether: a peer that has forgotten the connection answers our next byte with a reset"


def _deeds(name: str) -> Iterator[str]:
    for deed in deeds(name):
        moves = deed.arrow.after != name
        sends = f"{deed.arrow.sends}, " if deed.arrow.sends and moves else ""
        yield f"{deed.word} ({sends}then {deed.arrow.after})" if moves else deed.word


def _who(socket: OneSocket, told: State) -> str:
    """Whose move it is, by name where one is known."""
    if told.whose_move is Move.LOCAL_APPLICATION:
        if socket.is_queued:
            listener = socket.told["owner_process"] or "the listener's program"
            pid = socket.told["owner_pid"]
            return f"{listener}{f'[{pid}]' if pid is not None else ''}, which has not accepted it"
        return ", ".join(map(str, socket.holders)) or "the program that holds it"
    if told.whose_move is Move.PEER:
        peer = socket.other_end
        holders = f", {', '.join(map(str, peer.holders))}" if peer and peer.holders else ""
        return f"{socket.there}{holders}"
    return ""


def _ends_when(socket: OneSocket, told: State) -> Iterator[str]:
    yield told.ends_when
    timer, left_s, again = (socket.told[name] for name in ("timer", "timer_left_s", "timer_retransmits"))
    if timer in TIMER_SAID:
        left = "" if left_s is None else f" in {age_in_words(max(0.0, left_s))}"
        tried = f" (tried {again} times)" if again else ""
        yield f"The timer {timer} runs: it {TIMER_SAID[timer]}{left}{tried}."
    elif timer == "off":
        yield "No timer of the kernel runs for it."
    if told.name in WITHOUT_CLOCK:
        yield WITHOUT_CLOCK[told.name]
    if told.name == "FIN_WAIT_2" and socket.is_held:
        yield "A process holds it (it ended its sending only), so the kernel waits without limit."


def _clocks(socket: OneSocket, name: str, system: str | None, settings: Mapping[str, str]) -> Iterator[Clocked]:
    """The clocks of this system that run for such a socket; where that cannot be told, those that may."""
    for clock in clocks_for(name, system):
        if clock.system != "RFC 9293" and _runs(clock.runs, socket) is not False:
            yield Clocked(clock, tuple((setting, settings.get(setting)) for setting in clock.settings))


def _runs(when: Runs, socket: OneSocket) -> bool | None:
    """Whether such a clock runs for the socket; None where the row does not tell."""
    queue, timer = socket.told["send_queue_bytes"], socket.told["timer"]
    held = socket.is_held
    return {
        Runs.ALWAYS: True,
        Runs.HELD: held,
        Runs.UNHELD: None if held is None else not held,
        Runs.UNACKNOWLEDGED: None if queue is None else queue > 0,
        Runs.KEEPALIVE: None if timer is None else timer == "keepalive",
    }[when]
