"""A text column with few different values, kept as those values and one number for each row.

A dump of 200,000 sockets names a dozen states and a handful of programs. Readers that work in bulk find the different
words once; this carries them into the one table without making a Python string for each row.
"""

from collections.abc import Callable, Sequence
from typing import Any

from closewait.records import record


@record
class Coded:
    """Row `i` holds `values[codes[i]]`; a value may be None. `codes` is a numpy array, or a list, of ints."""

    values: Sequence[str | None]
    codes: Any

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> str | None:
        return self.values[int(self.codes[row])]

    def mapped(self, change: Callable[[str | None], str | None]) -> "Coded":
        """The column with `change` done to each of its values, once for each different one."""
        return Coded([change(value) for value in self.values], self.codes)

    def spread(self, of_values: Sequence[Any]) -> list[Any]:
        """For each row what `of_values`, one for each of the different values, has for its value."""
        return [of_values[code] for code in self.codes]
