"""gunicorn: when all workers are blocked in a handler they read nothing more, and nobody accepts."""

import sys

from tests.programs.place import SOURCES, http_get, place, until

PORT, WORKERS = 8080, 12


def test_blocked_workers_do_not_read_and_then_nobody_accepts() -> None:
    """Answering is health. Each stuck worker holds one client that has gone; those who come later wait in the queue."""
    with place() as here:
        options = ("--bind", f"127.0.0.1:{PORT}", "--workers", WORKERS, "--timeout", 3600, "--preload")
        master = here.start(sys.executable, "-m", "gunicorn", "--chdir", SOURCES, *options, "stuck_application")
        here.until_it_listens(PORT)
        until("the workers are there", lambda: len(here.pids()) == WORKERS + 1)
        assert all(here.get(PORT).endswith(b"well") for _ in range(WORKERS))
        here.is_healthy()

        for client in [here.client(PORT, http_get("/stuck")) for _ in range(WORKERS)]:
            until("a worker has taken it", lambda: not here.count("ESTABLISHED", inode=0))
            client.close()
        until("all of them are stuck", lambda: here.count("CLOSE_WAIT", local_port=PORT) == WORKERS)
        unread = here.finding("never-read", sockets=WORKERS)
        for _ in range(WORKERS):
            here.client(PORT, http_get()).close()
        unaccepted = here.finding("never-accepted", "never-read", sockets=WORKERS)
        workers = sorted(set(here.pids()) - {master.pid})

    assert sorted(owner["pid"] for owner in unread["owners"]) == workers
    assert unaccepted["owner"]["pid"] == master.pid
    assert any("in accept()" in fact for fact in unaccepted["because"]), unaccepted
