"""Linux: the sysctls that say how many: ports, queues, sockets, descriptors. How long: linux_clocks.py."""

from closewait.tcp.settings.linux_clocks import IP_SYSCTL, READ, SYSCTL
from closewait.tcp.settings.setting import NOT_A_LEAK, NOT_CLOSE_WAIT, Setting, Way

WHOLE_HOST_SYSCTL = Way(
    "sysctl", SYSCTL.read, SYSCTL.set_now, SYSCTL.set_for_good, "Needs root. One for the whole host."
)

LIMIT_SETTINGS = (
    Setting(
        name="net.ipv4.ip_local_port_range",
        system="Linux",
        way=SYSCTL,
        default="32768 60999 (28,232 ports)",
        unit="first and last port",
        states=("TIME_WAIT", "CLOSE_WAIT", "BOUND"),
        does=(
            "The ports connect() and bind() to port 0 choose from. A client-side CLOSE_WAIT keeps its port for as long "
            "as the program lives, a TIME_WAIT for 60 s."
        ),
        does_not=(NOT_A_LEAK, "count over all destinations: the range is there once for each remote address and port"),
        value="15000 60999",
        sought="wider",
        risk="It may meet ports of servers: put those into ip_local_reserved_ports. One end even, the other odd.",
        source=f"{IP_SYSCTL}; {READ}",
    ),
    Setting(
        name="net.ipv4.ip_local_reserved_ports",
        system="Linux",
        way=SYSCTL,
        default="none",
        unit="list of ports",
        states=("BOUND",),
        does="Ports that connect() and bind() to port 0 leave alone; a program that names one still gets it.",
        value="8080,9148",
        risk="Writing replaces the whole list.",
        source=f"{IP_SYSCTL}; {READ}",
    ),
    Setting(
        name="net.ipv4.ip_autobind_reuse",
        system="Linux",
        way=SYSCTL,
        default="0",
        unit="0 or 1",
        states=("BOUND", "TIME_WAIT"),
        does="Lets bind() to port 0 share ports among sockets that all set SO_REUSEADDR.",
        does_not=(NOT_CLOSE_WAIT,),
        versions="Linux 5.7 and newer",
        since=(5, 7),
        risk="May break programs; IP_BIND_ADDRESS_NO_PORT is the better way.",
        source=f"{IP_SYSCTL}; {READ}",
        unverified=("versions",),
    ),
    Setting(
        name="net.core.somaxconn",
        system="Linux",
        way=SYSCTL,
        default="4096",
        unit="connections",
        states=("LISTEN", "CLOSE_WAIT"),
        does=(
            "The most that listen() can ask for as accept queue. Clients that give up waiting in it leave CLOSE_WAIT "
            "without a process."
        ),
        does_not=("make a program accept", "lengthen a queue before the program asks for more and is restarted"),
        versions="4096 since Linux 5.4, 128 before",
        default_before=((5, 4), "128"),
        value="8192",
        sought="more",
        source=f"{IP_SYSCTL}; {READ}",
    ),
    Setting(
        name="net.ipv4.tcp_max_syn_backlog",
        system="Linux",
        way=SYSCTL,
        default="by memory",
        unit="requests",
        states=("SYN_RECEIVED",),
        does=(
            "How many half-open requests one listener remembers while tcp_syncookies is 0; the last quarter is kept "
            "for clients that are known."
        ),
        does_not=(
            "matter while tcp_syncookies is on, as it is by default: the backlog that the program gives listen(), "
            "limited by net.core.somaxconn, bounds half-open requests as well",
            "lengthen the accept queue (net.core.somaxconn does)",
        ),
        value="4096",
        sought="more",
        source=f"{IP_SYSCTL}; net/ipv4/tcp_input.c, tcp_conn_request(); 2048 read on Linux 6.18",
    ),
    Setting(
        name="net.ipv4.tcp_abort_on_overflow",
        system="Linux",
        way=SYSCTL,
        default="0",
        unit="0 or 1",
        states=("LISTEN", "SYN_RECEIVED"),
        does="Resets clients that find the accept queue full, instead of letting them try again.",
        value="0",
        risk="At 1 every burst becomes an error that clients see.",
        source=f"{IP_SYSCTL}; {READ}",
    ),
    Setting(
        name="net.ipv4.tcp_syncookies",
        system="Linux",
        way=SYSCTL,
        default="1",
        unit="0 off, 1 when the queue is full, 2 always",
        states=("SYN_RECEIVED",),
        does="Answers a flood of connection requests without remembering them.",
        does_not=("serve as a tuning knob for ordinary load",),
        source=f"{IP_SYSCTL}; {READ}",
    ),
    Setting(
        name="net.ipv4.tcp_max_tw_buckets",
        system="Linux",
        way=SYSCTL,
        default="by memory (131072 with 24 GB)",
        unit="sockets",
        states=("TIME_WAIT",),
        does="How many TIME_WAIT there may be; beyond it they are dropped at once (counter TCPTimeWaitOverflow).",
        does_not=(NOT_CLOSE_WAIT, "need lowering: TIME_WAIT is small and harmless"),
        risk="The documentation asks not to lower it; old packets may then reach new connections.",
        source=f"{IP_SYSCTL}; {READ}",
    ),
    Setting(
        name="net.ipv4.tcp_max_orphans",
        system="Linux",
        way=WHOLE_HOST_SYSCTL,
        default="by memory",
        unit="sockets",
        states=("FIN_WAIT_1", "FIN_WAIT_2", "LAST_ACK", "CLOSING"),
        does="How many closed sockets without a process may be unfinished; beyond it they are reset at once.",
        does_not=(NOT_CLOSE_WAIT,),
        risk="Each may hold about 64 KiB that cannot be swapped out.",
        source=f"{IP_SYSCTL}; 131072 read on Linux 6.18",
    ),
    Setting(
        name="RLIMIT_NOFILE",
        system="Linux",
        way=Way(
            "resource limit of a process",
            read="grep 'open files' /proc/PID/limits",
            set_now="prlimit --pid PID --nofile={value}:",
            set_for_good="LimitNOFILE={value} in the [Service] part of the program's systemd unit",
            note=(
                "PID stands for the process. prlimit changes its soft limit alone, up to the hard one, which only root "
                "can raise (--nofile=SOFT:HARD)."
            ),
        ),
        default="1024 soft, 524288 hard under systemd",
        unit="descriptors",
        states=("CLOSE_WAIT", "ESTABLISHED", "LISTEN"),
        does="How many descriptors a process may have open. At the limit accept(), connect() and open() fail (EMFILE).",
        does_not=(NOT_A_LEAK,),
        aliases=("ulimit", "ulimit -n", "nofile", "LimitNOFILE", "DefaultLimitNOFILE"),
        value="65536",
        sought="more",
        risk="None, but time to exhaustion is all it buys: (limit - open) divided by the growth.",
        source="getrlimit(2), prlimit(1); systemd system.conf (DefaultLimitNOFILE=1024:524288)",
    ),
    Setting(
        name="fs.nr_open",
        system="Linux",
        way=WHOLE_HOST_SYSCTL,
        default="1048576",
        unit="descriptors",
        states=("CLOSE_WAIT",),
        does="The highest RLIMIT_NOFILE that any process can be given.",
        does_not=(NOT_A_LEAK,),
        value="2097152",
        sought="more",
        source=READ,
    ),
    Setting(
        name="fs.file-max",
        system="Linux",
        way=WHOLE_HOST_SYSCTL,
        default="by memory, or without limit under systemd",
        unit="open files",
        states=("CLOSE_WAIT",),
        does="How many files and sockets the whole host may have open (in use: the first number of fs.file-nr).",
        does_not=(NOT_A_LEAK,),
        source="Linux Documentation/admin-guide/sysctl/fs.rst; 2466183 read on Linux 6.18",
        unverified=("default",),
    ),
    Setting(
        name="net.netfilter.nf_conntrack_max",
        system="Linux",
        way=WHOLE_HOST_SYSCTL,
        default="by memory",
        unit="flows",
        states=("SYN_SENT", "SYN_RECEIVED"),
        does=(
            "How many flows a firewall or NAT on this host remembers (in use: net.netfilter.nf_conntrack_count). "
            "Beyond it the packets of new connections are dropped, and the kernel's log says `table full`."
        ),
        does_not=("end any socket: a flow is what the firewall remembers",),
        aliases=("net.nf_conntrack_max",),
        if_missing="It is there only while connection tracking is loaded.",
        value="524288",
        sought="more",
        risk="Each flow takes about 300 bytes that cannot be swapped out; nf_conntrack_buckets should grow with it.",
        source="Linux Documentation/networking/nf_conntrack-sysctl.rst; 300 bytes from general knowledge",
        unverified=("risk",),
    ),
    Setting(
        name="net.netfilter.nf_conntrack_tcp_timeout_close_wait",
        system="Linux",
        way=SYSCTL,
        default="60",
        unit="s",
        states=(),
        does=(
            "How long a firewall or NAT on this host remembers a flow of which it saw one FIN and its ACK. That is a "
            "flow it watches, not a socket."
        ),
        does_not=(NOT_CLOSE_WAIT,),
        if_missing="It is there only while connection tracking is loaded.",
        value="60",
        risk="Too low: the flow is forgotten while both programs still talk, and their packets are dropped.",
        source=READ,
    ),
)
