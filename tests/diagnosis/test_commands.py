"""Commands that a report tells its reader to run: nothing from a dump may get loose in them."""

import shlex

from closewait import doctor
from closewait.snapshot.host import Host
from closewait.testing import snapshot

HOSTILE = "10.0.0.9$(reboot)"


def test_a_hostile_address_stays_one_word_of_a_command() -> None:
    """An address told by a dump is quoted where it becomes part of a command."""
    look = snapshot(
        f"450 x ESTABLISHED 10.0.0.1:32768  {HOSTILE}:5432  pid=5 process=app",
        host=Host(system="Linux", port_range=(32768, 33267)),
    )
    finding = doctor.examine(lambda: look).findings[0]

    assert finding.rule == "port-exhaustion"
    assert finding.check_with is not None
    assert f"{HOSTILE}:5432" in shlex.split(finding.check_with)
    assert "'" in finding.check_with
