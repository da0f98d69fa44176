"""`closewait tune`: the settings of this host and of others, what matters, and what is not there."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_command_line import run
from tests.kernel_states import namespace

OTHER_HOSTS = Path(__file__).parent / "other_hosts"


def told(*words: str, dump: str = "") -> dict[str, Any]:
    """What `tune … --json` says."""
    done = run("tune", *words, "--json", dump=dump)
    assert done.stdout, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["schema"] == "closewait/1"
    return answer


def settings_of(*words: str) -> dict[str, dict[str, Any]]:
    """The settings by name."""
    return {setting["name"]: setting for setting in told(*words)["settings"]}


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("windows-server-2008-r2", "Windows 7 or Server 2008 R2 (6.1.7601)"),
        ("windows-server-2016", "Windows 10 or Server 2016 (10.0.14393)"),
        ("windows-server-2022-german", "Windows Server 2022 (10.0.20348.2113)"),
        ("macos-14", "macOS 23.4.0"),
        ("freebsd-14", "FreeBSD 14.0-RELEASE"),
        ("linux-4.9", "Linux 4.9.0-19-amd64"),
    ],
)
def test_a_pasted_host_is_recognised(host: str, says: str) -> None:
    """Its system and version stand above its settings, in 80 columns, and only its own settings are there."""
    done = run("tune", str(OTHER_HOSTS / f"{host}.txt"), "--all")
    systems = {setting["system"] for setting in told(str(OTHER_HOSTS / f"{host}.txt"))["settings"]}

    assert done.stdout.splitlines()[0] == f"{host}.txt: {says}"
    assert len(systems) == 1
    commands = ("Read it", "Change it", "For good")
    prose = [line for line in done.stdout.splitlines() if not line.strip().startswith(commands)]
    assert max(map(len, prose)) <= 80


def test_windows_server_2008_r2_ignores_max_user_port() -> None:
    """It was set after an old guide, this version does not read it, and the range is told beside it."""
    settings = settings_of(str(OTHER_HOSTS / "windows-server-2008-r2.txt"))
    port, delay = settings["MaxUserPort"], settings["TcpTimedWaitDelay"]

    assert (port["presence"], port["value"], port["severity"]) == ("ignored", "65534", "warning")
    assert (delay["presence"], delay["value"]) == ("exists", "30")
    assert settings["dynamicport tcp"]["value"] == "start=49152 num=16384"
    assert settings["dynamicport tcp"]["differs"] is False
    assert settings["KeepAliveTime"]["presence"] == "not set"
    assert run("tune", str(OTHER_HOSTS / "windows-server-2008-r2.txt")).returncode == 1


def test_windows_server_2016_has_a_wider_range() -> None:
    """That differs from the default; the values that nobody created are at theirs."""
    settings = settings_of(str(OTHER_HOSTS / "windows-server-2016.txt"))

    assert settings["dynamicport tcp"]["differs"] is True
    assert settings["TcpTimedWaitDelay"]["presence"] == "not set"
    assert "MaxUserPort" not in settings
    assert settings["AutoReusePortRangeStartPort"]["presence"] == "exists, not told"


def test_windows_server_2022_in_german() -> None:
    """The words of the system do not matter."""
    settings = settings_of(str(OTHER_HOSTS / "windows-server-2022-german.txt"))

    assert settings["dynamicport tcp"]["value"] == "start=49152 num=16384"
    assert (settings["KeepAliveTime"]["value"], settings["KeepAliveTime"]["differs"]) == ("300000", True)


def test_macos_and_freebsd() -> None:
    """What was lowered is shown, and what a version has no longer is not."""
    macos = settings_of(str(OTHER_HOSTS / "macos-14.txt"))
    freebsd = settings_of(str(OTHER_HOSTS / "freebsd-14.txt"))

    assert [name for name, setting in macos.items() if setting["differs"]] == ["net.inet.tcp.msl"]
    assert [name for name, setting in freebsd.items() if setting["differs"]] == []
    assert "net.inet.tcp.maxtcptw" not in freebsd
    assert freebsd["kern.ipc.soacceptqueue"]["value"] == "128"
    assert "Removed in FreeBSD 14" in run("tune", "maxtcptw", str(OTHER_HOSTS / "freebsd-14.txt")).stdout


def test_an_old_linux_still_has_tw_recycle() -> None:
    """Switched on it is critical; the defaults are those of that kernel."""
    done = run("tune", str(OTHER_HOSTS / "linux-4.9.txt"))
    settings = settings_of(str(OTHER_HOSTS / "linux-4.9.txt"))

    assert done.returncode == 2
    assert done.stdout.splitlines()[2] == "CRITICAL  net.ipv4.tcp_tw_recycle = 1"
    assert settings["net.core.somaxconn"]["differs"] is False
    assert settings["net.ipv4.tcp_tw_reuse"]["differs"] is False
    assert settings["net.ipv4.tcp_fin_timeout"]["differs"] is True
    assert "net.ipv4.tcp_tw_reuse_delay" not in settings


def test_settings_and_sockets_in_one_paste() -> None:
    """Half of a small range towards one destination is taken by TIME_WAIT: both settings that free ports matter."""
    rows = "".join(f"  TCP    10.0.0.1:{50000 + number}    10.0.0.9:5432    TIME_WAIT    0\n" for number in range(200))
    paste = (
        "Microsoft Windows [Version 10.0.20348.1]\n\nProtocol tcp Dynamic Port Range\n"
        "---------------------------------\nStart Port      : 50000\nNumber of Ports : 255\n\n"
        f"Active Connections\n\n  Proto  Local Address    Foreign Address    State    PID\n{rows}"
    )
    settings = {setting["name"]: setting for setting in told("-", dump=paste)["settings"]}
    capacity = told("-", "--capacity", dump=paste)["capacity"]

    assert settings["dynamicport tcp"]["severity"] == "warning"
    assert settings["dynamicport tcp"]["says"].startswith("200 of 255 ports towards 10.0.0.9:5432 are taken (78%)")
    assert settings["TcpTimedWaitDelay"]["severity"] == "warning"
    assert next(iter(settings)) in ("dynamicport tcp", "TcpTimedWaitDelay")
    assert [rate["hold_s"] for rate in capacity["now"]] == [30, 60, 120, 240]
    assert capacity["now"][0]["conns_per_s"] == pytest.approx(8.5)
    assert capacity["busiest"][0]["ports"] == 255


FULL_QUEUE = (
    "State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
    'LISTEN 65536  65535  0.0.0.0:80         0.0.0.0:*         users:(("app",pid=5,fd=3))\n'
)


@pytest.mark.parametrize(
    ("setting", "value", "sockets", "severity"),
    [
        ("net.ipv4.tcp_abort_on_overflow", "1", "", "warning"),
        ("net.core.somaxconn", "65535", FULL_QUEUE, "critical"),
        ("net.ipv4.ip_local_port_range", "1024\t65535", "", None),
        ("fs.nr_open", "1073741816", "", None),
        ("net.ipv4.tcp_fin_timeout", "15", "", None),
    ],
)
def test_no_example_is_a_step_back(setting: str, value: str, sockets: str, severity: str | None) -> None:
    """What is in force may be better than the example; then no command is shown that would make it worse."""
    paste = f"kernel.ostype = Linux\n{setting} = {value}\n{sockets}"
    (found,) = [one for one in told("-", dump=paste)["settings"] if one["name"] == setting]
    text = run("tune", "-", "--all", dump=paste).stdout
    page = run("tune", "-", setting, dump=paste).stdout

    assert found["severity"] == severity
    if setting == "net.ipv4.tcp_abort_on_overflow":
        assert found["set_now"] == "sysctl -w net.ipv4.tcp_abort_on_overflow='0'"
    else:
        assert (found["set_now"], found["set_for_good"]) == (None, None)
        assert f"sysctl -w {setting}" not in text + page
    assert f"sysctl -n {setting}" in text


def test_a_limit_above_the_example_is_not_lowered() -> None:
    """The process nearest to its soft limit has one that is higher than the example."""
    sockets = FULL_QUEUE.replace("65536  65535", "0      128  ")
    limits = "$ cat /proc/5/limits\nMax open files            100000               524288               files\n"
    counted = "$ ls /proc/5/fd | wc -l\n99000\n"
    (high,) = [one for one in told("-", dump=sockets + limits + counted)["settings"] if one["name"] == "RLIMIT_NOFILE"]
    low_limits, few = limits.replace("100000", "1024  "), counted.replace("99000", "1020")
    (low,) = [one for one in told("-", dump=sockets + low_limits + few)["settings"] if one["name"] == "RLIMIT_NOFILE"]

    assert (high["severity"], high["set_now"]) == ("critical", None)
    assert (low["severity"], low["set_now"]) == ("critical", "prlimit --pid PID --nofile=65536:")


@pytest.mark.parametrize(
    ("cookies", "severity"),
    [("", "benign"), ("net.ipv4.tcp_syncookies = 1\n", "benign"), ("net.ipv4.tcp_syncookies = 0\n", "warning")],
)
def test_the_queue_of_handshakes_has_a_setting_only_without_cookies(cookies: str, severity: str) -> None:
    """With SYN cookies the listener's own backlog is the limit (tcp_conn_request())."""
    rows = "".join(f"SYN-RECV 0 0 10.0.0.1:80 203.0.113.9:{40000 + number}\n" for number in range(300))
    paste = f"kernel.ostype = Linux\nnet.ipv4.tcp_max_syn_backlog = 2048\n{cookies}\n{FULL_QUEUE}{rows}"
    settings = {one["name"]: one for one in told("-", dump=paste)["settings"]}

    assert settings["net.ipv4.tcp_max_syn_backlog"]["severity"] == severity


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MaxUserPort", ["setting of Windows", "Vista", "netsh int ipv4 set dynamicport tcp start=10000 num=55536"]),
        ("tcp_tw_recycle", ["does not exist on Linux", "Removed in Linux 4.12", "lost connections at random"]),
        ("TcpTimedWaitDelay", ["contradict", "Measure it", "netstat -ano", "since NT 4", "(unverified)"]),
        ("tcp_tw_timeout", ["never had it"]),
    ],
)
def test_absent_settings_are_answered(name: str, words: list[str]) -> None:
    """Why it is not here, and what to do."""
    text = " ".join(run("tune", name).stdout.split())

    assert [word for word in words if word not in text] == []


def test_what_nobody_knows_gets_near_names() -> None:
    """A misspelled name, and a file that is not there."""
    misspelled, missing = run("tune", "tcp_tw_reus"), run("tune", "nowhere.txt")

    assert (misspelled.returncode, missing.returncode) == (4, 4)
    assert "Did you mean tcp_tw_reuse" in misspelled.stderr
    assert "no such file" in missing.stderr


def test_text_without_settings_is_bad_input(tmp_path: Path) -> None:
    """It says what to give instead."""
    (tmp_path / "poem.txt").write_text("The sea is calm tonight.\n")
    done = run("tune", str(tmp_path / "poem.txt"))

    assert done.returncode == 4
    assert "sysctl -a" in done.stderr


def test_hostile_values_do_not_reach_the_terminal(tmp_path: Path) -> None:
    """A pasted value is shown with its controls written out."""
    others = "".join(f"net.ipv4.conf.eth{number}.forwarding = 0\n" for number in range(20))
    (tmp_path / "sysctl.txt").write_text(
        f"kernel.ostype = Linux\nnet.ipv4.tcp_fin_timeout = 6\u202e\x1b[31m0\x07\n{others}"
    )
    out = run("tune", str(tmp_path / "sysctl.txt"), "--all").stdout

    assert "\x1b" not in out
    assert "\x07" not in out
    assert "6\\u202e0" in out


def test_a_namespace_has_values_of_its_own() -> None:
    """What differs in it is shown, and how many others there are."""
    with namespace() as ns:
        ns.run("sysctl", "-qw", "net.ipv4.tcp_fin_timeout=17", "net.ipv4.ip_local_port_range=40000 40099")
        done = run("tune", f"netns:{ns.path}")
        settings = settings_of(f"netns:{ns.path}")
        capacity = told(f"netns:{ns.path}", "--capacity")["capacity"]

    assert done.returncode == 0
    assert "benign  net.ipv4.tcp_fin_timeout = 17 s" in done.stdout
    assert "closewait tune --all shows them" in " ".join(done.stdout.split())
    assert settings["net.ipv4.ip_local_port_range"]["value"] == "40000 40099"
    assert capacity["ports"] == 100
    assert capacity["port_arithmetic"] == "40099 - 40000 + 1 = 100"


def test_quiet_prints_nothing() -> None:
    """The status is the answer."""
    done = run("tune", str(OTHER_HOSTS / "linux-4.9.txt"), "-q")

    assert (done.returncode, done.stdout) == (2, "")
