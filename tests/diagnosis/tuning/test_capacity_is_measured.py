"""The arithmetic of capacity against the kernel: small ranges of ports, each in a network namespace of its own.

TIME_WAIT lasts 60 s and cannot be shortened, so the proof is what a few seconds allow: without reuse each port serves
once; with it once at the beginning, and once more whenever its TIME_WAIT is a second old.
"""

import errno
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from closewait.diagnosis.tuning.capacity import Capacity, capacity
from closewait.snapshot.evidence import NO_EVIDENCE
from closewait.snapshot.host import Host
from tests.kernel_states import namespace

FIRST_PORT = 40000
SERVER_PORT = 5000  # outside the range: a listening port is none that connect() may choose
WINDOW_S = 3.5  # half a second away from the next round, so that a slow machine counts the same
LOOPBACK, OTHER = "127.0.0.1", "198.51.100.1"
RANGES, REUSES = (10, 20), (0, 1, 2)
TOLERANCE = 0.10


@dataclass(frozen=True)
class Counted:
    """What one namespace allowed within the window, by remote address: when each connection succeeded."""

    succeeded_at_s: dict[str, list[float]]


def connections_within(window_s: float) -> Counted:
    """Connect to both addresses for as long as it takes, each connection closed by the client first."""
    servers = {address: socket.create_server((address, SERVER_PORT)) for address in (LOOPBACK, OTHER)}
    succeeded_at_s: dict[str, list[float]] = {address: [] for address in servers}
    begun_s = time.monotonic()
    while (now_s := time.monotonic() - begun_s) < window_s:
        took = [address for address, server in servers.items() if connected(server)]
        for address in took:
            succeeded_at_s[address].append(now_s)
        if not took:
            time.sleep(0.002)  # every port is taken: the kernel's clock has to go on
    for server in servers.values():
        server.close()
    return Counted(succeeded_at_s)


def connected(server: socket.socket) -> bool:
    """Whether one more connection could be made; it is closed at once, by the client first."""
    with socket.socket() as client:
        try:
            client.connect(server.getsockname())
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            return False
        accepted, _ = server.accept()
        client.shutdown(socket.SHUT_WR)
        assert accepted.recv(1) == b""
        accepted.close()
        return client.recv(1) == b""


def experiment(ports: int, tw_reuse: int) -> Counted:
    """Count in a namespace with so many local ports."""
    with namespace() as ns:
        ns.run("ip", "address", "add", f"{OTHER}/32", "dev", "lo")
        settings = Path("/proc/sys/net/ipv4")
        ns.call((settings / "ip_local_port_range").write_text, f"{FIRST_PORT} {FIRST_PORT + ports - 1}")
        ns.call((settings / "tcp_tw_reuse").write_text, str(tw_reuse))
        return ns.call(connections_within, WINDOW_S)


@pytest.fixture(scope="module")
def counted() -> Iterator[dict[tuple[int, int], Counted]]:
    """All experiments at the same time."""
    cases = [(ports, reuse) for ports in RANGES for reuse in REUSES]
    with ThreadPoolExecutor(len(cases)) as pool:
        yield dict(zip(cases, pool.map(lambda case: experiment(*case), cases), strict=True))


def computed(ports: int, tw_reuse: int) -> Capacity:
    """What the product says of such a host."""
    host = Host(system="Linux", port_range=(FIRST_PORT, FIRST_PORT + ports - 1), tw_reuse=tw_reuse, time_wait_s=60)
    return capacity(host, NO_EVIDENCE, [])


@pytest.mark.parametrize("ports", RANGES)
@pytest.mark.parametrize("tw_reuse", REUSES)
@pytest.mark.parametrize("address", [LOOPBACK, OTHER])
def test_measured_and_computed_agree(
    ports: int, tw_reuse: int, address: str, counted: dict[tuple[int, int], Counted]
) -> None:
    """Reuse off, on and on loopback only, for a destination on loopback and one elsewhere, with two sizes of range."""
    said = computed(ports, tw_reuse)
    rate = said.now[-1] if address == LOOPBACK else said.now[0]
    measured = len(counted[ports, tw_reuse].succeeded_at_s[address])

    assert measured == pytest.approx(rate.within(WINDOW_S), rel=TOLERANCE)


@pytest.mark.parametrize("ports", RANGES)
def test_the_rate_with_reuse_is_measured(ports: int, counted: dict[tuple[int, int], Counted]) -> None:
    """After the first round, which finds every port free, connections succeed at the computed rate."""
    (rate,) = computed(ports, 1).now
    at_s = counted[ports, 1].succeeded_at_s[OTHER]
    rounds = at_s[:: rate.ports]
    measured_per_s = rate.ports * (len(rounds) - 1) / (rounds[-1] - rounds[0])

    assert measured_per_s == pytest.approx(rate.per_s, rel=TOLERANCE)


def test_without_reuse_every_port_serves_once(counted: dict[tuple[int, int], Counted]) -> None:
    """All of them within the first moments, and none again while TIME_WAIT lasts."""
    for ports in RANGES:
        at_s = counted[ports, 0].succeeded_at_s[OTHER]

        assert len(at_s) == ports
        assert at_s[-1] < 1
