"""What /proc says of a process, read from real folders and from the process that runs this test."""

import os
import resource
import time
from pathlib import Path

from closewait.capture.processes import processes, user_names

STAT = "4121 ({name}) S 1 4121 4121 0 -1 4194560 99 0 0 0 5 3 0 0 20 0 9 0 {ticks} 1000 200 18446744073709551615"
STATUS = "Name:\tx\nUmask:\t0022\nUid:\t1000\t33\t1000\t1000\nGid:\t0\t0\t0\t0\n"
LIMITS = (
    "Limit                     Soft Limit           Hard Limit           Units\n"
    "Max open files            {soft:<20} 4096                 files\n"
)


def process(
    proc: Path, *, name: str = "java", ticks: int = 500, cmdline: bytes = b"java\0-jar\0x.jar\0", soft: str = "1024"
) -> None:
    """Process 4121 in a tree like /proc."""
    folder = proc / "4121"
    folder.mkdir()
    (folder / "stat").write_text(STAT.format(name=name, ticks=ticks))
    (folder / "status").write_text(STATUS)
    (folder / "limits").write_text(LIMITS.format(soft=soft))
    (folder / "cmdline").write_bytes(cmdline)
    (folder / "cgroup").write_text("0::/system.slice/tomcat9.service\n")


def test_a_process_as_its_files_tell_it(tmp_path: Path) -> None:
    """The effective user of the four, the soft limit of the two, arguments joined by blanks."""
    process(tmp_path)
    (found,) = processes([4121], tmp_path)

    assert (found.pid, found.process, found.command_line) == (4121, "java", "java -jar x.jar")
    assert (found.uid, found.descriptor_limit) == (33, 1024)


def test_where_it_runs_and_as_whom(tmp_path: Path) -> None:
    """Its control group tells the unit; a user that is not in the file keeps a number only."""
    process(tmp_path)
    (found,) = processes([4121], tmp_path)

    assert (found.quarters.unit, found.quarters.cgroup) == ("tomcat9.service", "/system.slice/tomcat9.service")
    assert found.user == user_names().get(33)


def test_the_users_of_a_host(tmp_path: Path) -> None:
    """By number; a broken line, or one cut off, names nobody."""
    file = tmp_path / "passwd"
    file.write_bytes(b"root:x:0:0:root:/root:/bin/sh\n# remark\nb\xffd:x:7:7::/:\n:x::1:\nweb:x:10")

    assert user_names(file) == {0: "root", 7: "b\ufffdd"}
    assert user_names(tmp_path / "none") == {}


def test_a_name_may_hold_anything(tmp_path: Path) -> None:
    """Brackets, blanks and line breaks are a name's own business."""
    process(tmp_path, name=") S 7 (\n x", ticks=500)
    (found,) = processes([4121], tmp_path)

    assert found.process == ") S 7 (\n x"
    assert found.started_at_unix_s < time.time()


def test_what_is_not_told_is_none(tmp_path: Path) -> None:
    """A kernel thread has no arguments; `unlimited` is no number."""
    process(tmp_path, cmdline=b"", soft="unlimited")
    (found,) = processes([4121], tmp_path)

    assert (found.command_line, found.descriptor_limit) == (None, None)


def test_a_process_that_has_ended_is_left_out(tmp_path: Path) -> None:
    """No folder, or an empty one."""
    (tmp_path / "7").mkdir()

    assert list(processes([7, 8], tmp_path)) == []


def test_this_process() -> None:
    """The real /proc agrees with what the system says otherwise."""
    (found,) = processes([os.getpid()])

    assert found.uid == os.geteuid()
    assert found.descriptor_limit == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert found.process == Path("/proc/self/comm").read_text().rstrip("\n")
    assert 0 < time.time() - found.started_at_unix_s < 24 * 3600
