"""conntrack-view has no scene: here the kernel tracks the connections of another scene, and conntrack lists them."""

import subprocess
import time
from collections.abc import Callable

from closewait import doctor
from closewait.diagnosis.finding import Finding
from closewait.formats import looks
from closewait.lab import playing

TRACK = """
table inet watch { chain passing { type filter hook input priority 0; ct state established accept
}
}
"""
PATIENCE_S = 20.0


def judged(listing: bytes) -> Finding | None:
    """The finding about a listing of flows; None where it lists none."""
    findings = doctor.examine(lambda: looks(listing, "conntrack -L")[0]).findings if listing.strip() else ()
    return findings[0] if findings else None


def soon(judge: Callable[[], Finding | None], severity: str) -> Finding | None:
    """Judge until the severity is reached, or patience ends: the firewall's timers must run down a little."""
    gives_up_at_s = time.monotonic() + PATIENCE_S
    while (finding := judge()) is None or finding.severity.value != severity:
        if time.monotonic() > gives_up_at_s:
            return finding
        time.sleep(0.2)
    return finding


def test_half_closed_connections_are_flows_and_no_leak() -> None:
    """A server never closes: its sockets leak, but what the firewall lists is called flows, and nobody is accused."""
    with playing("leaked-close-wait", count=1, growth_per_s=4, own_netns=True, time_limit_s=60) as scene:
        subprocess.run([*scene.inside, "nft", "-f", "-"], input=TRACK, text=True, check=True)

        def listed() -> Finding | None:
            listing = subprocess.run([*scene.inside, "conntrack", "-L", "-p", "tcp"], capture_output=True, check=True)
            return judged(listing.stdout)

        finding = soon(listed, "warning")

    assert finding is not None
    assert (finding.rule, finding.severity.value, finding.owners, finding.sockets) == (
        "conntrack-view",
        "warning",
        (),
        0,
    )
    assert "not sockets" in finding.says
