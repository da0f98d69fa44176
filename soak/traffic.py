"""Healthy HTTP traffic, as processes of their own: a server, and clients of four kinds.

keep-alive   one connection for many requests, with pauses shorter and longer than the server's patience
short        a connection for each request
slow         takes its answer in small bites
fickle       hangs up in the middle of an answer, and comes back

    python -m soak.traffic serve PORT
    python -m soak.traffic visit PORT
"""

import random
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "127.0.0.1"
SERVER_PATIENCE_S = 5.0
ANSWER_BYTES = (200, 20_000, 400_000)
CLIENTS = {"keep_alive": 20, "short": 6, "slow": 6, "fickle": 4}
BITE_BYTES = 16_384


class Answers(BaseHTTPRequestHandler):
    """A page of a random size, over a connection that is kept for a while."""

    protocol_version = "HTTP/1.1"
    timeout = SERVER_PATIENCE_S

    def do_GET(self) -> None:
        """Answer."""
        body = bytes(random.choice(ANSWER_BYTES))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    """One that takes it calmly when a client is gone."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client hung up."""


def keep_alive(port: int) -> None:
    """Ask again and again over one connection; make a new one when the server had enough of waiting."""
    connection = HTTPConnection(HOST, port, timeout=30)
    while True:
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (HTTPException, OSError):
            connection.close()
        time.sleep(random.choice((0.05, 0.5, 2.0, 8.0)))


def short(port: int) -> None:
    """A connection for each request."""
    while True:
        connection = HTTPConnection(HOST, port, timeout=30)
        connection.request("GET", "/", headers={"Connection": "close"})
        connection.getresponse().read()
        connection.close()
        time.sleep(random.uniform(0.1, 0.5))


def slow(port: int) -> None:
    """Take an answer in bites."""
    while True:
        connection = HTTPConnection(HOST, port, timeout=30)
        connection.request("GET", "/")
        answer = connection.getresponse()
        while answer.read(BITE_BYTES):
            time.sleep(0.2)
        connection.close()


def fickle(port: int) -> None:
    """Leave in the middle."""
    while True:
        with socket.create_connection((HOST, port), timeout=30) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.recv(100)
        time.sleep(random.uniform(0.5, 2.0))


def visit(port: int) -> None:
    """All clients at once; each goes on whatever happens to it."""

    def for_ever(client: Callable[[int], None]) -> None:
        while True:
            try:
                client(port)
            except (HTTPException, OSError):
                time.sleep(0.1)

    for name, count in CLIENTS.items():
        for _ in range(count):
            threading.Thread(target=for_ever, args=(globals()[name],), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    what, its_port = sys.argv[1], int(sys.argv[2])
    if what == "serve":
        Server((HOST, its_port), Answers).serve_forever()
    else:
        visit(its_port)
