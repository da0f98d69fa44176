"""Windows: what became of the registry values that every old page tells, and what took their place.

None of these registry values exists until somebody creates it; a missing value means the default.
"""

from closewait.tcp.settings.setting import (
    EVERYTHING,
    KEEPALIVE_NOT_CLOSE_WAIT,
    NOT_A_LEAK,
    NOT_CLOSE_WAIT,
    Setting,
    Way,
)

KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
REGISTRY = Way(
    "registry value (REG_DWORD)",
    read=f"reg query {KEY} /v {{name}}",
    set_for_good=f"reg add {KEY} /v {{name}} /t REG_DWORD /d {{value}}",
    note="Needs an administrator; takes effect after a restart.",
)
ABSENT = "Windows never creates it. That it is missing means the default, and no fault."
OLD_WINDOWS = "until Windows XP and Server 2003"

WINDOWS_SETTINGS = (
    Setting(
        name="MaxUserPort",
        system="Windows",
        way=REGISTRY,
        default="5000 (ports 1025 to 5000)",
        unit="port",
        states=("TIME_WAIT", "CLOSE_WAIT"),
        does="The last port that connect() chose from.",
        does_not=(NOT_A_LEAK, "work on Windows Vista, Server 2008 or newer"),
        versions=OLD_WINDOWS,
        until=(5, 2),
        successor="dynamicport tcp",
        replaced_by="the dynamic port range: netsh int ipv4 show dynamicport tcp",
        if_missing=(
            "On Windows 7, Server 2008 and everything newer it is not the mechanism any more: the range has begun at "
            "49152 since Vista, and netsh shows and sets it. On older systems it is missing too, until you create it; "
            "missing means 5000 there."
        ),
        source="Microsoft KB 929851; Microsoft, MaxUserPort (cc758002, cc938196)",
    ),
    Setting(
        name="dynamicport tcp",
        system="Windows",
        way=Way(
            "port range, for ipv4 and ipv6 apart",
            read="netsh int ipv4 show dynamicport tcp",
            set_for_good="netsh int ipv4 set dynamicport tcp {value}",
            note="Needs an administrator; takes effect at once and stays. PowerShell: Get-NetTCPSetting.",
        ),
        default="start=49152 num=16384",
        unit="first port and number of ports",
        states=("TIME_WAIT", "CLOSE_WAIT", "BOUND"),
        does=(
            "The ports connect() chooses from. A client-side CLOSE_WAIT keeps its port for as long as the program "
            "lives. Events 4227 and 4231 in the System log say that ports ran short."
        ),
        does_not=(NOT_A_LEAK,),
        aliases=(
            "dynamicport",
            "dynamicportrange",
            "dynamic port range",
            "DynamicPortRangeStartPort",
            "DynamicPortRangeNumberOfPorts",
        ),
        versions="Windows Vista, Server 2008 and newer",
        since=(6, 0),
        if_missing="Windows XP and Server 2003 have MaxUserPort instead.",
        value="start=10000 num=55536",
        sought="more",
        risk="It may meet ports of services and rules of firewalls. At least 255 ports, the first at least 1025.",
        source="Microsoft KB 929851; Microsoft, port exhaustion troubleshooting",
    ),
    Setting(
        name="AutoReusePortRangeStartPort",
        system="Windows",
        way=Way(
            "TCP setting of PowerShell",
            read="Get-NetTCPSetting | Format-List AutoReuse*",
            set_for_good=(
                "Set-NetTCPSetting -SettingName InternetCustom -AutoReusePortRangeStartPort 10000 "
                "-AutoReusePortRangeNumberOfPorts {value}"
            ),
            note="Needs an administrator.",
        ),
        default="0 (off)",
        unit="port",
        states=("TIME_WAIT", "BOUND"),
        does="A second range, from which connect() without bind() may share ports among destinations.",
        does_not=(NOT_A_LEAK,),
        aliases=("AutoReusePortRangeNumberOfPorts",),
        versions="Windows 10, Server 2016 and newer",
        since=(10, 0),
        value="40000",
        source="Microsoft, Set-NetTCPSetting",
        unverified=("versions", "set_for_good"),
    ),
    Setting(
        name="TcpTimedWaitDelay",
        system="Windows",
        way=REGISTRY,
        default=(
            "Microsoft's own pages contradict each other: 240 (2000, XP; and 4 minutes in a page on Windows 10), 120 "
            "(Server 2003); 30 is said of modern Windows elsewhere. Measure it: watch one row in netstat -ano"
        ),
        unit="s",
        states=("TIME_WAIT",),
        does="How long TIME_WAIT lasts. The documented range is 30 to 300 s (0 to 300 in the page on Server 2003).",
        does_not=(NOT_CLOSE_WAIT,),
        versions="since NT 4; that Vista and newer read it is said by vendors, not shown",
        if_missing=ABSENT + " Create it to change the time.",
        value="60",
        sought="less",
        risk="Too low: an old packet can reach a new connection.",
        measure=(
            "Let this host close a connection first, then print the time and `netstat -ano -p tcp | findstr TIME_WAIT` "
            "every second: from the row's first to its last appearance is the TIME_WAIT in force. Newer versions "
            "tell it themselves: `netstat -i` shows how long each connection has been in its state."
        ),
        source="Microsoft cc938217, cc757512 and port exhaustion troubleshooting; curl pull request 8528",
        unverified=("versions",),
    ),
    Setting(
        name="KeepAliveTime",
        system="Windows",
        way=REGISTRY,
        default="7200000",
        unit="ms",
        states=("ESTABLISHED", "CLOSE_WAIT"),
        does=(
            "How long a connection is idle before the first keepalive probe; only on sockets with SO_KEEPALIVE. For "
            "one socket: SIO_KEEPALIVE_VALS, or TCP_KEEPIDLE on Windows 10 1709 and newer."
        ),
        does_not=(KEEPALIVE_NOT_CLOSE_WAIT, "switch keepalive on: each program does that for each socket"),
        aliases=("SIO_KEEPALIVE_VALS",),
        if_missing=ABSENT,
        value="300000",
        sought="less",
        source="Microsoft, SO_KEEPALIVE; Microsoft cc957549",
    ),
    Setting(
        name="KeepAliveInterval",
        system="Windows",
        way=REGISTRY,
        default="1000",
        unit="ms",
        states=("ESTABLISHED", "CLOSE_WAIT"),
        does="The pause between two unanswered keepalive probes. Ten of them end a connection (five before Vista).",
        does_not=(KEEPALIVE_NOT_CLOSE_WAIT,),
        if_missing=ABSENT,
        value="1000",
        source="Microsoft, SO_KEEPALIVE; Microsoft cc957548",
    ),
    Setting(
        name="TcpMaxDataRetransmissions",
        system="Windows",
        way=REGISTRY,
        default="5",
        unit="retries",
        states=("ESTABLISHED", "FIN_WAIT_1", "LAST_ACK", "CLOSE_WAIT"),
        does="How often unacknowledged data is sent again before the connection is given up.",
        does_not=("end a CLOSE_WAIT with nothing to send",),
        if_missing=ABSENT,
        value="5",
        source="CIS benchmarks for Windows; Microsoft, SO_KEEPALIVE",
    ),
    Setting(
        name="StrictTimeWaitSeqCheck",
        system="Windows",
        way=REGISTRY,
        default="0",
        unit="0 or 1",
        states=("TIME_WAIT",),
        does="Was to be 1 beside a lowered TcpTimedWaitDelay.",
        does_not=(NOT_CLOSE_WAIT,),
        versions=OLD_WINDOWS,
        until=(5, 2),
        if_missing=ABSENT,
        value="1",
        source="tuning guides of vendors",
        unverified=EVERYTHING,
    ),
    Setting(
        name="TcpNumConnections",
        system="Windows",
        way=REGISTRY,
        default="16777214",
        unit="connections",
        states=("ESTABLISHED",),
        does="How many connections there may be at once.",
        does_not=(NOT_A_LEAK,),
        versions=OLD_WINDOWS,
        until=(5, 2),
        if_missing=ABSENT + " Newer versions are said to ignore it.",
        source="tuning guides",
        unverified=EVERYTHING,
    ),
    Setting(
        name="TcpFinWait2Delay",
        system="Windows",
        way=REGISTRY,
        default="240",
        unit="s",
        states=("FIN_WAIT_2",),
        does="How long FIN_WAIT_2 may last.",
        does_not=(NOT_CLOSE_WAIT, "touch TIME_WAIT"),
        versions="Windows 2000 to Server 2003",
        until=(5, 2),
        if_missing=ABSENT + " Newer versions are said to wait about 120 s.",
        value="30",
        sought="less",
        source="no source opened",
        unverified=EVERYTHING,
    ),
    Setting(
        name="MaxFreeTcbs",
        system="Windows",
        way=REGISTRY,
        default="2000 on Windows 2000 Server with 64 MB and more, 1000 on Professional",
        unit="connections",
        states=("TIME_WAIT",),
        does="How many connections TCP prepared for; when they ran out, TIME_WAIT was cut short.",
        does_not=(NOT_CLOSE_WAIT,),
        aliases=("MaxHashTableSize",),
        versions=OLD_WINDOWS,
        until=(5, 2),
        if_missing=ABSENT + " Newer versions size themselves.",
        source="Microsoft, MaxFreeTcbs (cc938178), cc757512",
        unverified=("versions",),
    ),
    Setting(
        name="EnableDynamicBacklog",
        system="Windows",
        way=Way("registry value (REG_DWORD)", read=r"reg query HKLM\SYSTEM\CurrentControlSet\Services\AFD\Parameters"),
        default="0",
        unit=None,
        states=("SYN_RECEIVED", "LISTEN"),
        does="Let the queue of half-open requests grow, within DynamicBacklogGrowthDelta and the two other values.",
        aliases=("DynamicBacklogGrowthDelta", "MinimumDynamicBacklog", "MaximumDynamicBacklog"),
        versions="Windows 2000 to Server 2003",
        until=(5, 2),
        if_missing=ABSENT,
        source="no source opened",
        unverified=EVERYTHING,
    ),
)
