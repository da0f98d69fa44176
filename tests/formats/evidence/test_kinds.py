"""What each kind of file tells, in small: the shapes that people paste."""

import pytest

from closewait.formats.evidence import evidence_in
from closewait.snapshot.evidence import NO_EVIDENCE, Evidence, Sign


def told(text: str) -> Evidence:
    """The evidence in a text."""
    return evidence_in(text.encode(), "f") or NO_EVIDENCE


@pytest.mark.parametrize(
    ("text", "pid", "limit"),
    [
        ("Max open files            1024                 4096                 files     \n", None, 1024),
        (
            "$ cat /proc/77/limits\nMax open files            1024                 4096                 files\n",
            77,
            1024,
        ),
        ("NOFILE     max number of open files               1024   1048576 files\n", None, 1024),
        ("open files                          (-n) 256\n", None, 256),
        ("-n: file descriptors                256\n", None, 256),
        ("$ ulimit -n\n1024\n", None, 1024),
        ("LimitNOFILE=524288\nLimitNOFILESoft=1024\n", None, 1024),
    ],
)
def test_limits(text: str, pid: int | None, limit: int) -> None:
    """The soft limit, whoever prints it, and the process that the command names."""
    assert [(fact.pid, fact.descriptor_limit) for fact in told(text).processes] == [(pid, limit)]


def test_no_limit_is_no_number() -> None:
    """`unlimited` is understood and tells none."""
    assert told("Max open files            unlimited            unlimited            files\n").processes == ()


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("46695 java 26390\n", [(46695, "java", 26390)]),
        ("PID COMMAND FDS\n46695 java 26390\n7 nginx 12\n", [(46695, "java", 26390), (7, "nginx", 12)]),
        ("# ls /proc/46695/fd | wc -l\n26390\n", [(46695, None, 26390)]),
        ("ls -1 /proc/46695/fd/ | wc -l  ->  26390", [(46695, None, 26390)]),
        ("ls -l /proc/46695/fd | wc -l\n26391\n", [(46695, None, 26390)]),
        ("ls /proc/$(pidof java)/fd | wc -l\n26390\n", [(None, None, 26390)]),
        (
            "$ ls -l /proc/9/fd\nlrwx------ 1 app app 64 Nov 22 10:00 0 -> /dev/null\n"
            "lrwx------ 1 app app 64 Nov 22 10:00 12 -> 'socket:[3118]'\n",
            [(9, None, 2)],
        ),
        ("lsof | wc -l\n26390\n", []),
        ("12 34 56\n", []),
        ("PID COMMAND OPEN FILES\n46695 java 26390\n", [(46695, "java", 26390)]),
        ("$ ls -l /proc/46695/fd | wc -l\n0\n", []),
        ("$ ls /proc/46695/fd | wc -l\n0\n", []),
        ("$ ls --color=never /proc/46695/fd | wc -l\n7\n", [(46695, None, 7)]),
    ],
)
def test_descriptors(text: str, facts: list[tuple[int | None, str | None, int]]) -> None:
    """Lists, counts and listings of descriptors; lsof counts other things as well."""
    assert [(fact.pid, fact.process, fact.descriptors) for fact in told(text).processes] == facts


@pytest.mark.parametrize(
    "text",
    [
        "    PID COMMAND           RSS\n    100 web            990123\n    200 sh               1100\n",
        "PID COMMAND NLWP\n100 web 1020\n",
        "PID NAME THREADS\n100 web 1020\n",
        "100 web 990123\n200 sh 1100\n",
    ],
)
def test_a_list_of_processes_is_not_of_descriptors_unless_it_says_so(text: str) -> None:
    """`ps` prints a number beside each process as well: its memory, its threads."""
    assert told(text).processes == ()


def test_a_list_is_of_descriptors_where_its_file_is_called_so() -> None:
    """`fdcount.txt` needs no heading; a heading that says something else is believed all the same."""
    listed = evidence_in(b"100 web 1020\n200 sh 3\n", "fdcount.txt") or NO_EVIDENCE
    memory = evidence_in(b"PID COMMAND RSS\n100 web 1020\n", "fdcount.txt") or NO_EVIDENCE

    assert [fact.descriptors for fact in listed.processes] == [1020, 3]
    assert memory.processes == ()


def a_listing(count: int, first: str = "/dev/null") -> str:
    """What `ls -l` prints of so many descriptors."""
    links = [first, *(f"socket:[{number}]" for number in range(1, count))]
    return "total 0\n" + "".join(
        f"lrwx------ 1 app app 64 Nov 22 10:00 {number} -> {link}\n" for number, link in enumerate(links)
    )


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (f"/proc/100/fd:\n{a_listing(1)}\n/proc/200/fd:\n{a_listing(1020)}", [(100, 1), (200, 1020)]),
        (f"$ ls -l /proc/100/fd\n{a_listing(1)}$ ls -l /proc/200/fd/\n{a_listing(3)}", [(100, 1), (200, 3)]),
        (
            f"# ls -l /proc/100/fd\nls: cannot open directory '/proc/100/fd': Permission denied\n"
            f"# ls -l /proc/200/fd\n{a_listing(3)}",
            [(200, 3)],
        ),
        (f"$ ls -l /proc/100/fd\n{a_listing(2)}$ ls -l /proc/$(pidof java)/fd\n{a_listing(5)}", [(100, 2), (None, 5)]),
        (f"$ ls -l /proc/100/fd\n{a_listing(9)}$ ls -l /proc/100/fd\n{a_listing(4)}", [(100, 4)]),
        (f"/proc/100/fd:\n{a_listing(3, first='/proc/200/fd')}", [(100, 3)]),
        (a_listing(3), [(None, 3)]),
        (a_listing(3) + a_listing(4), []),
    ],
)
def test_descriptors_are_of_the_folder_they_are_listed_in(text: str, facts: list[tuple[int | None, int]]) -> None:
    """Each process has its own, the last list counts, and two lists that name nobody may be of two processes."""
    assert [(fact.pid, fact.descriptors) for fact in told(text).processes] == facts


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("net.ipv4.ip_local_port_range = 32768\t60999\n", "port_range", (32768, 60999)),
        ("net.ipv4.ip_local_reserved_ports = 8080,9148-9150\n", "reserved_ports", (8080, 9148, 9149, 9150)),
        ("net.ipv4.ip_local_reserved_ports = 7-9,1-2,8-10,5,12-11,70000\n", "reserved_ports", (1, 2, 5, 7, 8, 9, 10)),
        ("net.ipv4.tcp_tw_reuse=2 # default\n", "tw_reuse", 2),
        ("/etc/sysctl.conf:net.core.somaxconn = 4096\n", "somaxconn", 4096),
        ("net/ipv4/tcp_max_orphans = 65536\n", "max_orphans", 65536),
        ("/proc/sys/net/ipv4/tcp_max_orphans:65536\n", "max_orphans", 65536),
        ("==> /proc/sys/net/ipv4/tcp_mem <==\n21180 28243 42360\n", "tcp_mem_pages", (21180, 28243, 42360)),
        ("$ cat /proc/sys/net/ipv4/tcp_fin_timeout\n30\n", "fin_timeout_s", 30),
        ("net.netfilter.nf_conntrack_count = 65500\n", "conntrack_flows", 65500),
        ("net.inet.ip.portrange.first: 10000\nnet.inet.ip.portrange.last: 65535\n", "port_range", (10000, 65535)),
        ("net.inet.tcp.msl: 30000\n", "time_wait_s", 60.0),
        ("# net.core.somaxconn = 4096\n", "somaxconn", None),
        ("net.core.somaxconn = many\n", "somaxconn", None),
    ],
)
def test_sysctl(text: str, name: str, value: object) -> None:
    """A setting in any of its spellings is a fact of the host; a comment is none."""
    assert getattr(told(text).host, name) == value


TCPIP = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters"


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (f"{TCPIP}\n    TcpTimedWaitDelay    REG_DWORD    0x1e\n", {"TcpTimedWaitDelay": "30"}),
        (f"{TCPIP.lower()}\n    tcptimedwaitdelay    REG_DWORD    0x1e\n", {"TcpTimedWaitDelay": "30"}),
        (f'[{TCPIP}]\n"KEEPALIVETIME"=dword:000493e0\n', {"KeepAliveTime": "300000"}),
        (
            f'[{TCPIP}]\n"KeepAliveTime"=dword:000493e0\n\n'
            '[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\n"KeepAliveTime"=dword:00000001\n"MaxUserPort"=dword:00000001\n',
            {"KeepAliveTime": "300000"},
        ),
        (
            f'[{TCPIP}]\n\n[-HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\n[HKEY_CURRENT_USER\\X]\n"MaxUserPort"=dword:00000001\n',
            {},
        ),
        (f'[{TCPIP}\\Interfaces]\n"KeepAliveTime"=dword:00000001\n', {}),
    ],
)
def test_windows_registry(text: str, settings: dict[str, str]) -> None:
    """Names in any case, as Windows reads them, and only what stands below the key of TCP itself."""
    assert {fact.name: fact.value for fact in told(text).settings} == settings


@pytest.mark.parametrize(
    ("text", "counters"),
    [
        (
            "#kernel\nTcpExtListenOverflows           88123              0.0\nTcpExtListenDrops  7  1.5\n",
            {"TcpExtListenOverflows": 88123, "TcpExtListenDrops": 7},
        ),
        ('{"kernel":{"TcpActiveOpens":186,"IpInReceives":3}}', {"TcpActiveOpens": 186, "IpInReceives": 3}),
        ("TcpExt: ListenOverflows ListenDrops\nTcpExt: 5 6\n", {"TcpExtListenOverflows": 5, "TcpExtListenDrops": 6}),
        (
            "TcpExt:\n    5 times the listen queue of a socket overflowed\n    6 SYNs to LISTEN sockets dropped\n"
            "    TCPTimeWaitOverflow: 7\n    TCP ran low on memory 8 times\n",
            {
                "TcpExtListenOverflows": 5,
                "TcpExtListenDrops": 6,
                "TcpExtTCPTimeWaitOverflow": 7,
                "TcpExtTCPMemoryPressures": 8,
            },
        ),
    ],
)
def test_counters(text: str, counters: dict[str, int]) -> None:
    """nstat's names, whoever prints them."""
    assert told(text).host.counters == counters


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        (
            "Protocol tcp Dynamic Port Range\n---------------------------------\n"
            "Start Port      : 49152\nNumber of Ports : 16384\n",
            (49152, 65535),
        ),
        (
            "\r\nDynamischer Portbereich für das TCP-Protokoll\r\n---------------------------------\r\n"
            "Startport         : 1025\r\nAnzahl von Ports  : 64510\r\n\r\n",
            (1025, 65534),
        ),
        ("DynamicPortRangeStartPort       : 49152\nDynamicPortRangeNumberOfPorts   : 16384\n", (49152, 65535)),
        ("Protocol tcp Dynamic Port Range\n-------\nStart Port : 65000\nNumber of Ports : 9000\n", None),
    ],
)
def test_netsh(text: str, ports: tuple[int, int] | None) -> None:
    """The two numbers, whatever the words; a range that no host can have is none."""
    assert told(text).host.port_range == ports


@pytest.mark.parametrize(
    ("text", "system", "kernel", "uptime_s"),
    [
        (
            "Linux web1 5.10.0-18-amd64 #1 SMP Debian 5.10.140-1 (2022-09-02) x86_64 GNU/Linux\n",
            "Linux",
            "5.10.0-18-amd64",
            None,
        ),
        ("Darwin mac.lan 22.6.0 Darwin Kernel Version 22.6.0: root:xnu arm64\n", "macOS", "22.6.0", None),
        (" 10:00:00 up 3 days,  4:05,  1 user,  load average: 0.00, 0.01, 0.05\n", None, None, 273900.0),
        (" 10:00:00 up 12 min,  2 users,  load average: 0.00, 0.01, 0.05\n", None, None, 720.0),
        ("10:00  up 8 days, 2 mins, 3 users, load averages: 1.0 1.0 1.0\n", None, None, 691320.0),
        (
            "Betriebssystemname:            Microsoft Windows Server 2019 Standard\n"
            "Betriebssystemversion:         10.0.17763 Nicht zutreffend Build 17763\n"
            "Systemstartzeit:               20.11.2023, 08:00:00\n",
            "Windows",
            "10.0.17763",
            None,
        ),
        (
            "Betriebssystemname:    Microsoft Windows XP Professional\nBetriebssystemversion: 5.1.2600 Service Pack 3\n"
            "Systembetriebszeit:    498 Tage, 3 Stunden, 24 Minuten, 5 Sekunden\n",
            "Windows",
            "5.1.2600",
            43039445.0,
        ),
        (
            "Sun 11/22/2026\n10:00 PM\n\nOS Name:   Microsoft Windows 7 Professional\n"
            "OS Version:                6.1.7601 Service Pack 1 Build 7601\n"
            "Original Install Date:     1/20/2009, 8:00:12 AM\nSystem Boot Time:          11/20/2026, 8:00:00 AM\n",
            "Windows",
            "6.1.7601",
            62 * 3600.0 - 12 * 3600.0,  # the clock's zone is not told, so twelve hours may be missing
        ),
        (
            "Sun 11/22/2026\n10:00 PM\n\nOS Name:   Microsoft Windows 7 Professional\n"
            "OS Version:                6.1.7601 Service Pack 1 Build 7601\n"
            "System Boot Time:          3/2/2026, 8:00:00 AM\n",  # March or February
            "Windows",
            "6.1.7601",
            None,
        ),
    ],
)
def test_system(text: str, system: str | None, kernel: str | None, uptime_s: float | None) -> None:
    """uname, uptime, systeminfo."""
    host = told(text).host

    assert (host.system, host.kernel, host.uptime_s) == (system, kernel, uptime_s)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("send_timeout 65s;\nproxy_read_timeout 1h 30m;\n", [("send_timeout", 65), ("proxy_read_timeout", 5400)]),
        ("keepalive_timeout 75 60;\n", [("keepalive_timeout", 75)]),
        ("  timeout client 12h\n timeout check 50000 # ms\n", [("timeout client", 43200), ("timeout check", 50)]),
        ("  idle_timeout: 3600s\n", [("idle_timeout", 3600)]),
        ("keepalive_timeout 0;\n", []),
    ],
)  # fmt: skip
def test_proxy_timeouts(text: str, limits: list[tuple[str, float]]) -> None:
    """Each limit in seconds, under the configuration's own name for it; 0 is no limit."""
    assert [(timeout.name, timeout.seconds) for timeout in told(text).timeouts] == limits


@pytest.mark.parametrize(
    ("text", "sign", "port"),
    [
        ("Out of socket memory\n", Sign.SOCKET_MEMORY, None),
        ("possible SYN flooding on port 2003. Sending cookies.\n", Sign.SYN_FLOODING, 2003),
        ("[1.234567] TCP: request_sock_TCP: Possible SYN flooding on port [::]:80. Sending.\n", Sign.SYN_FLOODING, 80),
        (
            "2015/04/22 03:59:10 http: Accept error: accept tcp [::]:2379: too many open files;\n",
            Sign.NO_DESCRIPTOR,
            2379,
        ),
        ("2024/01/02 10:00:00 [crit] 7#0: accept4() failed (24: Too many open files)\n", Sign.NO_DESCRIPTOR, None),
        ("java.net.SocketException: Too many open files (Accept failed)\n", Sign.NO_DESCRIPTOR, None),
        ("OSError: [Errno 24] Too many open files\n", Sign.NO_DESCRIPTOR, None),
        ("Error: accept EMFILE\n", Sign.NO_DESCRIPTOR, None),
        ("open: Too many open files in system\n", Sign.NO_DESCRIPTOR_ON_HOST, None),
        ("connect: Cannot assign requested address\n", Sign.NO_LOCAL_PORT, None),
        ("Error: connect EADDRNOTAVAIL 10.0.0.9:80 - Local (0.0.0.0:0)\n", Sign.NO_LOCAL_PORT, None),
        ("Nov 22 10:00:00 web kernel: TCP: too many orphaned sockets\n", Sign.ORPHANS, None),
        ("nf_conntrack: nf_conntrack: table full, dropping packet\n", Sign.CONNTRACK_FULL, None),
        ("TCP: time wait bucket table overflow\n", Sign.TIME_WAIT_OVERFLOW, None),
        ("Out of memory: Killed process 7 (java) total-vm:1kB\n", Sign.OUT_OF_MEMORY, None),
    ],
)
def test_log(text: str, sign: Sign, port: int | None) -> None:
    """What kernels and programs write, with and without a time before it."""
    assert [(message.sign, message.port, message.text) for message in told(text).messages] == [
        (sign, port, text.strip())
    ]


@pytest.mark.parametrize(
    "line",
    [
        "2024/01/02 10:00:00 [emerg] 7#7: bind() to 10.0.0.5:80 failed (99: Cannot assign requested address)",
        "nginx: [emerg] bind() to 10.0.0.5:80 failed (99: Cannot assign requested address)",
        "2024/01/02 10:00:00 bind(10.0.0.7) failed (99: Cannot assign requested address) while connecting to upstream",
        "2024/01/02 10:00:00 bind failed, Winsock error 10048",
        "2024/01/02 10:00:00 listen tcp 10.0.0.5:80: bind: cannot assign requested address",
        "Error: listen EADDRNOTAVAIL: address not available 10.0.0.5:80",
        "java.net.BindException: Cannot assign requested address (Bind failed)",
    ],
)
def test_a_bind_that_fails_is_no_lack_of_ports(line: str) -> None:
    """Its address is not this host's, or its one port is taken: the same error, another cause."""
    assert told(line + "\n").messages == ()


@pytest.mark.parametrize(
    "line",
    [
        "java.net.BindException: Cannot assign requested address: connect",
        "2024/01/02 10:00:00 dial tcp 10.0.0.9:80: connect: cannot assign requested address",
        "2024/01/02 10:00:00 connect failed, Winsock error 10048",
    ],
)
def test_a_connect_that_fails_is_a_lack_of_ports(line: str) -> None:
    """Whatever the class of the exception is called."""
    assert [message.sign for message in told(line + "\n").messages] == [Sign.NO_LOCAL_PORT]


def test_a_loop_that_writes_one_line_is_told_once_in_a_while() -> None:
    """A million lines are counted; some are kept."""
    found = told("accept: Too many open files\n" * 5000)

    assert len(found.messages) == 10
    assert "5,000" in found.told[0].what


def test_a_log_without_signs_is_understood() -> None:
    """It is named, and tells nothing."""
    found = told("2024-01-02 10:00:00 INFO started\n" * 4)

    assert (found.messages, found.remarks) == ((), ())
    assert "none of its 4 lines" in found.told[0].what


@pytest.mark.parametrize(
    "text",
    [
        "It hangs every night.",
        "We see “too many open files” in the log after some hours, then we restart.",
        "subset of 26358 rows: ss -np | grep 33000 | wc -l  ->  26358. The forwarder on :33000 was restarted before.",
        "Die Verbindungen bleiben stundenlang so stehen.",
        "服务每天晚上都会挂起",
    ],
)
def test_a_note_is_kept_word_for_word(text: str) -> None:
    """In any language; what it says of a log is hearsay, and no message."""
    found = told(text)

    assert [remark.text for remark in found.remarks] == [text]
    assert found.messages == ()


@pytest.mark.parametrize(
    "text",
    [
        "3f2a 99 10 ffee 01 aa 7c",
        "Proto   Recv   Send   Local\ntcp   0   0   x\n",
        "aGVsbG8gd29ybGQgdGhpcyBpcyBiYXNlNjQ=",
        '{"some": "json", "with": "words inside it"}',
        "server {\n  listen 80;\n  root html;\n}\n",
        "%PDF-1.4",
        "one two",
    ],
)
def test_noise_is_no_note(text: str) -> None:
    """Tables, code and noise are not what a person wrote."""
    assert told(text) == NO_EVIDENCE
