"""How closewait says things: programs, ages, counts, commands. Every sentence of a finding is put together from these.

Names come from the host or the dump and are hostile until a view has escaped them; in a command they are quoted.
"""

import shlex

from closewait.diagnosis.finding import Owner
from closewait.diagnosis.group import Group, OwnerKind
from closewait.diagnosis.stall import Stall

#: So many characters of a container's id are shown by `docker ps`, `crictl ps` and `podman ps`, and taken by them.
SHORT_ID = 12

#: Units of time, largest first.
TIME_UNITS_S = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def age_in_words(age_s: float) -> str:
    """`0.4` → `0.4 s`, `232` → `3 min 52 s`, `90000` → `1 d 1 h`: two units at most."""
    if age_s < 10:
        return f"{age_s:.1f} s"
    left_s, said = round(age_s), []
    for unit_s, unit in TIME_UNITS_S:
        amount, left_s = divmod(left_s, int(unit_s))
        if amount:
            said.append(f"{amount} {unit}")
    return " ".join(said[:2])


def count_of(count: int, singular: str, plural: str | None = None) -> str:
    """`1 socket`, `3 sockets`, `28,232 ports`."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def name_of(pid: int | None, process: str | None) -> str:
    """`java[4121]`, `java`, `process 4121`."""
    if process is None:
        return f"process {pid}"
    return process if pid is None else f"{process}[{pid}]"


def resident(owner: Owner) -> str:
    """`java[4121], unit tomcat9.service, user tomcat`; `node[7], container 3f2a6c1b9d0e (docker), user root`."""
    runtime = f" ({owner.container_runtime})" if owner.container_runtime else ""
    facts = (
        owner.unit and f"unit {owner.unit}",
        owner.container and f"container {owner.container[:SHORT_ID]}{runtime}",
        owner.pod_uid and f"pod {owner.pod_uid}",
        owner.user and f"user {owner.user}",
    )
    return ", ".join((name_of(owner.pid, owner.process), *(fact for fact in facts if fact)))


def who(group: Group) -> str:
    """The owner of a group, or why none is named."""
    if group.owner_known:
        return name_of(group.owner_pid, group.owner_process)
    if group.owner_kind is OwnerKind.HIDDEN:
        return (
            "a program hidden from this user" if group.owner_uid is None else f"a program of user id {group.owner_uid}"
        )
    if group.owner_kind is OwnerKind.UNTOLD:
        return "a program this dump does not name"
    return "the listener's program" if group.owner_kind is OwnerKind.LISTENER else "no program"


def owner(group: Group, sockets: int) -> tuple[Owner, ...]:
    """The group's owner as a finding names it; empty where nobody is named."""
    return (Owner(group.owner_pid, group.owner_process, sockets),) if group.owner_known else ()


def ages(aged: Group | Stall, doing: str = "in CLOSE_WAIT") -> str | None:
    """`in CLOSE_WAIT for 2.1 s to 3 min 52 s at least, half of them over 40 s`; None where no age is known."""
    if aged.youngest_s is None or aged.oldest_s is None or aged.median_s is None:
        return None
    if aged.oldest_s - aged.youngest_s < 1:
        return f"{doing} for {age_in_words(aged.oldest_s)} at least"
    return (
        f"{doing} for {age_in_words(aged.youngest_s)} to {age_in_words(aged.oldest_s)} at least, "
        f"half of them over {age_in_words(aged.median_s)}"
    )


#: A state as PowerShell and as ss spell it, and what ss has to show of it.
SPELLED = {
    "CLOSE_WAIT": ("CloseWait", "-tanpo", "close-wait"),
    "FIN_WAIT_1": ("FinWait1", "-tanoi", "fin-wait-1"),
    "FIN_WAIT_2": ("FinWait2", "-tanpoi", "fin-wait-2"),
    "ESTABLISHED": ("Established", "-tanpoi", "established"),
}


def list_state(group: Group, system: str | None, state: str = "CLOSE_WAIT") -> str:
    """A command of the system itself that lists the group's sockets in one state."""
    powershell, options, ss = SPELLED[state]
    if system == "Windows":
        return f"Get-NetTCPConnection -State {powershell} | Group-Object OwningProcess"
    if system != "Linux":
        return f"netstat -an | grep {state}"
    side = "sport" if group.role == "server" else "dport"
    port = f" '{side} = :{group.place_port}'" if group.place_port is not None else ""
    return f"ss {options} state {ss}{port}"


def there(netns: str | None, command: str) -> str:
    """`command` as it must be run to see what was seen in the network namespace `netns`; None: the reader's own."""
    if netns is None:
        return command
    if netns.startswith("/"):
        return f"nsenter --net={shlex.quote(netns)} {command}"
    pid = netns.removeprefix("pid:")
    return f"nsenter -t {pid} -n {command}" if pid != netns else f"ip netns exec {shlex.quote(netns)} {command}"


def look_twice(netns: str | None) -> str:
    """The command that looks twice at the same place."""
    return "closewait --again 30s" if netns is None else f"closewait netns:{shlex.quote(netns)} --again 30s"
