"""The whole examination on one page.

    look       a source gives one Snapshot: the live kernel, a file, a test's own rows
    remember   what was seen before joins it in a Timeline
    ask        the rules are shown the same Timeline, in decision order
    answer     a Report: what was found, and what could not be seen

Nothing here prints, sleeps, reads a clock, or acts on a finding. What TCP itself says is in tcp/, what a rule is in
diagnosis/rule.py; who will change this reads ARCHITECTURE.md next.
"""

from collections.abc import Callable, Sequence

from closewait import capture
from closewait.diagnosis.diagnose import diagnose
from closewait.diagnosis.report import Report
from closewait.diagnosis.rule import Rule
from closewait.diagnosis.rules import RULES
from closewait.snapshot.same_socket import each_socket_once
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import NOTHING_YET, Timeline


def examine(
    look: Callable[[], Snapshot] = capture.look,
    *,
    earlier: Timeline = NOTHING_YET,
    rules: Sequence[Rule] = RULES,
) -> Report:
    """Look once (at this host, unless told otherwise) and say what is wrong, and with whom the next move lies."""
    timeline = Timeline(tuple(each_socket_once(each) for each in earlier.followed_by(look()).looks))
    return Report(timeline=timeline, findings=diagnose(timeline, rules))
