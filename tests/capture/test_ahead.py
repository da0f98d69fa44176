"""Children that look early: they leave what they found, die with their parent, and never stay behind.

A test's own process has threads, in which nothing may fork; so each case runs in a fresh interpreter.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.kernel_states import DEADLINE_S, namespace

TAKES_OVER = """
from closewait import capture
begun = capture.begin(netns={netns!r})
assert begun.walk and not begun.dump, "the walk alone is begun"
look = capture.look(netns={netns!r}, begun=begun)
again = capture.look(netns={netns!r})
assert look.holders.equals(again.holders) and look.holders.height > 0
assert begun.at_unix_s < look.taken_at_unix_s < again.taken_at_unix_s
print(*look.sockets["pid"])
"""

TAKES_OVER_THE_DUMP = """
from closewait import capture
begun = capture.begin(netns={netns!r}, holders=False)
assert begun.dump and not begun.walk, "nobody asked for holders"
look = capture.look(netns={netns!r}, holders=False, begun=begun)
again = capture.look(netns={netns!r}, holders=False)
assert look.sockets["cookie"].to_list() == again.sockets["cookie"].to_list() != []
assert look.taken_at_unix_s == begun.at_unix_s
print(look.sockets.height)
"""

COUNTS = """
import sys
from closewait import capture
begun = capture.begin_counting(netns={netns!r})
assert begun.counts, "nothing was begun"
print(capture.count_states(netns={netns!r}, begun=begun), {{"numpy", "polars"}} & set(sys.modules))
"""

LEAVES_UNUSED = """
import os
from closewait import capture
begun = capture.begin()
assert begun.walk
{act}
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("no child is left")
"""

HANGS = """
import os, time
from closewait.capture.ahead import Child
child = Child(lambda: iter(lambda: time.sleep(60), None))
print(child.pid, flush=True)
time.sleep(60)
"""

FAILS = """
from closewait.capture.ahead import Child
def work():
    yield b"half"
    raise OSError("no more")
child = Child(work)
print(child.is_whole())
"""

WITH_A_THREAD = """
import threading
from closewait import capture
over = threading.Event()
threading.Thread(target=over.wait).start()
begun = capture.begin()
print(begun.dump, begun.walk)
over.set()
print(capture.look(begun=begun).format)
"""


def python(script: str) -> str:
    """What a script prints in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_look_takes_over_what_was_begun() -> None:
    """The same holders as a look that does everything itself; the sockets are asked for when it can take them."""
    with namespace() as ns:
        listener = ns.call(socket.create_server, ("127.0.0.1", 0))
        with listener:
            assert python(TAKES_OVER.format(netns=ns.path)) == str(os.getpid())


def test_a_look_without_holders_takes_over_the_sockets() -> None:
    """From the moment of beginning."""
    with namespace() as ns, ns.call(socket.create_server, ("127.0.0.1", 0)):
        assert python(TAKES_OVER_THE_DUMP.format(netns=ns.path)) == "1"


def test_a_count_takes_over_what_was_begun() -> None:
    """Without numpy and polars."""
    with namespace() as ns, ns.call(socket.create_server, ("127.0.0.1", 0)):
        assert python(COUNTS.format(netns=ns.path)) == "{'LISTEN': 1} set()"


def test_what_was_begun_for_another_wish_is_ended() -> None:
    """And the look does it all itself."""
    assert (
        python(LEAVES_UNUSED.format(act="capture.look(columns={'state'}, holders=False, begun=begun)"))
        == "no child is left"
    )


def test_what_is_not_wanted_any_more_is_ended_and_reaped() -> None:
    """By a word, or when the last reference goes."""
    assert python(LEAVES_UNUSED.format(act="begun.discard()")) == "no child is left"
    assert python(LEAVES_UNUSED.format(act="del begun")) == "no child is left"


def test_a_child_dies_with_its_parent() -> None:
    """Even when its parent is killed and it would hang for ever."""
    parent = subprocess.Popen([sys.executable, "-c", HANGS], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    give_up_at = time.monotonic() + DEADLINE_S
    while runs(child):
        assert time.monotonic() < give_up_at, f"child {child} outlived its parent"
        time.sleep(0.01)


def runs(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped by init does not."""
    try:
        return ") Z " not in Path("/proc", str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_child_that_fails_says_so_and_nothing_else() -> None:
    """Half an answer is no answer, and no traceback of a child disturbs the terminal."""
    assert python(FAILS) == "False"


def test_nothing_forks_beside_a_thread() -> None:
    """A forked copy of a process with threads may hang; the look does everything itself."""
    assert python(WITH_A_THREAD).splitlines() == ["None None", "sock_diag"]
