"""PostgreSQL: after a restart a pool keeps connections that the server has closed, its last words unread."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.programs.place import SOURCES, Place, place, program, until

PORT, CONNECTIONS = 5432, 12
VERSIONS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))  # where Debian keeps what is not on the PATH
OPTIONS = ("-c", f"port={PORT}", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off")


def test_a_pool_after_a_restart_is_stale() -> None:
    """Idle connections to a database are health. After its restart those of the pool are closed: benign."""
    with place() as here:
        server = serve(here)
        until("PostgreSQL listens", lambda: here.count("LISTEN", local_port=PORT))
        conninfo = f"host=127.0.0.1 port={PORT} user=postgres dbname=postgres"
        client = here.start(sys.executable, SOURCES / "pool_of_psycopg.py", conninfo, CONNECTIONS)
        until("the pool is full", lambda: here.count("ESTABLISHED", remote_port=PORT) == CONNECTIONS)
        here.is_healthy()

        os.kill(server.pid, signal.SIGINT)  # the fast shutdown of pg_ctl(1)
        until("the server has gone", lambda: server.poll() is not None)
        until("it has closed them", lambda: here.count("CLOSE_WAIT", remote_port=PORT) == CONNECTIONS)
        finding = here.finding("stale-idle-pool", sockets=CONNECTIONS)

    assert finding["severity"] == "benign"
    assert finding["owner"]["pid"] == client.pid
    assert any("PostgreSQL's last words at its shutdown" in fact for fact in finding["because"]), finding


def serve(here: Place) -> "subprocess.Popen[bytes]":
    """A server with a fresh database, under the user that Debian's package made: it refuses to be root."""
    data = here.folder / "data"
    data.mkdir()
    shutil.chown(data, "postgres")
    initdb = (program("initdb", "postgresql", *VERSIONS), "--pgdata", data, "--auth", "trust", "--no-sync")
    subprocess.run([*initdb, "--username", "postgres"], user="postgres", cwd=data, check=True, capture_output=True)
    postgres = program("postgres", "postgresql", *VERSIONS)
    return here.start(postgres, "-D", data, "-k", data, *OPTIONS, user="postgres")
