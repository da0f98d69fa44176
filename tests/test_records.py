"""Records are values: equal by what they hold, never changed, and known to `dataclasses`."""

from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from functools import cached_property

import pytest

from closewait.records import record


@record
class Place:
    """Two fields and something worked out."""

    address: str
    port: int | None = None
    secret: str = field(default="", repr=False)

    @cached_property
    def written(self) -> str:
        """Both."""
        return f"{self.address}:{self.port}"


@record
class OtherPlace:
    """The same fields, and another kind."""

    address: str
    port: int | None = None
    secret: str = ""


def test_a_record_is_its_values() -> None:
    """Equal and hashed by them, and unlike any other kind."""
    assert Place("a", 1) == Place("a", 1) != Place("a", 2)
    assert len({Place("a", 1), Place("a", 1), Place("a")}) == 2
    assert Place("a", 1) != OtherPlace("a", 1)
    assert repr(Place("a", 1, "x")) == "Place(address='a', port=1)"


def test_a_record_stays_as_it_was_made() -> None:
    """What is worked out once may be kept beside it."""
    place = Place("a", 1)

    assert (place.written, place.written) == ("a:1", "a:1")
    with pytest.raises(FrozenInstanceError):
        place.port = 2
    with pytest.raises(FrozenInstanceError):
        del place.port


def test_dataclasses_know_a_record() -> None:
    """Its fields, a changed copy, a dictionary."""
    assert [one.name for one in fields(Place)] == ["address", "port", "secret"]
    assert replace(Place("a", 1), port=2) == Place("a", 2)
    assert asdict(Place("a")) == {"address": "a", "port": None, "secret": ""}
