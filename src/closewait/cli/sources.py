"""From the words of a command line to something that can be looked at, and the condition to look for.

nothing         this host
netns:NAME      that network namespace of this host
-               standard input, any dump
a file          any dump
several files   of one host: the dumps are looks in the order given, the others are evidence
a folder        the same, in the order of their names; what is neither is named
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from closewait import capture
from closewait.cli import early
from closewait.cli.needs import EVERYTHING_THERE_IS, Needs
from closewait.cli.terminal import reading_bar
from closewait.errors import BadInput, BadUsage
from closewait.records import record
from closewait.snapshot.filters.condition import EVERYTHING, Condition

if TYPE_CHECKING:
    from closewait.diagnosis.report import NotUnderstood
    from closewait.snapshot.series import Moment, Series
    from closewait.snapshot.table import Snapshot

#: Addresses that tell no host from another: any, and this host itself.
EVERY_HOSTS = frozenset({"0.0.0.0", "::", "*", "127.0.0.1", "::1", "localhost"})

#: Places the grammar knows and this version cannot look at yet.
ELSEWHERE = ("pid:", "docker:", "ssh://", "k8s://")


@record
class Live:
    """This host, or a network namespace of it."""

    netns: str | None = None
    is_live = True
    is_log = False
    not_understood: tuple["NotUnderstood", ...] = ()
    other_end = None

    def look(self, needs: Needs = EVERYTHING_THERE_IS) -> "Snapshot":
        """Look now, at what is needed; the first look has begun already."""
        return capture.look(
            netns=self.netns, columns=needs.columns, holders=needs.holders, asked=needs.asked, begun=early.take()
        )

    def count(self) -> tuple[str, dict[str, int]]:
        """The name of this place, and how many sockets are in each state there now; the cheapest look."""
        return capture.name_of(self.netns), capture.count_states(netns=self.netns, begun=early.take())

    def looks(self, needs: Needs = EVERYTHING_THERE_IS) -> list["Snapshot"]:
        """One look, at what is needed."""
        return [self.look(needs)]

    def earlier(self) -> Sequence["Snapshot"]:
        """Nothing is remembered between two runs."""
        return ()

    def moments(self) -> Sequence["Moment"]:
        """One look is no series."""
        return ()


@dataclass
class Dumps:
    """Files of one host, or standard input, each read once: dumps are looks, what is none is evidence."""

    paths: tuple[str, ...]
    is_folder: bool = False
    is_live = False

    not_understood: tuple["NotUnderstood", ...] = ()
    other_end: "Snapshot | None" = None

    @cached_property
    def _read(self) -> Sequence[tuple[str, Iterable["Snapshot"]]]:
        """Each dump with its looks; the last is judged, and the other files' evidence is beside it.

        A log that is a source by itself gives its looks once, as they are read.
        """
        if len(self.paths) == 1 and not self.is_folder:
            from closewait.capture.dump_file import looks

            return [(path, looks(path, reading_bar())) for path in self.paths]
        from closewait.capture.host_files import gathered

        files = gathered(self.paths, folder=self.is_folder)
        self.not_understood = files.not_understood
        dumps = in_judging_order([*files.dumps]) if self.is_folder else files.dumps
        self.other_end = other_end_of(dumps[-1], files.dumps) if self.is_folder else None
        *earlier, (path, judged) = dumps
        return [*earlier, (path, [look.with_evidence(files.evidence) for look in judged])]

    def looks(self, _: Needs = EVERYTHING_THERE_IS) -> Iterable["Snapshot"]:
        """Every look in every file, all of it."""
        return (look for _, looks in self._read for look in looks)

    @property
    def is_log(self) -> bool:
        """Whether there are more looks than can be held at once."""
        return any(not isinstance(looks, list) for _, looks in self._read)

    @cached_property
    def _series(self) -> list["Series"]:
        return [_series_in(path, looks) for path, looks in self._read]

    def look(self, _: Needs = EVERYTHING_THERE_IS) -> "Snapshot":
        """The look that is judged: the last one, all of it."""
        return self._series[-1].latest

    def earlier(self) -> Sequence["Snapshot"]:
        """The looks before it: one of each file, and of the last file what is clearly the same host earlier."""
        *others, last = self._series
        return [*(series.latest for series in others), *last.looks[:-1]]

    def moments(self) -> Sequence["Moment"]:
        """Every look that is of one series with those, without its sockets."""
        return [moment for series in self._series for moment in series.moments]


def in_judging_order(found: list[tuple[str, list["Snapshot"]]]) -> list[tuple[str, list["Snapshot"]]]:
    """The dumps of one host in the order of their names, those of sockets last: the last one is judged.

    A dump that shares no address with the last is another host's, and no earlier look at this one.
    """
    ordered = sorted(found, key=lambda one: _series_in(*one).latest.kind == "sockets")
    last = _addresses(ordered[-1])
    return [one for one in ordered if one is ordered[-1] or not last or _may_be_earlier(one, last)]


def _may_be_earlier(read: tuple[str, list["Snapshot"]], addresses: set[str]) -> bool:
    """Whether these sockets may be those of the host with these addresses."""
    is_of_sockets = _series_in(*read).latest.kind == "sockets"
    return is_of_sockets and not (_addresses(read) and _addresses(read).isdisjoint(addresses))


def other_end_of(
    judged: tuple[str, list["Snapshot"]], found: Sequence[tuple[str, list["Snapshot"]]]
) -> "Snapshot | None":
    """The last of the dumps that is another host's, one to which the judged host has connections."""
    here, look = _addresses(judged), _series_in(*judged).latest
    if look.kind != "sockets":
        return None
    peers = {address.removeprefix("::ffff:") for address in look.sockets["remote_address"].drop_nulls().to_list()}
    others = (one for one in reversed(found) if not _addresses(one) & here and _addresses(one) & peers)
    return next((_series_in(*one).latest for one in others), None)


def _addresses(read: tuple[str, list["Snapshot"]]) -> set[str]:
    """The addresses of this end of a dump's connections, without those that every host has."""
    look = _series_in(*read).latest
    told = look.sockets["local_address"].drop_nulls().to_list() if look.kind == "sockets" else ()
    return {address.removeprefix("::ffff:") for address in told} - EVERY_HOSTS


def looker(words: Sequence[str]) -> tuple[Live | Dumps, Condition]:
    """What the words name to look at, and what they want to see of it. Raises BadUsage."""
    if all(word == "-" or word.startswith(early.NETNS) for word in words):
        return place(words), EVERYTHING  # the grammar of filters takes 10 ms to load
    from closewait.formats.service_names import SERVICE_PORTS
    from closewait.snapshot.filters.grammar import understood

    wanted = understood(words, SERVICE_PORTS)
    looking = place(wanted.sources)
    return looking, with_user_ids(wanted.condition) if looking.is_live else wanted.condition


def with_user_ids(condition: Condition) -> Condition:
    """`condition` with this host's number beside each name of a user: its kernel tells numbers."""
    from closewait.snapshot.filters.condition import Among, Leaf, Within, one_of, rewritten

    def numbered(leaf: Leaf) -> Condition:
        if not isinstance(leaf, Among) or leaf.column != "user":
            return leaf
        uids = [uid for uid in map(user_id, leaf.patterns) if uid is not None]
        return one_of(Within("uid", tuple((uid, uid) for uid in uids)), leaf) if uids else leaf

    return rewritten(condition, numbered)


def user_id(name: str) -> int | None:
    """The number of a user of this host; None where there is no such user, or no such database."""
    try:
        import pwd

        return pwd.getpwnam(name).pw_uid
    except (ImportError, KeyError, ValueError):
        return None


def place(sources: Sequence[str]) -> Live | Dumps:
    """What the SOURCE words name. Raises BadUsage."""
    elsewhere = next((source for source in sources if source.startswith(ELSEWHERE)), None)
    if elsewhere is not None:
        raise BadUsage(
            f"closewait cannot look at {elsewhere!r} yet. Run it there, or save a dump there (ss -tanpoei > dump.txt)."
        )
    namespaces = [source.removeprefix(early.NETNS) for source in sources if source.startswith(early.NETNS)]
    if not sources:
        return Live()
    if namespaces:
        if len(sources) > 1:
            raise BadUsage("Name one live place at a time, or several dumps.")
        return Live(namespaces[0])
    from closewait.tcp.spellings import canonical

    forgotten = next((source for source in sources if canonical(source) and not Path(source).exists()), None)
    if forgotten is not None:
        raise BadUsage(f"{forgotten!r} is a state and no file. To see the sockets in it, write state={forgotten}.")
    if sources.count("-") > 1:
        raise BadUsage("Standard input (-) can be read once only.")
    if "-" in sources and sys.stdin.isatty():
        print("closewait: reading a dump from the terminal; end it with Ctrl-D", file=sys.stderr)
    folder = Path(sources[0])
    if len(sources) == 1 and folder.is_dir():
        files = sorted(str(file) for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
        if not files:
            raise BadInput(f"{folder} is an empty folder: put dumps into it, or name the host's files one by one.")
        return Dumps(tuple(files), is_folder=True)
    return Dumps(tuple(sources))


def _series_in(path: str, looks: Iterable["Snapshot"]) -> "Series":
    """What is judged of a file: looks that repeat one another, or the largest; it says that there were others."""
    from dataclasses import replace

    from closewait.diagnosis.thresholds import SECOND_LOOK_S
    from closewait.snapshot.series import series_of

    series = series_of(looks, far_apart_s=SECOND_LOOK_S)
    if not series.others:
        return series
    dumps, alike = len(series.moments) + series.others, len(series.moments)
    judged = f"the {alike} that repeat one another were" if alike > 1 else "the largest was"
    caveat = (
        f"{path} holds {dumps} dumps; {judged} judged. "
        "Save them as files of their own to compare them: closewait one.txt two.txt"
    )
    sight = replace(series.latest.sight, caveats=(*series.latest.sight.caveats, caveat))
    return replace(series, looks=(*series.looks[:-1], replace(series.latest, sight=sight)))
