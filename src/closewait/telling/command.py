"""A command that is run for each note: its JSON on standard input, short facts in its environment, never a shell.

What it says on standard error goes where ours goes, so that a log shows why it fails.
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from closewait.errors import BadUsage
from closewait.telling.note import Note, Undelivered


class Command:
    """A way to tell: this command, given at most `limit_s` seconds."""

    def __init__(self, words: Sequence[str], *, limit_s: float = 30.0) -> None:
        if not words or not words[0]:
            raise BadUsage("The command to notify with is empty. Give its words, as in: /usr/local/bin/page ops")
        self._words, self._limit_s = tuple(words), limit_s
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """Its first word: others may be secrets."""
        return self._words[0]

    def send(self, note: Note) -> None:
        """Run it to its end. Raises Undelivered where it fails, cannot be started, or takes too long."""
        try:
            self._running = subprocess.Popen(
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **note.facts},
                start_new_session=True,  # so that what it starts can be ended with it
            )
        except (OSError, ValueError) as refused:
            raise Undelivered(f"cannot be started: {refused}") from None
        with self._running as running:
            try:
                running.communicate(note.body, timeout=self._limit_s)
            except subprocess.TimeoutExpired:
                raise Undelivered(f"gave no answer within {self._limit_s:g} s and was ended") from None
            finally:
                self.stop()
        if running.returncode != 0:
            raise Undelivered(f"ended with status {running.returncode}")

    def stop(self) -> None:
        """End it, and everything it has started."""
        running = self._running
        if running is None or running.returncode is not None:
            return
        with suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(running.pid, signal.SIGKILL)
            else:  # Windows
                running.kill()
        running.wait()
