"""Seconds of the kernel's own dump, and of the library's look without holders, in one namespace: `[dump_s, look_s]`.

A process of its own, so that neither is helped by what another measurement left in memory.
"""

import json
import sys
import time
from collections.abc import Callable

from closewait import capture
from closewait.capture.netlink import record


def best_of(runs: int, do: Callable[[], object]) -> float:
    """The shortest of `runs`, in seconds."""
    took_s = []
    for _ in range(runs):
        began = time.perf_counter()
        do()
        took_s.append(time.perf_counter() - began)
    return min(took_s)


def receive_and_forget(netns: str) -> int:
    """Receive the kernel's answers, without tcp_info, and count their bytes."""
    return sum(len(block) for block in record((), netns))


def main(netns: str) -> None:
    """Print both times."""
    dump_s = best_of(5, lambda: receive_and_forget(netns))
    look_s = best_of(5, lambda: capture.look(holders=False, tcp_info=False, netns=netns))
    print(json.dumps([dump_s, look_s]))


if __name__ == "__main__":
    main(sys.argv[1])
