"""`closewait check`, as a monitoring daemon runs it: a line, an exit status, and never anything else."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from closewait.capture import procfs
from closewait.capture.looking import first_answer
from closewait.capture.source import Source, Wish
from closewait.cli.check import at_most
from closewait.errors import CannotSee
from closewait.formats.format import Reading
from closewait.lab import playing
from tests.cli.test_command_line import HEALTHY, pile, run
from tests.views.test_as_openmetrics import read


@pytest.mark.parametrize(
    ("dump", "words", "status", "line"),
    [
        (HEALTHY, [], 0, "CLOSEWAIT OK - 2 sockets, nothing that somebody has to see to | LISTEN=1;;;0"),
        (pile(20), [], 1, "CLOSEWAIT WARNING - leaked-close-wait: java[4121] "),
        (pile(400), [], 2, "CLOSEWAIT CRITICAL - leaked-close-wait: java[4121] "),
        (pile(400), ["--warn", "close_wait=1000"], 0, "CLOSEWAIT OK - CLOSE_WAIT 400 | CLOSE_WAIT=400;1000;;0"),
        (pile(400), ["-w", "close_wait=100"], 1, "CLOSEWAIT WARNING - CLOSE_WAIT 400 (may be 100) | CLOSE_WAIT="),
        (pile(9), ["-c", "CloseWait=@5:10"], 2, "CLOSEWAIT CRITICAL - CLOSE_WAIT 9 (not in 5:10) | CLOSE_WAIT="),
        (pile(9), ["-w", "descriptors=5"], 3, "CLOSEWAIT UNKNOWN - descriptors not told by this look | descriptors=U"),
    ],
)
def test_a_line_and_a_status(dump: str, words: list[str], status: int, line: str) -> None:
    """0, 1, 2, 3."""
    done = run("check", "-", *words, dump=dump)

    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.startswith(line)


def test_json_and_silence_have_the_same_status() -> None:
    """The words differ, or there are none."""
    told, silent = (run("check", "-", "-c", "close_wait=9", option, dump=pile(20)) for option in ("--json", "-q"))

    assert (told.returncode, json.loads(told.stdout)["exit_status"]) == (2, 2)
    assert (silent.returncode, silent.stdout) == (2, "")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--bogus"], "No such option: --bogus"),
        (["--warn"], "requires an argument"),
        (["--warn", "100"], "does not say of what"),
        (["--warn", "close_wait=ten"], "is no range"),
        (["no-such-dump.txt"], "There is no file no-such-dump.txt"),
        (["netns:no-such-place"], "no-such-place"),
        (["-"], "standard input"),
        (["state=sideways"], "sideways"),
        (["--timeout", "1ms"], "there was no answer within 0.001 s"),
        (["--textfile", "/proc/no/such/place.prom"], "/proc/no/such/place.prom cannot be written"),
    ],
)
def test_whatever_fails_is_unknown(words: list[str], why: str) -> None:
    """One line on standard output with the reason, status 3, no trace."""
    done = run("check", *words)

    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (3, "", 1)
    assert done.stdout.startswith("CLOSEWAIT UNKNOWN - ")
    assert why in done.stdout


def test_no_other_way_is_tried_when_the_time_is_over() -> None:
    """A source that hangs is not one that is closed: there would be an answer, too late, and it would be OK."""

    def hangs(_: Wish) -> Reading:
        threading.Event().wait(60)
        raise AssertionError("nobody ended it")

    sources = [Source("hangs", "the first way", hangs), Source("answers", "the second way", procfs.read)]
    began_s = time.monotonic()
    with pytest.raises(CannotSee, match=r"^there was no answer within 0\.1 s$"), at_most(0.1):
        first_answer(Wish(), sources)

    assert time.monotonic() - began_s < 30
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_locale_without_the_letters() -> None:
    """Daemons run checks in odd ones: the letters are written out."""
    done = subprocess.run(
        [sys.executable, "-m", "closewait", "check", "-"], env={**os.environ, "PYTHONIOENCODING": "ascii"},
        input=pile(20).replace("java", "日本").encode(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (1, b"")
    assert rb"leaked-close-wait: \u65e5\u672c[4121]" in done.stdout


def test_nobody_reads() -> None:
    """A daemon that has closed its end gets no zero for an alarm."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "closewait", "check", "-"],
        input=pile(400).encode(), stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False,
    )  # fmt: skip
    os.close(writing)

    assert (done.returncode, done.stderr) == (3, b"")


def test_a_full_disk() -> None:
    """The answer cannot be written; the status is still one of the four."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "closewait", "check", "-"],
            input=HEALTHY.encode(), stdout=full, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip

    assert (done.returncode, done.stderr) == (3, b"")


def test_it_can_be_stopped() -> None:
    """With the signal of Ctrl-C, while it waits for the second look."""
    checking = subprocess.Popen(
        [sys.executable, "-u", "-m", "closewait", "check", "--again", "1h"], stdout=subprocess.PIPE, text=True
    )
    children = Path(f"/proc/{checking.pid}/task/{checking.pid}/children")
    while not children.read_text():  # the look has begun: the signal's handler stands
        assert checking.poll() is None
    checking.send_signal(signal.SIGINT)

    assert checking.communicate(timeout=60)[0] == "CLOSEWAIT UNKNOWN - stopped\n"
    assert checking.returncode == 3


def test_a_filter_is_kept() -> None:
    """The numbers are of what was asked for."""
    done = run("check", "-", "proc=nginx", "--warn", "close_wait=1", dump=pile(20) + HEALTHY.partition("\n")[2])

    assert done.stdout.startswith("CLOSEWAIT OK - CLOSE_WAIT 0 |")
    assert " LISTEN=1;;;0 " in done.stdout


def test_a_scene_of_real_sockets() -> None:
    """The kernel tells ages, queues and descriptors; what has no number there is not there."""
    with playing("leaked-close-wait", count=30, own_netns=True) as stage:
        words = ["-c", "close_wait=29", "-w", "descriptors=50%", "-w", "accept_queue_connections=90%"]
        told = json.loads(run("check", f"netns:{stage.netns}", *words, "-w", "destination_ports=9", "--json").stdout)
    alarms = {alarm["name"]: alarm for alarm in told["alarms"]}

    assert told["status"] == "CRITICAL"
    assert (alarms["CLOSE_WAIT"]["status"], alarms["CLOSE_WAIT"]["value"]) == ("CRITICAL", 30)
    assert (alarms["descriptors"]["status"], alarms["accept_queue_connections"]["status"]) == ("OK", "OK")
    assert alarms["descriptors"]["value"] > 30
    assert alarms["destination_ports"]["status"] in ("OK", "WARNING")


def test_the_textfile(tmp_path: Path) -> None:
    """It is whole, others may read it, nothing lies beside it; the check answers as without it."""
    file = tmp_path / "closewait.prom"
    file.write_text("the page before")
    done = run("check", "-", "--textfile", str(file), dump=pile(20))

    assert done.stdout.startswith("CLOSEWAIT WARNING - ")
    assert read(file.read_text())["closewait_sockets", ("CLOSE_WAIT",)] == 20
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_the_extra_is_named_where_it_is_missing(tmp_path: Path) -> None:
    """Nothing else needs it."""
    without = "import sys; sys.modules['prometheus_client'] = None; from closewait.cli import run; sys.exit(run({}))"
    words = ["check", "-", "--textfile", str(tmp_path / "closewait.prom")]
    done = subprocess.run(
        [sys.executable, "-c", without.format(words)],
        input=HEALTHY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (3, "")
    assert "pip install 'closewait[metrics]'" in done.stdout
    assert list(tmp_path.iterdir()) == []
