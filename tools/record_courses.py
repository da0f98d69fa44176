"""Records the descriptor counts of real programs over time, for tests/diagnosis/forecast/recorded.

    unshare -n sh -c 'ip link set lo up; exec python tools/record_courses.py FOLDER [SECONDS]'

Each program serves on loopback and is called by a client at a mean rate; one look each five seconds, 900 s by default.
"""

import subprocess
import sys
import time
from pathlib import Path

EVERY_S = 5.0
SECONDS = 900.0

SERVER = """
import gc, random, socket, sys, threading, time
port, how, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
server = socket.create_server(("127.0.0.1", port), backlog=512)
kept = []
def answer(conn):
    conn.recv(100)
    if how == "closes":
        time.sleep(random.expovariate(1 / 2))
        conn.close()
    elif how == "waits":
        conn.recv(100)
    elif how == "forgets":
        kept.append(conn)
    elif how == "leaves-it-to-the-collector":
        cycle = [conn]
        cycle.append(cycle)
def serve():
    while True:
        conn = server.accept()[0]
        threading.Thread(target=answer, args=(conn,), daemon=True).start()
def collect():
    gc.disable()
    while True:
        time.sleep(45)
        gc.collect()
for work in (serve, collect):
    threading.Thread(target=work, daemon=True).start()
time.sleep(seconds)
"""
CLIENT = """
import random, socket, sys, time
port, per_s, most, seconds = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
end = time.monotonic() + seconds
held = []
while time.monotonic() < end:
    time.sleep(random.expovariate(per_s))
    if most and len(held) == most:
        continue
    conn = socket.create_connection(("127.0.0.1", port))
    conn.sendall(b"x")
    if most:
        held.append(conn)
    else:
        conn.close()
"""

#: Name of the recording: what the server does with a connection, calls a second, and the most that the client keeps
#: open (0: it closes each).
PROGRAMS = {
    "leak-1-a-second": ("forgets", 1.0, 0),
    "leak-1-in-5-seconds": ("forgets", 0.2, 0),
    "healthy-10-a-second": ("closes", 10.0, 0),
    "collected-each-45-s": ("leaves-it-to-the-collector", 3.0, 0),
    "pool-of-80": ("waits", 0.6, 80),
}


def record(folder: Path, seconds: float) -> None:
    """Run every program with its client, and write down how many descriptors each has open."""
    running = {}
    for port, (name, (how, per_s, most)) in enumerate(PROGRAMS.items(), start=9101):
        server = started(SERVER, port, how, seconds + 60)
        time.sleep(1)  # until it listens
        running[name] = server, started(CLIENT, port, per_s, most, seconds + 30)
    begin = time.monotonic()
    lines: dict[str, list[str]] = {name: ["time_s,descriptors"] for name in running}
    while (now_s := time.monotonic() - begin) < seconds:
        for name, (server, _) in running.items():
            lines[name].append(f"{now_s:.1f},{len(list(Path(f'/proc/{server.pid}/fd').iterdir()))}")
        time.sleep(EVERY_S - now_s % EVERY_S)
    for name, programs in running.items():
        (folder / f"{name}.csv").write_text("\n".join(lines[name]) + "\n")
        for program in programs:
            program.terminate()
            program.wait()


def started(code: str, *arguments: object) -> subprocess.Popen[bytes]:
    """A Python program that runs beside this one."""
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)])


if __name__ == "__main__":
    record(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS)
