"""What tools printed, and the evidence that must be read from it: two files for each case."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from closewait.formats.evidence import evidence_in

GOLDEN = Path(__file__).parent / "golden"
RECORDINGS = sorted(GOLDEN.glob("*.txt"))


def told(recording: Path) -> dict[str, Any]:
    """What is read, without what is not told, and of each thread only where it stands."""
    evidence = evidence_in(recording.read_bytes(), recording.name)
    assert evidence is not None
    threads = [[thread.pid, thread.tid, thread.name, thread.waits_for, thread.running] for thread in evidence.threads]
    facts = {
        "what": [told.what for told in evidence.told],
        "host": {name: fact for name, fact in asdict(evidence.host).items() if fact not in (None, (), {})},
        "limits": [fact.descriptor_limit for fact in evidence.processes],
        "threads": threads,
        "settings": {fact.name: fact.value for fact in evidence.settings},
        "listings": [listing.beginning for listing in evidence.listings],
    }
    answer: dict[str, Any] = json.loads(json.dumps({name: fact for name, fact in facts.items() if fact}))
    return answer


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda file: file.stem)
def test_exactly_the_expected_evidence_is_read(recording: Path) -> None:
    """Every fact of the host, every limit, and where each thread stands."""
    assert told(recording) == json.loads(recording.with_suffix(".json").read_text())


def test_every_recording_has_an_origin() -> None:
    """The page beside the files says how each of them was made."""
    page = (GOLDEN / "ORIGIN.md").read_text()

    assert [file.name for file in RECORDINGS if f"`{file.name}`" not in page] == []
