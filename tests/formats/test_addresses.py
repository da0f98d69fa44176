import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.formats.addresses import Endpoint, endpoint
from closewait.formats.service_names import SERVICE_PORTS


@pytest.mark.parametrize(
    ("told", "address", "port", "service", "interface"),
    [
        ("10.0.0.1:443", "10.0.0.1", 443, None, None),
        ("[::1]:443", "::1", 443, None, None),
        ("::1:25", "::1", 25, None, None),
        (":::*", "::", None, None, None),
        ("[::]:*", "::", None, None, None),
        ("*:*", "*", None, None, None),
        ("*:http", "*", 80, "http", None),
        ("0.0.0.0:0", "0.0.0.0", None, None, None),
        ("::ffff:192.0.2.9:80", "::ffff:192.0.2.9", 80, None, None),
        ("[::ffff:192.0.2.9]:80", "::ffff:192.0.2.9", 80, None, None),
        ("fe80::1%eth0:22", "fe80::1", 22, None, "eth0"),
        ("[fe80::1]%eth0:22", "fe80::1", 22, None, "eth0"),
        ("[fe80::1%12]:445", "fe80::1", 445, None, "12"),
        ("127.0.0.53%lo:53", "127.0.0.53", 53, None, "lo"),
        ("localhost.localdoma:ipp", "localhost.localdoma", 631, "ipp", None),
        ("203.0.113.7:hostmon", "203.0.113.7", 5355, "hostmon", None),
        ("203.0.113.7:no-such-service", "203.0.113.7", None, "no-such-service", None),
        ("54.xxx.xx.111:63xxx", "54.xxx.xx.111", None, "63xxx", None),
        ("198.51.100.278:6697", "198.51.100.278", 6697, None, None),
        ("[my info]:34424", "[my info]", 34424, None, None),
        ("10.0.0.1:99999", "10.0.0.1", None, "99999", None),
        ("adclick:0", "adclick", None, None, None),
        (":22", "*", 22, None, None),
        ("host", "host", None, None, None),
    ],
)  # fmt: skip
def test_an_endpoint_is_split_as_each_tool_writes_it(
    told: str, address: str, port: int | None, service: str | None, interface: str | None
) -> None:
    """The address stays as told, a port told by name keeps the name, `*` and 0 are no port."""
    assert endpoint(told) == Endpoint(address, port, service, interface)


@given(st.text())
def test_any_text_is_some_endpoint(text: str) -> None:
    """Masked, cut and invented addresses are no error."""
    assert endpoint(text).address


def test_service_names_are_as_registered() -> None:
    """A name has up to 15 letters, digits and hyphens (RFC 6335 section 5.1), in lower case; a port fits 16 bits."""
    strange = {name for name in SERVICE_PORTS if not re.fullmatch(r"(?=.*[a-z])[a-z0-9-]{1,15}", name)}

    assert strange == set()
    assert all(0 < number < 65536 for number in SERVICE_PORTS.values())
