"""What is left unread in a socket that is in CLOSE_WAIT, told from the number of bytes in its receive queue.

The unread FIN counts as one byte. A peer that says goodbye in TLS or HTTP/2 leaves messages of known lengths before it;
a program that never looks at the socket again leaves exactly those. A hint and no proof: any data can be that long.
A queue of 0 says only that the FIN was taken from the queue, not that the program has noticed the end.
"""

from closewait.records import record


@record
class Goodbye:
    """An unread ending: how many bytes it keeps in the queue, the FIN among them, and whether it was measured."""

    recv_queue_bytes: int
    what: str
    verified: bool


GOODBYES = (
    Goodbye(1, "only the FIN", True),
    Goodbye(18, "an HTTP/2 GOAWAY (17 bytes) without TLS, and the FIN", False),
    Goodbye(24, "a TLS 1.2 close_notify, ChaCha20-Poly1305 (23 bytes), and the FIN", True),
    Goodbye(25, "a TLS 1.3 close_notify (24 bytes) and the FIN", True),
    Goodbye(32, "a TLS 1.2 close_notify, AES-GCM (31 bytes), and the FIN", True),
    Goodbye(58, "a TLS 1.2 close_notify, AES-CBC with SHA-1, encrypt-then-MAC (57 bytes), and the FIN", True),
    Goodbye(64, "a TLS 1.3 HTTP/2 GOAWAY (39 bytes), a close_notify (24 bytes) and the FIN", False),
    Goodbye(70, "a TLS 1.2 close_notify, AES-CBC with SHA-256, encrypt-then-MAC (69 bytes), and the FIN", True),
    Goodbye(78, "a TLS 1.2 AES-GCM HTTP/2 GOAWAY (46 bytes), a close_notify (31 bytes) and the FIN", False),
    Goodbye(86, "a TLS 1.2 close_notify, AES-CBC with SHA-384, encrypt-then-MAC (85 bytes), and the FIN", True),
    Goodbye(535, "two TLS 1.3 session tickets (510 bytes from OpenSSL), a close_notify (24 bytes) and the FIN", True),
)

_BY_LENGTH = {goodbye.recv_queue_bytes: goodbye for goodbye in GOODBYES}


def goodbye(recv_queue_bytes: int) -> Goodbye | None:
    """The known ending that is exactly this long, or None: then it is data, or nothing."""
    return _BY_LENGTH.get(recv_queue_bytes)
