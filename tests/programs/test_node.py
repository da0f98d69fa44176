"""Node.js: with allowHalfOpen nobody answers a goodbye but the program itself."""

from tests.programs.place import SOURCES, Place, place, program, until

PORT, HALF_OPEN_PORT, CLIENTS = 8080, 8081, 12


def test_half_open_connections_that_nobody_ends_are_a_leak() -> None:
    """An echo server is well until it allows half-open connections and has no handler for 'end'."""
    with place() as here:
        node = here.start(program("node", "nodejs"), SOURCES / "half_open.js", PORT, HALF_OPEN_PORT)
        here.until_it_listens(PORT)
        here.until_it_listens(HALF_OPEN_PORT)
        visit(here, PORT)
        here.is_healthy()

        visit(here, HALF_OPEN_PORT)
        until("they are left", lambda: here.count("CLOSE_WAIT", local_port=HALF_OPEN_PORT) == CLIENTS)
        finding = here.finding("leaked-close-wait", sockets=CLIENTS)

    assert finding["where"] == f"127.0.0.1:{HALF_OPEN_PORT}"
    assert finding["owner"]["pid"] == node.pid
    assert finding["sockets"] == CLIENTS
    assert any("allowHalfOpen" in step for step in finding["next"]), finding


def visit(here: Place, port: int) -> None:
    """Clients that say something, hear it back, and leave."""
    for _ in range(CLIENTS):
        with here.client(port, b"hello") as connection:
            assert connection.recv(64) == b"hello"
