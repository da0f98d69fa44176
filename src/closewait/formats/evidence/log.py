"""Logs: the kernel's (dmesg, journal) and programs'. What bears on sockets is kept, the rest is passed over.

    possible SYN flooding on port 2003. Sending cookies.
    [12345.678901] TCP: request_sock_TCP: Possible SYN flooding on port [::]:8080. Sending cookies.
    2015/04/22 03:59:10 http: Accept error: accept tcp [::]:2379: too many open files; retrying in 1s
    Caused by: java.net.SocketException: Too many open files (Accept failed)

A person may write the same words: they are a log's where its line begins as logs do, or where nothing but the names
of programs and calls stands before them.
"""

import re
from collections import Counter
from collections.abc import Iterator

from closewait.formats.evidence.kind import Kind, evidence
from closewait.formats.evidence.signs import WORDINGS, Wording
from closewait.snapshot.evidence import Evidence, Message

KEPT_OF_A_SIGN = 10  # lines; a loop writes the same one a million times
LONGEST_SHOWN = 300  # characters of a line
LEAST_OF_A_LOG = 3  # lines that begin as a log's do

BEGINNING = re.compile(
    r"^ *(?:<[0-9]{1,3}>[0-9]? *)?(?:"
    r"\[ *[0-9]+\.[0-9]{3,9}\]"  # dmesg
    r"|[\[(\"{]*(?:time[\"=: ]+)?[0-9]{4}[-/.][0-9]{2}[-/.][0-9]{2}[T _,][0-9]{2}:[0-9]{2}"  # ISO 8601 and others
    r"|\[?(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?[A-Z][a-z]{2} +[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}"  # syslog
    r"|\[?[0-9]{1,2}[/.-](?:[A-Z][a-z]{2}|[0-9]{1,2})[/.-][0-9]{2,4}[:, ]+[0-9]{1,2}:[0-9]{2}"
    r"|\[?[0-9]{2}:[0-9]{2}:[0-9]{2}[.,\] ]"
    r"|[EWIF][0-9]{4} [0-9]{2}:[0-9]{2}:"  # glog
    r"|\[?(?:FATAL|ERROR|WARN|WARNING|INFO|DEBUG|TRACE|CRITICAL|NOTICE|SEVERE)[\]: ]"
    r"|(?:ts|level|time|msg)="
    r")"
)
#: What stands before the words where a program wrote them: `accept4() failed (24: `, `[Errno 24] `, `Error: accept `.
BEFORE = re.compile(r"(?:^|[:\]>|=-]|\b(?:accept4?|connect|listen|bind|socket|open|spawn|errno|code)\W{0,4})$")
QUOTES = " \t\"'`"


def read(text: str, origin: str) -> Evidence | None:
    """The lines that bear on sockets, some of each sign, and how many there were."""
    counts, messages = Counter[str](), []
    for line, wording in bearing(text):
        counts[wording.sign] += 1
        if counts[wording.sign] <= KEPT_OF_A_SIGN:
            messages.append(Message(origin, wording.sign, line.strip()[:LONGEST_SHOWN], port_in(line, wording)))
    if counts:
        said = ", ".join(f"{sign} ({count:,})" for sign, count in counts.most_common())
        return evidence(origin, f"a log: {said}", messages=tuple(messages))
    lines = [line for line in text.splitlines() if line.strip()]
    logged = sum(BEGINNING.match(line) is not None for line in lines)
    if logged < LEAST_OF_A_LOG or 2 * logged < len(lines):
        return None
    return evidence(origin, f"a log: none of its {len(lines):,} lines bears on sockets")


def bearing(text: str) -> Iterator[tuple[str, Wording]]:
    """The lines with a sign in them, in order, each with the first wording that it has."""
    small = text.lower()
    suspected = [(wording, tuple(key for key in wording.keys if key in small)) for wording in WORDINGS]
    suspected = [(wording, keys) for wording, keys in suspected if keys]
    if not suspected:
        return
    for line in text.split("\n"):
        small = line.lower()
        for wording, keys in suspected:
            words = wording.words.search(line) if any(key in small for key in keys) else None
            if not words or (wording.unless and wording.unless.search(line)):
                continue
            if written_by_a_program(line[: words.start()]):
                yield line, wording
                break


def written_by_a_program(before: str) -> bool:
    """Whether what stands before the words is what a log, or a program's complaint, has there."""
    return bool(BEGINNING.match(before) or BEFORE.search(before[-LONGEST_SHOWN:].rstrip(QUOTES)))


def port_in(line: str, wording: Wording) -> int | None:
    """The port that a line is about."""
    found = wording.port and wording.port.search(line)
    return int(found["port"]) if found and int(found["port"]) < 65536 else None


KIND = Kind(name="log", told_by="`dmesg`, a journal, a program's log", read=read)
