"""The message of SOCK_DESTROY names one socket and no other; an answer is an errno, or an error of ours."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.errors import BadInput
from closewait.formats.sock_diag.destroy import SocketId, destroy_request, refusal

ONE = SocketId(False, "10.0.0.1", 443, "203.0.113.9", 50123, interface=3, cookie=0x1122334455667788)
CONNECTION_OF_IPV6 = SocketId(True, "::ffff:10.0.0.1", 443, "203.0.113.9", 50123, interface=0, cookie=7)


def test_the_message_has_both_ends_and_the_cookie() -> None:
    """As struct inet_diag_req_v2 lays it out: ports in network order, the cookie as two words of the host."""
    message = destroy_request(ONE)
    length, kind, flags = struct.unpack_from("=IHH", message)

    assert (length, kind, flags) == (len(message), 21, 5)
    assert len(message) == 16 + 56
    assert message[16:18] == bytes([2, 6])
    assert message[24:28] == struct.pack("!HH", 443, 50123)
    assert message[28:32] == bytes([10, 0, 0, 1])
    assert message[44:48] == bytes([203, 0, 113, 9])
    assert struct.unpack_from("=III", message, 60) == (3, 0x55667788, 0x11223344)


def test_an_ipv4_connection_of_an_ipv6_socket_is_ipv6() -> None:
    """The kernel keeps it among the IPv6 sockets, with mapped addresses."""
    message = destroy_request(CONNECTION_OF_IPV6)

    assert message[16] == 10
    assert message[28:44] == bytes(10) + b"\xff\xff" + bytes([10, 0, 0, 1])
    assert message[44:60] == bytes(10) + b"\xff\xff" + bytes([203, 0, 113, 9])


@pytest.mark.parametrize(
    "nameless",
    [
        SocketId(False, "0.0.0.0", 443, "0.0.0.0", 0, interface=0, cookie=7),
        SocketId(False, "10.0.0.1", 443, "203.0.113.9", 50123, interface=0, cookie=0),
    ],
    ids=["a listener", "without a cookie"],
)
def test_what_is_not_one_connection_is_refused_here(nameless: SocketId) -> None:
    """Such a message is never made."""
    with pytest.raises(BadInput):
        destroy_request(nameless)


@pytest.mark.parametrize(("number", "errno"), [(0, 0), (-2, 2), (-1, 1)])
def test_the_answer_is_an_errno(number: int, errno: int) -> None:
    """NLMSG_ERROR with the negative errno; 0 where it was done."""
    assert refusal(struct.pack("=IHHIIi", 36, 2, 0, 1, 0, number) + bytes(16)) == errno


@given(st.binary(max_size=64))
def test_any_answer_is_an_errno_or_an_error(answer: bytes) -> None:
    """Nothing else comes out of any bytes."""
    try:
        assert isinstance(refusal(answer), int)
    except BadInput as why:
        assert "SOCK_DESTROY" in str(why)  # noqa: PT017  either is right, and only one of them happens
