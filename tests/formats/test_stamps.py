"""A time stamp before a dump is the look's time; what it leaves open is not guessed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.formats import looks
from closewait.formats.stamps import stamp_in
from closewait.snapshot.table import Snapshot

HEADING = "Proto Recv-Q Send-Q Local Address           Foreign Address         State\n"
ROW = "tcp        0      0 10.0.0.1:443            10.0.0.2:50123          CLOSE_WAIT\n"


def at(*numbers: int) -> float:
    """A moment in UTC, in seconds since 1970."""
    return datetime(*numbers, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]  # six numbers at most


def moment(line: str) -> float | None:
    """The moment that a line is the stamp of."""
    stamp = stamp_in(line)
    return None if stamp is None else stamp.unix_s


def read(text: str) -> list[Snapshot]:
    """Every look in a text."""
    return looks(text.encode(), "log.txt")


TEN_IN_UTC = at(2026, 11, 22, 10)


@pytest.mark.parametrize(
    "line",
    [
        "Sun Nov 22 10:00:00 UTC 2026",
        "Sun Nov 22 11:00:00 AM CET 2026",
        "Sun 22 Nov 2026 11:00:00 AM CET",
        "Sun 22 Nov 10:00:00 GMT 2026",
        "So 22. Nov 11:00:00 CET 2026",
        "dim. 22 nov. 2026 11:00:00 CET",
        "dimanche 22 novembre 2026, 11:00:00 (UTC+0100)",
        "dom 22 nov 2026 07:00:00 -03",
        "Вс 22 ноя 2026 13:00:00 MSK",
        "2026年 11月 22日 日曜日 19:00:00 JST",
        "2026. 11. 22. (일) 오후 07:00:00 KST",
        "Sun, 22 Nov 2026 11:00:00 +0100",
        "2026-11-22T11:00:00+01:00",
        "2026-11-22T10:00:00Z",
        "2026-11-22T11:00:00,000000000+01:00",
        "20261122T100000Z",
        "[22/Nov/2026:11:00:00 +0100]",
        "zzz ***Sun Nov 22 10:00:00 UTC 2026",
        "*10:00:00.000 UTC Sun Nov 22 2026",
        "=== web01 2026-11-22 10:00:00 UTC ===",
        "snapshot taken at 2026-11-22T10:00:00Z:",
        "1795341600",
        "timestamp=1795341600",
        "1795341600000",
    ],
)
def test_a_stamp_with_a_zone_is_a_moment(line: str) -> None:
    """Whatever the language and the order, and with a few words before it or decoration around it."""
    stamp = stamp_in(line)

    assert stamp is not None
    assert (stamp.unix_s, stamp.zone_told, stamp.caveat) == (TEN_IN_UTC, True, None)


@pytest.mark.parametrize(
    "line",
    [
        "[2026-11-22 10:00:00]",
        "2026/11/22 10:00",
        "2026-11-22_10:00:00",
        "20261122-100000",
        "Sun 11/22/2026 10:00:00.00",
        "22.11.2026 10:00:00,00",
        "Sunday, November 22, 2026 10:00:00 AM",
        "2026年11月22日 星期日 10:00:00 CST",
        "Every 2.0s: netstat -an | grep 10.0.0.1:443                     web01: Sun Nov 22 10:00:00 2026",
    ],
)
def test_without_a_zone_it_is_read_as_utc_and_says_so(line: str) -> None:
    """Differences hold; CST means China's time as well as Chicago's."""
    stamp = stamp_in(line)

    assert stamp is not None
    assert stamp.caveat is not None
    assert stamp.unix_s == TEN_IN_UTC
    assert "zone" in stamp.caveat


@pytest.mark.parametrize("line", ["=== 10:00 ===", "10:00:00", "[10:00:00]", "10:00 AM", "Time: 10:00:00"])
def test_a_time_without_a_date_is_no_moment(line: str) -> None:
    """It is a clock by which looks can be told apart."""
    stamp = stamp_in(line)

    assert stamp is not None
    assert stamp.caveat is not None
    assert (stamp.unix_s, stamp.clock_s) == (None, 36_000)
    assert "date" in stamp.caveat


def test_a_day_that_might_be_either_of_two_is_none() -> None:
    """The third of February, or the second of March: only the weekday tells."""
    assert moment("02/03/2026 10:00:00") is None
    assert moment("Tue 02/03/2026 10:00:00") == at(2026, 2, 3, 10)
    assert moment("Mon 02/03/2026 10:00:00") == at(2026, 3, 2, 10)


@pytest.mark.parametrize(
    "line",
    [
        ROW.strip(),
        HEADING.strip(),
        "CreationTime   : 11/22/2026 10:00:01",
        " 10:00:01 up 5 days,  3:02,  2 users,  load average: 0.00, 0.01, 0.05",
        "2026-11-22 10:00:01 ERROR too many open files",
        "root  1  0.0  0.1 22552  2312 ?  Ss   10:00   0:01 /sbin/init",
        "java  4121 root   12u  IPv4  31337  0t0  TCP *:80 (LISTEN)",
        "| 10:00 | 443 |",
        "2 LISTEN",  # not the second of listopad
        "25:00",
    ],
)
def test_what_only_holds_a_time_is_no_stamp(line: str) -> None:
    """Rows, records and log messages are left alone."""
    stamp = stamp_in(line)

    assert stamp is None


@given(st.text(alphabet="0123456789:-/. TZ[]=NovSun,+年月日AMP\u0660", max_size=60))
def test_any_line_is_a_stamp_or_none(line: str) -> None:
    """No line is an error."""
    stamp = stamp_in(line)

    assert stamp is None or stamp.text in line


def test_each_look_has_the_time_before_it() -> None:
    """The stamp may stand before the command or the heading, or directly before the rows."""
    found = read(
        f"$ date\nSun Nov 22 10:00:00 UTC 2026\n$ netstat -ant\n{HEADING}{ROW}"
        f"=== 2026-11-22T10:01:00Z ===\n{ROW}{ROW}"
        f"[2026-11-22 10:02:00] $ netstat -ant\n[2026-11-22 10:02:00] {ROW}"
    )

    assert [look.taken_at_unix_s for look in found] == [TEN_IN_UTC, TEN_IN_UTC + 60, TEN_IN_UTC + 120]
    assert [look.sight.rows for look in found] == [1, 2, 1]
    assert [look.command for look in found] == ["netstat -ant", None, "netstat -ant"]


def test_date_and_time_of_windows_are_one_stamp() -> None:
    """`date /t` and `time /t` print a line each."""
    (look,) = read(
        "C:\\>date /t\nSun 11/22/2026\nC:\\>time /t\n10:00 AM\nC:\\>netstat -an\n"
        "  TCP    10.0.0.1:445           10.0.0.2:50125         ESTABLISHED\n"
    )

    assert look.taken_at_unix_s == TEN_IN_UTC


def test_a_time_in_the_prompt_counts() -> None:
    """People let their shell show the time."""
    (look,) = read(f"[10:00:00] root@web01:~# netstat -ant\n{HEADING}{ROW}")

    assert (look.taken_at_unix_s, look.clock_s) == (None, 36_000)


def test_a_dump_without_a_stamp_has_no_time() -> None:
    """Neither the stamp of the dump before it nor that behind it is its own."""
    found = read(f"Sun Nov 22 10:00:00 UTC 2026\n{HEADING}{ROW}{HEADING}{ROW}Sun Nov 22 10:01:00 UTC 2026\n")

    assert [look.taken_at_unix_s for look in found] == [TEN_IN_UTC, None]
