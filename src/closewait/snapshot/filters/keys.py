"""The words that filters are written with: each with what it means, an example and what reads its values."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial

from closewait.errors import BadUsage
from closewait.records import record
from closewait.snapshot.columns import CHARGES, SOCKETS, Column
from closewait.snapshot.filters import values
from closewait.snapshot.filters.condition import Among, Condition

#: From an operator (`=`, `<`, `<=`, `>`, `>=`) and the values behind it to a condition.
Reader = Callable[[str, Sequence[str]], Condition]


@record
class Key:
    """One word: the column it is mostly about, what reads it, whether it has an order, an example."""

    column: str
    read: Reader
    example: str
    has_order: bool = False


def named(column: str, example: str) -> Key:
    """A key of texts."""
    return Key(column, lambda _, texts: Among(column, tuple(texts)), example)


def counted(column: str, example: str) -> Key:
    """A key of whole numbers."""
    return Key(column, partial(values.integers, column), example, has_order=True)


def ends(side: str, key: str, port_key: str) -> dict[str, Key]:
    """The two keys of one end of a connection."""
    return {
        key: Key(f"{side}_address", lambda _, texts: values.addresses(side, texts), f"{key}=10.0.0.0/8"),
        port_key: Key(f"{side}_port", partial(values.ports, side), f"{port_key}=443", has_order=True),
    }


KEYS: Mapping[str, Key] = {
    "state": Key("state", lambda _, texts: values.in_states(values.state_names(texts)), "state=close_wait,last_ack"),
    "proc": Key("process", lambda _, texts: values.processes(texts), "proc=nginx"),
    "pid": counted("pid", "pid=4121"),
    "fd": counted("fd", "fd=12"),
    "uid": counted("uid", "uid=33"),
    "user": named("user", "user=www-data"),
    **ends("local", "local", "lport"),
    **ends("remote", "remote", "rport"),
    "role": Key("role", lambda _, texts: values.roles(texts), "role=server"),
    "age": Key("age_low_s", values.ages, "'age>5min'", has_order=True),
    "recvq": counted("recv_queue_bytes", "'recvq>0'"),
    "sendq": counted("send_queue_bytes", "'sendq>0'"),
    "acceptq": counted("accept_queue_conns", "'acceptq>0'"),
    "unit": Key("cgroup", lambda _, texts: values.units(texts), "unit=nginx.service"),
    "container": Key("container", lambda _, texts: values.containers(texts), "container=web"),
    "inode": counted("inode", "inode=48211"),
    "interface": named("interface", "interface=eth0"),
}

#: Other words for the same: as the columns are called, and as ss says it.
OTHER_WORDS = {
    "process": "proc", "local_address": "local", "remote_address": "remote", "local_port": "lport",
    "remote_port": "rport", "src": "local", "dst": "remote", "sport": "lport", "dport": "rport", "dev": "interface",
    "recv_queue_bytes": "recvq", "send_queue_bytes": "sendq", "accept_queue_conns": "acceptq",
}  # fmt: skip

COLUMNS = {column.name: column for column in (*SOCKETS, *CHARGES)}


def key_named(word: str) -> Key | None:
    """The key that `word` is: one of the table, or the name of a column."""
    word = word.lower().replace("-", "_")
    word = OTHER_WORDS.get(word, word)
    if word in KEYS:
        return KEYS[word]
    return of_column(COLUMNS[word]) if word in COLUMNS else None


def of_column(column: Column) -> Key:
    """The key of a column that has no shorter word."""
    if column.kind == "integer":
        return counted(column.name, f"'{column.name}>0'")
    if column.kind == "real":
        return Key(column.name, partial(values.reals, column.name), f"'{column.name}>5s'", has_order=True)
    return named(column.name, f"{column.name}=…")


def key_or_refuse(word: str) -> Key:
    """The key that `word` is. Raises BadUsage with those that there are."""
    key = key_named(word)
    if key is None:
        near = get_close_matches(word.lower(), [*KEYS, *OTHER_WORDS, *COLUMNS], n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(KEYS)}, and every column's own name."
        raise BadUsage(f"closewait knows no filter {word!r}. {hint} A file of that name is written ./{word}…")
    return key


def column_named(word: str) -> str:
    """The column that a filter's word stands for, to group and to sort by. Raises BadUsage."""
    key = key_named(word)
    if key is None:
        near = get_close_matches(word.lower(), [*KEYS, *COLUMNS], n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Try {', '.join(KEYS)}; `closewait sql --tables` has them all."
        raise BadUsage(f"There is no column {word!r}. {hint}")
    return key.column


def columns_named(words: str | None) -> tuple[str, ...]:
    """The columns that words with commas between them stand for, each once. Raises BadUsage."""
    return tuple(dict.fromkeys(column_named(word.strip()) for word in words.split(","))) if words else ()
