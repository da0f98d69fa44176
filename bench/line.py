"""One line of the bench: a promise with a number."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One promise: what was measured, against what, and the bound."""

    what: str
    measured: str
    ratio: float
    bound: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """The ratio keeps its bound."""
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound

    def __str__(self) -> str:
        """One row of the table."""
        sign = ">=" if self.at_least else "<="
        verdict = "ok" if self.holds else "MISSED"
        return f"{self.what:44} {self.measured:34} {self.ratio:7.2f} {sign} {self.bound:<6.3g} {verdict}"
