import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.formats.paste import Paste, command, decode

GERMAN_ROW = "  TCP    0.0.0.0:135            0.0.0.0:0              ABHÖREN         832\r\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp850", "cp437", "cp1252"]
)
def test_a_german_row_survives_its_encoding(encoding: str) -> None:
    """PowerShell redirects to UTF-16, a console prints its OEM code page, an editor may save cp1252."""
    assert decode(GERMAN_ROW.encode(encoding)) == GERMAN_ROW


@pytest.mark.parametrize("encoding", ["cp866", "cp1251", "cp932", "cp936", "cp949", "cp950"])
def test_no_code_page_breaks_the_ascii_columns(encoding: str) -> None:
    """Headings of code pages that are not guessed may be garbled; the rows below them are not."""
    headings = {
        "cp866": "  Имя    Локальный адрес", "cp1251": "  Имя    Локальный адрес", "cp932": "  プロトコル  ローカル",
        "cp936": "  协议    本地地址", "cp949": "  프로토콜  로컬 주소", "cp950": "  協定     本機位址",
    }  # fmt: skip
    row = "  TCP    10.0.0.1:443           203.0.113.9:50123      CLOSE_WAIT      4121"
    text = decode(f"{headings[encoding]}\r\n{row}\r\n".encode(encoding))

    assert list(Paste.of(text))[1] == row


def test_a_character_cut_at_the_end_does_not_change_the_encoding() -> None:
    """`head -c` cuts where it likes."""
    assert decode("État".encode()[:-1] + "É".encode()[:1]).startswith("Éta")


def test_one_bad_byte_among_many_good_ones_leaves_utf8_alone() -> None:
    """A log with one torn character is still UTF-8."""
    assert decode("Состояние".encode() + b"\xff").startswith("Состояние")


@pytest.mark.parametrize(
    ("found", "tidied"),
    [
        ("> tcp 0 0 a:1 b:2 LISTEN", "tcp 0 0 a:1 b:2 LISTEN"),
        ("> > tcp 0 0 a:1 b:2 LISTEN", "tcp 0 0 a:1 b:2 LISTEN"),
        ("&gt; tcp 0 0 a:1 b:2 LISTEN", "tcp 0 0 a:1 b:2 LISTEN"),
        ("  # tcp 0 0 a:1 b:2 LISTEN", "tcp 0 0 a:1 b:2 LISTEN"),
        ("    // 1: 3500007F:0035", "1: 3500007F:0035"),
        ("--[[ netstat -antu", "netstat -antu"),
        (" * tcp 0 0 a:1 b:2 LISTEN", "tcp 0 0 a:1 b:2 LISTEN"),
        ("tcp 0 0 a:1 b:2 LISTEN<br />", "tcp 0 0 a:1 b:2 LISTEN"),
        ('<pre lang="text">Active Internet connections', "Active Internet connections"),
        (r"tcp 0 0 0.0.0.0:22 0.0.0.0:\* LISTEN -", "tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN -"),
        ("TCP:   33 (estab 4)=20", "TCP:   33 (estab 4)"),
        ("[2022/9/23 15:43:47] nl UNCONN 0 0", "nl UNCONN 0 0"),
        ("tcp\t0\t0\ta:1\tb:2\tLISTEN", "tcp 0 0 a:1 b:2 LISTEN"),
        ("tcp 0 0 a:1 b:2 LISTEN\x00", "tcp 0 0 a:1 b:2 LISTEN "),
        ("\x1b[32mtcp\x1b[0m 0 0 a:1 b:2 LISTEN", "tcp 0 0 a:1 b:2 LISTEN"),
        ("tcp\u00a00\u00a00 a:1 b:2 LISTEN", "tcp 0 0 a:1 b:2 LISTEN"),
        (" [svchost.exe]", " [svchost.exe]"),
        ("-- More --", "More --"),
        ("tcp 0 0 a:1 b:2 LISTEN 3973/perl <- it's modbus", "tcp 0 0 a:1 b:2 LISTEN 3973/perl <- it's modbus"),
    ],
)  # fmt: skip
def test_what_was_wrapped_around_a_line_is_taken_away(found: str, tidied: str) -> None:
    """A line is read as the tool printed it, whatever a mail, a web page, a comment or a terminal wrote around it."""
    assert list(Paste.of(f"\n{found}\n")) == ["", tidied]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_numbers_are_those_of_the_original(newline: str) -> None:
    """A line is cited as found, with the number an editor shows for it."""
    lines = ["# netstat -an", "", "> tcp 0 0 cut", "tcp 0 0 a:1 b:2 LISTEN"]
    paste = Paste.of(newline.join(lines))
    cited = paste[1:].not_understood(1, "cut")

    assert list(paste) == ["netstat -an", "", "tcp 0 0 cut", "tcp 0 0 a:1 b:2 LISTEN"]
    assert (cited.line_no, cited.text) == (3, "> tcp 0 0 cut")


@given(st.lists(st.text(st.characters(exclude_characters="\r\n\x1b", exclude_categories=["Cs"])), min_size=1))
def test_tidying_takes_no_line_away(lines: list[str]) -> None:
    """Whatever a line is made of, there is one line for it."""
    assert len(Paste.of("\n".join([*lines, "the end"]))) == len(lines) + 1


@given(st.binary(max_size=400))
def test_any_bytes_are_some_text(data: bytes) -> None:
    """Decoding and tidying never fail."""
    paste = Paste.of(decode(data))

    assert [paste[line] for line in range(len(paste))] == list(paste)


@pytest.mark.parametrize(
    ("line", "what_runs"),
    [
        ("netstat -an", "netstat -an"),
        (r"C:\>netstat -abon", "netstat -abon"),
        (r"PS C:\Users\user1> netstat -n -b", "netstat -n -b"),
        ("[1|user@Nokia-N900|~]netstat -tlnp  ", "netstat -tlnp"),
        ("➜  ~ sockstat -4", "sockstat -4"),
        ("$netstat -an|grep 8888", "netstat -an|grep 8888"),
        ("[root@haproxy1 ~]# ss -ant", "ss -ant"),
        ("user@host:~$ sudo /usr/bin/ss -tanp", "ss -tanp"),
        ("root@router:~# busybox netstat -tan", "busybox netstat -tan"),
        ("$ ss state close-wait sport = :443", "ss state close-wait sport = :443"),
        ("$ cat /proc/net/tcp", "cat /proc/net/tcp"),
        ("netstat: showing only processes with your user ID", None),
        ("netstat shows the state of every socket", None),
        ("tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN 1/ss", None),
        ("", None),
    ],
)
def test_the_command_in_a_shell_line_is_known_behind_any_prompt(line: str, what_runs: str | None) -> None:
    """An echoed command is where a dump may begin; a sentence about netstat is not."""
    assert command(line) == what_runs
