"""The line at which a thread of a Python program stands: a real program, asked by a real py-spy."""

import subprocess
import sys
from pathlib import Path

from closewait.capture.inquiry import inquire
from closewait.capture.python_lines import answer, begin, lines_in, py_spy

PROGRAM = """
import socket, threading

near, far = socket.socketpair()

def fetch():
    near.recv(1)

threading.Thread(target=fetch, name="worker-1", daemon=True).start()
print("ready", flush=True)
fetch()
"""


def test_every_thread_has_its_line(tmp_path: Path) -> None:
    """The program's own line, not the library's below it; and the inquiry lays it beside the system call."""
    source = tmp_path / "shop.py"
    source.write_text(PROGRAM)
    with subprocess.Popen([sys.executable, source], stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            program.stdout.readline()
            lines = answer(begin(program.pid))
            found = inquire([program.pid], {}, pythons=[program.pid])
        finally:
            program.kill()

    assert py_spy() is not None, "py-spy is missing: pip install py-spy"
    assert len(lines) == 2
    assert set(lines.values()) == {f"{source}:7, in fetch"}
    assert {thread.line for thread in found.threads} == {f"{source}:7, in fetch"}


def test_a_line_of_a_library_is_passed_over() -> None:
    """Whoever wrote the program wants to know where it stands in that."""
    dump = """Process 41: python3 app.py
Python v3.11.2 (/usr/bin/python3.11)

Thread 41 (idle): "MainThread"
    readinto (/usr/lib/python3.11/socket.py:706)
    request (/srv/venv/lib/python3.11/site-packages/urllib3/connection.py:99)
    fetch (/srv/shop/orders.py:88)
    main (/srv/shop/app.py:12)
Thread 42 (idle): "pool"
    wait (/usr/lib/python3.11/threading.py:331)
"""

    assert lines_in(dump) == {41: "/srv/shop/orders.py:88, in fetch"}


def test_what_is_no_python_has_no_line() -> None:
    """And what is no longer there, none either."""
    assert answer(begin(2**22 + 1)) == {}
