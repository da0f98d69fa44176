"""The whole examination on one page.

    look       a source gives one Snapshot: the live kernel, a file, a test's own rows
    remember   what was seen before joins it in a Timeline
    ask        the rules are shown the same Timeline, in decision order
    inquire    of the processes they suspect more is found out, and the rules are asked again
    answer     a Report: what was found, and what could not be seen

Nothing here prints, sleeps, reads a clock, or acts on a finding. What TCP itself says is in tcp/, what a rule is in
diagnosis/rule.py; who will change this reads ARCHITECTURE.md next.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from closewait import capture
from closewait.diagnosis.case import Case
from closewait.diagnosis.diagnose import diagnose, suspects
from closewait.diagnosis.pairing import with_other_ends
from closewait.diagnosis.report import Report
from closewait.diagnosis.rest import at_rest
from closewait.diagnosis.rule import Rule
from closewait.diagnosis.rules import RULES
from closewait.diagnosis.survey import Survey
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence
from closewait.snapshot.same_socket import each_socket_once
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import NOTHING_YET, Timeline

if TYPE_CHECKING:
    from closewait.capture.everywhere import Everywhere

Inquiry = Callable[[Snapshot, Collection[int]], Evidence]


def examine(
    look: Callable[[], Snapshot] | None = None,
    *,
    earlier: Timeline = NOTHING_YET,
    rules: Sequence[Rule] = RULES,
    inquire: Inquiry | None = None,
) -> Report:
    """Look once (at this host, unless told otherwise) and say what is wrong, and with whom the next move lies.

    `inquire` finds out more about processes of a look by their ids, NO_EVIDENCE if there is no more; beside a `look` of
    one's own only what is given is.
    """
    if look is None:
        look, inquire = capture.look, inquire or capture.inquire
    looks = tuple(each_socket_once(each) for each in earlier.followed_by(look()).looks)
    case = Case(Timeline(looks, earlier.other_end))
    findings = diagnose(case, rules)
    if inquire and (pids := suspects(case, findings)):
        found_out = inquire(case.timeline.latest, pids)
        if found_out is not NO_EVIDENCE:
            case = case.with_evidence(found_out)
            findings = diagnose(case, rules)
    (report,) = with_other_ends([Report(case, findings)])
    return report


def survey(seen: "Everywhere", *, earlier: Sequence[Snapshot] = (), inquire: Inquiry | None = None) -> Survey:
    """Judge each network namespace by itself; `earlier` are looks into the same ones.

    Of one at rest the rules are not asked: they would find nothing.
    """
    before = {look.netns_inode: Timeline((look,)) for look in earlier}
    reports = [
        Report(Case(Timeline((look,))), ())
        if look.netns_inode not in before and at_rest(look)
        else examine(partial(_given, look), earlier=before.get(look.netns_inode, NOTHING_YET), inquire=inquire)
        for look in seen.looks
    ]
    return Survey(tuple(with_other_ends(reports)), seen.empty, seen.caveats)


def _given(look: Snapshot) -> Snapshot:
    return look
