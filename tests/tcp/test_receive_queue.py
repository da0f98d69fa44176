"""The lengths of unread goodbyes against a second source: the layouts of the records they are made of."""

import pytest

from closewait.tcp.receive_queue import GOODBYES, goodbye

FIN = 1  # takes one sequence number: RFC 9293 section 3.4
HEADER = 5  # type, version, length: RFC 8446 section 5.1, RFC 5246 section 6.2.1
TAG = 16  # of AES-GCM and of ChaCha20-Poly1305
ALERT = 2  # close_notify: level and description
GOAWAY = 9 + 8  # frame header, last stream and error code: RFC 9113 sections 4.1 and 6.8
BLOCK = 16  # of AES


def tls13(content: int) -> int:
    """RFC 8446 section 5.2: the content, its type in one byte, and the tag."""
    return HEADER + content + 1 + TAG


def tls12_gcm(content: int) -> int:
    """RFC 5288 section 3: an explicit nonce of eight bytes before the content."""
    return HEADER + 8 + content + TAG


def tls12_cbc(content: int, mac: int) -> int:
    """RFC 5246 section 6.2.3.2 with RFC 7366: an IV, the content padded to whole blocks, and the MAC outside."""
    padded = (content // BLOCK + 1) * BLOCK
    return HEADER + BLOCK + padded + mac


LENGTHS = {
    "only the FIN": FIN,
    "an HTTP/2 GOAWAY (17 bytes) without TLS": GOAWAY + FIN,
    "ChaCha20-Poly1305": HEADER + ALERT + TAG + FIN,
    "a TLS 1.3 close_notify": tls13(ALERT) + FIN,
    "a TLS 1.2 close_notify, AES-GCM": tls12_gcm(ALERT) + FIN,
    "SHA-1": tls12_cbc(ALERT, mac=20) + FIN,
    "a TLS 1.3 HTTP/2 GOAWAY": tls13(GOAWAY) + tls13(ALERT) + FIN,
    "SHA-256": tls12_cbc(ALERT, mac=32) + FIN,
    "a TLS 1.2 AES-GCM HTTP/2 GOAWAY": tls12_gcm(GOAWAY) + tls12_gcm(ALERT) + FIN,
    "SHA-384": tls12_cbc(ALERT, mac=48) + FIN,
    "two TLS 1.3 session tickets": 510 + tls13(ALERT) + FIN,
}


@pytest.mark.parametrize(("part", "length"), LENGTHS.items(), ids=LENGTHS.keys())
def test_a_goodbye_is_as_long_as_its_records(part: str, length: int) -> None:
    """The length that the record layouts give is the length in the table, and it is told as what it is."""
    known = goodbye(length)

    assert known is not None
    assert part in known.what


def test_every_goodbye_is_derived_here() -> None:
    """No length stands in the table that no layout explains."""
    assert [row.recv_queue_bytes for row in GOODBYES] == sorted(LENGTHS.values())


def test_what_was_computed_is_not_called_measured() -> None:
    """The three with a GOAWAY were not seen on a socket."""
    assert [row.recv_queue_bytes for row in GOODBYES if not row.verified] == [18, 64, 78]


@pytest.mark.parametrize("recv_queue_bytes", [0, 2, 23, 1460, -1])
def test_other_lengths_are_no_goodbye(recv_queue_bytes: int) -> None:
    """Nothing unread, or data."""
    assert goodbye(recv_queue_bytes) is None
