"""Settings of another host, from what was pasted or saved there; a dump of its sockets beside them is counted."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from closewait.capture.dump_file import STANDARD_INPUT, contents
from closewait.capture.host_files import looks_in
from closewait.diagnosis.report import NotUnderstood
from closewait.errors import BadInput
from closewait.formats.evidence import evidence_in
from closewait.records import record
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence
from closewait.snapshot.host import Host

if TYPE_CHECKING:
    from closewait.snapshot.table import Snapshot

HOW = (
    "Give the output of `sysctl -a` (Linux, macOS, BSD), or of `ver`, `netsh int ipv4 show dynamicport tcp` and "
    r"`reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters` (Windows), and `netstat -an` beside it."
)


@record
class SettingsTold:
    """What the files of one host tell; `look` is the last dump of its sockets, None where there is none."""

    evidence: Evidence
    look: "Snapshot | None"
    not_understood: tuple[NotUnderstood, ...]


def settings_told(paths: Sequence[str]) -> SettingsTold:
    """What each file tells of settings and of sockets; one may hold both. Raises BadInput where none tells anything."""
    known, look, others = NO_EVIDENCE, None, list[NotUnderstood]()
    for path in paths:
        name = "standard input" if path == STANDARD_INPUT else Path(path).name
        data = contents(path)
        said = evidence_in(data, name) or NO_EVIDENCE
        try:
            look = looks_in(data, name if path == STANDARD_INPUT else path)[-1]
        except BadInput as no_dump:
            if not tells_of_the_host(said):
                others.append(NotUnderstood(name, str(no_dump)))
        known = known.joined(said)
    if look is None and not tells_of_the_host(known):
        raise BadInput(f"Nothing here tells a setting: {', '.join(paths)}. {HOW}")
    return SettingsTold(known, look and look.with_evidence(known), tuple(others))


def tells_of_the_host(evidence: Evidence) -> bool:
    """Whether there is more than what somebody wrote."""
    return bool(evidence.settings or evidence.listings or evidence.processes or evidence.host != Host())
