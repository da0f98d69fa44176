"""A program that asks Redis through a pool of connections, all at once, and then rests."""

import signal
import sys

import redis

port, connections = int(sys.argv[1]), int(sys.argv[2])

pool = redis.ConnectionPool(port=port, max_connections=connections)
used = [pool.get_connection() for _ in range(connections)]
for connection in used:
    connection.send_command("PING")
    assert connection.read_response() == b"PONG"
    pool.release(connection)
signal.pause()
