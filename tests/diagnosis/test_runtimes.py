"""Programs are recognised by what process tables and command lines call them, and remedies are fit to be shown."""

import pytest

from closewait.diagnosis.remedies import REMEDIES, remedies
from closewait.diagnosis.rules import RULES
from closewait.diagnosis.runtimes import Runtime, runtime_of
from closewait.tcp.pools import IDLE_LIMITS, POOLS, idle_limit, pools_of

TOLD = [
    ("python3.11", None, Runtime.PYTHON),
    ("shop", "/usr/bin/python3 /usr/local/bin/shop --serve", Runtime.PYTHON),
    ("gunicorn: worke", None, Runtime.PYTHON),
    ("main", "/opt/venv/bin/python /opt/venv/bin/uvicorn shop:app", Runtime.PYTHON),
    ("java", None, Runtime.JVM),
    ("http-nio-8080-e", "/usr/lib/jvm/17/bin/java -Xmx1g -jar shop.jar", Runtime.JVM),
    ("MainThread", "node /srv/server.js", Runtime.NODE),
    ("nginx", "nginx: worker process", Runtime.NGINX),
    ("w3wp.exe", None, Runtime.DOTNET),
    ("PostMaster", None, Runtime.POSTGRESQL),
    ("php-fpm8.2", "php-fpm: pool www", Runtime.PHP),
    ("docker-proxy", None, Runtime.GO),
    ("node_exporter", None, Runtime.GO),
    ("svchost.exe", r"C:\Windows\system32\svchost.exe -k netsvcs", Runtime.WINDOWS_SERVICE),
    ("C:/Program Files/dotnet/dotnet.exe", None, Runtime.DOTNET),
]

UNKNOWN = [
    ("redsocks", None),
    (None, None),
    ("", ""),
    ("javascriptd", None),
    ("pythonic", None),
    ("sshd", "sshd: admin@pts/0"),
    ("bash", "bash -c 'python3 -m http.server'"),
    ("\x1b[31mjava", None),
]


@pytest.mark.parametrize(("process", "command_line", "runtime"), TOLD)
def test_a_program_is_recognised(process: str | None, command_line: str | None, runtime: Runtime) -> None:
    """By its name, without folder, `.exe`, or what follows in a title; or by what its command line begins with."""
    assert runtime_of(process, command_line) is runtime


@pytest.mark.parametrize(("process", "command_line"), UNKNOWN)
def test_what_is_not_known_is_not_guessed(process: str | None, command_line: str | None) -> None:
    """A name that only contains a known one, or a shell whose arguments do, tells nothing."""
    assert runtime_of(process, command_line) is None


def test_every_runtime_has_a_remedy() -> None:
    """To recognise a program and then to say nothing is of no use."""
    assert {remedy.runtime for remedy in REMEDIES} == set(Runtime)


def test_remedies_are_for_rules_that_exist() -> None:
    """A remedy under a name that no rule has is never shown."""
    promised = {rule.name for rule in RULES} | {"blocked-writer", "proxy-half-close"}

    assert {rule for remedy in REMEDIES for rule in remedy.rules} <= promised
    assert [remedy for remedy in REMEDIES if not remedy.source or remedy.role not in (None, "server", "client")] == []


def test_a_remedy_names_the_process_and_keeps_to_its_end() -> None:
    """A server is not told what helps a client; where no process is named, there is a place for it."""
    assert remedies(Runtime.JVM, "never-read", "server", 4121)[0].startswith("Java: `jstack 4121`")
    assert remedies(Runtime.JVM, "never-read", "server", None)[0].startswith("Java: `jstack PID`")
    assert remedies(Runtime.JVM, "stale-idle-pool", "server", 1) == ()
    assert remedies(None, "never-read", "server", 1) == ()
    assert all("{" not in said for remedy in REMEDIES if "send_timeout" not in remedy.do
               for said in remedies(remedy.runtime, remedy.rules[0], remedy.role, 1))  # fmt: skip


def test_pools_and_limits_are_of_known_runtimes_and_in_order() -> None:
    """A pool whose runtime is misspelled is never named."""
    assert {pool.runtime for pool in POOLS} <= set(Runtime)
    assert [limit.seconds for limit in IDLE_LIMITS] == sorted(limit.seconds for limit in IDLE_LIMITS)
    assert [pool.what for pool in pools_of(10, "Java")] == ["HikariCP (maximumPoolSize)"]
    assert len(pools_of(10, None)) > 1
    assert pools_of(11, None) == ()
    assert idle_limit(61.5, within_s=2) is idle_limit(60, within_s=0)
    assert idle_limit(66, within_s=2) is None
