"""What a record is: an immutable value with named fields, like a frozen dataclass, made at a fifth of its cost.

`dataclasses` writes and compiles up to nine functions for each class, 1.3 ms: 150 ms for the hundred records that an
examination loads (measured). Here it writes `__init__` alone; what else a value needs is written once, for all of them.
`fields`, `replace` and `asdict` work as usual.
"""

from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a class of annotated fields a record."""
    made = dataclass(repr=False, eq=False)(cls)
    for name, method in METHODS.items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made


def _values(one: Any) -> tuple[Any, ...]:
    return tuple(getattr(one, name) for name in one.__dataclass_fields__)


def _equal(one: Any, other: object) -> bool:
    return _values(one) == _values(other) if other.__class__ is one.__class__ else NotImplemented


def _hash(one: Any) -> int:
    return hash(_values(one))


def _shown(one: Any) -> str:
    told = (f"{name}={getattr(one, name)!r}" for name, kind in one.__dataclass_fields__.items() if kind.repr)
    return f"{type(one).__qualname__}({', '.join(told)})"


def _set_once(one: Any, name: str, value: Any) -> None:
    if name in one.__dict__:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    one.__dict__[name] = value


def _keep(one: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


METHODS = {
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _shown,
    "__setattr__": _set_once,
    "__delattr__": _keep,
}
