"""Kernel answers become columns: recorded ones and forged ones, whole, in pieces, too short, too long and broken."""

import errno
import socket
import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from closewait.errors import BadInput, ClosewaitError, KernelRefused
from closewait.formats import sock_diag
from closewait.formats.sock_diag.address_text import ipv4_text, ipv6_text
from closewait.formats.sock_diag.counts import StateCounts
from closewait.snapshot.columns import SOCKETS
from closewait.snapshot.table import Snapshot, frame
from tests.formats.netlink_messages import (
    CGROUP_ID,
    NLM_F_DUMP_INTR,
    SHUTDOWN,
    SKV6ONLY,
    TCP_INFO,
    attribute,
    end_mark,
    message,
    refusal,
    socket_message,
    tcp_info,
)

GOLDEN = Path(__file__).parent / "golden" / "sock_diag"
RECORDINGS = sorted(GOLDEN.glob("*.bin"))
EVERY_STATE = (GOLDEN / "linux-6.18--every-state.bin").read_bytes()

LISTEN, TIME_WAIT, SYN_RECV, FIN_WAIT2, CLOSE, ESTABLISHED = 10, 6, 3, 5, 7, 1
IPV6_ANY, IPV6_LOOPBACK = bytes(16), bytes(15) + b"\1"


def table(*pieces: bytes, wanted: Sequence[str] | None = None) -> pl.DataFrame:
    """The rows of an answer in pieces."""
    return frame(SOCKETS, sock_diag.decode(pieces, wanted))


def row(*messages: bytes) -> dict[str, Any]:
    """The first row of an answer."""
    return table(*messages).row(0, named=True)


class TestRecordings:
    """What the kernel really sent."""

    @pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
    def test_a_recording_gives_the_rows_beside_it(self, recording: Path) -> None:
        """Every column of every socket."""
        (reading,) = sock_diag.read(recording.read_bytes())
        expected = pl.read_csv(recording.with_suffix(".csv"), infer_schema_length=None)
        rows = frame(SOCKETS, reading.columns)

        assert sock_diag.recognises(recording.read_bytes())
        assert reading.caveats == ()
        assert_frame_equal(rows.select(expected.columns), expected, check_dtypes=False)
        assert rows.drop(expected.columns).null_count().sum_horizontal().item() == rows.height * (
            rows.width - expected.width
        )

    @given(cuts=st.lists(st.integers(0, len(EVERY_STATE)), max_size=12))
    def test_pieces_give_what_the_whole_gives(self, cuts: list[int]) -> None:
        """Wherever the answer is cut."""
        places = [0, *sorted(cuts), len(EVERY_STATE)]
        pieces = [EVERY_STATE[begin:end] for begin, end in pairwise(places)]

        assert_frame_equal(table(*pieces), table(EVERY_STATE))

    def test_single_bytes_give_what_the_whole_gives(self) -> None:
        """The finest cut there is."""
        assert_frame_equal(table(*(EVERY_STATE[at : at + 1] for at in range(len(EVERY_STATE)))), table(EVERY_STATE))

    @given(wanted=st.sets(st.sampled_from([column.name for column in SOCKETS])))
    def test_the_wanted_columns_are_what_they_are_among_all(self, wanted: set[str]) -> None:
        """Asking for less changes nothing else."""
        some = table(EVERY_STATE, wanted=sorted(wanted))
        told = [column for column in some.columns if column in wanted]

        assert_frame_equal(some.select(told), table(EVERY_STATE).select(told).head(some.height))

    @given(cut=st.integers(1, len(EVERY_STATE) - 1))
    def test_a_cut_recording_is_told_with_the_place(self, cut: int) -> None:
        """Cut between two messages it gives what is there; cut within one it says where that begins."""
        starts = places_of_messages(EVERY_STATE)
        if cut in starts:
            assert len(sock_diag.decode([EVERY_STATE[:cut]], ["state"])["state"]) <= len(starts)
        else:
            with pytest.raises(BadInput, match=rf"^byte {max(start for start in starts if start < cut)}: "):
                sock_diag.decode([EVERY_STATE[:cut]], ["state"])

    def test_a_recording_without_its_end_says_so(self) -> None:
        """A file that stops between two messages may lack any number of rows."""
        (reading,) = sock_diag.read(socket_message())

        assert reading.caveats == (sock_diag.NO_END_MARK,)


def places_of_messages(recording: bytes) -> list[int]:
    """Where each message begins."""
    places = [0]
    while places[-1] < len(recording):
        places.append(places[-1] + -(-int(struct.unpack_from("=I", recording, places[-1])[0]) // 4) * 4)
    return places[:-1]


class TestMeaning:
    """What the kernel's numbers say, and what they only seem to say."""

    def test_an_ordinary_socket(self) -> None:
        """Every field of struct inet_diag_msg, and both attributes of one number."""
        told = row(
            socket_message(
                timer=2, retransmits=3, expires_ms=7500, queues=(5, 9), uid=1000, interface=4,
                attributes={SHUTDOWN: b"\x01", CGROUP_ID: struct.pack("=Q", 4242)},
            )
        )  # fmt: skip

        assert {name: value for name, value in told.items() if value is not None} == {
            "protocol": "tcp", "local_address": "10.0.0.1", "local_port": 443, "remote_address": "203.0.113.9",
            "remote_port": 50123, "state": "ESTABLISHED", "recv_queue_bytes": 5, "send_queue_bytes": 9, "inode": 777,
            "uid": 1000, "cookie": 0x1_0000_0002, "interface": "if4", "timer": "keepalive", "timer_left_s": 7.5,
            "timer_retransmits": 3, "shutdown": "receive", "cgroup_id": 4242,
        }  # fmt: skip

    def test_a_listeners_queues_count_connections(self) -> None:
        """Never bytes; and nothing of its tcp_info is about a connection."""
        told = row(socket_message(state=LISTEN, queues=(3, 128), attributes={TCP_INFO: tcp_info(rto=1, segs_in=9)}))

        assert (told["accept_queue_conns"], told["accept_queue_limit"]) == (3, 128)
        assert (told["recv_queue_bytes"], told["send_queue_bytes"]) == (None, None)
        assert (told["rto_us"], told["segments_in"]) == (None, None)

    @pytest.mark.parametrize("state", [TIME_WAIT, FIN_WAIT2])
    def test_a_minisocket_has_no_owner_and_no_tcp_info(self, state: int) -> None:
        """The kernel writes user 0 for it; that is not root."""
        told = row(socket_message(state=state, timer=3, expires_ms=44_500, inode=0))

        assert (told["timer"], told["timer_left_s"], told["inode"]) == ("time_wait", 44.5, 0)
        assert (told["uid"], told["shutdown"], told["last_ack_ms"]) == (None, None, None)

    def test_a_request_has_no_owner(self) -> None:
        """A half-open connection is nobody's yet."""
        assert row(socket_message(state=SYN_RECV, timer=1, inode=0))["uid"] is None
        assert row(socket_message(state=SYN_RECV, timer=1, inode=9))["uid"] == 0  # simultaneous open: a whole socket

    def test_a_port_taken_and_nothing_more_is_bound(self) -> None:
        """Linux lists such sockets as CLOSE, and lists no other closed ones."""
        assert row(socket_message(state=CLOSE, ports=(8080, 0)))["state"] == "BOUND"
        assert row(socket_message(state=CLOSE, ports=(8080, 99)))["state"] == "CLOSED"

    def test_what_the_kernel_did_not_measure_is_null(self) -> None:
        """A round-trip time of 0 and a least one of 2^32-1 are no times."""
        told = row(socket_message(attributes={TCP_INFO: tcp_info(rtt=0, min_rtt=0xFFFFFFFF)}))

        assert (told["rtt_us"], told["min_rtt_us"]) == (None, None)

    @pytest.mark.parametrize("state", [2, SYN_RECV])
    def test_clocks_mean_nothing_before_the_connection_stands(self, state: int) -> None:
        """They count from boot."""
        told = row(
            socket_message(state=state, attributes={TCP_INFO: tcp_info(last_ack_recv=123_456_789, rto=1_000_000)})
        )

        assert (told["last_ack_ms"], told["rto_us"]) == (None, 1_000_000)

    def test_both_window_scales_of_one_byte(self) -> None:
        """Ours and the peer's differ."""
        told = row(socket_message(attributes={TCP_INFO: tcp_info(snd_wscale_and_rcv_wscale=0xA7)}))

        assert (told["send_window_scale"], told["receive_window_scale"]) == (7, 10)

    @pytest.mark.parametrize(
        ("address", "v6only", "text"),
        [
            (IPV6_ANY, b"\0", "*"),
            (IPV6_ANY, None, "*"),
            (IPV6_ANY, b"\1", "::"),
            (IPV6_LOOPBACK, b"\0", "::1"),
            (bytes(10) + b"\xff\xff\x0a\0\0\1", None, "::ffff:10.0.0.1"),
        ],
    )
    def test_addresses_of_ipv6_are_written_as_in_ss(self, address: bytes, v6only: bytes | None, text: str) -> None:
        """A listener for IPv4 as well is `*`."""
        told = row(
            socket_message(
                family=10, state=LISTEN, addresses=(address, IPV6_ANY), ports=(443, 0),
                attributes={} if v6only is None else {SKV6ONLY: v6only},
            )
        )  # fmt: skip

        assert (told["protocol"], told["local_address"], told["remote_port"]) == ("tcp6", text, None)

    @given(address=st.binary(min_size=16, max_size=16) | st.binary(max_size=6).map(lambda end: end.rjust(16, b"\0")))
    def test_any_ipv6_address_is_written_as_the_c_library_writes_it(self, address: bytes) -> None:
        """inet_ntop(3) is what ss and netstat use."""
        assert ipv6_text([address]) == [socket.inet_ntop(socket.AF_INET6, address)]

    @given(address=st.binary(min_size=4, max_size=4))
    def test_any_ipv4_address_is_written_as_the_c_library_writes_it(self, address: bytes) -> None:
        """inet_ntop(3)."""
        assert ipv4_text([address]) == [socket.inet_ntop(socket.AF_INET, address)]

    def test_addresses_are_kept_apart_by_family_and_flag(self) -> None:
        """The same bytes in an IPv4 and an IPv6 socket, and two wildcards, in one answer."""
        same = bytes([10, 0, 0, 1])
        rows = table(
            socket_message(addresses=(same, same)),
            socket_message(family=10, addresses=(same.ljust(16, b"\0"), IPV6_LOOPBACK)),
            socket_message(family=10, state=LISTEN, addresses=(IPV6_ANY, IPV6_ANY), attributes={SKV6ONLY: b"\1"}),
            socket_message(family=10, state=LISTEN, addresses=(IPV6_ANY, IPV6_ANY), attributes={SKV6ONLY: b"\0"}),
        )

        assert rows["local_address"].to_list() == ["10.0.0.1", "a00:1::", "::", "*"]
        assert rows["remote_address"].to_list() == ["10.0.0.1", "::1", "::", "*"]


class TestTcpInfo:
    """A struct that grew with the kernel, and will grow on."""

    TOLD: ClassVar[Mapping[str, int]] = {
        "last_ack_recv": 5,
        "total_retrans": 6,
        "bytes_acked": 1 << 40,
        "segs_in": 8,
        "snd_wnd": 9,
    }

    @pytest.mark.parametrize(
        ("size", "expected"),
        [
            (0, (None, None, None, None, None)),
            (104, (5, 6, None, None, None)),  # Linux 2.6
            (127, (5, 6, None, None, None)),  # bytes_acked is cut
            (192, (5, 6, 1 << 40, 8, None)),  # Linux 4.9
            (248, (5, 6, 1 << 40, 8, 9)),
            (1024, (5, 6, 1 << 40, 8, 9)),  # a kernel to come
        ],
    )
    def test_any_length(self, size: int, expected: tuple[int | None, ...]) -> None:
        """What is missing is null, what is new is ignored."""
        columns = ("last_ack_ms", "retransmitted_segments", "bytes_acked", "segments_in", "peer_window_bytes")
        told = row(socket_message(attributes={TCP_INFO: tcp_info(size, **self.TOLD)}))

        assert tuple(told[column] for column in columns) == expected

    def test_many_lengths_in_one_answer(self) -> None:
        """As from many kernels: each row by its own length."""
        sizes = [104, 248, 0, 192, 1024, 248, 127] * 9
        rows = table(*(socket_message(attributes={TCP_INFO: tcp_info(size, **self.TOLD)}) for size in sizes))

        assert rows["peer_window_bytes"].to_list() == [9 if size >= 232 else None for size in sizes]
        assert rows["last_ack_ms"].to_list() == [5 if size >= 60 else None for size in sizes]


class TestHostileAnswers:
    """Lengths that lie, layouts without end, bytes that are nothing at all."""

    def test_attributes_in_any_number_of_layouts(self) -> None:
        """Every message has its own; each is read as if it stood alone."""
        messages = [
            socket_message(
                cookie=number,
                attributes=[(100 + number, b"x" * (number % 7)), (SHUTDOWN, bytes([number % 4])), (5, b"y" * number)],
            )
            for number in range(200)
        ]
        names = ("none", "receive", "send", "both")

        assert table(*messages)["shutdown"].to_list() == [names[number % 4] for number in range(200)]

    @pytest.mark.parametrize("claimed", [0, 3, 200, 65535])
    def test_an_attribute_that_lies_about_its_length(self, claimed: int) -> None:
        """The search for attributes ends there; what came before counts."""
        liar = struct.pack("=HH", claimed, CGROUP_ID) + bytes(8)
        honest = attribute(SHUTDOWN, b"\2")
        plain = socket_message()
        told = row(message(20, plain[16:] + honest + liar))

        assert (told["shutdown"], told["cgroup_id"]) == ("send", None)

    def test_of_two_attributes_of_a_kind_the_first_counts(self) -> None:
        """As in ss."""
        assert row(socket_message(attributes=[(SHUTDOWN, b"\1"), (SHUTDOWN, b"\2")]))["shutdown"] == "receive"

    def test_numbers_that_no_kernel_has(self) -> None:
        """An unknown state or timer is null, not an error."""
        told = row(socket_message(state=99, timer=77))

        assert (told["state"], told["timer"]) == (None, None)

    def test_a_message_of_another_length_than_4s(self) -> None:
        """Messages are padded; a recorder may cut the padding between two writes."""
        odd = message(20, socket_message()[16:] + b"\7")
        assert len(odd) % 4 == 0

        assert table(odd[:89], odd[89:] + socket_message()).height == 2
        assert table(odd, odd[:89]).height == 2

    def test_a_message_too_short_for_a_socket(self) -> None:
        """The place is told."""
        with pytest.raises(BadInput, match=r"^byte 88: a socket message of 56 bytes"):
            table(socket_message(), message(20, b"\2\1" + bytes(38)))

    def test_a_length_below_the_headers(self) -> None:
        """The place is told, and nothing hangs."""
        with pytest.raises(BadInput, match=r"^byte 88: a netlink message claims 3 bytes"):
            table(socket_message(), struct.pack("=IHHII", 3, 20, 0, 0, 0) + bytes(80))

    def test_sockets_of_other_families_are_passed_over(self) -> None:
        """A recording may hold UNIX sockets too."""
        (reading,) = sock_diag.read(socket_message() + message(20, b"\1\1" + bytes(14)) + end_mark())

        assert len(reading.columns["state"]) == 1
        assert reading.caveats == ("1 sockets that are not IP were passed over.",)

    @given(data=st.binary(max_size=400))
    def test_any_bytes_give_columns_or_an_error(self, data: bytes) -> None:
        """Never another exception."""
        columns_or_error(data)

    @settings(max_examples=300)
    @given(
        start=st.integers(0, len(EVERY_STATE) // 4 - 300).map(lambda word: word * 4),
        damage=st.dictionaries(st.integers(0, 1199), st.integers(0, 255), max_size=12),
    )
    def test_any_damage_gives_columns_or_an_error(self, start: int, damage: dict[int, int]) -> None:
        """Real messages with bytes overwritten, from any place on."""
        data = bytearray(EVERY_STATE[start : start + 1200])
        for at, octet in damage.items():
            data[at] = octet

        columns_or_error(bytes(data))

    def test_an_answer_without_sockets(self) -> None:
        """An empty table, with every column."""
        assert table(end_mark()).height == 0
        assert table().height == 0


def columns_or_error(data: bytes) -> None:
    """Decode `data`; only our own errors may come out, and columns must be of one length."""
    try:
        columns = sock_diag.decode([data])
    except ClosewaitError:
        return
    assert len({len(column) for column in columns.values()}) == 1


class TestEnds:
    """How an answer ends: with a mark, with an error, or not consistently."""

    def test_a_refusal_is_raised_with_its_number(self) -> None:
        """NLMSG_ERROR in place of sockets."""
        with pytest.raises(KernelRefused, match="EACCES") as refused:
            table(refusal(errno.EACCES))

        assert refused.value.errno == errno.EACCES

    def test_an_end_mark_may_carry_an_error(self) -> None:
        """The dump went wrong half-way."""
        with pytest.raises(KernelRefused, match="ENOMEM"):
            table(socket_message(), end_mark(errno.ENOMEM))

    def test_an_acknowledgement_is_no_error(self) -> None:
        """NLMSG_ERROR with 0."""
        assert table(refusal(0), socket_message()).height == 1

    def test_a_saved_refusal_is_bad_input(self) -> None:
        """Nothing refuses when a file is read."""
        with pytest.raises(BadInput, match="EACCES"):
            sock_diag.read(refusal(errno.EACCES))

    @pytest.mark.parametrize("interrupted", [socket_message(flags=NLM_F_DUMP_INTR), end_mark(flags=NLM_F_DUMP_INTR)])
    def test_an_interrupted_dump_is_noticed(self, interrupted: bytes) -> None:
        """So that the caller asks again, and a recording says so."""
        replies = sock_diag.replies_for()
        replies.feed(socket_message() + interrupted)
        (reading,) = sock_diag.read(socket_message() + interrupted + end_mark())

        assert replies.interrupted
        assert reading.caveats == (sock_diag.INTERRUPTED,)

    def test_the_end_of_a_dump_is_seen_in_its_last_datagram(self) -> None:
        """However the bytes before look."""
        forged = end_mark()
        datagram = socket_message(attributes={CGROUP_ID: forged})

        assert sock_diag.ends_dump(end_mark())
        assert sock_diag.ends_dump(socket_message() + end_mark())
        assert sock_diag.ends_dump(datagram + end_mark())
        assert sock_diag.ends_dump(refusal(errno.EPERM))
        assert not sock_diag.ends_dump(socket_message())
        assert not sock_diag.ends_dump(datagram)
        assert not sock_diag.ends_dump(b"")


RUNS = st.builds(
    lambda family, state, port, words, times: (
        times * socket_message(family=family, state=state, ports=(1, port), attributes={5: bytes(4 * words)})
    ),
    family=st.sampled_from([2, 10, 1]),
    state=st.sampled_from([*range(1, 14), 99]),
    port=st.sampled_from([0, 7]),
    words=st.integers(0, 3),
    times=st.sampled_from([1, 2, 63, 64, 65, 130]),
)


class TestCounts:
    """States counted without columns agree with the column of states."""

    @pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
    def test_recordings(self, recording: Path) -> None:
        """What the kernel really sent, both families after each other."""
        data = recording.read_bytes()

        assert counted(data) == by_state(table(data))

    @given(data=st.lists(RUNS, max_size=5).map(b"".join))
    def test_any_mixture(self, data: bytes) -> None:
        """Runs and changes of length, other families, ports taken and nothing more, numbers without a name."""
        assert counted(data) == by_state(table(data))

    def test_ends_are_seen(self) -> None:
        """As rows see them: the end mark, an interruption, a refusal."""
        counts = StateCounts()
        counts.feed(socket_message(flags=NLM_F_DUMP_INTR) + end_mark())

        assert (counts.ended, counts.interrupted) == (1, True)
        with pytest.raises(KernelRefused, match="EACCES"):
            counts.feed(refusal(errno.EACCES))
        with pytest.raises(KernelRefused, match="ENOMEM"):
            counts.feed(end_mark(errno.ENOMEM))

    @given(data=st.binary(max_size=300))
    def test_any_bytes_are_counted_or_an_error(self, data: bytes) -> None:
        """Never another exception."""
        try:
            counted(data)
        except ClosewaitError:
            return

    @given(damage=st.dictionaries(st.integers(0, 1199), st.integers(0, 255), max_size=12))
    def test_any_damage_is_counted_or_an_error(self, damage: dict[int, int]) -> None:
        """Real messages with bytes overwritten."""
        data = bytearray(EVERY_STATE[:1200])
        for at, octet in damage.items():
            data[at] = octet
        try:
            counted(bytes(data))
        except ClosewaitError:
            return


def counted(data: bytes) -> dict[str, int]:
    """The states counted by the standard library."""
    counts = StateCounts()
    counts.feed(data)
    return counts.states


def by_state(rows: pl.DataFrame) -> dict[str, int]:
    """The states counted from rows."""
    return Snapshot(sockets=rows).states


class TestRequests:
    """What is asked, byte by byte as the kernel's headers have it."""

    def test_a_dump_of_everything(self) -> None:
        """struct nlmsghdr, then struct inet_diag_req_v2: family, TCP, extensions, states, no socket id."""
        request = sock_diag.dump_request(socket.AF_INET6, extensions=(TCP_INFO, SHUTDOWN))
        length, kind, flags, *_ = struct.unpack_from("=IHHII", request)
        family, protocol, extensions, _, states = struct.unpack_from("=BBBBI", request, 16)

        assert (length, kind, flags) == (len(request), 20, 0x301)
        assert (family, protocol) == (socket.AF_INET6, socket.IPPROTO_TCP)
        assert extensions == 1 << (TCP_INFO - 1) | 1 << (SHUTDOWN - 1)
        assert states == 0b11_1111_1111_1110
        assert request[24:] == bytes(48)

    def test_a_filter_follows_as_an_attribute(self) -> None:
        """INET_DIAG_REQ_BYTECODE, padded."""
        request = sock_diag.dump_request(socket.AF_INET, bytecode=b"\1\2\3")

        assert request[72:] == struct.pack("=HH", 7, 1) + b"\1\2\3\0"
        assert struct.unpack_from("=I", request)[0] == len(request)

    @pytest.mark.parametrize(
        ("wanted", "extensions"),
        [
            (None, {TCP_INFO, SHUTDOWN}),
            (["state"], set()),
            (["state", "rtt_us"], {TCP_INFO}),
            (["shutdown"], {SHUTDOWN}),
        ],
    )
    def test_only_what_is_wanted_is_asked_for(self, wanted: list[str] | None, extensions: set[int]) -> None:
        """tcp_info doubles the cost of a dump."""
        assert sock_diag.extensions_for(wanted) == extensions


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        (socket_message(), True),
        (end_mark(), True),
        (socket_message(family=1), False),
        (socket_message(state=200), False),
        (b"", False),
        (b"Netid State Recv-Q Send-Q Local Address:Port", False),
        (b'{"schema": "closewait/1", "looks": []}', False),
        (bytes(200), False),
    ],
)
def test_an_answer_is_recognised_by_how_it_begins(data: bytes, is_one: bool) -> None:
    """And text, other bytes, and other sockets are not taken for one."""
    assert sock_diag.recognises(data) is is_one
