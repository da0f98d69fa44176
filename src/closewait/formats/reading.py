"""From bytes to readings: which parts of a paste are dumps, and which format reads each.

A paste is cut where a dump may begin: at a shell command, a code fence, a time stamp, a title or a heading of some
format. A piece in which no format finds a row goes with the next one, so a stamp, a command, a title and a heading stay
with their rows. Two dumps of one moment, of two moments or of two hosts are then separate readings, never added up.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import attrgetter

from closewait.errors import BadInput
from closewait.formats.format import BytesFormat, Reading, TextFormat
from closewait.formats.ownerless import HELD, Ownerless, unexplained
from closewait.formats.paste import FENCE, Paste, command, decode
from closewait.formats.stamps import A_TIME_IN_DIGITS, LOG_PREFIX, Stamp, last_of, stamp_before, stamp_in
from closewait.records import record
from closewait.snapshot.ages import with_ages
from closewait.snapshot.columns import HOLDERS, PROCESSES
from closewait.snapshot.host import Host
from closewait.snapshot.sight import Sight
from closewait.snapshot.table import EMPTY_HOLDERS, EMPTY_PROCESSES, Snapshot, frame
from closewait.tcp.spellings import canonical

Format = BytesFormat | TextFormat

CLOCKS = {"last_ack_ms", "last_received_ms", "last_sent_ms", "timer_left_s"}  # without these no age is known
HOLDER_NAMES = tuple(column.name for column in HOLDERS)
ROWS_TO_BE_SURE = 5  # of a dump whose heading is that of the dump before
FIRST_LINES = 15  # of a dump, mostly enough to know its format by
OF_EACH_FIRST_WORD, OTHER_LINES = 3, 20_000  # lines looked at where those tell nothing: long noise before a dump
LONGEST_OPENING = 300  # characters; a longer line is no title, heading or command

#: First words with which rows begin: their lines are not looked at as titles, headings or commands.
ROW_BEGINS = re.compile(
    r"(?i:(?:tcp|udp|udplite|raw|sctp|unix|ipv)[46]*)|[0-9]+:|(?:[0-9]{1,3}\.){4}[0-9*]+"
    rf"|(?!(?:{A_TIME_IN_DIGITS})$)(?:0x)?[0-9A-Fa-f]{{8,16}}"
    r"|\[(?![0-9:.,/T-]+\])[^\]]+\]"
    r"|\"\w+\":|[{}\[\]]+,?"  # of JSON
)

#: What else people hand over, by its first bytes.
OTHER_THINGS = (
    (b"\x1f\x8b", "a gzip file; unpack it first"),
    (b"PK\x03\x04", "a zip file; unpack it first"),
    (b"\xfd7zXZ\x00", "an xz file; unpack it first"),
    (b"(\xb5/\xfd", "a zstd file; unpack it first"),
    (b"\xd4\xc3\xb2\xa1", "a packet capture"),
    (b"\xa1\xb2\xc3\xd4", "a packet capture"),
    (b"\x0a\x0d\x0d\x0a", "a packet capture"),
    (b"%PDF-", "a PDF; copy the text out of it"),
    (b"\x89PNG", "a picture; closewait needs the text"),
    (b"\xff\xd8\xff", "a picture; closewait needs the text"),
    (b"\x7fELF", "a program"),
)
TRY = "Try the text of `ss -tanp`, `netstat -an`, `netstat -ano` (Windows) or `cat /proc/net/tcp`."


def readings(data: bytes, name: str, formats: Sequence[Format]) -> list[Reading]:
    """What the first format that knows `data`, or each format that knows a part of it, reads there.

    `name` is how the user knows these bytes. Raises BadInput, with what to do, when no format knows any of them.
    """
    for format in formats:
        if isinstance(format, BytesFormat) and format.recognises(data):
            return read_whole(data, name, format)
    if data.isspace() or not data:
        raise BadInput(f"{name} is empty: a dump was expected. {TRY}")
    text_formats = [format for format in formats if isinstance(format, TextFormat)]
    paste = Paste.of(decode(data))
    found = [reading for dump in dumps(paste, text_formats) for reading in dump.read(paste)]
    if not found:
        raise BadInput(f"{name} is not a socket dump that closewait knows{suspicion(data)}. {TRY}")
    return [reading for reading in found if tells_something(reading)] or found[:1]


def read_whole(data: bytes, name: str, format: BytesFormat) -> list[Reading]:
    """What a format of bytes reads; its complaints are about `name`."""
    try:
        return list(format.read(data))
    except BadInput as complaint:
        raise BadInput(f"{name}: {complaint}") from None


def suspicion(data: bytes) -> str:
    """What these bytes seem to be instead, as the end of a sentence."""
    return next((f": it looks like {thing}" for beginning, thing in OTHER_THINGS if data.startswith(beginning)), "")


def tells_something(reading: Reading) -> bool:
    """Whether there is more in a reading than a heading without rows."""
    return bool(reading.states) or any(len(column) for column in reading.columns.values())


@record
class Opening:
    """What the lines say that stand before the rows of a dump."""

    stamp: Stamp | None = None
    command: str | None = None

    def put_on(self, reading: Reading) -> Reading:
        """A reading with the command, and with the time unless it tells its own."""
        stamp = self.stamp
        if stamp is None or reading.taken_at_unix_s is not None or (stamp.unix_s, stamp.clock_s) == (None, None):
            return replace(reading, command=self.command) if self.command else reading
        caveats = (*reading.caveats, stamp.caveat) if stamp.caveat else reading.caveats
        return replace(
            reading, taken_at_unix_s=stamp.unix_s, clock_s=stamp.clock_s, command=self.command, caveats=caveats
        )


@record
class Section:
    """Where a title, heading or command with its rows begins and ends, and the format that knows most of it."""

    start: int
    stop: int
    format: TextFormat
    opening: Opening = Opening()

    def read(self, paste: Paste) -> list[Reading]:
        """What the format reads there."""
        return [self.opening.put_on(reading) for reading in self.format.read(paste[self.start : self.stop])]


def dumps(paste: Paste, formats: Sequence[TextFormat]) -> Iterator[Section]:
    """The dumps in a paste; the sections of one run are one dump, a new time stamp begins another."""
    run: Section | None = None
    for section in sections(paste, formats):
        if run and continues(paste, run, section):
            run = replace(run, stop=section.stop)
            continue
        if run:
            yield run
        run = section
    if run:
        yield run


def continues(paste: Paste, run: Section, section: Section) -> bool:
    """Whether a section belongs to the run before it."""
    if section.format is not run.format or section.opening.stamp:
        return False
    return run.format.continues(paste[run.start : run.stop], paste[section.start : section.stop])


def sections(paste: Paste, formats: Sequence[TextFormat]) -> Iterator[Section]:
    """The pieces of a paste in which rows are, each with the pieces before it in which none are."""
    start = 0
    openings: list[int] = []
    known: tuple[str | None, TextFormat] | None = None  # the heading and the format of the section before
    for opening, stop in pieces(paste, formats):
        openings.append(max(opening, 0))
        rows = paste[opening + 1 : stop]
        heading = paste[opening] if opening >= 0 else None
        if known and heading == known[0] and is_all_of(known[1], rows):
            format: TextFormat | None = known[1]
        else:
            format = likeliest(paste[start:stop], formats, rows) if len(rows) else None
        if format:
            known = heading, format
            yield Section(start, stop, format, told_by(paste, openings))
            start = stop
            openings = []
    if start == 0 and (format := likeliest(paste, formats, paste)):
        yield Section(0, len(paste), format)  # a heading without rows


def is_all_of(format: TextFormat, rows: Paste) -> bool:
    """Whether a format knows every one of the first rows: behind a heading that it read before, no other is asked."""
    lines = [line for line in rows[:ROWS_TO_BE_SURE] if line.strip()]
    return bool(lines) and format.recognises(lines) == len(lines)


def told_by(paste: Paste, openings: Sequence[int]) -> Opening:
    """What the lines tell that open a dump and the pieces before it: a stamp, the last command."""
    stamps, ran = [], None
    for line in openings:
        ran_here = command(paste[line])
        stamps.append(stamp_in(paste[line]) or stamp_beside(paste.original(line), ran_here))
        ran = ran_here or ran
    return Opening(last_of(filter(None, stamps)), ran)


def stamp_beside(line: str, command: str | None) -> Stamp | None:
    """The time in the prompt before a command, or that a terminal's log wrote before any line."""
    before, found, _ = line.partition(command) if command else (line, "", "")
    return stamp_before(before) if found or LOG_PREFIX.match(line) else None


def pieces(paste: Paste, formats: Sequence[TextFormat]) -> Iterator[tuple[int, int]]:
    """Where a paste is cut: the line that opens each piece (-1: none opens the first), and the line behind its last."""
    opens = re.compile("|".join(f"(?:{format.opens})" for format in formats))
    suspects = paste.words.lines_beginning(lambda word: not (ROW_BEGINS.fullmatch(word) or canonical(word)))
    openings = [line for line in suspects.tolist() if may_open(paste[line], opens)]
    yield from zip([-1, *openings], [*openings, len(paste)], strict=True)


def may_open(line: str, opens: re.Pattern[str]) -> bool:
    """Whether a dump may begin with this line."""
    return len(line) <= LONGEST_OPENING and bool(
        FENCE.match(line) or opens.match(line) or command(line) or stamp_in(line)
    )


def likeliest(dump: Paste, formats: Sequence[TextFormat], rows: Paste) -> TextFormat | None:
    """The format that knows most of the first lines of `dump`; None when none knows any of `rows`, a part of it."""
    for lines in first_lines(dump):
        counts = {format.name: format.recognises(lines) for format in formats}
        by_count = sorted((f for f in formats if counts[f.name]), key=lambda format: -counts[format.name])
        if any(format.recognises(lines) for lines in first_lines(rows) for format in by_count):
            return by_count[0]
    return None


def first_lines(dump: Paste) -> Iterator[list[str]]:
    """Lines enough to know a dump by: the first, then, where those tell nothing, some of each first word."""
    yield list(dump[:FIRST_LINES])
    yield [dump[line] for line in dump.words.examples(OF_EACH_FIRST_WORD)[:OTHER_LINES]]


def snapshot(reading: Reading, source: str) -> Snapshot:
    """A reading as a moment of the host that `source` came from."""
    holders = reading.holders
    seen = Snapshot.of_columns(
        reading.columns,
        kind=reading.kind,
        holders=frame(HOLDERS, {name: getattr(holders, name) for name in HOLDER_NAMES}) if holders else EMPTY_HOLDERS,
        processes=frame(PROCESSES, reading.processes) if reading.processes else EMPTY_PROCESSES,
        told_states=reading.states,
        host=reading.host or Host(),
        taken_at_unix_s=reading.taken_at_unix_s,
        clock_s=reading.clock_s,
        command=reading.command,
        source=reading.source or source,
        evidence=reading.evidence,
        format=reading.format,
    )
    has_clocks = reading.kind == "sockets" and reading.columns.keys() & CLOCKS
    sockets = with_ages(seen.sockets, seen.host) if has_clocks else seen.sockets
    return replace(seen, sockets=sockets, sight=reading.sight or sight(reading, seen))


def sight(reading: Reading, seen: Snapshot) -> Sight:
    """What the reading could and could not see."""
    return Sight(
        rows=seen.sockets.height,
        lines_not_understood=tuple(sorted(reading.lines_not_understood, key=attrgetter("line_no"))),
        owners_hidden=owners_hidden(seen) if reading.owners_told is False else 0,
        owners_told=reading.owners_told,
        caveats=reading.caveats,
    )


def owners_hidden(seen: Snapshot) -> int:
    """How many sockets should show a process and do not."""
    sockets = seen.sockets
    without = sockets.filter(sockets["pid"].is_null() & sockets["process"].is_null() & sockets["state"].is_in(HELD))
    listeners = sockets.filter(sockets["state"] == "LISTEN")
    waiting = Counter[int]()
    for port, queued in listeners.select("local_port", "accept_queue_conns").iter_rows():
        waiting[port] += queued or 0
    return unexplained([Ownerless(*row) for row in without.select("state", "local_port", "inode").iter_rows()], waiting)
