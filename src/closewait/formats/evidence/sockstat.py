"""/proc/net/sockstat as evidence: how many orphans there are, and how much memory TCP's buffers hold.

What its numbers are says `closewait.formats.proc_net_sockstat`, which reads the same file as a look where there is no
dump of sockets beside it.
"""

from closewait.formats.evidence.kind import Kind, evidence
from closewait.formats.proc_net_sockstat import NUMBER, TCP
from closewait.snapshot.evidence import Evidence
from closewait.snapshot.host import Host


def read(text: str, origin: str) -> Evidence | None:
    """The orphans and the memory of the last moment that is told."""
    lines = [line for line in text.splitlines() if TCP.match(line)]
    if not lines:
        return None
    told = {found["name"]: int(found["count"]) for found in NUMBER.finditer(lines[-1])}
    host = Host(system="Linux", orphans=told.get("orphan"), tcp_memory_pages=told.get("mem"))
    return evidence(origin, "the kernel's count of sockets (sockstat)", host=host)


KIND = Kind(name="sockstat", told_by="`/proc/net/sockstat`", read=read)
