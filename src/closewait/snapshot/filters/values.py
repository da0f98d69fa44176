"""What stands behind a filter's operator: states, numbers, times, ports, addresses and names, as conditions.

Every reader takes the operator and the values between the commas. `!=` never comes here: it is the opposite of `=`.
Numbers become spans, so that `>60` and `60-70` are one kind of condition.
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import AddressValueError, IPv4Network, IPv6Network, NetmaskValueError
from math import nextafter

from closewait.errors import BadUsage
from closewait.snapshot.durations import duration_s
from closewait.snapshot.filters.condition import (
    EVERYTHING,
    Among,
    Condition,
    Inside,
    Leaf,
    Span,
    Within,
    all_of,
    one_of,
    rewritten,
)
from closewait.tcp.spellings import canonical
from closewait.tcp.states import STATES

EVERY_STATE = tuple(state.name for state in STATES)
SYNCHRONIZED = ("ESTABLISHED", "SYN_RECEIVED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK",
                "CLOSING")  # fmt: skip
BUCKET = ("SYN_RECEIVED", "TIME_WAIT")

#: ss's words for several states (ss(8), STATE-FILTER, and `ss --help`).
STATE_GROUPS = {
    "all": EVERY_STATE,
    "connected": ("SYN_SENT", *SYNCHRONIZED),
    "synchronized": SYNCHRONIZED,
    "bucket": BUCKET,
    "big": tuple(state for state in EVERY_STATE if state not in BUCKET),
}

GREATEST_PORT = 65535
NUMBER = re.compile(r"\d{1,18}")  # what fits into 64 bits
NUMBERS = re.compile(r"(\d{1,18})-(\d{1,18})")
SERVICE = re.compile(r"(?=[^a-z]*[a-z])[a-z0-9+._-]{1,64}", re.IGNORECASE)
HOST_NAME = re.compile(r"[\w*?.-]{1,255}")
WITH_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*):(?P<port>[^:]*)")
PART_OF_IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){0,2}")
IPV4_IN_IPV6 = IPv6Network("::ffff:0:0/96")
ANYWHERE = (IPv4Network("0.0.0.0/32"), IPv6Network("::/128"))  # what a socket on every address shows

LONGEST_NAME_OCTETS = 15  # of a process on Linux (TASK_COMM_LEN, include/linux/sched.h)


def state_names(values: Sequence[str]) -> tuple[str, ...]:
    """The states that `values` are: in any spelling, or ss's groups of them."""
    wanted: list[str] = []
    for value in values:
        name = canonical(value)
        if value.lower() not in STATE_GROUPS and name is None:
            raise BadUsage(
                f"{value!r} is no TCP state. Write one in any spelling (state=close_wait, state=TIME-WAIT) or a group "
                f"of ss: {', '.join(STATE_GROUPS)}."
            )
        wanted += STATE_GROUPS.get(value.lower(), (name,) if name else ())
    return tuple(dict.fromkeys(wanted))


def in_states(names: Sequence[str]) -> Condition:
    """The condition to be in one of the states; all of them are no condition, also where no state is told."""
    return EVERYTHING if set(EVERY_STATE) <= set(names) else Among("state", tuple(names))


def processes(values: Sequence[str]) -> Condition:
    """Names of programs: as Linux cuts them too, and as Windows writes them."""
    patterns = [shape for value in values for shape in (value, _cut(value), f"{value}.exe")]
    return Among("process", tuple(dict.fromkeys(patterns)))


def units(values: Sequence[str]) -> Condition:
    """Units of systemd: folders in the path of the control group, with their ending or without."""
    return Among("cgroup", tuple(f"*/{value}{more}" for value in values for more in ("", "/*", ".*")))


def containers(values: Sequence[str]) -> Condition:
    """Containers, jails and zones by name, and by a part of the control group's path, which has their id in it."""
    return one_of(Among("container", tuple(values)), Among("cgroup", tuple(f"*{value}*" for value in values)))


def roles(values: Sequence[str]) -> Condition:
    """The end of a connection that this host is."""
    wrong = next((value for value in values if value.lower() not in ("server", "client")), None)
    if wrong is not None:
        raise BadUsage(f"{wrong!r} is no role. Write role=server or role=client.")
    return Among("role", tuple(values))


def integers(column: str, operator: str, values: Sequence[str], *, greatest: int | None = None) -> Condition:
    """Whole numbers: `12`, `1000-2000`, or a bound."""
    spans: list[Span] = []
    for value in values:
        between = NUMBERS.fullmatch(value)
        if between and operator == "=":
            spans.append((int(between[1]), int(between[2])))
        elif NUMBER.fullmatch(value):
            number = int(value)
            spans.append(_span(operator, number, below=number - 1, above=number + 1))
        else:
            raise BadUsage(f"{value!r} is no number. Write {column}=12, {column}=10-20 or '{column}>10'.")
        if greatest is not None and max(filter(None, spans[-1]), default=0) > greatest + (operator == ">"):
            raise BadUsage(f"{value!r} is beyond the greatest port, {greatest}.")
    return Within(column, tuple(spans))


def reals(column: str, operator: str, values: Sequence[str]) -> Condition:
    """Times: `60`, `5min`."""
    numbers = [duration_s(value) for value in values]
    return Within(column, tuple(_real_span(operator, number) for number in numbers))


def ages(operator: str, values: Sequence[str]) -> Condition:
    """Ages that are certain: older by the lower bound, younger by the upper one."""
    if operator == "=":
        raise BadUsage(f"An age is known between bounds. Write 'age>{values[0]}' or 'age<{values[0]}'.")
    return reals("age_low_s" if operator.startswith(">") else "age_high_s", operator, values)


def ports(side: str, operator: str, values: Sequence[str]) -> Condition:
    """Ports by number, range or service name; the number of a name is put in later (see `with_port_numbers`)."""
    told = [value.removeprefix(":") for value in values]
    names = tuple(value for value in told if SERVICE.fullmatch(value))
    if names and operator != "=":
        raise BadUsage(f"{names[0]!r} is a service; larger and smaller need a number: '{side[0]}port>1024'.")
    numbers = [value for value in told if value not in names and value != "*"]
    parts: list[Condition] = [Among(f"{side}_service", names)] if names else []
    if numbers:
        parts.append(integers(f"{side}_port", operator, numbers, greatest=GREATEST_PORT))
    return one_of(*parts) if parts else Within(f"{side}_port", ((None, None),))


def addresses(side: str, values: Sequence[str]) -> Condition:
    """Addresses, networks (`10.0.0.0/8`, `10/8`), names, each with a port behind a colon or without."""
    return one_of(*(_address(side, value) for value in values))


def _address(side: str, value: str) -> Condition:
    column = f"{side}_address"
    network = _network(value)
    if network is not None:
        return Inside(column, (network,))
    with_port = WITH_PORT.fullmatch(value)
    if with_port is not None:
        host, port = with_port["host"], with_port["port"]
        anywhere = host in ("", "*")
        parts = [] if anywhere else [_address(side, host)]
        return all_of(*parts, ports(side, "=", [port]))
    if value == "*":
        return Inside(column, ANYWHERE)
    if HOST_NAME.fullmatch(value) and not value.replace(".", "").isdigit():
        return Inside(column, (), (value,))
    raise BadUsage(
        f"{value!r} is no address. Write {side}=10.0.0.1, {side}=10.0.0.0/8, {side}=fe80::/10 or {side}=[::1]:443."
    )


def _network(text: str) -> IPv4Network | IPv6Network | None:
    """The network that `text` tells; one that lies in IPv4's part of IPv6 as the IPv4 network it is."""
    host, slash, prefix = text.strip("[]").partition("/")
    if slash and PART_OF_IPV4.fullmatch(host):
        host += ".0" * (3 - host.count("."))
    kind = IPv6Network if ":" in host else IPv4Network
    try:
        network = kind(host.partition("%")[0] + slash + prefix, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        return None
    if isinstance(network, IPv6Network) and network.subnet_of(IPV4_IN_IPV6):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - IPV4_IN_IPV6.prefixlen))
    return network


def _span(operator: str, number: float, *, below: float, above: float) -> Span:
    """The numbers that `operator number` wants."""
    return {
        "=": (number, number),
        "<": (None, below),
        "<=": (None, number),
        ">": (above, None),
        ">=": (number, None),
    }[operator]


def _real_span(operator: str, number: float) -> Span:
    return _span(operator, number, below=nextafter(number, -1.0), above=nextafter(number, float("inf")))


def _cut(name: str) -> str:
    """A program's name as Linux keeps it; a name with a wildcard stays."""
    if set("*?") & set(name):
        return name
    return name.encode(errors="replace")[:LONGEST_NAME_OCTETS].decode(errors="ignore")


def with_port_numbers(condition: Condition, service_ports: Mapping[str, int]) -> Condition:
    """`condition` with the port beside each name of a service that has one."""

    def numbered(leaf: Leaf) -> Condition:
        if not isinstance(leaf, Among) or leaf.column not in ("local_service", "remote_service"):
            return leaf
        known = [service_ports[name.lower()] for name in leaf.patterns if name.lower() in service_ports]
        spans = tuple((port, port) for port in known)
        return one_of(Within(leaf.column.replace("service", "port"), spans), leaf) if spans else leaf

    return rewritten(condition, numbered)
