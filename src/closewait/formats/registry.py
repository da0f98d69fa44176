"""Every format that closewait knows, and reading by whichever of them knows the bytes."""

from collections.abc import Iterable, Iterator
from itertools import chain

from closewait.formats import (
    cisco_sockets,
    cisco_tcp_brief,
    closewait_json,
    closewait_parquet,
    conntrack,
    get_nettcpconnection,
    lsof,
    lsof_fields,
    lsof_fields_nul,
    lsof_json,
    netstat_aix,
    netstat_bsd,
    netstat_linux,
    netstat_solaris,
    netstat_windows,
    osquery,
    proc_net_sockstat,
    proc_net_tcp,
    procstat,
    psutil_repr,
    sock_diag,
    sockstat,
    ss_summary,
    ss_text,
    summary,
    tcpvcon,
    volatility_netscan,
)
from closewait.formats.format import BytesFormat, Reading, TextFormat
from closewait.formats.reading import Format, readings, snapshot
from closewait.formats.stream import streamed
from closewait.snapshot.table import Snapshot

#: Every format, the more specific before those that would also know some of its lines.
FORMATS: tuple[Format, ...] = (
    sock_diag.FORMAT,
    closewait_json.FORMAT,
    closewait_parquet.FORMAT,
    proc_net_tcp.FORMAT,
    conntrack.FORMAT,
    get_nettcpconnection.FORMAT,
    tcpvcon.FORMAT,
    volatility_netscan.FORMAT,
    ss_summary.FORMAT,
    proc_net_sockstat.FORMAT,
    ss_text.FORMAT,
    netstat_bsd.FORMAT,
    netstat_solaris.FORMAT,
    netstat_aix.FORMAT,
    cisco_tcp_brief.FORMAT,
    cisco_sockets.FORMAT,
    lsof_fields_nul.FORMAT,
    lsof.FORMAT,
    lsof_fields.FORMAT,
    lsof_json.FORMAT,
    sockstat.FORMAT,
    procstat.FORMAT,
    psutil_repr.FORMAT,
    osquery.FORMAT,
    netstat_windows.FORMAT,
    netstat_linux.FORMAT,
    summary.FORMAT,
)


def read(data: bytes, *, name: str) -> list[Reading]:
    """Every dump in `data`, which the user knows as `name`; BadInput when there is none."""
    return readings(data, name, FORMATS)


def looks(data: bytes, source: str) -> list[Snapshot]:
    """Every dump in `data` as a moment of the host that `source` came from; BadInput when there is none."""
    return [snapshot(reading, source) for reading in read(data, name=source)]


def looks_in_blocks(blocks: Iterable[bytes], source: str) -> Iterator[Snapshot]:
    """Every dump in a log that comes in blocks, one by one; BadInput at the end when there was none.

    Formats of bytes are read whole, for they have no beginnings within.
    """
    blocks = iter(blocks)
    head = next(blocks, b"")
    if any(isinstance(format, BytesFormat) and format.recognises(head) for format in FORMATS):
        yield from looks(b"".join((head, *blocks)), source)
        return
    text_formats = [format for format in FORMATS if isinstance(format, TextFormat)]
    for reading in streamed(chain([head], blocks), source, text_formats):
        yield snapshot(reading, source)
