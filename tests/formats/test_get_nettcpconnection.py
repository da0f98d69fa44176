import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.snapshot.table import Snapshot

HEADING = """\
LocalAddress  LocalPort RemoteAddress   RemotePort State       AppliedSetting OwningProcess
------------  --------- -------------   ---------- -----       -------------- -------------
"""


def look_at(text: str) -> Snapshot:
    """The one look in a text."""
    (look,) = looks(text.encode(), "connections.txt")
    return look


def rows_of(text: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the one look in a text."""
    return look_at(text).sockets.select(columns).rows()


def test_an_empty_setting_does_not_move_the_pid() -> None:
    """A listener has no AppliedSetting, and a TIME_WAIT no process."""
    text = HEADING + (
        "::            445       ::              0          Listen                     4\n"
        "192.0.2.44    50123     203.0.113.9     443        Established Internet       9120\n"
        "192.0.2.44    50124     203.0.113.9     443        TimeWait                   0\n"
    )

    assert rows_of(text, "state", "remote_port", "pid") == [
        ("LISTEN", None, 4),
        ("ESTABLISHED", 443, 9120),
        ("TIME_WAIT", 443, None),
    ]
    assert look_at(text).sight.owners_told is True
    assert look_at(text).system == "Windows"


def test_collapsed_blanks_leave_the_order() -> None:
    """A mail program that makes one blank of many takes the columns away; the number of words tells what is empty."""
    text = (
        " ".join(HEADING.split()) + "\n:: 445 :: 0 Listen 4\n192.0.2.44 50123 203.0.113.9 443 CloseWait Internet 9120\n"
    )

    assert rows_of(text, "state", "pid") == [("LISTEN", 4), ("CLOSE_WAIT", 9120)]


@pytest.mark.parametrize(("setting", "pid"), [("Internet       9120", 9120), ("Internet", None)])
def test_a_filter_takes_the_heading_away(setting: str, pid: int | None) -> None:
    """`| findstr 443` leaves rows of the usual columns; old versions end with the setting."""
    text = f"192.0.2.44           50123     203.0.113.242      443        CloseWait   {setting}\n"

    assert rows_of(text, "local_port", "remote_port", "state", "pid") == [(50123, 443, "CLOSE_WAIT", pid)]


def test_calculated_properties_stand_where_their_names_are() -> None:
    """Names of two words, values of several words, empty ones in the middle, and numbers at the right edge."""
    text = """\
PS C:\\> $c | Select-Object LocalAddress,LocalPort,State,@{n='User Name';e={…}},@{n='Process Name';e={…}},OwningProcess

LocalAddress LocalPort     State User Name           Process Name   OwningProcess
------------ ---------     ----- ---------           ------------   -------------
0.0.0.0            135    Listen                     svchost                  904
192.0.2.44       50123 CloseWait NT AUTHORITY\\SYSTEM Creative Cloud          9120
192.0.2.44       50124  TimeWait                     Idle                       0
"""
    columns = ("local_port", "remote_address", "user", "process", "pid")

    assert rows_of(text, *columns) == [
        (135, None, None, "svchost", 904),
        (50123, None, "NT AUTHORITY\\SYSTEM", "Creative Cloud", 9120),
        (50124, None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("command", "state"),
    [
        ("Get-NetTCPConnection -State Listen | Select-Object LocalPort", "LISTEN"),
        ("Get-NetTCPConnection | Where-Object {$_.State -eq 'CloseWait'} | select LocalPort", "CLOSE_WAIT"),
        ("Get-NetTCPConnection | ? State -eq TimeWait | select LocalPort", "TIME_WAIT"),
        ("Get-NetTCPConnection -State Listen,Established | select LocalPort", None),
        ("Get-NetTCPConnection | Where-Object {$_.State -ne 'Listen'} | select LocalPort", None),
        ("Get-NetTCPConnection | select LocalPort", None),
    ],
)
def test_without_a_state_column_the_command_tells_it(command: str, state: str | None) -> None:
    """Only if it asks for one: remote port 0 is that of a bound socket too."""
    table = (
        "LocalPort RemotePort OwningProcess\n--------- ---------- -------------\n     8443          0          9120\n"
    )
    text = f"PS C:\\> {command}\n\n{table}"

    assert rows_of(text, "local_port", "state", "pid") == [(8443, state, 9120)]


def test_masked_values_are_kept_as_told() -> None:
    """Digits that somebody crossed out are no numbers; the rest of the row is told."""
    text = """\
LocalPort RemoteAddress    RemotePort OwningProcess ProcessName
--------- -------------    ---------- ------------- -----------
    63xxx 203.xxx.xx.111          443         20xxx Slack
"""
    columns = ("local_port", "local_service", "remote_address", "remote_port", "pid", "process")

    assert rows_of(text, *columns) == [(None, "63xxx", "203.xxx.xx.111", 443, None, "Slack")]


def test_a_table_ends_where_the_next_one_begins() -> None:
    """Reports print several tables, of which one is of connections."""
    text = f"""\
[3] Connections:

{HEADING}192.0.2.44    50123     203.0.113.9     443        Established Internet       9120

[4] Recently Created Scheduled Tasks:
(Showing only recently modified tasks)

TaskName  State
--------  -----
Update    Ready
"""

    assert rows_of(text, "local_port") == [(50123,)]


def test_endpoints_of_udp_are_passed_over() -> None:
    """A script that lists both has a column for the protocol."""
    text = """\
Protocol LocalAddress LocalPort RemoteAddress RemotePort State  PID Process
-------- ------------ --------- ------------- ---------- -----  --- -------
TCP      0.0.0.0            135 0.0.0.0                0 Listen 904 svchost
UDP      0.0.0.0            500                                 904 svchost
"""

    assert rows_of(text, "local_port", "process") == [(135, "svchost")]


def test_the_process_object_has_a_name() -> None:
    """`@{n='Process';e={Get-Process -Id $_.OwningProcess}}` prints the object."""
    heading = "LocalPort RemoteAddress Process\n--------- ------------- -------\n"
    text = heading + "50123     203.0.113.9   System.Diagnostics.Process (java)\n"

    assert rows_of(text, "process") == [("java",)]


LIST = """\
CommunicationStatus      :
EnabledState             :
RequestedState           : 5
CreationTime             : 2/3/2026 9:14:51 AM
LocalAddress             : 192.0.2.44
LocalPort                : 8443
OwningProcess            : 9120
AppliedSetting           : Internet
RemoteAddress            : 203.0.113.17
RemotePort               : 51022
State                    : CloseWait
PSComputerName           :
"""


@pytest.mark.parametrize("between", ["\n", "", "\n\n\n"])
def test_a_list_has_an_object_after_another(between: str) -> None:
    """An empty line, or a property that comes again, begins the next; EnabledState is no state."""
    text = f"PS C:\\> Get-NetTCPConnection | Format-List *\n\n{between.join([LIST] * 3)}"

    assert rows_of(text, "state", "pid", "remote_port") == [("CLOSE_WAIT", 9120, 51022)] * 3


def test_a_double_spaced_list_is_still_a_list() -> None:
    """Some editors put an empty line behind each line."""
    assert rows_of((LIST + LIST).replace("\n", "\n\n"), "local_port") == [(8443,)] * 2


def test_a_cut_list_joins_no_two_connections() -> None:
    """What is left of the first connection takes nothing from the next."""
    text = f"RemotePort : 9\nState      : Listen\n\n{LIST}\nLocalAddress : 192.0.2.44\n"
    look = look_at(text)

    assert look.sockets["local_port"].to_list() == [8443]
    assert [line.line_no for line in look.sight.lines_not_understood] == [1, 17]


@pytest.mark.parametrize(
    "text",
    [
        "#TYPE Selected.Microsoft.Management.Infrastructure.CimInstance\n"
        '"LocalAddress","LocalPort","State","OwningProcess"\n'
        '"::","445","Listen","4"\n"192.0.2.44","50123","CloseWait","9120"\n',
        '"LocalAddress";"LocalPort";"State";"OwningProcess"\n'
        '"::";"445";"Listen";"4"\n"192.0.2.44";"50123";"CloseWait";"9120"\n',
        "LocalAddress,LocalPort,State,OwningProcess\n::,445,Listen,4\n192.0.2.44,50123,CloseWait,9120\n",
        '[{"LocalAddress":"::","LocalPort":445,"State":2,"OwningProcess":4},'
        '{"LocalAddress":"192.0.2.44","LocalPort":50123,"State":"CloseWait","OwningProcess":9120}]',
        '{"value":[{"LocalAddress":"::","LocalPort":445,"State":2,"OwningProcess":4},'
        '{"LocalAddress":"192.0.2.44","LocalPort":50123,"State":8,"OwningProcess":9120}],"Count":2}',
    ],
)
def test_csv_and_json_tell_the_same(text: str) -> None:
    """With the type and without, by comma and semicolon, quoted or not; states by word or by .NET's number."""
    assert rows_of(text, "local_address", "local_port", "state", "pid") == [
        ("::", 445, "LISTEN", 4),
        ("192.0.2.44", 50123, "CLOSE_WAIT", 9120),
    ]


def test_what_is_cut_is_named() -> None:
    """The last row of a paste, of a file, of the list in JSON: each gives no row, and is not dropped."""
    table = (
        HEADING
        + "::            445       ::              0          Listen                     4\n::            49664 \n"
    )
    csv = '"LocalPort","State","OwningProcess"\n"445","Listen","4"\n"49664","Lis'
    cut_json = '[{"LocalPort":445,"State":2,"OwningProcess":4},\n{"LocalPort":4'
    found = [look_at(text) for text in (table, csv, cut_json)]

    assert [look.sight.rows for look in found] == [1, 1, 1]
    assert [[line.line_no for line in look.sight.lines_not_understood] for look in found] == [[4], [3], [1]]


STATES = st.sampled_from(["Listen", "SynSent", "Established", "FinWait1", "CloseWait", "LastAck", "TimeWait", "Bound"])
SOCKETS = st.fixed_dictionaries(
    {
        "LocalAddress": st.ip_addresses().map(str),
        "LocalPort": st.integers(1, 65535),
        "RemoteAddress": st.ip_addresses().map(str),
        "RemotePort": st.integers(1, 65535),
        "State": STATES,
        "AppliedSetting": st.sampled_from(["", "Internet", "Datacenter"]),
        "OwningProcess": st.integers(1, 99996),
        "ProcessName": st.sampled_from(["java", "svchost", "Creative Cloud", "Memory Compression"]),
    }
)


def as_table(rows: list[dict[str, Any]]) -> str:
    """`Format-Table -AutoSize`: numbers at the right edge of their column, text at the left."""
    widths = {name: max(len(name), *(len(str(row[name])) for row in rows)) for name in rows[0]}
    lines = [dict(zip(widths, widths, strict=True)), {name: "-" * len(name) for name in widths}, *rows]
    numbers = {name for name in widths if isinstance(rows[0][name], int)}
    return "".join(
        " ".join(
            str(line[name]).rjust(w) if name in numbers else str(line[name]).ljust(w) for name, w in widths.items()
        )
        + "\n"
        for line in lines
    )


def as_list(rows: list[dict[str, Any]]) -> str:
    """`Format-List`."""
    return "\n".join("".join(f"{name:<14} : {value}\n" for name, value in row.items()) for row in rows)


def as_csv(rows: list[dict[str, Any]]) -> str:
    """`ConvertTo-Csv`."""
    lines = [[*rows[0]], *([row[name] for name in rows[0]] for row in rows)]
    return "".join(",".join(f'"{value}"' for value in line) + "\n" for line in lines)


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(SOCKETS, min_size=1, max_size=20), shape=st.sampled_from([as_table, as_list, as_csv, json.dumps]))
def test_reading_what_powershell_prints_gives_it_back(rows: list[dict[str, Any]], shape: Any) -> None:
    """Every property of every connection, in each of the four shapes."""
    columns = ("local_address", "local_port", "remote_address", "remote_port", "pid", "process")

    assert rows_of(shape(rows), *columns) == [
        (
            row["LocalAddress"], row["LocalPort"], row["RemoteAddress"], row["RemotePort"], row["OwningProcess"],
            row["ProcessName"],
        )
        for row in rows
    ]  # fmt: skip
