"""`closewait explain WORD`: what a state, a rule or a setting means, under any of its names; or one socket's story."""

import json as json_text
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closewait.cli.options import Json, Quiet, Width
from closewait.cli.terminal import columns
from closewait.errors import BadInput, BadUsage
from closewait.formats.socket_name import SocketName, inode_named, socket_named

if TYPE_CHECKING:
    from closewait.cli.sources import Dumps, Live
    from closewait.snapshot.table import Snapshot

SEQUENCE_NAMES = ("close", "half-close", "simultaneous", "reset")
ANSWERED_LIVE = (
    "It may be gone by now. `closewait list` shows what is here; another network namespace is named behind the socket, "
    "as in netns:NAME."
)
ANSWERED_DUMP = "`closewait list DUMP` shows what is in it; not every dump tells inodes and descriptors."


def explain(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORD|SOCKET [SOURCE...]",
            help="A state in any spelling, a rule, or a setting. Or a socket: both of its ends, inode:N, or PID:FD; "
            "behind it a dump's file, - or netns:NAME, else this host.",
        ),
    ] = None,
    sequence: Annotated[
        str | None,
        typer.Option("--sequence", metavar="NAME", help=f"Draw how a connection ends: {', '.join(SEQUENCE_NAMES)}."),
    ] = None,
    json: Json = False,
    width: Width = None,
    quiet: Quiet = False,
) -> int:
    """Explain a state, a rule or a setting, under any of its names; or tell one socket's story.

    A socket's story: who closed first and how we know, what each side may still do, whose move it is, what ends it and
    when, drawn with "you are here". It is looked for on this host, in netns:NAME, or in a dump.

    \b
    Examples:
        closewait explain CLOSE_WAIT
        closewait explain SCHLIESSEN_WARTEN
        closewait explain never-accepted
        closewait explain tcp_fin_timeout
        closewait explain --sequence half-close
        closewait explain 10.0.0.1:443-203.0.113.9:50123 dump.txt
        closewait explain '[2001:db8::1]:443-[2001:db8::9]:50123' dump.txt
        closewait explain inode:48211 dump.txt
        closewait explain 4121:17 dump.txt --json
    """
    words = words or []
    if not words and sequence is None:
        raise BadUsage("Say what to explain: a state (closewait explain CLOSE_WAIT), a rule, a setting or a socket.")
    if sequence is not None:
        _tell_sequence(sequence, json=json, width=width, quiet=quiet)
    names = {word: name for word in words if (name := socket_named(word) or _bare_inode(word))}
    if names:
        _tell_sockets(names, [word for word in words if word not in names], json=json, width=width, quiet=quiet)
        return 0
    from closewait.views import explain as view

    for word in words:
        told = view.explain_json(word) if json else view.explain(word)
        if told is None:
            near = view.near(word)
            hint = f" Did you mean {', '.join(near)}?" if near else " Try a state (CLOSE_WAIT), a rule or a setting."
            raise BadUsage(f"closewait knows no state, rule or setting called {word!r}.{hint}")
        if not quiet:
            print(json_text.dumps(told, ensure_ascii=False) if json else told)
    return 0


def _bare_inode(word: str) -> SocketName | None:
    """A number that stands for no state is an inode."""
    from closewait.tcp.spellings import explanations, from_linux_hex

    is_state = bool(explanations(word)) or from_linux_hex(word.strip().lower()) is not None
    return None if is_state or not word.strip().isdecimal() else inode_named(word)


def _tell_sequence(name: str, *, json: bool, width: int | None, quiet: bool) -> None:
    from closewait.views.sequence import sequence_json, sequence_text

    if name not in SEQUENCE_NAMES:
        raise BadUsage(f"There is no sequence {name!r}. There are {', '.join(SEQUENCE_NAMES)}.")
    if not quiet:
        text = json_text.dumps(sequence_json(name)) if json else sequence_text(name, width=columns(width))
        print(text)


def _tell_sockets(
    names: Mapping[str, SocketName], sources: Sequence[str], *, json: bool, width: int | None, quiet: bool
) -> None:
    """Tell the story of each socket, all of them from one look."""
    from closewait.cli.remembered import known_of
    from closewait.cli.sources import place
    from closewait.diagnosis.one_socket import the_socket
    from closewait.diagnosis.story import story_of
    from closewait.views.story_page import story_json, story_text
    from closewait.views.visible import visible

    looking = place(sources)
    look = looking.look()
    answers: list[str] = []
    for word, name in names.items():
        try:
            socket = the_socket(look, name, ask_again=ANSWERED_LIVE if looking.is_live else ANSWERED_DUMP)
        except BadUsage as missing:
            raise BadUsage(visible(str(missing))) from None  # it names sockets of the dump
        story = story_of(socket, system=look.system, settings=_settings(looking, look, socket.state))
        if story is None:
            raise BadInput(f"{word} is in this dump, but the dump does not tell its state. Make one with: ss -tanpoei")
        known = known_of(socket.told) if looking.is_live else []
        if json:
            answers.append(json_text.dumps({**story_json(word, story), "history": known}, ensure_ascii=False))
        else:
            answers.append("\n".join([story_text(story, width=columns(width)), *_history_of(known, columns(width))]))
    if not quiet:
        print(("\n" if json else "\n\n\n").join(answers))


def _history_of(known: Sequence[Mapping[str, Any]], width: int) -> Iterator[str]:
    """What the watch has written down about a socket."""
    if known:
        from closewait.views.remembered import lives

        yield ""
        yield "What the history knows"
        yield from (f"  {line}" for line in lives(known, width - 2))


def _settings(looking: "Live | Dumps", look: "Snapshot", state: str | None) -> Mapping[str, str]:
    """The values, where it was looked, of the settings of the clocks that can end `state`."""
    from closewait.cli.sources import Live
    from closewait.tcp.clocks import clocks_for

    if isinstance(looking, Live):
        from closewait.capture.settings_here import settings_here

        names = [name for clock in clocks_for(state or "", look.system) for name in clock.settings]
        return settings_here(names, looking.netns)
    fin_timeout_s = look.host.fin_timeout_s
    return {} if fin_timeout_s is None else {"net.ipv4.tcp_fin_timeout": f"{fin_timeout_s:g}"}
