"""Evidence: what lies beside the dumps of a host and says something about its sockets. KINDS are all kinds of it."""

from closewait.formats.evidence import (
    counters,
    descriptors,
    gdb,
    goroutines,
    jstack,
    kernel_stacks,
    limits,
    log,
    netsh,
    note,
    proxy_timeouts,
    py_spy,
    sockstat,
    sysctl,
    system,
    windows_registry,
)
from closewait.formats.evidence.kind import Kind
from closewait.formats.paste import decode, with_plain_blanks, with_plain_newlines
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence

#: Every kind. A text may hold several; what somebody wrote is looked for where there is nothing else in it.
KINDS: tuple[Kind, ...] = (
    limits.KIND,
    descriptors.KIND,
    sysctl.KIND,
    sockstat.KIND,
    counters.KIND,
    gdb.KIND,
    jstack.KIND,
    goroutines.KIND,
    py_spy.KIND,
    kernel_stacks.KIND,
    netsh.KIND,
    windows_registry.KIND,
    system.KIND,
    proxy_timeouts.KIND,
    log.KIND,
    note.KIND,
)

#: Only logs are long; settings, limits and the first thousand threads stand within so many characters.
BEGINNING_CHARACTERS = 1 << 20
MOST_BYTES = 16 << 20  # of a file; of a longer one its beginning and its end
NO_TEXT = 0.01  # share of control characters and of what is no character
SAMPLE_CHARACTERS = 65536


def evidence_in(data: bytes, origin: str) -> Evidence | None:
    """What is told in `data`, which its reader knows as `origin`; None where nothing in it is understood."""
    if len(data) > MOST_BYTES:
        data = data[: MOST_BYTES // 2] + b"\n" + data[-MOST_BYTES // 2 :]
    text = with_plain_newlines(decode(data))
    if not is_text(text[:SAMPLE_CHARACTERS]):
        return None
    text = with_plain_blanks(text)
    found = NO_EVIDENCE
    for kind in KINDS:
        if kind is not note.KIND or not (found.told or len(text) > BEGINNING_CHARACTERS):
            part = text if kind is log.KIND else text[:BEGINNING_CHARACTERS]
            found = found.joined(kind.read(part, origin) or NO_EVIDENCE)
    return found if found.told else None


def is_text(beginning: str) -> bool:
    """Whether this is text, and no program, picture or noise."""
    odd = sum(not (character.isprintable() or character in "\t\n\f") for character in beginning)
    return odd + beginning.count("\ufffd") <= NO_TEXT * len(beginning)


__all__ = ["KINDS", "Kind", "evidence_in"]
