"""Notifications of what opened, worsened or was resolved: sent by a thread of their own, so that no watch ever waits.

A way that fails is tried again, later and later. What waits is bounded: when it is too much, the oldest is dropped,
for the newest says how things stand. What was dropped or failed is counted, and the next note that arrives says so.
"""

import platform
import threading
import time
from collections import deque
from collections.abc import Callable

from closewait.diagnosis.changes import Change
from closewait.records import record
from closewait.telling.note import TOLD_KINDS, Undelivered, Way, note_of
from closewait.views.visible import visible

MOST_WAITING = 100
ATTEMPTS = 8  # with the waits below: given up after ten minutes
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 300.0


@record
class Told:
    """What became of the notes so far."""

    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    waiting: int = 0
    last_failure: str | None = None  # why, and of which way

    @property
    def outcomes(self) -> dict[str, int]:
        """For the measure `notifications`."""
        return {"delivered": self.delivered, "failed": self.failed, "dropped": self.dropped}


class Notifications:
    """Sends notes one way; `say` hears, from the thread, when the way begins to fail and when it works again."""

    def __init__(
        self,
        way: Way,
        *,
        host: str | None = None,
        say: Callable[[str], None] = lambda _: None,
        most_waiting: int = MOST_WAITING,
        attempts: int = ATTEMPTS,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        self._way, self._say = way, say
        self._host = platform.node() if host is None else host
        self._most_waiting, self._attempts, self._first_wait_s = most_waiting, attempts, first_wait_s
        self._waiting: deque[Change] = deque()
        self._changed = threading.Condition()
        self._delivered = self._failed = self._dropped = self._missed = 0
        self._last_failure: str | None = None
        self._fails = self._closing = self._gives_up = self._sends = False
        self._thread = threading.Thread(target=self._work, name="notifications", daemon=True)
        self._thread.start()

    @property
    def told(self) -> Told:
        """What became of the notes so far."""
        with self._changed:
            waiting = len(self._waiting) + self._sends
            return Told(self._delivered, self._failed, self._dropped, waiting, self._last_failure)

    def tell(self, change: Change) -> None:
        """Send this soon, if it is of a kind that is told. Returns at once."""
        if change.kind not in TOLD_KINDS:
            return
        with self._changed:
            if len(self._waiting) >= self._most_waiting:
                self._waiting.popleft()
                self._dropped += 1
                self._missed += 1
            self._waiting.append(change)
            self._changed.notify_all()

    def close(self, timeout_s: float) -> Told:
        """Send what waits, but wait no longer than this; what is left is dropped, and a command that runs is ended."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        with self._changed:
            self._gives_up = True
            self._dropped += len(self._waiting) + self._sends
            self._waiting.clear()
            self._sends = False
            self._changed.notify_all()
        self._way.stop()
        return self.told

    def _work(self) -> None:
        """Send one after the other until closed and nothing waits."""
        while (change := self._next()) is not None:
            try:
                delivered = self._deliver(change)
            except Exception as fault:  # noqa: BLE001  one note that cannot be told must not silence those after it
                self._note_failure(repr(fault))
                delivered = False
            with self._changed:
                if self._gives_up:
                    return
                self._sends = False
                if delivered:
                    self._delivered += 1
                else:
                    self._failed += 1
                    self._missed += 1

    def _next(self) -> Change | None:
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            if not self._waiting:
                return None
            self._sends = True
            return self._waiting.popleft()

    def _deliver(self, change: Change) -> bool:
        """Try until it arrives, cannot, or was tried often enough; while closing there is one attempt."""
        wait_s = self._first_wait_s
        for attempt in range(1, self._attempts + 1):
            missed = self._missed
            try:
                self._way.send(note_of(change, self._host, missed=missed))
            except Undelivered as why:
                self._note_failure(str(why))
                if not why.again or attempt == self._attempts:
                    return False
                if not self._waited(min(LONGEST_WAIT_S, max(wait_s, why.after_s or 0.0))):
                    return False
                wait_s *= 2
            else:
                self._note_success(missed)
                return True
        return False

    def _waited(self, wait_s: float) -> bool:
        """Wait before the next attempt; False where there is no time left for one."""
        ends_at_s = time.monotonic() + wait_s
        with self._changed:
            while not self._closing and (left_s := ends_at_s - time.monotonic()) > 0:
                self._changed.wait(left_s)
            return not self._closing

    def _note_failure(self, why: str) -> None:
        with self._changed:
            if self._gives_up:
                return
            began, self._fails = not self._fails, True
            self._last_failure = visible(f"{self._way.name}: {why}")
        if began:
            self._say(f"Notifications do not arrive: {self._last_failure}")

    def _note_success(self, missed: int) -> None:
        with self._changed:
            ended, self._fails = self._fails, False
            self._missed -= missed  # these have been told of
        if ended:
            self._say(f"Notifications arrive again: {visible(self._way.name)}")
