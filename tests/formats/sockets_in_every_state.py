"""Real sockets in every state the kernel lists, and the commands that look at them: the stage of the golden files.

    sockets_in_every_state.py COMMAND…

Plays as root in a network namespace of its own, which ends with this program. A server (root) and a client (nobody)
talk between 192.0.2.1 and 192.0.2.2 on the namespace's loopback; nftables drops, on arrival, what a silent peer would
not answer. Each COMMAND is run by the shell once every socket is in its state; their output is this program's output.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

NOBODY = 65534
PR_SET_DUMPABLE = 4  # <linux/prctl.h>
SERVER, CLIENT = "192.0.2.1", "192.0.2.2"
SERVER6, CLIENT6 = "2001:db8::1", "2001:db8::2"
PORT, PORT6, PORT6_ONLY, PORT_ON_DEVICE, PORT_SILENT = 8080, 8443, 8444, 631, 7777
DEADLINE_S = 20.0
CHILD_NAME = "(shared) kid"  # a name that a careless reader would split or cut

#: What each connection from this client port to PORT is for, with the states of its two ends when the stage is set.
CONNECTIONS = {
    40001: ("keepalive runs, 100 bytes unread", "ESTAB", "ESTAB"),
    40002: ("200 bytes and the FIN unread", "FIN-WAIT-2", "CLOSE-WAIT"),
    40003: ("FIN read, never closed; the client holds its end", "FIN-WAIT-2", "CLOSE-WAIT"),
    40004: ("closed by both, the client first", "TIME-WAIT", None),
    40005: ("the server does not read: zero window", "ESTAB", "ESTAB"),
    40006: ("the server vanished: retransmitting", "ESTAB", "ESTAB"),
    40007: ("the SYN+ACK never arrives", "SYN-SENT", "SYN-RECV"),
    40008: ("the client's FIN never arrives", "FIN-WAIT-1", "ESTAB"),
    40009: ("the server's FIN never arrives", "FIN-WAIT-2", "LAST-ACK"),
    40010: ("both closed, the client's packets never arrive", "CLOSING", "FIN-WAIT-1"),
    40011: ("shared by the server and its forked child", "ESTAB", "ESTAB"),
    40012: ("waits in the accept queue", "ESTAB", "ESTAB"),
    40013: ("gave up in the accept queue, 5 bytes sent", "FIN-WAIT-2", "CLOSE-WAIT"),
}

HEX_STATES = ("", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE", "CLOSE-WAIT",
              "LAST-ACK", "LISTEN", "CLOSING")  # fmt: skip


def states_of_the_kernel() -> dict[tuple[int, int], str]:
    """(local port, remote port) to state, as /proc/net/tcp says it now."""
    states = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        states[int(local[-4:], 16), int(remote[-4:], 16)] = HEX_STATES[int(state, 16)]
    return states


def wait_for(wanted: dict[tuple[int, int], str | None]) -> None:
    """Return when the kernel has every pair in its wanted state (None: gone); fail after the deadline."""
    give_up_at = time.monotonic() + DEADLINE_S
    while (seen := states_of_the_kernel()) and any(seen.get(pair) != state for pair, state in wanted.items()):
        if time.monotonic() > give_up_at:
            missing = {pair: (state, seen.get(pair)) for pair, state in wanted.items() if seen.get(pair) != state}
            raise TimeoutError(f"not in the wanted state (wanted, seen): {missing}")
        time.sleep(0.01)


def run(*command: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True)


def drop(match: str) -> None:
    """Let packets that match never arrive."""
    run("nft", f"add rule inet silence arriving {match} drop")


def set_up_the_network() -> None:
    """Two addresses of each family on loopback, and an empty chain of drops."""
    run("ip", "link", "set", "lo", "up")
    for address in (f"{SERVER}/32", f"{CLIENT}/32"):
        run("ip", "address", "add", address, "dev", "lo")
    for address in (f"{SERVER6}/128", f"{CLIENT6}/128"):
        run("ip", "-6", "address", "add", address, "dev", "lo", "nodad")
    run("nft", "add table inet silence; add chain inet silence arriving { type filter hook input priority 0; }")


def track_flows() -> None:
    """Let the kernel track flows and what they carry: it does from the first rule that asks for their state."""
    run("nft", "add rule inet silence arriving ct state new counter")
    Path("/proc/sys/net/netfilter/nf_conntrack_acct").write_text("1")


def listener(address: str, port: int, backlog: int, *options: tuple[int, int, int | bytes]) -> socket.socket:
    """A listening socket of the server."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for option in options:
        sock.setsockopt(*option)
    sock.bind((address, port))
    sock.listen(backlog)
    return sock


def client_socket(address: str, port: int) -> socket.socket:
    """A socket of the client, made with nobody's file-system uid, because that uid is the one the kernel remembers."""
    os.seteuid(NOBODY)
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    os.seteuid(0)
    sock.bind((address, port))
    return sock


def bring_them_into_their_states() -> tuple[list[socket.socket], list[socket.socket], socket.socket]:
    """Make every connection; return the server's sockets, the client's, and the one the server's child shares."""
    front = listener(SERVER, PORT, 8)
    front6 = listener("::", PORT6, 128)
    device = (socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    servers = [front, front6, listener("::", PORT6_ONLY, 5, (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)),
               listener("127.0.0.1", PORT_ON_DEVICE, 0, device)]  # fmt: skip
    clients: dict[int, socket.socket] = {}
    ends: dict[int, socket.socket] = {}

    def connect(port: int, accept: bool = True) -> tuple[socket.socket, socket.socket]:
        clients[port] = client_socket(CLIENT, port)
        clients[port].connect((SERVER, PORT))
        if accept:
            ends[port] = front.accept()[0]
        return clients[port], ends.get(port, front)

    for port in (40001, 40002, 40003, 40004, 40005, 40006, 40008, 40009, 40010, 40011):
        connect(port)
    ends[40001].setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    ends[40001].setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 118)
    clients[40001].send(b"x" * 100)
    clients[40002].send(b"x" * 200)
    clients.pop(40002).close()
    clients[40003].shutdown(socket.SHUT_WR)
    ends[40003].recv(1)
    clients.pop(40004).close()
    ends[40004].recv(1)
    ends.pop(40004).close()

    clients[40005].setblocking(False)
    try:
        while True:
            clients[40005].send(bytes(65536))
    except BlockingIOError:
        drop("tcp sport 40006")  # and from here on the window is known to be full
    clients[40006].send(b"x" * 130)

    drop("tcp sport 40008")
    clients.pop(40008).close()
    clients[40009].shutdown(socket.SHUT_WR)
    wait_for({(PORT, 40009): "CLOSE-WAIT", (40009, PORT): "FIN-WAIT-2"})
    drop("tcp dport 40009")
    ends.pop(40009).close()
    drop("tcp sport 40010")
    clients[40010].shutdown(socket.SHUT_WR)
    ends[40010].shutdown(socket.SHUT_WR)

    drop("tcp dport 40007")
    clients[40007] = client_socket(CLIENT, 40007)
    clients[40007].setblocking(False)
    clients[40007].connect_ex((SERVER, PORT))
    drop(f"tcp dport {PORT_SILENT}")
    asking = client_socket(CLIENT, 40014)
    asking.setblocking(False)
    asking.connect_ex((SERVER, PORT_SILENT))

    for address, port in ((CLIENT6, 40015), (CLIENT, 40016)):
        clients[port] = client_socket(address, port)
        clients[port].connect((SERVER6 if address == CLIENT6 else SERVER, PORT6))
        ends[port] = front6.accept()[0]
    clients.pop(40016).close()  # an IPv4 client of the IPv6 listener: `::ffff:` addresses, CLOSE_WAIT

    datagrams = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(2)]  # UDP, told in the same tables as TCP
    datagrams[0].bind(("127.0.0.1", 5353))
    datagrams[1].connect((SERVER, 53))
    servers += datagrams

    connect(40012, accept=False)
    gave_up, _ = connect(40013, accept=False)
    gave_up.send(b"hello")
    clients.pop(40013).close()

    wait_for({(port, PORT): client for port, (_, client, _) in CONNECTIONS.items()})
    wait_for({(PORT, port): server for port, (_, _, server) in CONNECTIONS.items()})
    return [*servers, *ends.values()], [*clients.values(), asking], ends[40011]


def become(name: str) -> None:
    """Take a process name, as `ps` and `ss -p` show it."""
    Path("/proc/self/comm").write_text(name)


def sleeping_child(name: str, closing: list[socket.socket], uid: int) -> int:
    """Fork a process that closes some of the sockets, keeps the others and waits to be killed; its pid."""
    ready, done = os.pipe()
    child = os.fork()
    if child == 0:
        for sock in closing:
            sock.close()
        become(name)
        os.setuid(uid)
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1)  # what setuid takes away: that others of this user see its sockets
        os.close(done)
        signal.pause()
        os._exit(0)
    os.close(done)
    os.read(ready, 1)  # returns when the child, too, has closed its end: it is ready
    os.close(ready)
    return child


def main(commands: list[str]) -> None:
    """Set the stage, run the commands, and take the children along when leaving."""
    if os.environ.get("STAGE_IS_MINE") != "yes":
        os.environ["STAGE_IS_MINE"] = "yes"
        os.execvp("unshare", ["unshare", "--net", "--", sys.executable, __file__, *commands])
    set_up_the_network()
    if any("conntrack" in command for command in commands):
        track_flows()
    servers, clients, shared = bring_them_into_their_states()
    children = [sleeping_child("client", servers, NOBODY)]
    for sock in clients:
        sock.close()
    try:
        children.append(sleeping_child(CHILD_NAME, [sock for sock in servers if sock is not shared], 0))
        become("server")
        for command in commands:
            subprocess.run(command, shell=True, check=True)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
