"""How each tool spells each state, in words and in numbers, and back to the one name used here.

A word is looked up without regard to case, hyphens, underscores and blanks, and a word with special letters also in
the shapes that wrong code pages give it. A question mark in the tables marks a word that was met in other people's
parsers only: reading it does no harm, and it is no evidence.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from closewait.records import record
from closewait.tcp.states import STATES


@record
class Spelling:
    """One word or number for a state, who tells it so, and whether a source or a real dump was seen."""

    word: str
    state: str
    told_by: str
    verified: bool = True
    note: str = ""


#: Sources: RFC 9293 section 3.3.2; ss and lsof as installed by Debian 12; Linux include/net/tcp_states.h and net-tools
#: netstat.c; netinet/tcp_fsm.h of FreeBSD and xnu; real dumps; Microsoft's pages; RFC 4022.
WORDS = """
RFC           ss          Linux        BSD          Windows       PowerShell   SNMP         Cisco
LISTEN        LISTEN      LISTEN       LISTEN       LISTENING     Listen       listen       LISTEN
SYN-SENT      SYN-SENT    SYN_SENT     SYN_SENT     SYN_SENT      SynSent      synSent      SYNSENT
SYN-RECEIVED  SYN-RECV    SYN_RECV     SYN_RCVD     SYN_RECEIVED  SynReceived  synReceived  SYNRCVD?
ESTABLISHED   ESTAB       ESTABLISHED  ESTABLISHED  ESTABLISHED   Established  established  ESTAB
FIN-WAIT-1    FIN-WAIT-1  FIN_WAIT1    FIN_WAIT_1   FIN_WAIT_1    FinWait1     finWait1     FINWAIT1?
FIN-WAIT-2    FIN-WAIT-2  FIN_WAIT2    FIN_WAIT_2   FIN_WAIT_2    FinWait2     finWait2     FINWAIT2?
CLOSE-WAIT    CLOSE-WAIT  CLOSE_WAIT   CLOSE_WAIT   CLOSE_WAIT    CloseWait    closeWait    CLOSEWAIT?
CLOSING       CLOSING     CLOSING      CLOSING      CLOSING       Closing      closing      CLOSING?
LAST-ACK      LAST-ACK    LAST_ACK     LAST_ACK     LAST_ACK      LastAck      lastAck      LASTACK?
TIME-WAIT     TIME-WAIT   TIME_WAIT    TIME_WAIT    TIME_WAIT     TimeWait     timeWait     TIMEWAIT?
CLOSED        UNCONN      CLOSE        CLOSED       CLOSED        Closed       closed       CLOSED?
"""

#: Windows translates the states into German and, as far as real dumps show, into no other language. net-tools
#: translates some of them: its message files for German, Portuguese and Czech, and real dumps in Spanish.
TRANSLATED_WORDS = """
RFC           Windows-German     Linux-German  Linux-Spanish  Linux-Portuguese  Linux-Czech
LISTEN        ABHÖREN            -             ESCUCHAR       OUÇA              NASLOUCHÁ
SYN-SENT      SYN_GESENDET       -             -              SYN_ENVIADO       -
SYN-RECEIVED  SYN_EMPFANGEN?     -             -              SYN_RECEBIDO      -
ESTABLISHED   HERGESTELLT        VERBUNDEN     ESTABLECIDO    ESTABELECIDA      SPOJENO
FIN-WAIT-1    FIN_WARTEN_1?      -             -              ESPERA_FIN1       -
FIN-WAIT-2    FIN_WARTEN_2       -             -              ESPERA_FIN2       -
CLOSE-WAIT    SCHLIESSEN_WARTEN  -             -              ESPERANDO_FECHAR  -
CLOSING       SCHLIESSEND?       -             -              FECHANDO          ZAVÍRÁ
LAST-ACK      ZULETZT_ACK?       -             -              ÚLTIMO_ACK        POSLEDNÍ_ACK
TIME-WAIT     WARTEND            -             -              -                 -
CLOSED        -                  -             -              FECHAR            ZAVŘEN
"""

TELLERS = {
    "RFC": "RFC 9293",
    "ss": "ss",
    "Linux": "Linux kernel, netstat and lsof; psutil",
    "BSD": "netstat and lsof on macOS, BSD and Solaris",
    "Windows": "netstat on Windows",
    "PowerShell": "PowerShell Get-NetTCPConnection and .NET TcpState",
    "SNMP": "SNMP TCP-MIB",
    "Cisco": "Cisco IOS show tcp",
    "Windows-German": "netstat on German Windows",
    "Linux-German": "netstat on Linux, in German",
    "Linux-Spanish": "netstat on Linux, in Spanish",
    "Linux-Portuguese": "netstat on Linux, in Brazilian Portuguese",
    "Linux-Czech": "netstat on Linux, in Czech",
}

CONNTRACK, Z_OS = "conntrack", "NETSTAT on z/OS"
A_FLOW = "conntrack watches a flow from the middle; this is not a socket's state."
INVENTED = "met only in test data that looks invented"

OTHER_WORDS = (
    *(Spelling(state.name, state.name, "closewait") for state in STATES),
    Spelling("UNCONN", "CLOSED", "ss", note="With a local port it is a bound socket: newer ss lists those with -a."),
    Spelling("BOUND-INACTIVE", "BOUND", "ss", note="A word of its state filter."),
    Spelling("NEW_SYN_RECV", "SYN_RECEIVED", "Linux kernel", note="The request itself; tables tell SYN_RECV."),
    Spelling("BOUND_INACTIVE", "BOUND", "Linux kernel", note="A word to ask with; the answer tells CLOSE."),
    Spelling("Bound", "BOUND", TELLERS["PowerShell"]),
    Spelling("DeleteTCB", "DELETE_TCB", TELLERS["PowerShell"]),
    Spelling("deleteTCB", "DELETE_TCB", TELLERS["SNMP"]),
    Spelling("SYN_SEND", "SYN_SENT", "Microsoft's page on netstat"),
    Spelling("TIMED_WAIT", "TIME_WAIT", "Microsoft's page on netstat"),
    Spelling("SCHLIEßEN_WARTEN", "CLOSE_WAIT", TELLERS["Windows-German"], verified=False),
    Spelling("FIN_WAIT", "FIN_WAIT_1", CONNTRACK, note=f"A FIN was seen, its ACK was not. {A_FLOW}"),
    Spelling("SYN_SENT2", "SYN_SENT", CONNTRACK, note=f"Both ends sent a SYN. {A_FLOW}"),
    Spelling("CLOSE_WAIT", "CLOSE_WAIT", CONNTRACK, note=f"A FIN and its ACK were seen. {A_FLOW}"),
    Spelling("Estblsh", "ESTABLISHED", Z_OS),
    Spelling("Establish", "ESTABLISHED", Z_OS),
    Spelling("FinWt1", "FIN_WAIT_1", Z_OS),
    Spelling("FinWt2", "FIN_WAIT_2", Z_OS),
    Spelling("ClosWt", "CLOSE_WAIT", Z_OS),
    Spelling("ClosWait", "CLOSE_WAIT", Z_OS),
    Spelling("ESCUCHANDO", "LISTEN", INVENTED, verified=False),
    Spelling("À L'ÉCOUTE", "LISTEN", INVENTED, verified=False),
    Spelling("IN ASCOLTO", "LISTEN", INVENTED, verified=False),
    Spelling("ПРОСЛУШИВАНИЕ", "LISTEN", INVENTED, verified=False),
    Spelling("受信待ち", "LISTEN", INVENTED, verified=False),
)


def _spellings_of(table: str) -> Iterator[Spelling]:
    """The cells of a table of words: the first column names the state, the first row the teller."""
    (_, *tellers), *rows = (line.split() for line in table.strip().splitlines())
    for rfc_name, *words in rows:
        for teller, word in zip(tellers, words, strict=True):
            if word != "-":
                yield Spelling(word.rstrip("?"), rfc_name.replace("-", "_"), TELLERS[teller], not word.endswith("?"))


SPELLINGS = (
    *(Spelling(state.rfc_name, state.name, TELLERS["RFC"]) for state in STATES if state.rfc_name),
    *_spellings_of(WORDS),
    *_spellings_of(TRANSLATED_WORDS),
    *OTHER_WORDS,
)

#: What programmers put in front of a state's name.
PREFIXES = ("TCP", "TCPS", "CONN", "BPFTCP", "TCPSTATE", "MIBTCPSTATE", "TCPCONNTRACK")
CODE_PAGES = ("cp437", "cp850", "cp1250", "cp1252", "latin-1", "utf-8")
SEPARATORS = dict.fromkeys(map(ord, "-_ .'()\u00a0\u2010\u2011\u2013"))


def _key(word: str) -> str:
    """What all ways to write one word have in common."""
    return word.upper().translate(SEPARATORS)


def _has_special_letters(word: str) -> bool:
    """Whether a word has letters that get lost, and enough others to be known without them."""
    return not word.isascii() and sum(letter.isascii() for letter in word) >= 3


def _shapes(word: str) -> Iterator[str]:
    """A word as it stands, and with its special letters as people and tools write them that do not have them."""
    yield word
    if _has_special_letters(word):
        decomposed = unicodedata.normalize("NFD", word)
        yield decomposed
        yield decomposed.encode("ascii", "ignore").decode()
        yield word.replace("Ö", "OE").replace("ß", "SS")
        for stand_in in ("", "?", "??", "\ufffd", "\ufffd\ufffd"):
            yield "".join(letter if letter.isascii() else stand_in for letter in word)


def _readings() -> dict[str, tuple[Spelling, ...]]:
    """Every key with the spellings it stands for."""
    readings: dict[str, tuple[Spelling, ...]] = {}
    for spelling in SPELLINGS:
        for key in {_key(shape) for shape in _shapes(spelling.word)}:
            readings[key] = (*readings.get(key, ()), spelling)
    return readings


_READINGS = _readings()


@cache
def _misread_words() -> dict[str, tuple[Spelling, ...]]:
    """The words with special letters, written in one code page and read in another; made when one is met."""
    return {
        _key(spelling.word.encode(written_in, "replace").decode(read_in, "replace")): (spelling,)
        for spelling in SPELLINGS
        if _has_special_letters(spelling.word)
        for written_in in CODE_PAGES
        for read_in in CODE_PAGES
    }


def _read(word: str) -> tuple[Spelling, ...]:
    """The spellings that `word` is one of: as it stands, without a programmer's prefix, or misread."""
    key = _key(word)
    if key in _READINGS:
        return _READINGS[key]
    for prefix in PREFIXES:
        if key.startswith(prefix) and key.removeprefix(prefix) in _READINGS:
            return _READINGS[key.removeprefix(prefix)]
    return () if key.isascii() else _misread_words().get(key, ())


def canonical(word: str) -> str | None:
    """The state that `word` spells, in any case and by any tool; None when no tool is known to spell one so."""
    readings = _read(word)
    return readings[0].state if readings else None


def _numbered(first: int, names: str) -> Mapping[int, str]:
    return MappingProxyType(dict(enumerate(names.split(), start=first)))


#: The states by number, for each who numbers them. No two agree: CLOSE_WAIT is 8 on Linux, 5 on BSD, 8 or 7 on Windows.
NUMBERS: Mapping[str, Mapping[int, str]] = MappingProxyType({
    "linux": _numbered(1,
        "ESTABLISHED SYN_SENT SYN_RECEIVED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED CLOSE_WAIT LAST_ACK LISTEN CLOSING "
        "SYN_RECEIVED BOUND"),
    "bsd": _numbered(0,
        "CLOSED LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED CLOSE_WAIT FIN_WAIT_1 CLOSING LAST_ACK FIN_WAIT_2 TIME_WAIT"),
    "windows_mib": MappingProxyType({**_numbered(1,
        "CLOSED LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT "
        "DELETE_TCB"), 100: "BOUND"}),
    "windows_sio_tcpinfo": _numbered(0,
        "CLOSED LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT"),
    "snmp": _numbered(1,
        "CLOSED LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT LAST_ACK CLOSING TIME_WAIT "
        "DELETE_TCB"),
})  # fmt: skip

NUMBER_TELLERS: Mapping[str, str] = MappingProxyType({
    "linux": "Linux kernel (netlink, BPF; include/net/tcp_states.h)",
    "bsd": "macOS and BSD kernels (netinet/tcp_fsm.h)",
    "windows_mib": "Windows MIB_TCP_STATE, .NET TcpState, Get-NetTCPConnection",
    "windows_sio_tcpinfo": "Windows SIO_TCP_INFO (mstcpip.h, TCPSTATE)",
    "snmp": "SNMP TCP-MIB (RFC 4022, tcpConnectionState)",
})  # fmt: skip

OTHER_WAY_ROUND = "9 and 10 are CLOSING and LAST_ACK on Windows, and the other way round over SNMP."
NUMBER_NOTES: Mapping[tuple[str, int], str] = MappingProxyType({
    ("linux", 12): "Asked for, never told: netlink and /proc tell a half-open request as 3. Measured on 6.18.",
    ("linux", 13): "Asked for, never told: netlink tells a bound socket as 7. Linux 6.8 and newer; measured on 6.18.",
    ("windows_mib", 9): OTHER_WAY_ROUND,
    ("windows_mib", 10): OTHER_WAY_ROUND,
    ("windows_mib", 100): "Get-NetTCPConnection only; found in programs that read it, in no document.",
    ("snmp", 9): OTHER_WAY_ROUND,
    ("snmp", 10): OTHER_WAY_ROUND,
})  # fmt: skip

LINUX_NUMBERS = NUMBERS["linux"]
_LINUX_HEX = {f"{number:02X}": state for number, state in LINUX_NUMBERS.items()}


def from_linux_hex(text: str) -> str | None:
    """The state that two hexadecimal digits of /proc/net/tcp tell (`08`, `0A`), or None for any other text."""
    return _LINUX_HEX.get(text.upper())


def explanations(word: str) -> tuple[Spelling, ...]:
    """Every reading of a word or a number with who tells it so; none where it means nothing."""
    return (*_read_number(word.strip()), *_read(word))


def _read_number(text: str) -> Iterator[Spelling]:
    """What `text` means as the two hexadecimal digits of /proc/net/tcp, then as a decimal number."""
    in_hex = from_linux_hex(text.lower().removeprefix("0x"))
    if in_hex:
        yield Spelling(text, in_hex, "/proc/net/tcp (hexadecimal)")
    if text.isascii() and text.isdigit() and len(text) < 4:
        number = int(text)
        for numbering, states in NUMBERS.items():
            if number in states:
                note = NUMBER_NOTES.get((numbering, number), "")
                yield Spelling(text, states[number], NUMBER_TELLERS[numbering], note=note)
