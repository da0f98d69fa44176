"""Whose task a thread is: by /proc while it lives, by what the kernel's trace has saved when it is gone."""

import os
import threading
from pathlib import Path

import pytest

from closewait.capture import tasks
from closewait.capture.tasks import Tasks
from closewait.diagnosis.lives import Actor

OUR_NAMESPACE = Path("/proc/self/ns/pid")


@pytest.fixture
def tracefs(tmp_path: Path) -> Path:
    """What the kernel has saved of two threads that are gone, one without its process; and a line that is none."""
    (tmp_path / "saved_cmdlines").write_bytes(b"71 worker \xff 1\n72 curl\n<...>\n")
    (tmp_path / "saved_tgids").write_text("71 70\n")
    return tmp_path


def test_a_thread_that_lives_has_its_process(tracefs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of a thread is not that of its process."""
    monkeypatch.setattr(tasks, "FIRST", str(OUR_NAMESPACE.readlink()))  # wherever the tests run
    told: list[Actor] = []
    worker = threading.Thread(target=lambda: told.append(Tasks(tracefs).actor(threading.get_native_id())))
    worker.start()
    worker.join()

    assert told[0].pid == os.getpid()
    assert told[0].process is not None


def test_numbers_of_another_namespace_are_looked_up_nowhere(tracefs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container the same number is another process: naming that one would accuse it."""
    monkeypatch.setattr(tasks, "FIRST", "pid:[1]")

    assert Tasks(tracefs).actor(os.getpid()) == Actor(os.getpid(), None)
    assert Tasks(tracefs).actor(72) == Actor(72, "curl")


def test_a_thread_that_is_gone_is_told_by_what_was_saved(tracefs: Path, tmp_path: Path) -> None:
    """With its process where that was saved too; of another nothing but the number is known."""
    gone = Tasks(tracefs, proc=tmp_path / "no-proc")

    assert [gone.actor(thread) for thread in (71, 72, 73)] == [
        Actor(70, "worker \ufffd 1"), Actor(72, "curl"), Actor(73, None),
    ]  # fmt: skip


def test_a_host_that_saves_nothing_tells_numbers(tmp_path: Path) -> None:
    """Where the files are missing."""
    assert Tasks(tmp_path, proc=tmp_path).actor(71) == Actor(71, None)
