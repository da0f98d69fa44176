"""A program that asks PostgreSQL through a pool of connections, all at once, and then rests."""

import signal
import sys

from psycopg_pool import ConnectionPool

conninfo, connections = sys.argv[1], int(sys.argv[2])

with ConnectionPool(conninfo, min_size=connections, max_size=connections) as pool:
    pool.wait()
    with pool.connection() as connection:
        assert connection.execute("select 'well'").fetchone() == ("well",)
    signal.pause()
