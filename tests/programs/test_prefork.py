"""A server that forks: its child holds the connection, and so does the parent that forgot its own copy."""

import sys

from tests.programs.place import SOURCES, Place, place, until

PORT, FORGETFUL_PORT, CLIENTS = 8080, 8081, 3


def test_a_connection_that_parent_and_child_hold_is_inherited() -> None:
    """Where the parent closes its copy all is well; where it does not, both hold what the client has closed."""
    with place() as here:
        here.start(sys.executable, SOURCES / "prefork.py", PORT, FORGETFUL_PORT)
        here.until_it_listens(PORT)
        here.until_it_listens(FORGETFUL_PORT)
        visit(here, PORT)
        here.is_healthy()

        visit(here, FORGETFUL_PORT)
        until("they are left", lambda: here.count("CLOSE_WAIT", local_port=FORGETFUL_PORT) == CLIENTS)
        finding = here.finding("inherited-fd", sockets=CLIENTS)
        pids = here.pids()

    assert finding["where"] == f"127.0.0.1:{FORGETFUL_PORT}"
    assert finding["owner"]["pid"] in pids
    assert finding["sockets"] == CLIENTS


def visit(here: Place, port: int) -> None:
    """Clients that say something, hear it back, and leave."""
    for _ in range(CLIENTS):
        with here.client(port, b"hello") as connection:
            assert connection.recv(64) == b"hello"
