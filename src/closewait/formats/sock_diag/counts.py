"""How many sockets are in each state, counted by the standard library alone: a count needs no columns, and no numpy."""

import struct
from collections import Counter

from closewait.errors import BadInput
from closewait.formats.sock_diag import layout, raise_if_refused
from closewait.formats.sock_diag.layout import HEADER, HEADER_BYTES, SOCKET_BYTES
from closewait.tcp.spellings import LINUX_NUMBERS

#: Messages counted together: a dump is mostly runs of one length, and in a mixed one little is looked at in vain.
WINDOW = 64

VERDICT = struct.Struct("=i")  # of an end mark or an error: the negative of an errno, or 0

FAMILY_AT, STATE_AT = HEADER_BYTES, HEADER_BYTES + 1
REMOTE_PORT = slice(HEADER_BYTES + 6, HEADER_BYTES + 8)
IP_FAMILIES = bytes((layout.AF_INET, layout.AF_INET6))


class StateCounts:
    """Counts the sockets in answers to dump requests, which come in pieces of whole messages."""

    def __init__(self) -> None:
        self.ended = 0  # end marks seen: one for each dump
        self.interrupted = False
        self.by_number: Counter[int] = Counter()  # the kernel's number of the state

    @property
    def states(self) -> dict[str, int]:
        """How many sockets are in each state, most first; a state without a name counts under `NONE`."""
        by_name: Counter[str] = Counter()
        for number, count in self.by_number.items():
            by_name[LINUX_NUMBERS.get(number, "NONE")] += count
        return dict(sorted(by_name.items(), key=lambda state: (-state[1], state[0])))

    def feed(self, piece: bytes | bytearray | memoryview) -> None:
        """Count the sockets of another piece. Raises KernelRefused for an error, BadInput for damaged messages."""
        octets = memoryview(piece).cast("B")
        words = octets[: len(octets) & ~3].cast("I")
        at = 0
        while at + HEADER_BYTES <= len(octets):
            length, kind, flags, _, _ = HEADER.unpack_from(octets, at)
            stride = (length + 3) & ~3
            if length < HEADER_BYTES or at + length > len(octets):
                raise BadInput(f"byte {at}: a netlink message claims {length} of the {len(octets) - at} bytes left")
            self.interrupted |= bool(flags & layout.NLM_F_DUMP_INTR)
            if kind not in layout.SOCKET_MESSAGES:
                self._note(octets[at : at + length], kind)
                at += stride
                continue
            if length < HEADER_BYTES + SOCKET_BYTES:
                raise BadInput(f"byte {at}: a socket message of {length} bytes is too short for struct inet_diag_msg")
            end = at + stride * _alike(words, at >> 2, stride)
            self._count(octets[at:end], stride)
            at = end

    def _count(self, run: memoryview, stride: int) -> None:
        """Count messages of one length that follow each other."""
        families, states = run[FAMILY_AT::stride].tobytes(), run[STATE_AT::stride].tobytes()
        if layout.CLOSE in states or families.translate(None, IP_FAMILIES):
            messages = [
                run[at : at + stride] for at in range(0, len(run), stride) if run[at + FAMILY_AT] in IP_FAMILIES
            ]
            states = bytes(_state(message) for message in messages)
        self.by_number.update({number: states.count(number) for number in set(states)})

    def _note(self, message: memoryview, kind: int) -> None:
        """Take in an end mark or an error; anything else is passed over."""
        self.ended += kind == layout.NLMSG_DONE
        if kind in (layout.NLMSG_DONE, layout.NLMSG_ERROR) and len(message) >= HEADER_BYTES + VERDICT.size:
            raise_if_refused(VERDICT.unpack_from(message, HEADER_BYTES)[0])


def _state(message: memoryview) -> int:
    """The number of the state; a socket listed as CLOSE that has no peer only took a port (see `meaning.py`)."""
    is_bound = message[STATE_AT] == layout.CLOSE and not any(message[REMOTE_PORT])
    return layout.BOUND_INACTIVE if is_bound else message[STATE_AT]


def _alike(words: memoryview, first: int, stride: int) -> int:
    """How many whole messages of the same length and kind follow each other from word `first`, in a window."""
    step = stride // 4
    most = min(WINDOW, (len(words) - first) // step) or 1
    behind = first + most * step
    lengths, kinds = words[first:behind:step].tolist(), words[first + 1 : behind : step].tolist()
    if lengths.count(lengths[0]) == len(lengths) and kinds.count(kinds[0]) == len(kinds):
        return most
    pairs = zip(lengths, kinds, strict=True)
    return next(number for number, pair in enumerate(pairs) if pair != (lengths[0], kinds[0]))
