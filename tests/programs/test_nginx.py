"""nginx: its workers accept and read; when they are stopped, the kernel alone shakes hands for them."""

import os
import signal

from tests.programs.place import SOURCES, http_get, place, program

PORT, CLIENTS = 8080, 12


def test_workers_that_are_stopped_accept_nobody() -> None:
    """Serving short and kept connections is health. With both workers stopped, clients come, wait and leave."""
    with place() as here:
        nginx = here.start(program("nginx", "nginx"), "-p", here.folder, "-c", SOURCES / "nginx.conf")
        here.until_it_listens(PORT)
        kept = [here.client(PORT, http_get()) for _ in range(CLIENTS)]
        assert all(connection.recv(4096).endswith(b"well") for connection in kept)
        assert all(here.get(PORT).endswith(b"well") for _ in range(CLIENTS))
        here.is_healthy()

        workers = sorted(pid for pid in here.pids() if pid != nginx.pid)
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        for _ in range(CLIENTS):
            here.client(PORT, http_get()).close()
        finding = here.finding("never-accepted", sockets=CLIENTS)

    assert finding["where"] == f"127.0.0.1:{PORT}"
    assert finding["owner"]["pid"] == nginx.pid
    assert finding["sockets"] == CLIENTS
    stopped = f"kill -CONT {' '.join(map(str, workers))}"
    assert any(stopped in fact for fact in finding["because"]), finding
