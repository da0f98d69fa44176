import pytest

from closewait.formats import ss_words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12min", 720.0), ("1min58sec", 118.0), ("42sec", 42.0), ("9.595ms", 9.595), ("595ms", 0.595), ("", 0.0),
     ("1.5", None), ("soon", None)],
)  # fmt: skip
def test_a_time_left_is_in_seconds(text: str, seconds: float | None) -> None:
    """As print_ms_timer() of ss writes it: the unit behind a point is that of the last part."""
    assert ss_words.seconds_left(text) == seconds


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("\t cubic wscale:7,7 rto:204", True),
        ("\t skmem:(r0,rb131072,t0)", True),
        (' users:(("nginx",pid=1,fd=2))', True),
        (" ino:7 sk:1 -->", True),
        ("---", False),
        ("user@host:~$ ", False),
        ("note: this one is stuck", False),
        ("", False),
    ],
)
def test_a_line_of_ss_words_is_known_by_any_of_them(line: str, told: bool) -> None:
    """It continues the row above it; prompts and prose do not."""
    assert ss_words.is_told_by(line) is told


@pytest.mark.parametrize(
    "text",
    [
        "uid:99999999999999999999 rto:1e+99 rtt:nan/inf bytes_acked:-1 sk:zz lastack:²",
        "retrans:5 wscale:7 timer:(on,2 timer:() cgroup: users:(",
        'users:((((("a"))))),,,(("b",pid=1,fd=99999999999999))',
    ],
)
def test_what_does_not_fit_a_column_is_not_told(text: str) -> None:
    """Numbers too large, words cut short, digits of other scripts."""
    columns = ss_words.read(text).columns

    assert {name: value for name, value in columns.items() if name != "send_window_scale"} in (
        {},
        {"pid": 1, "process": "b", "fd": None},
    )


def test_a_name_cannot_pretend_to_be_a_word() -> None:
    """What stands inside a holder's name is no word of the row."""
    told = ss_words.read('users:(("x ino:7 uid:0",pid=12,fd=3)) ino:9')

    assert told.columns == {"inode": 9, "pid": 12, "process": "x ino:7 uid:0", "fd": 3}
