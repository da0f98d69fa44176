"""Where the numbers of a page and of an event lie, read from the kernel's own descriptions.

`events/header_page` describes a page, `events/sock/inet_sock_set_state/format` the event. The offsets differ between
kernels and machines, so none is written here.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from closewait.errors import BadInput
from closewait.records import record

FIELD = re.compile(r"field:\s*([^;]{1,200});\s*offset:(\d{1,5});\s*size:(\d{1,6});\s*signed:([01]);")
ID = re.compile(r"^ID: *(\d{1,5})$", re.MULTILINE)
NAME = re.compile(r"(\w+)(?:\[\w*\])?$")

#: What is read of the event; a number of 16 bytes is four words.
EVENT_FIELDS = (
    "common_type", "common_flags", "common_pid", "skaddr", "oldstate", "newstate", "sport", "dport", "family",
    "protocol", "saddr", "daddr", "saddr_v6", "daddr_v6",
)  # fmt: skip
NUMPY_TYPES = {(1, 0): "=u1", (2, 0): "=u2", (4, 0): "=u4", (8, 0): "=u8", (4, 1): "=i4", (16, 0): "(4,)=u4"}

RECORD_HEADER_BYTES = 4  # struct ring_buffer_event, include/linux/ring_buffer.h
LONGEST_SHORT_WORDS = 28  # RINGBUF_TYPE_DATA_TYPE_LEN_MAX: a longer record says its length in a word of its own
MOST_PAGE_BYTES = 1 << 20


class Place(NamedTuple):
    """Where a number lies."""

    offset: int
    size: int
    signed: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.size


@record
class RingLayout:
    """A page (its time, its length with flags, where its records begin) and the event in it."""

    page_bytes: int
    stamp: Place
    length: Place
    data_offset: int
    event_id: int
    event: np.dtype[Any]

    @property
    def slot(self) -> np.dtype[Any]:
        """The event with the header in front of it, as it lies beside its like; records are aligned to 4."""
        stride = RECORD_HEADER_BYTES + (self.event.itemsize + 3 & ~3)
        return np.dtype({
            "names": ["header", "event"],
            "formats": ["=u4", self.event],
            "offsets": [0, RECORD_HEADER_BYTES],
            "itemsize": stride,
        })  # fmt: skip

    @property
    def words(self) -> int:
        """The length that the event's header tells, in words; 0 where it has a word of its own for it."""
        words = (self.event.itemsize + 3) // 4
        return words if words <= LONGEST_SHORT_WORDS else 0


def ring_layout(page_text: str, event_text: str) -> RingLayout:
    """The layout that the two texts describe. Raises BadInput where they lack something."""
    page, event = _places(page_text), _places(event_text)
    missing = [*({"timestamp", "commit", "data"} - page.keys()), *(name for name in EVENT_FIELDS if name not in event)]
    number = ID.search(event_text)
    if missing or number is None:
        raise BadInput(f"the kernel's description of its trace lacks {', '.join(missing) or 'the number of the event'}")
    wrong = [name for name in EVENT_FIELDS if event[name][1:] not in NUMPY_TYPES]
    if wrong or page["timestamp"].size != 8 or page["commit"].size not in (4, 8):
        raise BadInput(f"the kernel describes {', '.join(wrong) or 'its pages'} in a size that closewait cannot read")
    if not page["commit"].end <= page["data"].offset < page["data"].end <= MOST_PAGE_BYTES:
        raise BadInput("the kernel describes pages without room for an event")
    return RingLayout(
        page_bytes=page["data"].end,
        stamp=page["timestamp"],
        length=page["commit"],
        data_offset=page["data"].offset,
        event_id=int(number[1]),
        event=np.dtype({
            "names": list(EVENT_FIELDS),
            "formats": [NUMPY_TYPES[event[name][1:]] for name in EVENT_FIELDS],
            "offsets": [event[name].offset for name in EVENT_FIELDS],
            "itemsize": max(place.end for place in event.values()),
        }),
    )  # fmt: skip


def _places(text: str) -> Mapping[str, Place]:
    """Each field that a description names."""
    named = ((NAME.search(declared), *numbers) for declared, *numbers in FIELD.findall(text))
    return {name[1]: Place(*map(int, numbers)) for name, *numbers in named if name is not None}
