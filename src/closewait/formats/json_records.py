"""Records in our own JSON: an object becomes the dataclass it was, or a complaint says where it is none."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, NoReturn, TypeVar

from closewait.errors import BadInput
from closewait.snapshot.evidence import WaitsFor

Types = tuple[type, ...]
Record = TypeVar("Record")

#: The types of a fact in JSON, by its type in Python, and for a list or an object the type of each thing in it.
FACT_TYPES: Mapping[Any, tuple[Types, type | None]] = {
    str: ((str,), None),
    str | None: ((str,), None),
    int: ((int,), None),
    int | None: ((int,), None),
    float: ((float, int), None),
    float | None: ((float, int), None),
    bool | None: ((bool,), None),
    WaitsFor | None: ((str,), None),
    tuple[str, ...]: ((list,), str),
    tuple[int, ...]: ((list,), int),
    tuple[int, int] | None: ((list,), int),
    tuple[int, int, int] | None: ((list,), int),
    Mapping[str, int]: ((dict,), int),
}

#: How many things a list has that is one fact.
LENGTHS: Mapping[Any, int] = {tuple[int, int] | None: 2, tuple[int, int, int] | None: 3}

WAITS_FOR = {place.value: place for place in WaitsFor}


def record_in(kind: type[Record], told: Any, where: str) -> Record:
    """The record of this kind that an object tells; what it does not tell is as the record has it by itself."""
    known: dict[str, Any] = {}
    for fact in fields(kind):  # type: ignore[arg-type]  # every kind asked for is a dataclass
        types, of_each = FACT_TYPES[fact.type]
        value = member(told, fact.name, types, where)
        if value is None:
            if fact.default is MISSING and fact.default_factory is MISSING:
                refuse(f"{where}.{fact.name}", value, names_of(types))
            continue
        if of_each:
            check_each(value, of_each, LENGTHS.get(fact.type), f"{where}.{fact.name}")
        known[fact.name] = as_told(value, fact.type)
    return kind(**known)


def as_told(value: Any, wanted: Any) -> Any:
    """A value of JSON as the record keeps it; a word for a place to wait that this version does not know is None."""
    if wanted == WaitsFor | None:
        return WAITS_FOR.get(value)
    return tuple(value) if type(value) is list else value


def check_each(value: Any, of_each: type, length: int | None, where: str) -> None:
    """Refuse a list or an object in which something has another type, or of which there are too few or too many."""
    things = value.values() if type(value) is dict else value
    if set(map(type, things)) - {of_each} or len(value) != (length or len(value)):
        several = "texts" if of_each is str else "integers"
        expected = "an object of integers" if type(value) is dict else f"a list of {length or ''} {several}"
        refuse(where, value, expected.replace("  ", " "))


def member(told: Any, name: str, types: Types, where: str) -> Any:
    """The member `name` of an object; None where it is missing or null."""
    if type(told) is not dict:
        refuse(where, told, "an object")
    value = told.get(name)
    return value if value is None or type(value) in types else refuse(f"{where}.{name}", value, names_of(types))


def names_of(types: Types) -> str:
    """The types a JSON value may have, in words."""
    words = {
        str: "text",
        int: "an integer",
        float: "a number",
        bool: "true or false",
        list: "a list",
        dict: "an object",
    }
    return f"{words[types[0]]} or null"


def refuse(where: str, value: Any, expected: str) -> NoReturn:
    """Say where the JSON is not what the schema promises."""
    raise BadInput(f"{where} is {json.dumps(value)[:60]}, where {expected} was expected. Is this file changed by hand?")
