"""The story of one socket as text and for programs, with the closing sequence drawn and the place in it marked."""

from collections.abc import Iterator
from typing import Any

from closewait.diagnosis.one_socket import OneSocket
from closewait.diagnosis.story import Clocked, Story
from closewait.tcp.standing import Standing
from closewait.views.page import Block, Page, commands, listed
from closewait.views.sequence import SCHEMA, SEQUENCE_SAID, drawn, step_json
from closewait.views.visible import visible
from closewait.views.whose_move import MOVE_SAID


def story_text(story: Story, *, width: int = 80, ascii: bool = False) -> str:
    """The story in lines of at most `width` columns."""
    socket = story.socket
    page = Page(
        title=f"{visible(socket.here)} to {visible(socket.there)}: {story.state.name}",
        lead=(story.state.meaning, *_alike(socket)),
        blocks=(
            Block(None, tuple(_facts(story))),
            listed("How we know", map(visible, story.how_we_know)),
            listed("This end may still", map(visible, story.here_may)),
            listed("The peer may still", map(visible, story.there_may)),
            listed("What ends it", map(visible, [*story.ends_when, *map(clock_said, story.clocks)])),
        ),
    )
    parts = [page.text(width)]
    if story.standing is not None:
        parts.append(_drawing(story.standing, width, ascii=ascii))
    parts.append("\n".join(commands("Look next", [f"closewait explain {story.state.name}"]).lines(width)))
    return "\n\n".join(parts)


def story_json(asked: str, story: Story) -> dict[str, Any]:
    """The same for programs."""
    told = story.standing
    return {
        "schema": SCHEMA,
        "kind": "socket",
        "asked": asked,
        "state": story.state.name,
        "here": _end_json(story.socket),
        "there": _end_json(story.socket.other_end) if story.socket.other_end else None,
        "closed_first": story.state.closed_first,
        "how_we_know": list(story.how_we_know),
        "here_may": list(story.here_may),
        "there_may": list(story.there_may),
        "whose_move": story.whose_move.value,
        "who": story.who or None,
        "ends_when": list(story.ends_when),
        "timer": story.socket.told["timer"],
        "timer_left_s": story.socket.told["timer_left_s"],
        "clocks": [
            {
                "name": one.clock.name,
                "system": one.clock.system,
                "seconds": one.clock.seconds,
                "condition": one.clock.condition,
                "settings": [{"name": name, "value": value} for name, value in one.values],
            }
            for one in story.clocks
        ],
        "sequence": None
        if told is None
        else {"name": told.sequence, "steps": [*map(step_json, told.steps)], "you_are_here": list(told.here)},
    }


def clock_said(one: Clocked) -> str:
    """`orphan: 60 s by default. net.ipv4.tcp_fin_timeout is 60 here. Only once no process holds the socket.`"""
    clock = one.clock
    by_default = " by default" if clock.settings else ""
    lasts = "" if clock.seconds is None else f" {clock.seconds:,.0f} s{by_default};"
    values = [f"{name} is {value} here" for name, value in one.values if value is not None]
    unknown = [name for name, value in one.values if value is None]
    named = [*values, *([f"{', '.join(unknown)} (its value here is not told)"] if unknown else [])]
    settings = f" ({'; '.join(named)})" if named else ""
    return f"{clock.name} clock of {clock.system}:{lasts} {clock.condition}{settings}."


def _facts(story: Story) -> Iterator[tuple[str, str]]:
    socket = story.socket
    yield "Closed first", story.closed_first
    move = MOVE_SAID[story.whose_move]
    yield "Whose move", visible(f"{move}: {story.who}" if story.who else move)
    yield "Held by", visible(_held(socket))
    if socket.told["role"] and socket.has_peer:
        yield "This end is", f"the {socket.told['role']}'s{' (guessed)' if socket.told['role_guessed'] else ''}"
    peer = socket.other_end
    if peer is not None:
        yield "The other end", visible(f"is on this host: {peer.state or 'state not told'}, held by {_held(peer)}")
    elif story.standing is not None:
        yield "The other end", "not in this look"


def _held(socket: OneSocket) -> str:
    if socket.holders:
        return ", ".join(map(str, socket.holders))
    if socket.is_queued:
        return "nobody yet: it waits in its listener's accept queue"
    return {True: "a process that this look does not name", False: "no process", None: "not told"}[socket.is_held]


def _alike(socket: OneSocket) -> Iterator[str]:
    if socket.alike:
        yield f"{socket.alike} more rows of this look have the same name; this is the first."


def _drawing(standing: Standing, width: int, *, ascii: bool) -> str:
    said = SEQUENCE_SAID[standing.sequence]
    first = ", begun by the peer" if standing.turned and standing.sequence != "simultaneous" else ""
    picture = drawn(standing.steps, here=standing.here, width=width, ascii=ascii)
    return f"Where it stands in {said}{first}\n\n{picture}"


def _end_json(socket: OneSocket) -> dict[str, Any]:
    told = socket.told
    return {
        **{name: told[name] for name in (
            "local_address", "local_port", "local_service", "remote_address", "remote_port", "remote_service", "state",
            "recv_queue_bytes", "send_queue_bytes", "inode", "age_low_s", "age_high_s", "role",
        )},
        "holders": [{"pid": one.pid, "process": one.process, "fd": one.fd} for one in socket.holders],
        "accepted": not socket.is_queued,
    }  # fmt: skip
