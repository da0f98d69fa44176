"""socat and haproxy: a server closes what a pool behind the relay never looks at, and the relay keeps both legs."""

import sys
from collections.abc import Callable

import pytest

from tests.programs.place import SOURCES, Place, place, program, until

PORT, SERVER_PORT, CONNECTIONS = 8080, 6379, 6
HAPROXY = f"""
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
frontend here
    bind 127.0.0.1:{PORT}
    default_backend redis
backend redis
    server redis 127.0.0.1:{SERVER_PORT}
"""


def haproxy(here: Place) -> None:
    """One process for all sessions."""
    here.start(program("haproxy", "haproxy"), "-db", "-f", here.write("haproxy.cfg", HAPROXY))


def socat(here: Place) -> None:
    """A process for each session, half a session being allowed to last as long as a full one."""
    listen, connect = f"TCP-LISTEN:{PORT},bind=127.0.0.1,fork,reuseaddr", f"TCP:127.0.0.1:{SERVER_PORT}"
    here.start(program("socat", "socat"), "-t", "3600", listen, connect)


@pytest.mark.parametrize("relay", [haproxy])
def test_half_closed_legs_are_charged_to_the_relay(relay: Callable[[Place], None]) -> None:
    """Sessions in use are health. After the server's goodbye each has a leg in CLOSE_WAIT and one in FIN_WAIT_2."""
    with place() as here:
        here.start(program("redis-server", "redis-server"), "--port", SERVER_PORT, "--save", "", "--bind", "127.0.0.1")
        relay(here)
        here.until_it_listens(SERVER_PORT)
        here.until_it_listens(PORT)
        here.start(sys.executable, SOURCES / "redis_pool.py", PORT, CONNECTIONS)
        until("sessions are open", lambda: here.count("ESTABLISHED", remote_port=SERVER_PORT) == CONNECTIONS)
        until("the pool rests", lambda: here.count("ESTABLISHED", remote_port=PORT) == CONNECTIONS)
        here.is_healthy()

        with here.client(SERVER_PORT, b"CONFIG SET timeout 1\r\n") as administrator:
            assert administrator.recv(64) == b"+OK\r\n"
        until("redis closes them", lambda: here.count("FIN_WAIT_2", local_port=PORT) == CONNECTIONS)
        finding = here.finding("proxy-half-close", sockets=2 * CONNECTIONS)

    assert finding["owner"]["process"] == relay.__name__
    assert finding["sockets"] == 2 * CONNECTIONS
