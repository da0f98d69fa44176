"""What the command line above an `ss` dump says about the dump: its state, its protocols, who asked for holders.

`ss -tanp state close-wait` prints no State column, because there is one state only: then the command line is the only
place where the state is told. Sources: ss(8), and main() of iproute2's misc/ss.c.
"""

import re
from itertools import pairwise

from closewait.formats.paste import command
from closewait.records import record
from closewait.tcp.spellings import canonical

DASHES = "-‐‑‒–—−"  # typographic ones too: a blog made them out of hyphens
SS = re.compile(r"ss\b")
END_OF_COMMAND = re.compile(r"[|;&<>]")

OF_TCP = {"-t", "--tcp", "-A", "-f", "-4", "-6", "--ipv4", "--ipv6", "--query"}
OF_OTHERS = {"-u", "-d", "-w", "-x", "-0", "-S", "-M", "--udp", "--dccp", "--raw", "--unix", "--packet", "--sctp",
             "--mptcp", "--vsock", "--tipc", "--xdp"}  # fmt: skip
SHOWS_TIMERS = {"-o", "--options"}
SHOWS_HOLDERS = {"-p", "-T", "-Z", "-z", "--processes", "--threads", "--context", "--contexts"}
AS_ROOT = re.compile(r"\broot@|\bsudo\b|\bdoas\b")


@record
class Command:
    """What a command line told, or, without values, that there was none."""

    state: str | None = None
    without_tcp: bool = False
    timers_asked: bool = False
    holders_asked: bool = False
    as_root: bool = False


def read(line: str) -> Command | None:
    """What `line` tells, if it is a shell line that runs `ss`."""
    told = command(line)
    if told is None or not SS.match(told):
        return None
    words = END_OF_COMMAND.split(told, maxsplit=1)[0].split()[1:]
    flags = {flag for word in words if word[0] in DASHES for flag in flags_of(word)}
    states = {canonical(name) for asked, name in pairwise(words) if asked == "state"}
    return Command(
        state=states.pop() if len(states) == 1 else None,
        without_tcp=bool(flags & OF_OTHERS) and not flags & OF_TCP,
        timers_asked=bool(flags & SHOWS_TIMERS),
        holders_asked=bool(flags & SHOWS_HOLDERS),
        as_root=AS_ROOT.search(line) is not None,
    )


def flags_of(word: str) -> list[str]:
    """`-tan` is `-t`, `-a`, `-n`; `--tcp` is itself."""
    name = word.lstrip(DASHES)
    dashes = len(word) - len(name)
    return [f"--{name.partition('=')[0]}"] if dashes > 1 and len(name) > 1 else [f"-{letter}" for letter in name]
