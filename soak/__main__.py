"""`make soak`: healthy HTTP traffic for half an hour, a look every ten seconds, and not one finding above benign.

    make soak                  30 minutes
    make soak MINUTES=2

Root, for a network namespace of its own. Exit status 0: every look found the traffic healthy.
"""

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.namespace import namespace

from closewait import capture, doctor
from closewait.diagnosis.finding import Finding, Severity
from closewait.snapshot.timeline import Timeline

EVERY_S = 10.0
PORT = 8080


@contextmanager
def playing(netns: str, part: str) -> Iterator[None]:
    """One side of the traffic."""
    command = ["ip", "netns", "exec", netns, sys.executable, "-m", "soak.traffic", part, str(PORT)]
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.kill()


def looks(netns: str, minutes: float) -> Iterator[tuple[int, tuple[Finding, ...]]]:
    """The number of sockets and the findings of each look, judged with the look before it."""
    earlier, ends_at = Timeline(), time.monotonic() + 60 * minutes
    while time.monotonic() < ends_at:
        time.sleep(EVERY_S)
        report = doctor.examine(lambda: capture.look(netns=netns), earlier=earlier, inquire=capture.inquire)
        earlier = Timeline(report.timeline.looks[-1:])
        yield report.timeline.latest.sockets.height, report.findings


def main() -> int:
    """Make the traffic, look at it, and say what was found."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--minutes", type=float, default=30)
    minutes = parser.parse_args().minutes
    found: Counter[tuple[str, str]] = Counter()
    loud: list[Finding] = []
    with ExitStack() as stage:
        netns = stage.enter_context(namespace("soak"))
        for part in ("serve", "visit"):
            stage.enter_context(playing(netns, part))
        for number, (sockets, findings) in enumerate(looks(netns, minutes), start=1):
            found.update((finding.rule, finding.severity.value) for finding in findings)
            loud += [finding for finding in findings if finding.severity is not Severity.BENIGN]
            if sys.stderr.isatty():
                print(f"\rlook {number}: {sockets:,} sockets, {len(loud)} loud  ", end="", file=sys.stderr, flush=True)
    print(f"{number} looks in {minutes:g} minutes, the last at {sockets:,} sockets")
    for (rule, severity), times in found.most_common():
        print(f"  {times:5} x {rule} ({severity})")
    for finding in loud[:5]:
        print(f"LOUD  {finding.rule}: {finding.says}", *finding.because, sep="\n      ")
    return 1 if loud else 0


if __name__ == "__main__":
    sys.exit(main())
