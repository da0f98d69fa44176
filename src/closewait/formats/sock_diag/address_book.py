"""Every different address of a dump, numbered as it came and written once, however many sockets share it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from closewait.formats.sock_diag.address_text import ipv4_text, ipv6_text

Array = npt.NDArray[Any]
Codes = npt.NDArray[np.uint32]

IPV4_BYTES, IPV6_BYTES = 4, 16
IPV6_WILDCARD = bytes(IPV6_BYTES)


class AddressBook:
    """Addresses by number; an address keeps its number from batch to batch."""

    def __init__(self) -> None:
        self._codes: dict[bytes, int] = {}

    def codes(self, words: Array, ipv6: npt.NDArray[np.bool_]) -> Codes:
        """The number of each address: four words a row, of which IPv4 fills the first."""
        found = np.empty(len(words), dtype=np.uint32)
        if not ipv6.all():
            found[~ipv6] = self._ipv4(words[~ipv6, 0])
        if ipv6.any():
            found[ipv6] = self._ipv6(words[ipv6])
        return found

    def _ipv4(self, words: Array) -> Codes:
        different = distinct(words)
        codes = self._numbered(different, IPV4_BYTES)
        return codes[np.searchsorted(different, words)]

    def _ipv6(self, words: Array) -> Codes:
        upper, lower = words.view("=u8").T
        uppers, lowers = distinct(upper), distinct(lower)
        pair = np.searchsorted(uppers, upper) * len(lowers) + np.searchsorted(lowers, lower)
        pairs = distinct(pair)
        different = np.stack((uppers[pairs // len(lowers)], lowers[pairs % len(lowers)]), axis=1)
        codes = self._numbered(different, IPV6_BYTES)
        place: Array = np.searchsorted(pairs, pair)
        return codes[place]

    def _numbered(self, different: Array, size: int) -> Codes:
        octets, codes = different.tobytes(), self._codes
        return np.array(
            [codes.setdefault(octets[at : at + size], len(codes)) for at in range(0, len(octets), size)],
            dtype=np.uint32,
        )

    def texts(self) -> list[str]:
        """The addresses in the order of their numbers, as ss writes them."""
        write = {IPV4_BYTES: ipv4_text, IPV6_BYTES: ipv6_text}
        return [text for address in self._codes for text in write[len(address)]((address,))]

    def code(self, address: bytes) -> int | None:
        """The number of one address; None when it was not seen."""
        return self._codes.get(address)


def distinct(numbers: Array) -> Array:
    """The different numbers, in order. (Sorting is many times faster here than numpy's own `unique`: measured.)"""
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
