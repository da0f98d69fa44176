"""macOS, FreeBSD and OpenBSD: sysctls of the BSD family. Their names are alike, their defaults are not."""

from closewait.tcp.settings.setting import (
    EVERYTHING,
    KEEPALIVE_NOT_CLOSE_WAIT,
    NOT_A_LEAK,
    NOT_CLOSE_WAIT,
    Setting,
    Way,
)

MACOS_SYSCTL = Way(
    "sysctl", read="sysctl {name}", set_now="sudo sysctl -w {name}={value}", note="Lost at the next start."
)
BSD_SYSCTL = Way(
    "sysctl",
    read="sysctl {name}",
    set_now="sysctl {name}={value}",
    set_for_good="echo {name}={value} >> /etc/sysctl.conf",
    note="Needs root.",
)
XNU_TIMERS = "xnu bsd/netinet/tcp_timer.h (2024)"
TWICE = "The maximum segment lifetime. TIME_WAIT lasts twice as long: {time_wait} by default."
PROBES = (
    "How long a connection is idle before the first keepalive probe. keepintvl (75000 ms) is the pause between two, "
    "keepcnt (8) the number that ends the connection."
)

BSD_SETTINGS = (
    Setting(
        name="net.inet.tcp.msl",
        system="macOS",
        way=MACOS_SYSCTL,
        default="15000",
        unit="ms",
        states=("TIME_WAIT",),
        does=TWICE.format(time_wait="30 s") + " Pages that say 15 s forget the factor.",
        does_not=(NOT_CLOSE_WAIT,),
        value="5000",
        risk="Too low: an old packet can reach a new connection.",
        source=f"{XNU_TIMERS}, TCPTV_MSL",
    ),
    Setting(
        name="TCPTV_FINWAIT2",
        system="macOS",
        way=Way("constant, compiled into the kernel"),
        default="60",
        unit="s",
        states=("FIN_WAIT_2",),
        does="How long FIN_WAIT_2 lasts once no process holds the socket.",
        does_not=(NOT_CLOSE_WAIT,),
        source=XNU_TIMERS,
    ),
    Setting(
        name="net.inet.tcp.keepidle",
        system="macOS",
        way=MACOS_SYSCTL,
        default="7200000",
        unit="ms",
        states=("ESTABLISHED", "CLOSE_WAIT"),
        does=f"{PROBES} Only on sockets with SO_KEEPALIVE.",
        does_not=(KEEPALIVE_NOT_CLOSE_WAIT,),
        aliases=("net.inet.tcp.keepintvl", "net.inet.tcp.keepcnt", "net.inet.tcp.keepinit"),
        value="300000",
        source=XNU_TIMERS,
    ),
    Setting(
        name="net.inet.tcp.always_keepalive",
        system="macOS",
        way=MACOS_SYSCTL,
        default="0",
        unit="0 or 1",
        states=("ESTABLISHED", "CLOSE_WAIT"),
        does="Keepalive for every connection, asked for or not.",
        does_not=(KEEPALIVE_NOT_CLOSE_WAIT,),
        value="1",
        source="configuration notes; the system's own source was not opened",
        unverified=EVERYTHING,
    ),
    Setting(
        name="net.inet.ip.portrange.first",
        system="macOS",
        way=MACOS_SYSCTL,
        default="49152 (to portrange.last, 65535: 16,384 ports)",
        unit="port",
        states=("TIME_WAIT", "CLOSE_WAIT"),
        does="The first port that connect() chooses from. A client-side CLOSE_WAIT keeps its port.",
        does_not=(NOT_A_LEAK,),
        aliases=("net.inet.ip.portrange.last",),
        value="16384",
        source="outputs of sysctl that people have published",
    ),
    Setting(
        name="kern.ipc.somaxconn",
        system="macOS",
        way=MACOS_SYSCTL,
        default="128",
        unit="connections",
        states=("LISTEN", "CLOSE_WAIT"),
        does=(
            "The most that listen() can ask for as accept queue. Clients that give up waiting in it leave CLOSE_WAIT "
            "without a process."
        ),
        does_not=("make a program accept", "lengthen a queue before the program asks for more and is restarted"),
        value="1024",
        source="outputs of sysctl that people have published",
        unverified=("default",),
    ),
    Setting(
        name="net.inet.tcp.msl",
        system="FreeBSD",
        way=BSD_SYSCTL,
        default="30000",
        unit="ms",
        states=("TIME_WAIT",),
        does=TWICE.format(time_wait="60 s"),
        does_not=(NOT_CLOSE_WAIT,),
        value="7500",
        risk="Too low: an old packet can reach a new connection.",
        source="FreeBSD sys/netinet/tcp_timer.h (TCPTV_MSL), tcp(4)",
    ),
    Setting(
        name="net.inet.tcp.finwait2_timeout",
        system="FreeBSD",
        way=BSD_SYSCTL,
        default="60000",
        unit="ms",
        states=("FIN_WAIT_2",),
        does=(
            "How long FIN_WAIT_2 may last while net.inet.tcp.fast_finwait2_recycle is 1. By default that is 0, and the "
            "limits of keepalive hold instead."
        ),
        does_not=(NOT_CLOSE_WAIT, "touch TIME_WAIT"),
        aliases=("net.inet.tcp.fast_finwait2_recycle",),
        value="15000",
        source="FreeBSD sys/netinet/tcp_input.c; a published output of sysctl",
    ),
    Setting(
        name="net.inet.tcp.always_keepalive",
        system="FreeBSD",
        way=BSD_SYSCTL,
        default="1",
        unit="0 or 1",
        states=("ESTABLISHED", "CLOSE_WAIT"),
        does=(
            "Keepalive for every connection, asked for or not: a CLOSE_WAIT whose peer is gone ends by itself after "
            "two hours. FreeBSD alone has it on by default."
        ),
        does_not=(KEEPALIVE_NOT_CLOSE_WAIT,),
        value="1",
        source="FreeBSD sys/netinet/tcp_timer.c",
    ),
    Setting(
        name="net.inet.tcp.keepidle",
        system="FreeBSD",
        way=BSD_SYSCTL,
        default="7200000",
        unit="ms",
        states=("ESTABLISHED", "CLOSE_WAIT"),
        does=f"{PROBES} On every connection, as net.inet.tcp.always_keepalive is 1.",
        does_not=(KEEPALIVE_NOT_CLOSE_WAIT,),
        aliases=("net.inet.tcp.keepintvl", "net.inet.tcp.keepcnt"),
        value="300000",
        source="FreeBSD tcp(4)",
    ),
    Setting(
        name="net.inet.ip.portrange.first",
        system="FreeBSD",
        way=BSD_SYSCTL,
        default="10000 (to portrange.last, 65535: 55,536 ports)",
        unit="port",
        states=("TIME_WAIT", "CLOSE_WAIT"),
        does="The first port that connect() chooses from. A client-side CLOSE_WAIT keeps its port.",
        does_not=(NOT_A_LEAK,),
        aliases=("net.inet.ip.portrange.last",),
        value="5000",
        source="FreeBSD sys/netinet/in.h (IPPORT_EPHEMERALFIRST), in_pcb.c",
    ),
    Setting(
        name="net.inet.tcp.maxtcptw",
        system="FreeBSD",
        way=BSD_SYSCTL,
        default="by memory",
        unit="sockets",
        states=("TIME_WAIT",),
        does="How many TIME_WAIT there may be.",
        does_not=(NOT_CLOSE_WAIT,),
        versions="until FreeBSD 13",
        until=(13,),
        if_missing="Removed in FreeBSD 14, it is said.",
        source="FreeBSD tcp(4); the version from general knowledge",
        unverified=("versions",),
    ),
    Setting(
        name="kern.ipc.soacceptqueue",
        system="FreeBSD",
        way=BSD_SYSCTL,
        default="128",
        unit="connections",
        states=("LISTEN", "CLOSE_WAIT"),
        does=(
            "The most that listen() can ask for as accept queue. Clients that give up waiting in it leave CLOSE_WAIT "
            "without a process."
        ),
        does_not=("make a program accept", "lengthen a queue before the program asks for more and is restarted"),
        aliases=("kern.ipc.somaxconn",),
        value="1024",
        source="FreeBSD listen(2)",
        unverified=("default",),
    ),
    Setting(
        name="net.inet.ip.porthifirst",
        system="OpenBSD",
        way=BSD_SYSCTL,
        default="49152 (to porthilast, 65535), beside portfirst 1024 to portlast 49151",
        unit="port",
        states=("TIME_WAIT", "CLOSE_WAIT"),
        does="Where the ranges of local ports begin.",
        does_not=(NOT_A_LEAK,),
        aliases=("net.inet.ip.porthilast", "net.inet.ip.portfirst", "net.inet.ip.portlast"),
        source="outputs of sysctl that people have published",
    ),
)
