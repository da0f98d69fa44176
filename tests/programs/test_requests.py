"""requests and urllib3: a pool keeps what its server has closed until it wants to use it again."""

import os
import signal
import sys

from tests.programs.place import SOURCES, place, program, until

PORT, CONNECTIONS = 8080, 8


def test_a_pool_whose_server_was_stopped_is_no_leak() -> None:
    """Idle connections of a pool are health. When the server goes they are stale: benign, whatever their number is."""
    with place() as here:
        nginx = here.start(program("nginx", "nginx"), "-p", here.folder, "-c", SOURCES / "nginx.conf")
        here.until_it_listens(PORT)
        source = SOURCES / "pool_of_requests.py"
        client = here.start(sys.executable, source, f"http://127.0.0.1:{PORT}/", CONNECTIONS)
        until("the pool is full", lambda: here.count("ESTABLISHED", remote_port=PORT) == CONNECTIONS)
        here.is_healthy()

        os.kill(nginx.pid, signal.SIGTERM)
        until("nginx has gone", lambda: here.count("CLOSE_WAIT", remote_port=PORT) == CONNECTIONS)
        finding = here.finding("stale-idle-pool", sockets=CONNECTIONS)

    assert finding["severity"] == "benign"
    assert finding["owner"]["pid"] == client.pid
    assert finding["sockets"] == CONNECTIONS
