"""Redis: a client that rests longer than the server's `timeout` finds its connections closed."""

import sys

from tests.programs.place import SOURCES, place, program, until

PORT, CONNECTIONS = 6379, 6
QUIET = ("--save", "", "--bind", "127.0.0.1", "--daemonize", "no")


def test_a_pool_that_redis_has_closed_is_stale() -> None:
    """Without a time-out idle connections stay, which is health; with one of a second the server closes them."""
    with place() as here:
        here.start(program("redis-server", "redis-server"), "--port", PORT, *QUIET)
        here.until_it_listens(PORT)
        client = here.start(sys.executable, SOURCES / "redis_pool.py", PORT, CONNECTIONS)
        until("the pool rests", lambda: here.count("ESTABLISHED", remote_port=PORT) == CONNECTIONS)
        here.is_healthy()

        with here.client(PORT, b"CONFIG SET timeout 1\r\n") as administrator:
            assert administrator.recv(64) == b"+OK\r\n"
        until("redis closes them", lambda: here.count("CLOSE_WAIT", remote_port=PORT) == CONNECTIONS)
        finding = here.finding("stale-idle-pool", sockets=CONNECTIONS)

    assert finding["severity"] == "benign"
    assert finding["owner"]["pid"] == client.pid
    assert finding["sockets"] == CONNECTIONS
