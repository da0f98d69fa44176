"""A folder of one host's files: dumps are looks in the order of their names, and nothing is dropped unnamed."""

import json
from pathlib import Path

from tests.cli.test_command_line import HEALTHY, pile, run


def test_dumps_in_name_order_are_looks(tmp_path: Path) -> None:
    """The last is judged, the one before it is its earlier look."""
    (tmp_path / "dump.1.txt").write_text(pile(4))
    (tmp_path / "dump.2.txt").write_text(pile(6))
    answer = json.loads(run(str(tmp_path), "--json").stdout)

    assert [Path(look["source"]).name for look in answer["looks"]] == ["dump.1.txt", "dump.2.txt"]
    assert (answer["findings"][0]["certainty"], answer["findings"][0]["sockets"]) == ("certain", 6)


def test_what_is_no_dump_is_evidence(tmp_path: Path) -> None:
    """Limits and a note beside a dump are understood, and said so in text and in JSON with what they tell."""
    (tmp_path / "dump.txt").write_text(pile(20))
    (tmp_path / "a.txt").write_text("It hangs every night.\n")
    (tmp_path / "b.txt").write_text("net.ipv4.ip_local_port_range = 40000 40999\n")
    answer = json.loads(run(str(tmp_path), "--json").stdout)
    evidence = answer["looks"][-1]["evidence"]
    text = run(str(tmp_path)).stdout

    assert answer["not_understood"] == []
    assert answer["looks"][-1]["host"]["port_range"] == [40000, 40999]
    assert evidence["remarks"] == [{"origin": "a.txt", "text": "It hangs every night."}]
    assert [told["origin"] for told in evidence["told"]] == ["a.txt", "b.txt"]
    assert "b.txt: settings of the kernel" in text
    assert "It hangs every night." in text


def test_what_says_nothing_is_named(tmp_path: Path) -> None:
    """Noise beside a dump is not understood, and said so in text and in JSON."""
    (tmp_path / "dump.txt").write_text(pile(20))
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)) * 4)

    assert [item["file"] for item in json.loads(run(str(tmp_path), "--json").stdout)["not_understood"]] == ["noise.bin"]
    assert "noise.bin" in run(str(tmp_path)).stdout


def test_files_named_one_by_one_are_one_host(tmp_path: Path) -> None:
    """In any order: what is a dump is judged, the other file is evidence."""
    (tmp_path / "dump.txt").write_text(pile(20))
    (tmp_path / "limits.txt").write_text("Max open files            1024                 4096                 files\n")
    for words in (("dump.txt", "limits.txt"), ("limits.txt", "dump.txt")):
        answer = json.loads(run(*(str(tmp_path / word) for word in words), "--json").stdout)

        assert [Path(look["source"]).name for look in answer["looks"]] == ["dump.txt"]
        assert answer["looks"][0]["evidence"]["processes"][0]["descriptor_limit"] == 1024


def test_a_count_of_the_kernel_is_a_look_only_where_there_is_no_dump(tmp_path: Path) -> None:
    """Sockstat beside a dump is evidence; alone it is judged, with what lies beside it."""
    (tmp_path / "sockstat").write_text("sockets: used 9\nTCP: inuse 7 orphan 3 tw 2 alloc 9 mem 4\n")
    (tmp_path / "sysctl").write_text("net.ipv4.tcp_max_orphans = 65536\n")
    (alone,) = json.loads(run(str(tmp_path), "--json").stdout)["looks"]
    (tmp_path / "dump.txt").write_text(pile(20))
    (beside,) = json.loads(run(str(tmp_path), "--json").stdout)["looks"]

    assert (alone["kind"], alone["host"]["orphans"], alone["host"]["max_orphans"]) == ("counts", 3, 65536)
    assert (beside["kind"], beside["host"]["orphans"], beside["host"]["max_orphans"]) == ("sockets", 3, 65536)


def test_evidence_without_a_dump_says_what_is_missing(tmp_path: Path) -> None:
    """Settings alone cannot be judged: status 4, what was understood, and the command that is missing."""
    (tmp_path / "sysctl").write_text("net.ipv4.tcp_max_orphans = 65536\n")
    done = run(str(tmp_path))

    assert done.returncode == 4
    assert "sysctl: settings of the kernel" in done.stderr
    assert "ss -tanpoei" in done.stderr


def test_another_systems_settings_do_not_change_the_system(tmp_path: Path) -> None:
    """A dump of Windows beside a proxy's sysctl is still of Windows."""
    (tmp_path / "dump.txt").write_text("  TCP    10.0.0.1:443   203.0.113.9:50001   CLOSE_WAIT   4121\n" * 2)
    (tmp_path / "sysctl").write_text("net.core.somaxconn = 128\n")
    (look,) = json.loads(run(str(tmp_path), "--json").stdout)["looks"]

    assert (look["format"], look["host"]["system"]) == ("netstat_windows", "Windows")


def test_another_hosts_dump_is_no_earlier_look(tmp_path: Path) -> None:
    """Two ends of one connection lie in one folder: sockets of the one do not persist in the other."""
    (tmp_path / "client.txt").write_text(
        pile(20).replace("10.0.0.1:443", "10.9.9.9:443").replace("0.0.0.0:443", "10.9.9.9:443")
    )
    (tmp_path / "server.txt").write_text(pile(20).replace("0.0.0.0:443", "10.0.0.1:443"))

    assert len(json.loads(run(str(tmp_path), "--json").stdout)["looks"]) == 1


def test_sockets_are_judged_before_a_summary(tmp_path: Path) -> None:
    """A histogram beside a dump does not take its place, whatever it is called."""
    (tmp_path / "dump.txt").write_text(pile(20))
    (tmp_path / "histogram.txt").write_text("     20 CLOSE_WAIT\n      1 LISTEN\n")

    assert run(str(tmp_path)).stdout.splitlines()[2].startswith("WARNING  leaked-close-wait")


def test_a_folder_without_dumps_says_so(tmp_path: Path) -> None:
    """Empty or full of other things: status 4 and one sentence."""
    assert run(str(tmp_path)).returncode == 4
    (tmp_path / "noise").write_bytes(b"\x00\x01")
    done = run(str(tmp_path))

    assert done.returncode == 4
    assert "noise" in done.stderr


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    """What an editor leaves behind is nobody's evidence."""
    (tmp_path / "dump.txt").write_text(HEALTHY)
    (tmp_path / ".dump.txt.swp").write_bytes(b"\x00\x01")

    assert json.loads(run(str(tmp_path), "--json").stdout)["not_understood"] == []


def test_the_other_ends_dump_shows_what_is_half_open(tmp_path: Path) -> None:
    """A dump of the host at the other end is no earlier look: it shows which connections only one end has."""
    listens = "LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n"
    ours = "".join(
        f'ESTAB 0 0 10.0.0.1:80 10.0.0.9:{port} users:(("app",pid=5,fd=7))\n' for port in range(40001, 40013)
    )
    theirs = "ESTAB 0 0 10.0.0.9:40001 10.0.0.1:80\n"
    (tmp_path / "server.txt").write_text(listens + "LISTEN 0 128 10.0.0.1:80 0.0.0.0:*\n" + ours)
    (tmp_path / "client.txt").write_text(listens + theirs)
    (first, *_) = json.loads(run(str(tmp_path), "--json").stdout)["findings"]

    assert (first["rule"], first["sockets"], first["owner"]["process"]) == ("half-open-established", 11, "app")


def test_windows_tells_its_start_and_the_dump_the_time(tmp_path: Path) -> None:
    """systeminfo beside netstat, with `date /t` and `time /t` above it: a clock that has stopped is recognised."""
    (tmp_path / "systeminfo.txt").write_text(
        "OS Name:                   Microsoft Windows Server 2008 R2 Standard\n"
        "OS Version:                6.1.7601 Service Pack 1 Build 7601\n"
        "System Boot Time:          6/20/2025, 8:00:12 AM\n"
    )
    rows = "".join(
        f"  TCP    10.0.0.1:443      203.0.113.9:{port}    TIME_WAIT       0\n" for port in range(30000, 31200)
    )
    (tmp_path / "netstat.txt").write_text(f"Sun 11/22/2026\n10:04 AM\n\nActive Connections\n\n{rows}")
    answer = json.loads(run(str(tmp_path), "--json").stdout)

    assert answer["looks"][0]["host"]["uptime_s"] == 520 * 86400 + 2 * 3600 + 228 - 12 * 3600
    assert [(one["rule"], one["sockets"]) for one in answer["findings"]][:1] == [("kernel-bug", 1200)]
