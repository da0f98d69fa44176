"""The signs that a log gives: how kernels and programs word what bears on sockets."""

import re

from closewait.records import record
from closewait.snapshot.evidence import Sign


@record
class Wording:
    """Words that are one sign, unless others stand beside them that make it another.

    `port` finds the port that the line is about, in a group of that name. A line with the words has one of `keys` in
    it, in small letters: most lines of a long log have none.
    """

    sign: Sign
    keys: tuple[str, ...]
    words: re.Pattern[str]
    meaning: str
    port: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None


def wording(
    sign: Sign, keys: tuple[str, ...], words: str, meaning: str, port: str | None = None, unless: str | None = None
) -> Wording:
    """A row of the table."""
    return Wording(
        sign,
        keys,
        re.compile(words, re.IGNORECASE),
        meaning,
        re.compile(port) if port else None,
        re.compile(unless, re.IGNORECASE) if unless else None,
    )


#: `[::]:2379`, `10.0.0.1:443`, `*:80`; no time of day, which has no address before it.
LISTENING_AT = r"(?:\]|[0-9]\.[0-9]{1,3}|\*):(?P<port>[0-9]{1,5})(?![0-9]|:[0-9])"

#: In the order in which they are tried: the first wording in a line is what it says.
WORDINGS = (
    wording(
        Sign.NO_DESCRIPTOR_ON_HOST,
        (
            "open files in system",
            "enfile",
            "file-max limit",
        ),
        r"too many open files in system|\bENFILE\b|file-max limit [0-9]+ reached",
        "the host's limit of open files is reached (fs.file-max); every program fails",
    ),
    wording(
        Sign.NO_DESCRIPTOR,
        (
            "open files",
            "emfile",
            "offene dateien",
            "fichiers ouverts",
            "abiertos",
            "file aperti",
            "открытых файлов",
            "打开的文件过多",
        ),
        # strerror(EMFILE) of glibc in several languages
        r"too many open files|\bW?S?A?EMFILE\b|zu viele offene Dateien|trop de fichiers ouverts"
        r"|demasiados (?:archivos|ficheros) abiertos|troppi file aperti|слишком много открытых файлов|打开的文件过多",
        "a process has reached its limit of descriptors: it can accept, connect and open nothing",
        LISTENING_AT,
    ),
    wording(
        Sign.NO_LOCAL_PORT,
        (
            "assign requested address",
            "addrnotavail",
            "wsaenobufs",
            "10048",
            "10055",
            "buffer space or because",
            "4227",
            "4231",
            "outgoing connection because",
            "ephemeral port number",
        ),
        r"can(?:not|'t) assign requested address|\b(?:WSA)?EADDRNOTAVAIL\b|\bWSAENOBUFS\b"
        r"|\b(?:winsock|socket|error|errno|code)\b[^\n]{0,40}\b(?:10048|10055)\b"
        r"|lacked sufficient buffer space or because a queue was full"
        r"|\b(?:tcpip|event ?id|ereignis-?id|event)\b[^\n]{0,60}\b(?:4227|4231)\b"
        r"|failed to establish an outgoing connection because the selected local endpoint"
        r"|allocate an ephemeral port number from the global TCP port space has failed",
        "connect() found no local port free towards its destination",
        # bind() fails with the same errors where its address is not this host's, or its one port is taken. Java calls a
        # connect() that fails so a BindException, too.
        unless=r"\b(?:bind|listen)\w* ?\(|^(?!.*\bconnect(?:ing|ed)?\b).*\b(?:bind|listen)",
    ),
    wording(
        Sign.SYN_FLOODING,
        ("syn flooding on port",),
        # kernel net/ipv4/tcp_input.c, tcp_syn_flood_action(): the address came with Linux 6.2
        r"possible SYN flooding on port",
        "a listener's queue is full; an attack is one cause, a slow program or a small backlog the usual one",
        r"on port (?:\S{1,60}:)?(?P<port>[0-9]{1,5})(?![0-9]|:[0-9])",
    ),
    wording(
        Sign.ORPHANS,
        ("orphaned sockets",),
        r"too many (?:of )?orphaned sockets",
        "more connections wait for an answer after their programs closed them than net.ipv4.tcp_max_orphans allows",
    ),
    wording(
        Sign.SOCKET_MEMORY,
        (
            "socket memory",
            "tcp: out of memory",
        ),
        r"out of socket memory|TCP: out of memory",
        "TCP is at net.ipv4.tcp_mem, or, in kernels before 2.6.39, at net.ipv4.tcp_max_orphans",
    ),
    wording(
        Sign.CONNTRACK_FULL,
        (": table full",),
        r"(?:nf|ip)_conntrack[^\n]{0,20}: table full",
        "the firewall's table is full and new connections are dropped",
    ),
    wording(
        Sign.TIME_WAIT_OVERFLOW,
        ("bucket table overflow",),
        r"time wait bucket table overflow",
        "more TIME_WAIT than net.ipv4.tcp_max_tw_buckets; the kernel ends the rest at once",
    ),
    wording(
        Sign.OUT_OF_MEMORY,
        (
            "out of memory",
            "oom-kill:",
        ),
        r"out of memory: kill|\boom-kill:|memory cgroup out of memory",
        "the kernel killed a process for want of memory",
    ),
)
