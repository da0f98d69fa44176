"""The one file that configures a watch: TOML, every key of which is in KEYS, with its meaning and its check."""

import difflib
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from closewait.errors import BadUsage
from closewait.records import record
from closewait.snapshot.durations import duration_s
from closewait.snapshot.sizes import size_bytes

PLACE = Path("/etc/closewait/closewait.toml")


@record
class Key:
    """One key: its table, its name, what it is by default, an example as TOML, what it means, and its check."""

    table: str
    name: str
    default: Any
    example: str
    meaning: str
    checked: Callable[[Any], Any]

    @property
    def path(self) -> str:
        """As messages name it."""
        return f"{self.table}.{self.name}"


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise BadUsage('it is a text, in quotes, as in "10s"')
    return value


def _time(value: Any) -> float:
    return duration_s(_text(value))


def _size(value: Any) -> int:
    return size_bytes(_text(value))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadUsage("it is true or false, without quotes")
    return value


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise BadUsage('it is a list of words, as in ["/usr/local/bin/page", "ops"]')
    return tuple(value)


KEYS = (
    Key("watch", "every", 10.0, '"10s"', "How long from one look to the next.", _time),
    Key("history", "keep", True, "true", "Whether anything is remembered.", _flag),
    Key(
        "history",
        "file",
        None,
        '"/var/lib/closewait/history.sqlite"',
        "Where it is remembered. Left out: /var/lib/closewait for root, the user's own state folder otherwise.",
        _text,
    ),
    Key("history", "keep_for", 30 * 86_400.0, '"30d"', "How long looks are kept.", _time),
    Key("history", "at_most", 1 << 30, '"1GiB"', "How large the history may become; the oldest goes first.", _size),
    Key(
        "metrics",
        "listen",
        None,
        '"127.0.0.1:9435"',
        "Where Prometheus may scrape the metrics. Left out: nowhere. They name programs and destinations.",
        _text,
    ),
    Key(
        "metrics",
        "otlp",
        None,
        '"http://127.0.0.1:4318"',
        "An OpenTelemetry receiver (OTLP/HTTP) for the same numbers, and for what changes. Left out: none.",
        _text,
    ),
    Key("notify", "command", None, '["/usr/local/bin/page", "ops"]', "A command, run for each notification.", _words),
    Key("notify", "webhook", None, '"https://hooks.example/T0"', "A URL to which each is sent as JSON.", _text),
)


@record
class Notify:
    """One way to tell of findings: a command or a URL."""

    command: tuple[str, ...] | None = None
    webhook: str | None = None


@record
class Configuration:
    """What the file says; what it leaves out is as KEYS has it."""

    told: Mapping[str, Any]
    notify: tuple[Notify, ...] = ()

    def __getitem__(self, path: str) -> Any:
        """The value of a key, as `watch.every`."""
        return self.told[path]


DEFAULTS = Configuration({key.path: key.default for key in KEYS if key.table != "notify"})


def configuration(named: str | None) -> Configuration:
    """The file that is named, else the host's own, else the defaults. Raises BadUsage, naming the file and the key."""
    path = PLACE if named is None else Path(named)
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        if named is None:
            return DEFAULTS
        raise BadUsage(f"There is no configuration {named}. Leave --config out for the defaults.") from None
    except (OSError, UnicodeDecodeError) as refused:
        if named is None and isinstance(refused, PermissionError):
            return DEFAULTS  # the host's own, which is not this user's to read
        raise BadUsage(f"The configuration {path} cannot be read: {refused}.") from None
    try:
        return understood(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, BadUsage) as wrong:
        raise BadUsage(f"{path}: {wrong}") from None


def understood(tables: Mapping[str, Any]) -> Configuration:
    """What these tables of TOML mean. Raises BadUsage, naming the key."""
    told = dict(DEFAULTS.told)
    for table, entries in tables.items():
        if table == "notify":
            continue
        for key, value in _checked(table, entries):
            told[key.path] = value
    ways = tables.get("notify", [])
    if not isinstance(ways, list):
        raise BadUsage("notify is a list of tables: write [[notify]], once for each way.")
    return Configuration(told, tuple(_way(number, entries) for number, entries in enumerate(ways, start=1)))


def _way(number: int, entries: Any) -> Notify:
    told = {key.name: value for key, value in _checked("notify", entries)}
    if len(told) != 1:
        raise BadUsage(f"[[notify]] number {number} has either a command or a webhook.")
    return Notify(**told)


def _checked(table: str, entries: Any) -> Iterator[tuple[Key, Any]]:
    """Each key of a table with its value, checked."""
    known = {key.name: key for key in KEYS if key.table == table}
    if not known:
        raise BadUsage(f"there is no table [{table}]. {_meant(table, {key.table for key in KEYS})}")
    if not isinstance(entries, dict):
        raise BadUsage(f"{table} is a table: write [{table}] and its keys below.")
    for name, value in entries.items():
        if name not in known:
            raise BadUsage(f"there is no key {table}.{name}. {_meant(name, known)}")
        try:
            yield known[name], known[name].checked(value)
        except BadUsage as wrong:
            raise BadUsage(f"{known[name].path}: {wrong}") from None


def _meant(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known))}."


def as_toml() -> str:
    """A file with every key as it is by default, explained: what is left out there is left out by a comment sign."""
    parts = []
    for table in dict.fromkeys(key.table for key in KEYS):
        head = f"[[{table}]]" if table == "notify" else f"[{table}]"
        keys = [key for key in KEYS if key.table == table]
        is_set = any(key.default is not None for key in keys)
        lines = [head if is_set else f"# {head}"]
        for key in keys:
            lines += [f"# {key.meaning}", f"{'' if key.default is not None else '# '}{key.name} = {key.example}"]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
