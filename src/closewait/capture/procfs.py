"""The second rung on Linux: /proc/net/tcp and tcp6, where netlink is refused. No tcp_info, no shutdown, no cgroup."""

from pathlib import Path

from closewait.capture.namespace import inside
from closewait.capture.source import Source, Wish
from closewait.errors import CannotSee
from closewait.formats.format import Reading

#: Of this thread, because a look into another namespace moves the thread only; `/proc/net` is the process's.
TABLES = ("thread-self/net/tcp", "thread-self/net/tcp6")


def read(wish: Wish) -> Reading:
    """Every TCP socket of the network namespace. Raises CannotSee where /proc/net/tcp is hidden."""
    from closewait.formats.paste import Paste
    from closewait.formats.proc_net_tcp import FORMAT

    with inside(wish.netns):
        tables = [_text(wish.proc / table) for table in TABLES]
    if tables[0] is None:
        raise CannotSee(f"{wish.proc / TABLES[0]} cannot be read")
    (reading,) = FORMAT.read(Paste.of("".join(table for table in tables if table)))
    return reading


def _text(table: Path) -> str | None:
    """The table; None where it is hidden, or this kernel has no such family."""
    try:
        return table.read_text()
    except OSError:
        return None


SOURCE = Source(name="proc_net_tcp", told_by="/proc/net/tcp, /proc/net/tcp6", read=read)
