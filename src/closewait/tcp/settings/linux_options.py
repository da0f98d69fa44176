"""Linux: what a program sets for one of its sockets. Nobody else can; an administrator asks the program's author."""

from closewait.tcp.settings.setting import KEEPALIVE_NOT_CLOSE_WAIT, NOT_CLOSE_WAIT, Setting, Way

OPTION = Way(
    "socket option",
    set_for_good="setsockopt: level IPPROTO_TCP, option {name}, value {value}",
    note="In the program's source. Many programs and libraries have an option of their own that does it.",
)
IP_OPTION = Way(
    "socket option", set_for_good="setsockopt: level IPPROTO_IP, option {name}, value {value}", note=OPTION.note
)
GENERAL_OPTION = Way(
    "socket option", set_for_good="setsockopt: level SOL_SOCKET, option {name}, value {value}", note=OPTION.note
)

OPTION_SETTINGS = (
    Setting(
        name="SO_KEEPALIVE",
        system="Linux",
        way=GENERAL_OPTION,
        default="off",
        unit=None,
        states=("ESTABLISHED", "CLOSE_WAIT"),
        does=(
            "Sends probes on an idle connection and ends it when none is answered, or one is answered by a reset. "
            "TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT set the times for this socket."
        ),
        does_not=(KEEPALIVE_NOT_CLOSE_WAIT,),
        aliases=("keepalive", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"),
        value="1",
        source="socket(7), tcp(7); the effect on CLOSE_WAIT measured on Linux 6.18",
    ),
    Setting(
        name="TCP_USER_TIMEOUT",
        system="Linux",
        way=OPTION,
        default="0 (net.ipv4.tcp_retries2 decides)",
        unit="ms",
        states=("ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_1"),
        does="How long sent data may stay unacknowledged before the connection is given up. It binds keepalive too.",
        does_not=("end a CLOSE_WAIT with nothing to send",),
        versions="Linux 2.6.37 and newer",
        since=(2, 6, 37),
        value="30000",
        source="tcp(7); default read on Linux 6.18",
    ),
    Setting(
        name="TCP_LINGER2",
        system="Linux",
        way=OPTION,
        default="60 (net.ipv4.tcp_fin_timeout)",
        unit="s",
        states=("FIN_WAIT_2",),
        does="How long this socket may stay in FIN_WAIT_2 once no process holds it.",
        does_not=(NOT_CLOSE_WAIT, "touch TIME_WAIT"),
        value="10",
        source="tcp(7); default read on Linux 6.18",
    ),
    Setting(
        name="SO_LINGER",
        system="Linux",
        way=GENERAL_OPTION,
        default="off",
        unit=None,
        states=("TIME_WAIT", "FIN_WAIT_1"),
        does=(
            "On with 0 seconds: close() sends a reset instead of a FIN, and no TIME_WAIT follows. "
            "With more: close() waits until the data is acknowledged."
        ),
        does_not=(NOT_CLOSE_WAIT, "help a program that does not call close()"),
        value="on, 0 seconds",
        risk="The peer gets an error instead of an end, and may lose data it has not read.",
        source="socket(7); on with 0 measured on Linux 6.18: reset, no row left",
    ),
    Setting(
        name="IP_BIND_ADDRESS_NO_PORT",
        system="Linux",
        way=IP_OPTION,
        default="0",
        unit="0 or 1",
        states=("BOUND", "TIME_WAIT"),
        does=(
            "Before bind() to an address and port 0: the port is chosen at connect(), so that one port can serve many "
            "destinations."
        ),
        versions="Linux 4.2 and newer",
        since=(4, 2),
        value="1",
        source="ip(7); 10 ports, two destinations: 20 connections with it, 10 without, on Linux 6.18",
    ),
    Setting(
        name="IP_LOCAL_PORT_RANGE",
        system="Linux",
        way=IP_OPTION,
        default="0 (net.ipv4.ip_local_port_range)",
        unit="first port, and last port times 65536",
        states=("BOUND",),
        does="A narrower range of local ports for this socket.",
        versions="Linux 6.3 and newer",
        since=(6, 3),
        value="40000 + 40999 * 65536",
        source="proposed text of ip(7); the choice of ports measured on Linux 6.18",
        unverified=("versions",),
    ),
)
