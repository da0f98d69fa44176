from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.snapshot.table import Snapshot

HEADING = """\

Active Connections

  Proto  Local Address          Foreign Address        State           PID
"""


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "dump.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


@pytest.mark.parametrize(
    ("date", "time", "taken_at_unix_s"),
    [
        ("Sun 11/22/2026", "10:04 AM", 1795341840.0),
        ("Sun 11/22/2026", "11:58 PM", 1795391880.0),
        ("22.11.2026", "10:04", 1795341840.0),
    ],
)
def test_the_clock_above_a_dump_is_its_time_and_no_row(date: str, time: str, taken_at_unix_s: float) -> None:
    """`date /t`, `time /t`, `netstat -ano`: an American time ends like the port and the state of a row, and is none."""
    row = "  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       904\n"

    look = look_at(f"{date}\n{time}\n{HEADING}{row}")

    assert (look.taken_at_unix_s, look.sight.lines_not_understood) == (taken_at_unix_s, ())


def test_pid_0_is_nobody() -> None:
    """No process has a TIME_WAIT; Windows prints 0 for it."""
    text = HEADING + (
        "  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1112\n"
        "  TCP    10.0.0.1:49716         203.0.113.9:443        TIME_WAIT       0\n"
    )

    assert rows_of(text, "state", "remote_port", "pid") == [("LISTEN", None, 1112), ("TIME_WAIT", 443, None)]
    assert look_at(text).sight.owners_told is True


def test_the_program_of_b_belongs_to_the_row_above_it() -> None:
    """-b prints components, then the program in brackets; a program below a UDP row is none of a TCP socket's."""
    look = look_at("""\
Active Connections

  Proto  Local Address          Foreign Address        State           PID
  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       832
  RpcSs
 [svchost.exe]
  TCP    0.0.0.0:445            0.0.0.0:0              LISTENING       4
 Can not obtain ownership information
  UDP    0.0.0.0:5353           *:*                                    2116
 [chrome.exe]
[...]
  TCP    10.0.0.1:22            10.0.0.9:53486         ESTABLISHED     2116
 [ssh server.exe]
 [...]
  TCP    10.0.0.1:5040          10.0.0.9:53487         CLOSE_WAIT      4456
  CDPSvc

-- More --
""")

    assert look.sockets.select("local_port", "pid", "process").rows() == [
        (135, 832, "svchost.exe"),
        (445, 4, None),
        (22, 2116, "ssh server.exe"),
        (5040, 4456, None),
    ]


def test_the_components_of_windows_xp_are_no_programs() -> None:
    """-b -v named the libraries on the way, with their paths."""
    text = """\
  TCP    xp:1042                198.51.100.7:http      ESTABLISHED     1408
  C:\\WINDOWS\\System32\\mswsock.dll
  C:\\WINDOWS\\system32\\WS2_32.dll
  -- unknown component(s) --
  [iexplore.exe]
"""

    assert rows_of(text, "local_address", "remote_port", "remote_service", "pid", "process") == [
        ("xp", 80, "http", 1408, "iexplore.exe")
    ]


@pytest.mark.parametrize(
    ("rows", "owners_told", "owners_hidden"),
    [
        ("  TCP    0.0.0.0:135    0.0.0.0:0    LISTENING\n", None, 0),
        ("  TCP    0.0.0.0:135    0.0.0.0:0    LISTENING\n [svchost.exe]\n", True, 0),
        (
            "  TCP    0.0.0.0:135    0.0.0.0:0    LISTENING\n Impossible d’obtenir les informations de propriétaire\n",
            False,
            1,
        ),
        ("  TCP    0.0.0.0:135    0.0.0.0:0    LISTENING    4\n Can not obtain ownership information\n", True, 0),
    ],
    ids=["-a", "-ab", "-ab, french, unknown", "-abo, unknown"],
)
def test_who_tells_owners(rows: str, owners_told: bool | None, owners_hidden: int) -> None:
    """-o tells every pid to everybody; -b alone may not know a program."""
    sight = look_at(rows).sight

    assert (sight.owners_told, sight.owners_hidden) == (owners_told, owners_hidden)


@pytest.mark.parametrize(
    "word", ["LISTENING", "ABHÖREN", "ABH™REN", "ESCUCHANDO", "À L'ÉCOUTE", "IN ASCOLTO", "受信待ち", "QWERTZ"]
)
def test_a_listener_is_known_by_its_foreign_port(word: str) -> None:
    """No word for it need be known; the foreign address may be a name that a hosts file gives 0.0.0.0."""
    text = (
        f"  TCP    0.0.0.0:135            0.0.0.0:0              {word}       832\n"
        f"  TCP    [::]:135               [::]:0                 {word}       832\n"
        f"  TCP    0.0.0.0:139            adclick:0              {word}       4\n"
    )

    assert rows_of(text, "state", "remote_port", "pid") == [
        ("LISTEN", None, 832),
        ("LISTEN", None, 832),
        ("LISTEN", None, 4),
    ]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("HERGESTELLT", "ESTABLISHED"), ("SCHLIESSEN_WARTEN", "CLOSE_WAIT"), ("WARTEND", "TIME_WAIT"),
        ("FIN_WARTEN_2", "FIN_WAIT_2"), ("SYN_GESENDET", "SYN_SENT"), ("SYN_RECEIVED", "SYN_RECEIVED"),
        ("LAST_ACK", "LAST_ACK"), ("BOUND", "BOUND"),
    ],
)  # fmt: skip
def test_german_states_are_known(word: str, state: str) -> None:
    """Only German Windows translates states."""
    assert rows_of(f"  TCP    10.0.0.1:50123   203.0.113.9:443    {word}   4120\n", "state", "pid") == [(state, 4120)]


@pytest.mark.parametrize(
    "title",
    [
        "  Proto  Adresse locale         Adresse distante       État",
        "  Имя    Локальный адрес        Внешний адрес          Состояние       PID",
        "  プロトコル  ローカル アドレス      外部アドレス           状態            PID",
        "  프로토콜  로컬 주소              외부 주소              상태            PID",
        "  协议  本地地址          外部地址        状态           PID",
        "  Proto  Direcci¢n local          Direcci¢n remota        Estado           PID",
    ],
)
def test_the_heading_need_not_fit_the_rows(title: str) -> None:
    """Headings are translated, garbled, wider than the rows, and lack PID in French."""
    row = "  TCP         0.0.0.0:21             0.0.0.0:0              LISTENING       12636"

    assert rows_of(f"{title}\n{row}\n", "local_port", "state", "pid") == [(21, "LISTEN", 12636)]


@pytest.mark.parametrize(
    ("heading", "numbers", "pid", "age_s"),
    [
        ("State           Time in State (ms)", "83500", None, 83.5),
        ("State           PID      Time in State (ms)", "4120   83500", 4120, 83.5),
        ("State           Time in State (ms)   PID", "83500   4120", 4120, 83.5),
        ("State           PID", "4120", 4120, None),
        ("State", "4120   83501", 4120, 83.501),
        ("State", "83501   4120", 4120, 83.501),
    ],
)
def test_the_time_in_the_state_is_an_age(heading: str, numbers: str, pid: int | None, age_s: float | None) -> None:
    """-i prints milliseconds; the heading says which number they are, else process ids are multiples of four."""
    text = f"""\
  Proto  Local Address          Foreign Address        {heading}
  TCP    10.0.0.1:50123         203.0.113.9:443        CLOSE_WAIT      {numbers}
"""

    assert rows_of(text, "pid", "age_low_s", "age_high_s") == [(pid, age_s, age_s)]


def test_the_offload_state_of_t_is_passed_over() -> None:
    """-t adds a column about network cards, behind an empty line below the heading."""
    text = """\
Active Connections

  Proto  Local Address          Foreign Address        State           PID      Offload State

  TCP    0.0.0.0:80             0.0.0.0:0              LISTENING       2312     InHost
  TCP    10.0.0.1:80            10.0.0.9:42386         CLOSE_WAIT      2312     Offloaded
"""

    assert rows_of(text, "state", "pid") == [("LISTEN", 2312), ("CLOSE_WAIT", 2312)]


def test_link_local_addresses_keep_their_zone_apart() -> None:
    """The number behind % is the interface."""
    text = "  TCP    [fe80::1%12]:49670     [fe80::2%12]:445       ESTABLISHED     4\n"

    assert rows_of(text, "local_address", "interface", "remote_address", "remote_port") == [
        ("fe80::1", "12", "fe80::2", 445)
    ]


def test_what_is_cut_is_cited() -> None:
    """A row without its end, or without its beginning, gives no row."""
    look = look_at("""\
       203.0.113.9:443        ESTABLISHED     4120
  TCP    10.0.0.1:50123         203.0.113.9:443        ESTABLISHED     4120
  TCP    10.0.0.1:50124         203.0.113.9:443        ESTABL
  TCP    10.0.0.1:50125
TCP stands for Transmission Control Protocol.
  TCP
""")

    assert look.sight.rows == 1
    assert [line.line_no for line in look.sight.lines_not_understood] == [1, 3, 4, 6]


def test_two_runs_are_two_looks() -> None:
    """Two moments are never added up."""
    row = "  TCP    10.0.0.1:50123         203.0.113.9:443        ESTABLISHED     4120\n"
    text = f"C:\\>netstat -ano\n{HEADING}{row}{row}\nC:\\>netstat -ano\n{HEADING}{row}"

    assert [look.sight.rows for look in looks(text.encode(), "two.txt")] == [2, 1]


PORTS = st.integers(1, 65535)
ADDRESSES = st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(lambda address: f"[{address}]"))
STATES = st.sampled_from(["ESTABLISHED", "CLOSE_WAIT", "TIME_WAIT", "FIN_WAIT_1", "FIN_WAIT_2", "LAST_ACK", "SYN_SENT"])
PIDS = st.integers(1, 20000).map(lambda number: number * 4)
SOCKETS = st.tuples(ADDRESSES, PORTS, ADDRESSES, PORTS, STATES, PIDS)


@settings(deadline=None, max_examples=50)
@given(sockets=st.lists(SOCKETS, min_size=1, max_size=40), encoding=st.sampled_from(["utf-8", "utf-16", "cp437"]))
def test_reading_what_netstat_prints_gives_it_back(sockets: list[tuple[Any, ...]], encoding: str) -> None:
    """Rows printed as Windows prints them are read as the sockets they were printed from."""
    text = HEADING + "".join(
        f"  TCP    {f'{local}:{lport}':<22} {f'{remote}:{rport}':<22} {state:<15} {pid}\n"
        for local, lport, remote, rport, state, pid in sockets
    )
    (look,) = looks(text.replace("\n", "\r\n").encode(encoding), "dump.txt")
    columns = "local_address", "local_port", "remote_address", "remote_port", "state", "pid"

    assert look.sockets.select(columns).rows() == [
        (local.strip("[]"), lport, remote.strip("[]"), *behind) for local, lport, remote, *behind in sockets
    ]
