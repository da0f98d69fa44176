"""Whether a setting exists on a host: by its system, its version, and what was listed there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.diagnosis.tuning.capacity import capacity
from closewait.diagnosis.tuning.presence import Presence, Standing, standings, system_in_words
from closewait.diagnosis.tuning.tuning import tuning
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence, Listing, SettingFact
from closewait.snapshot.host import Host
from closewait.tcp.settings import SETTINGS, settings_named

SYSTEMS = st.sampled_from([None, *sorted({setting.system for setting in SETTINGS})])
FACTS = st.lists(
    st.builds(SettingFact, st.just("f"), st.sampled_from([setting.name for setting in SETTINGS]), st.text(max_size=12))
)


def standing(name: str, system: str, kernel: str | None, evidence: Evidence = NO_EVIDENCE) -> Standing:
    """How one setting of a system stands on a host of that system."""
    (setting,) = [one for one in settings_named(name) if one.system == system]
    (found,) = standings(Host(system=system, kernel=kernel), evidence, [setting])
    return found


@pytest.mark.parametrize(
    ("name", "system", "kernel", "presence"),
    [
        ("tcp_tw_recycle", "Linux", "4.11.12", Presence.UNTOLD),
        ("tcp_tw_recycle", "Linux", "4.12", Presence.ABSENT),
        ("tcp_tw_recycle", "Linux", None, Presence.UNTOLD),
        ("tcp_tw_reuse_delay", "Linux", "6.13.9-generic", Presence.ABSENT),
        ("tcp_tw_reuse_delay", "Linux", "6.14.0", Presence.UNTOLD),
        ("MaxUserPort", "Windows", "5.2.3790", Presence.UNTOLD),
        ("MaxUserPort", "Windows", "6.0.6002", Presence.ABSENT),
        ("dynamicport", "Windows", "5.2.3790", Presence.ABSENT),
        ("dynamicport", "Windows", "6.1.7601", Presence.UNTOLD),
        ("AutoReusePortRangeStartPort", "Windows", "6.3.9600", Presence.ABSENT),
        ("maxtcptw", "FreeBSD", "13.2-RELEASE", Presence.UNTOLD),
        ("maxtcptw", "FreeBSD", "14.0-RELEASE", Presence.ABSENT),
    ],
)
def test_a_version_has_a_setting_or_not(name: str, system: str, kernel: str | None, presence: Presence) -> None:
    """Where the version is not told nothing is denied."""
    assert standing(name, system, kernel).presence is presence


def test_what_a_whole_list_does_not_show_does_not_exist() -> None:
    """A sysctl that is not in the list is not in the kernel; a registry value was never created."""
    evidence = Evidence(listings=(Listing("f", "net.ipv4.tcp_"), Listing("f", "Tcpip\\Parameters")))

    assert standing("tcp_tw_timeout", "Linux", "6.1", evidence).presence is Presence.ABSENT
    assert standing("KeepAliveTime", "Windows", "10.0.17763", evidence).presence is Presence.NOT_SET


@pytest.mark.parametrize(
    ("name", "kernel", "value", "differs"),
    [
        ("net.core.somaxconn", "5.10", "128", True),
        ("net.core.somaxconn", "4.19", "128", False),
        ("net.core.somaxconn", "5.10", "4096", False),
        ("net.ipv4.ip_local_port_range", "6.1", "32768 60999", False),
        ("net.ipv4.ip_local_port_range", "6.1", "1024 65535", True),
        ("net.ipv4.ip_local_reserved_ports", "6.1", "", False),
        ("net.ipv4.ip_local_reserved_ports", "6.1", "8080", True),
        ("net.ipv4.tcp_max_orphans", "6.1", "65536", None),
        ("net.ipv4.tcp_orphan_retries", "6.1", "0", False),
    ],
)
def test_the_default_is_that_of_the_version(name: str, kernel: str, value: str, differs: bool | None) -> None:
    """Whether somebody has changed a value; where the default follows memory it cannot be told."""
    told = Evidence(settings=(SettingFact("f", name, value),))

    assert standing(name, "Linux", kernel, told).differs is differs


@given(
    SYSTEMS, st.none() | st.text(max_size=20) | st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,5}){0,4}", fullmatch=True), FACTS
)
def test_any_host_has_an_answer(system: str | None, kernel: str | None, facts: list[SettingFact]) -> None:
    """Every setting has a place and a sentence, none is of another system and here, and rates are no nonsense."""
    host, evidence = Host(system=system, kernel=kernel), Evidence(settings=tuple(facts))
    tuned = tuning(host, evidence, None)

    assert len(tuned) == len(SETTINGS)
    assert all(one.standing.why and one.weight.says for one in tuned)
    assert all(not one.standing.presence.is_here or system in (None, one.standing.setting.system) for one in tuned)
    assert system_in_words(host)
    assert all(rate.per_s > 0 and rate.arithmetic for rate in capacity(host, evidence, []).now)
