"""`--all-netns`: every network namespace of this host in one run."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from closewait import capture
from closewait.cli import early
from closewait.cli.needs import EVERYTHING_THERE_IS, JUDGEMENT, Needs
from closewait.cli.sources import Dumps, Live
from closewait.errors import BadUsage
from closewait.records import record
from closewait.snapshot.filters.condition import EVERYTHING, Condition

if TYPE_CHECKING:
    from closewait.capture.everywhere import Everywhere
    from closewait.diagnosis.survey import Survey
    from closewait.snapshot.table import Snapshot

AllNetns = Annotated[
    bool, typer.Option("--all-netns", help="Look into every network namespace of this host, containers' too.")
]


@record
class EveryNamespace:
    """Every network namespace of this host that may be entered."""

    is_live = True
    is_log = False

    def look(self, needs: Needs = EVERYTHING_THERE_IS) -> "Everywhere":
        """One look into each; the walk over the descriptors has begun already."""
        return capture.look_everywhere(
            columns=needs.columns, holders=needs.holders, asked=needs.asked, begun=early.take()
        )

    def looks(self, needs: Needs = EVERYTHING_THERE_IS) -> "list[Snapshot]":
        """The looks, one's own namespace first; what could not be seen is said with the first."""
        seen = self.look(needs)
        looks = list(seen.looks)
        for look in looks[:1]:
            looks[0] = replace(look, sight=replace(look.sight, caveats=(*look.sight.caveats, *seen.caveats)))
        return looks


def everywhere(looking: Live | Dumps) -> EveryNamespace:
    """Every namespace instead of the one place named. Raises BadUsage where another place was named."""
    if looking != Live():
        raise BadUsage("--all-netns looks at this whole host: leave out the file, the folder or the netns:NAME.")
    return EveryNamespace()


def survey(condition: Condition, again_s: float | None) -> "Survey":
    """Examine every namespace, twice with `again_s`; of each only the sockets that meet `condition` are judged."""
    from closewait import doctor
    from closewait.cli.terminal import wait
    from closewait.diagnosis.selection import judged, lasting

    looking, needs = EveryNamespace(), JUDGEMENT if condition == EVERYTHING else EVERYTHING_THERE_IS
    before: tuple[Snapshot, ...] = ()
    if again_s is not None:
        before = tuple(judged(look, lasting(condition)) for look in looking.look(needs).looks)
        wait(again_s, "waiting for the second look")
    seen = looking.look(needs)
    seen = replace(seen, looks=tuple(judged(look, condition) for look in seen.looks))
    return doctor.survey(seen, earlier=before, inquire=capture.inquire)
