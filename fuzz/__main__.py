"""`make fuzz`: coverage-guided fuzzing of what strangers hand in, for a limited time, with bounded memory.

    make fuzz                              ten minutes of any bytes as a dump
    make fuzz TARGET=filters SECONDS=60    another target, a minute

The seeds are the recorded dumps of the tests. What is found is written to fuzz/found/; put it into tests/fuzz/found/
under a name that says what it is, where a test keeps it from coming back. Exit status 0: nothing was found.
"""

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["closewait"]):
    from fuzz.targets import TARGETS

HERE = Path(__file__).parent
SEEDS = HERE.parent / "tests" / "formats" / "golden"
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


def main() -> None:
    """Fuzz one target; libFuzzer ends this process."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--target", choices=TARGETS, default="dumps")
    parser.add_argument("--seconds", type=int, default=600)
    told = parser.parse_args()
    corpus, found = HERE / "corpus" / told.target, HERE / "found"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(exist_ok=True)
    dictionary(HERE / "corpus" / "words.dict")
    options = {**LIMITS, "max_total_time": told.seconds, "print_final_stats": 1, "verbosity": 1}
    atheris.Setup(
        [
            sys.argv[0],
            str(corpus),
            *([] if told.target == "filters" else [str(SEEDS)]),
            f"-artifact_prefix={found}/{told.target}-",
            f"-dict={HERE / 'corpus' / 'words.dict'}",
            *(f"-{name}={value}" for name, value in options.items()),
        ],
        TARGETS[told.target],
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
