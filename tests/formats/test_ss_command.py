import pytest

from closewait.formats import ss_command
from closewait.formats.ss_command import Command


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("$ ss -tan", Command()),
        ("[root@web1 ~]# ss -tanp", Command(holders_asked=True, as_root=True)),
        ("$ sudo ss -tnp state close-wait", Command(state="CLOSE_WAIT", holders_asked=True, as_root=True)),
        ("ss -o state established '( dport = :443 )'", Command(state="ESTABLISHED", timers_asked=True)),
        ("$ ss state close-wait state established", Command()),
        ("$ ss -t state connected", Command()),
        ("$ ss -uan", Command(without_tcp=True)),
        ("$ ss -tulpn", Command(holders_asked=True)),
        ("$ ss --udp --processes", Command(without_tcp=True, holders_asked=True)),
        ("$ ss –tanp", Command(holders_asked=True)),
        ("$ ss -tan | grep -p state close-wait", Command()),
        ("$ netstat -tanp", None),
        ("CLOSE-WAIT 1 0 10.0.0.1:443 10.0.0.2:50123", None),
        ("Which sockets does ss -p show?", None),
    ],
)
def test_a_command_line_tells_what_the_dump_does_not(line: str, told: Command | None) -> None:
    """One state, whose holders were asked for, and whether anybody else's could be seen."""
    assert ss_command.read(line) == told
