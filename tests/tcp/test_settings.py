"""Settings are found under every name people know them by, and say plainly what they do not do."""

import re
from collections import Counter
from dataclasses import fields

import pytest

from closewait.tcp.clocks import CLOCKS
from closewait.tcp.settings import SETTINGS, settings_named
from closewait.tcp.settings.linux_clocks import SYSCTL
from closewait.tcp.settings.setting import Setting
from closewait.tcp.states import STATE_NAMES
from tests.kernel_states import namespace

NAMED = [f"{setting.system}: {setting.name}" for setting in SETTINGS]


def the(word: str, system: str) -> Setting:
    """The one setting of `system` that `word` names."""
    (found,) = [setting for setting in settings_named(word) if setting.system == system]
    return found


@pytest.mark.parametrize(
    "word",
    [
        "net.ipv4.tcp_fin_timeout",
        "tcp_fin_timeout",
        "TCP_FIN_TIMEOUT",
        "  tcp_fin_timeout ",
        "/proc/sys/net/ipv4/tcp_fin_timeout",
        "net/ipv4/tcp_fin_timeout",
        "fin_timeout",
    ],
)
def test_a_setting_is_found_by_any_of_its_names(word: str) -> None:
    """In full, without its path, as a file, in any case, by an ending that only one has."""
    assert [setting.name for setting in settings_named(word)] == ["net.ipv4.tcp_fin_timeout"]


@pytest.mark.parametrize(
    ("word", "system", "name"),
    [
        ("ulimit", "Linux", "RLIMIT_NOFILE"),
        ("LimitNOFILE", "Linux", "RLIMIT_NOFILE"),
        ("TCP_KEEPIDLE", "Linux", "SO_KEEPALIVE"),
        (r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\TcpTimedWaitDelay", "Windows", "TcpTimedWaitDelay"),
        ("maxuserport", "Windows", "MaxUserPort"),
        ("dynamicport", "Windows", "dynamicport tcp"),
        ("keepintvl", "macOS", "net.inet.tcp.keepidle"),
        ("tcp_close_wait_interval", "Solaris", "tcp_time_wait_interval"),
        ("tcp_keepcnt", "AIX", "tcp_keepidle"),
        ("tcp_fin_wait_2_timeout", "HP-UX", "tcp_fin_wait_2_timeout"),
        ("net.inet.ip.porthilast", "OpenBSD", "net.inet.ip.porthifirst"),
    ],
)
def test_people_use_other_names(word: str, system: str, name: str) -> None:
    """Names of neighbours, of the same thing elsewhere, and wrong old names lead to the record."""
    assert the(word, system).name == name


def test_one_name_on_two_systems_is_two_settings() -> None:
    """What macOS and FreeBSD call the same has different defaults."""
    assert {(setting.system, setting.default) for setting in settings_named("net.inet.tcp.msl")} == {
        ("macOS", "15000"),
        ("FreeBSD", "30000"),
    }


@pytest.mark.parametrize("word", ["", "   ", "timeout", "tcp", "no_such_setting", "/proc/sys/", "\\", "."])
def test_what_names_nothing_or_too_much_finds_nothing(word: str) -> None:
    """An ending that several settings share is no name."""
    assert settings_named(word) == ()


def test_max_user_port_is_answered_for_modern_windows() -> None:
    """Why it is not there on Windows 7 and newer, and what to use."""
    setting = the("MaxUserPort", "Windows")

    assert setting.versions == "until Windows XP and Server 2003"
    assert "netsh int ipv4 show dynamicport tcp" in (setting.replaced_by or "")
    assert "Windows 7" in (setting.if_missing or "")
    assert setting.set_for_good is None


def test_contradicting_sources_are_told_and_not_decided() -> None:
    """The default of TcpTimedWaitDelay is three numbers by three sources, and how to measure it."""
    default = the("TcpTimedWaitDelay", "Windows").default

    assert "contradict" in default
    assert {"240", "120", "30"} <= set(re.findall(r"\d+", default))
    assert "Measure it" in default


def test_tcp_tw_recycle_is_gone() -> None:
    """Since Linux 4.12 there is nothing to set, and no command is offered for it."""
    setting = the("tcp_tw_recycle", "Linux")

    assert "4.12" in (setting.if_missing or "")
    assert setting.set_now is None
    assert setting.set_for_good is None


@pytest.mark.parametrize("word", ["tcp_fin_timeout", "TcpTimedWaitDelay", "tcp_tw_reuse", "net.inet.tcp.msl"])
def test_the_clocks_of_other_states_do_not_end_close_wait(word: str) -> None:
    """The commonest wrong advice is contradicted where it is looked up."""
    for setting in settings_named(word):
        assert any(hope.startswith("end CLOSE_WAIT") for hope in setting.does_not)


@pytest.mark.parametrize("word", ["keepalive", "tcp_keepalive_time", "KeepAliveTime", "net.inet.tcp.keepidle"])
def test_keepalive_is_no_cure(word: str) -> None:
    """It finds peers that are gone; it does not close what a living peer waits for."""
    for setting in settings_named(word):
        assert any("peer's machine still answers" in hope for hope in setting.does_not)


@pytest.mark.parametrize("setting", SETTINGS, ids=NAMED)
def test_a_setting_near_close_wait_says_what_it_does_not_do(setting: Setting) -> None:
    """Whoever meets CLOSE_WAIT in a record also reads that it is not cured there."""
    assert setting.does_not or "CLOSE_WAIT" not in setting.states


@pytest.mark.parametrize("setting", SETTINGS, ids=NAMED)
def test_every_record_can_be_checked(setting: Setting) -> None:
    """It names its source, known states, and only facts it has as unverified."""
    facts = {field.name for field in fields(Setting)} | {"read", "set_now", "set_for_good"}

    assert setting.source
    assert set(setting.states) <= set(STATE_NAMES)
    assert set(setting.unverified) <= facts
    assert len(set(setting.unverified)) == len(setting.unverified)


@pytest.mark.parametrize("setting", SETTINGS, ids=NAMED)
def test_commands_have_no_gap(setting: Setting) -> None:
    """Name and value are filled in, and a command that needs a value is not offered without one."""
    for command in (setting.read, setting.set_now, setting.set_for_good):
        assert command is None or not re.search(r"[{}]|None", command)
    assert setting.value is not None or setting.set_now is setting.set_for_good is None


def test_no_system_has_two_settings_of_one_name() -> None:
    """A name and a system mean one record."""
    seen = Counter((setting.system, setting.name.casefold()) for setting in SETTINGS)

    assert [key for key, times in seen.items() if times > 1] == []


def test_every_clock_names_a_setting_that_is_known() -> None:
    """What clocks.py calls a setting can be looked up here."""
    named = {(clock.system, clock.setting.split()[0].rstrip(",")) for clock in CLOCKS if clock.setting}
    unknown = {(system, name) for system, name in named if system not in {s.system for s in settings_named(name)}}

    assert unknown == set()


def test_defaults_are_those_of_this_kernel() -> None:
    """In a fresh network namespace each sysctl this kernel has holds the default of the table."""
    of_a_namespace = [setting for setting in SETTINGS if setting.way is SYSCTL and setting.default[0].isdigit()]
    with namespace() as ns:
        told = dict(
            line.split(" = ", 1)
            for line in ns.run("sysctl", "--ignore", *(setting.name for setting in of_a_namespace)).splitlines()
        )
    differing = {
        setting.name: told[setting.name]
        for setting in of_a_namespace
        if setting.name in told and not f"{setting.default} ".startswith(" ".join(told[setting.name].split()))
    }

    assert differing == {}
    assert len(told) >= 15


@pytest.mark.parametrize(
    ("word", "system", "value", "improves"),
    [
        ("nf_conntrack_max", "Linux", "1048576", False),
        ("nf_conntrack_max", "Linux", "262144", True),
        ("tcp_max_syn_backlog", "Linux", "4096", False),
        ("net.ipv4.ip_local_port_range", "Linux", "1024\t65535", False),
        ("net.ipv4.ip_local_port_range", "Linux", "32768 60999", True),
        ("net.ipv4.ip_local_port_range", "Linux", "many", True),
        ("tcp_fin_timeout", "Linux", "10", False),
        ("tcp_orphan_retries", "Linux", "0", True),
        ("tcp_abort_on_overflow", "Linux", "1", True),
        ("tcp_abort_on_overflow", "Linux", "0", False),
        ("tcp_tw_reuse", "Linux", "2", True),
        ("tcp_tw_recycle", "Linux", "1", False),
        ("dynamicport", "Windows", "start=1025 num=64510", False),
        ("dynamicport", "Windows", "start=49152 num=16384", True),
        ("TcpTimedWaitDelay", "Windows", "30", False),
        ("net.inet.ip.portrange.first", "macOS", "1024", False),
    ],
)
def test_an_example_is_no_step_back(word: str, system: str, value: str, improves: bool) -> None:
    """More of what there should be more of, less of the rest; where neither is sought any other value."""
    assert the(word, system).improves_on(value) is improves
