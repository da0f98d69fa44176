"""Both ends of a connection on one host are put beside each other: in one namespace, and across two."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from closewait import capture, doctor
from closewait.capture.everywhere import Everywhere
from closewait.diagnosis.finding import Finding
from closewait.snapshot.table import Snapshot
from closewait.views.as_json import report_as_json
from closewait.views.as_text import as_text
from tests.capture.named_namespaces import Named, ip, named_namespaces
from tests.kernel_states import wait_until_nothing_is_on_its_way

LEAKED = 20
NAME = Path("/proc/self/comm").read_text().strip()


def connections(listener: socket.socket, client: Named) -> list[tuple[socket.socket, socket.socket]]:
    """Connections whose clients have said goodbye and stay; the server has read that, and does nothing."""
    made = []
    for _ in range(LEAKED):
        near = client.call(socket.create_connection, listener.getsockname())
        far, _ = listener.accept()
        near.shutdown(socket.SHUT_WR)
        far.recv(1)
        made.append((near, far))
    wait_until_nothing_is_on_its_way(client.call)
    return made


@pytest.fixture
def joined() -> Iterator[tuple[Named, Named]]:
    """Two namespaces with a cable between them: 10.77.0.1 and 10.77.0.2."""
    with named_namespaces(2) as (one, other):
        near, far = f"cw{os.getpid()}a", f"cw{os.getpid()}b"
        ip("link", "add", near, "netns", one.name, "type", "veth", "peer", "name", far, "netns", other.name)
        for there, cable, address in ((one, near, "10.77.0.1/24"), (other, far, "10.77.0.2/24")):
            ip("-n", there.name, "address", "add", address, "dev", cable)
            ip("-n", there.name, "link", "set", cable, "up")
        yield one, other


def leaked(look: Snapshot) -> Finding:
    """The finding about the end that does not close, a minute later."""
    (found,) = (each for each in doctor.examine(lambda: look).findings if each.rule == "leaked-close-wait")
    return found


def old(look: Snapshot) -> Snapshot:
    """The look as it would be if nothing had moved for five minutes."""
    sockets = look.sockets
    ages = {name: sockets[name] + 300 for name in ("age_low_s", "age_high_s")}
    return replace(look, sockets=sockets.with_columns(**ages))


def test_in_one_namespace() -> None:
    """The one waits, the other is to close: one sentence, two columns, and JSON."""
    with named_namespaces(1) as (here,), ExitStack() as open_ends:
        listener = open_ends.enter_context(here.call(socket.create_server, ("127.0.0.1", 0)))
        made = connections(listener, here)
        client = subprocess.Popen(["sleep", "60"], pass_fds=[near.fileno() for near, _ in made])
        gives_up_at = time.monotonic() + 20
        while Path(f"/proc/{client.pid}/comm").read_text() != "sleep\n":  # named a moment after it is begun
            assert time.monotonic() < gives_up_at
        for near, far in made:
            near.close()  # it is the other process's now
            open_ends.enter_context(far)
        look = old(capture.look(netns=here.name))
        client.terminate()
        client.wait(timeout=20)
    report = doctor.examine(lambda: look)
    me, other = f"{NAME}[{os.getpid()}]", f"sleep[{client.pid}]"
    text, answer = as_text(report, width=200), json.loads(report_as_json(report))
    (found,) = (each for each in answer["findings"] if each["rule"] == "leaked-close-wait")

    assert leaked(look).pairs is not None
    assert (
        f"{LEAKED} of {LEAKED} sockets have their other end on this host: {me} has to close; {other} has said" in text
    )
    assert f"  {other} FIN_WAIT_2  ⇄  CLOSE_WAIT {me}\n" in text
    assert found["pairs"]["sockets"] == LEAKED
    assert found["pairs"]["examples"][0]["there"]["state"] == "FIN_WAIT_2"


def test_across_namespaces(joined: tuple[Named, Named]) -> None:
    """Each end is seen in a look of its own; the other's place is named."""
    client, server = joined
    with ExitStack() as open_ends:
        listener = open_ends.enter_context(server.call(socket.create_server, ("10.77.0.2", 0)))
        for pair in connections(listener, client):
            for end in pair:
                open_ends.enter_context(end)
        seen = capture.look_everywhere()
    looks = tuple(old(look) for look in seen.looks if look.netns in (client.name, server.name))
    survey = doctor.survey(Everywhere(looks))
    (found,) = (each for each in survey.findings if each.rule == "leaked-close-wait")

    assert found.found_in == f"netns:{server.name}"
    assert found.pairs is not None
    assert found.pairs.sockets == LEAKED
    assert found.pairs.examples[0].there.found_in == f"netns:{client.name}"
    assert f"has to close; {NAME}[{os.getpid()}] in netns:{client.name} has said goodbye" in found.pairs.says
    assert doctor.examine(lambda: looks[0]).findings[0].pairs is None


def test_loopback_of_another_namespace_is_another_place() -> None:
    """The same addresses and ports in two namespaces are two connections."""
    with named_namespaces(2) as (one, other), ExitStack() as open_ends:
        listener = open_ends.enter_context(one.call(socket.create_server, ("127.0.0.1", 8080)))
        for pair in connections(listener, one):
            for end in pair:
                open_ends.enter_context(end)
        look = old(capture.look(netns=one.name))
    servers = look.sockets.filter(look.sockets["local_port"] == 8080)
    clients = look.sockets.filter(look.sockets["local_port"] != 8080)
    parted = tuple(
        Snapshot(sockets=rows, source=f"netns:{there.name}", format=look.format, netns_inode=number)
        for number, (rows, there) in enumerate(((servers, one), (clients, other)))
    )
    survey = doctor.survey(Everywhere(parted))

    assert all(found.pairs is None for found in survey.findings)
