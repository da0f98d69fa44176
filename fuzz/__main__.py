"""`make fuzz`: coverage-guided fuzzing of what strangers hand in, for a limited time, with bounded memory.

    make fuzz                              ten minutes of any bytes as a dump
    make fuzz TARGET=filters SECONDS=60    another target, a minute

The seeds are the recorded dumps of the tests. What is found is written to fuzz/found/; put it into tests/fuzz/found/
under a name that says what it is, where a test keeps it from coming back. Exit status 0: nothing was found.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
CORPUS, FOUND = HERE / "corpus", HERE / "found"
RECORDED = HERE.parent / "tests" / "formats"
SEEDS = {"dumps": "golden", "reports": "golden", "evidence": "evidence"}  # folders of RECORDED
SLICE_S = 600  # the fuzzer's own tracing keeps some 20 KB of each run (measured): it is begun anew before that counts
LIMITS = {
    "max_len": 4096,  # longer inputs only make it slower: no reader looks farther for what a line means
    "timeout": 20,  # s for one input: a hang is a finding
    "rss_limit_mb": 3000,
}


def dictionary(path: Path) -> None:
    """Words that formats know each other by, for the fuzzer to put into what it tries."""
    from closewait.formats.registry import FORMATS
    from closewait.tcp.spellings import SPELLINGS

    words = {spelling.word for spelling in SPELLINGS}
    words |= {word for format in FORMATS for word in format.told_by.split()}
    lines = ('"' + "".join(f"\\x{octet:02x}" for octet in word.encode()) + '"' for word in sorted(words))
    path.write_text("\n".join(lines) + "\n")


def fuzz(target: str, seconds: int) -> None:
    """Fuzz one target; libFuzzer ends this process."""
    import atheris

    with atheris.instrument_imports(include=["closewait"]):
        from fuzz.targets import TARGETS
    corpus = CORPUS / target
    corpus.mkdir(parents=True, exist_ok=True)
    FOUND.mkdir(exist_ok=True)
    dictionary(CORPUS / "words.dict")
    options = {**LIMITS, "max_total_time": seconds, "print_final_stats": 1, "artifact_prefix": f"{FOUND}/{target}-"}
    atheris.Setup(
        [
            sys.argv[0],
            str(corpus),
            *([str(RECORDED / SEEDS[target])] if target in SEEDS else []),
            f"-dict={CORPUS / 'words.dict'}",
            *(f"-{name}={value}" for name, value in options.items()),
        ],
        TARGETS[target],
    )
    atheris.Fuzz()


def main() -> int:
    """Fuzz in slices, each a process of its own that goes on with the corpus of those before."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--target", choices=("dumps", "reports", "evidence", "filters"), default="dumps")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--slice", action="store_true", help="fuzz in this process")
    told = parser.parse_args()
    if told.slice:
        fuzz(told.target, told.seconds)
    ends_at = time.monotonic() + told.seconds
    status = 0
    while status == 0 and (left := int(ends_at - time.monotonic())) > 0:
        slice_s = str(min(left, SLICE_S))
        again = [sys.executable, "-m", "fuzz", "--slice", "--target", told.target, "--seconds", slice_s]
        status = subprocess.run(again, check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
