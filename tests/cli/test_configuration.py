"""The configuration: every key is checked, every message names the file and the key."""

from pathlib import Path

import pytest

from closewait.cli.configuration import DEFAULTS, KEYS, Configuration, Notify, as_toml, configuration
from closewait.errors import BadUsage
from closewait.snapshot.sizes import size_bytes


def read(tmp_path: Path, text: str) -> Configuration:
    """What a file with this text means."""
    file = tmp_path / "closewait.toml"
    file.write_text(text)
    return configuration(str(file))


def test_every_key_can_be_set(tmp_path: Path) -> None:
    """To its example, which is documented."""
    tables: dict[str, list[str]] = {}
    for key in KEYS:
        tables.setdefault(key.table, []).append(f"{key.name} = {key.example}")
    ways = [f"[[notify]]\n{line}" for line in tables.pop("notify")]
    told = read(tmp_path, "\n".join([*(f"[{table}]\n" + "\n".join(lines) for table, lines in tables.items()), *ways]))

    assert told["watch.every"] == 10.0
    assert told["history.file"] == "/var/lib/closewait/history.sqlite"
    assert told["metrics.listen"] == "127.0.0.1:9435"
    assert told.notify == (Notify(command=("/usr/local/bin/page", "ops")), Notify(webhook="https://hooks.example/T0"))


def test_the_documented_file_is_the_default(tmp_path: Path) -> None:
    """Whoever copies it changes nothing."""
    assert read(tmp_path, as_toml()) == DEFAULTS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[watch]\nevrey = '1s'", "there is no key watch.evrey. Did you mean every?"),
        ("[wacth]\n", "there is no table [wacth]. Did you mean watch?"),
        ("[watch]\nevery = 10", "watch.every: it is a text, in quotes"),
        ("[watch]\nevery = 'soon'", "watch.every: 'soon' is not a time"),
        ("[history]\nkeep = 'no'", "history.keep: it is true or false"),
        ("[history]\nat_most = '1 sack'", "history.at_most: '1 sack' is not a size"),
        ("watch = 3", "watch is a table"),
        ("[notify]\ncommand = ['a']", "write [[notify]]"),
        ("[[notify]]\n", "number 1 has either a command or a webhook"),
        ("[[notify]]\ncommand = 'rm -rf'", "notify.command: it is a list of words"),
        ("[watch\n", "Expected"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    """With the file, so that somebody can go and mend it."""
    with pytest.raises(BadUsage) as refused:
        read(tmp_path, text)

    assert str(refused.value).startswith(str(tmp_path / "closewait.toml"))
    assert says in str(refused.value)


def test_a_file_that_is_named_must_be_there() -> None:
    """The host's own may be missing."""
    with pytest.raises(BadUsage, match=r"There is no configuration /no/such\.toml"):
        configuration("/no/such.toml")


@pytest.mark.parametrize(("text", "size"), [("500MB", 500_000_000), ("1 GiB", 1 << 30), ("1.5k", 1536), ("7", 7)])
def test_sizes(text: str, size: int) -> None:
    """Powers of ten and of two, as they are written."""
    assert size_bytes(text) == size
