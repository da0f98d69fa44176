"""Every setting of a host with what it is there and whether it matters now, what matters most first."""

from closewait.diagnosis.case import Case
from closewait.diagnosis.finding import Severity
from closewait.diagnosis.tuning.presence import Presence, Standing, default_on, standings, version_of
from closewait.diagnosis.tuning.weights import Weight, weigh
from closewait.records import record
from closewait.snapshot.evidence import Evidence
from closewait.snapshot.host import Host
from closewait.tcp.settings import SETTINGS
from closewait.tcp.settings.setting import Setting


@record
class Tuned:
    """One setting on one host."""

    standing: Standing
    weight: Weight
    default: str

    @property
    def matters(self) -> bool:
        """Whether it matters now."""
        return self.severity is not Severity.BENIGN

    @property
    def example_helps(self) -> bool:
        """Whether the example of the setting would change its value here, and not for the worse."""
        in_force = self.standing.value
        if in_force is None and self.weight.in_force is not None:
            in_force = str(self.weight.in_force)
        return in_force is None or self.standing.setting.improves_on(in_force)

    @property
    def severity(self) -> Severity:
        """How much it matters; what could not be judged counts as benign."""
        return self.weight.severity or Severity.BENIGN


def tuning(host: Host, evidence: Evidence, case: Case | None, settings: tuple[Setting, ...] = SETTINGS) -> list[Tuned]:
    """Each of `settings` on this host, what matters most first, then what differs from its default."""
    told = {fact.name: fact.value for fact in reversed(evidence.settings)}
    version = version_of(host.kernel)
    tuned = [
        Tuned(standing, weigh(standing, case, told), default_on(standing.setting, version))
        for standing in standings(host, evidence, settings)
    ]
    return sorted(tuned, key=lambda one: (-one.severity.rank, not one.standing.differs))


def here(tuned: list[Tuned]) -> list[Tuned]:
    """Those that have a say on the host, and those that somebody has set in vain."""
    return [one for one in tuned if one.standing.presence.is_here or one.standing.presence is Presence.IGNORED]
