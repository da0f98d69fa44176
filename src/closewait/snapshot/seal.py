"""A seal in a Parquet file, by which a damaged one is known before anything tries to read it.

A reader of Parquet trusts the offsets it finds in a file, and one of polars ends with a crash report where a byte is
wrong. Between the rows and the footer of a Parquet file there may be bytes that nothing points to (the footer tells
where every page is, from the beginning of the file): there stand our mark and a checksum of all the rest.
"""

import struct
import zlib

from closewait.errors import BadInput

MAGIC = b"PAR1"  # the first four bytes of a Parquet file, and its last
LENGTH = struct.Struct("<I")  # of the footer, before the last MAGIC
MARK = b"closewait seal 1"
CHECKSUM = struct.Struct("<I")
SEAL_BYTES = len(MARK) + CHECKSUM.size


def sealed(parquet: bytes) -> bytes:
    """The file with a seal before its footer."""
    footer_at = _footer_at(parquet)
    return parquet[:footer_at] + MARK + CHECKSUM.pack(zlib.crc32(parquet)) + parquet[footer_at:]


def check(parquet: bytes) -> None:
    """Raise BadInput unless the file is as it was sealed."""
    footer_at = _footer_at(parquet)
    seal_at = footer_at - SEAL_BYTES
    if seal_at < len(MAGIC) or not parquet.startswith(MARK, seal_at):
        raise BadInput("this Parquet file was not written by `closewait list -o`, or it is damaged.")
    rest = zlib.crc32(parquet[footer_at:], zlib.crc32(parquet[:seal_at]))
    if parquet[seal_at + len(MARK) : footer_at] != CHECKSUM.pack(rest):
        raise BadInput("this Parquet file is damaged: its checksum is another. Write or copy it again.")


def _footer_at(parquet: bytes) -> int:
    """Where the footer begins. Raises BadInput where there is none."""
    end = len(parquet) - len(MAGIC) - LENGTH.size
    if end < len(MAGIC) or not parquet.endswith(MAGIC):
        raise BadInput("this Parquet file is cut off. Write or copy it again.")
    footer_at: int = end - LENGTH.unpack_from(parquet, end)[0]
    if footer_at < len(MAGIC):
        raise BadInput("this Parquet file is damaged: its footer is longer than the file.")
    return footer_at
