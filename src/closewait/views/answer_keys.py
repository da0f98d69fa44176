"""What the keys of a JSON answer mean (schema `closewait/1`): `as_json.py` writes them, this says what they are.

A key is there always, unless its meaning says when; what is not known is null, or an empty list of what may be
several. Promised keys never vanish; the others may get company.
"""

from closewait.records import record
from closewait.snapshot.columns import ALWAYS_IN_JSON


@record
class Key:
    """One key: its type in JSON (null where that is possible), and what it means."""

    name: str
    kind: str
    meaning: str
    is_promised: bool = False


@record
class Part:
    """One object of an answer, and where it stands."""

    title: str
    where: str
    keys: tuple[Key, ...]

    @property
    def promised(self) -> frozenset[str]:
        """The keys that never vanish."""
        return frozenset(key.name for key in self.keys if key.is_promised)


TEXTS = "list of texts"
A_MOMENT = "ISO 8601 in UTC, to the millisecond; null where no date is told."
A_CLOCK = "Seconds by a clock whose date is not told: only differences mean anything."

LIST = Part(
    "`closewait list --json`",
    "The answer.",
    (
        Key("schema", "text", "`closewait/1`.", True),
        Key("looks", "list of looks", "Every dump in every source, or the one live look, each with its rows.", True),
    ),
)
EXAMINE = Part(
    "`closewait --json`",
    "The answer.",
    (
        Key("schema", "text", "`closewait/1`.", True),
        Key("looks", "list of looks", "Those that were judged, earliest first, without their rows.", True),
        Key("findings", "list of findings", "Worst first.", True),
        Key("not_understood", "list of {`file`, `why`}", "Files that are neither a dump nor evidence.", True),
        Key(
            "series",
            "list of {`taken_at`, `clock_s`, `states`}",
            "Every look at this host that the sources hold, earliest first; empty where there is one only.",
        ),
    ),
)
SURVEY = Part(
    "`closewait --all-netns --json`",
    "The answer has this in place of `series`.",
    (
        Key(
            "namespaces",
            "object",
            "`with_sockets` and `empty`: how many network namespaces there are of either kind; `caveats`: what could "
            "not be seen.",
        ),
    ),
)
LOOK = Part(
    "A look",
    "Each of `looks`.",
    (
        Key(
            "kind",
            "text",
            "`sockets`, `flows` (of a firewall or NAT), `counts` (only `states` is told) or `descriptors`.",
            True,
        ),
        Key("taken_at", "text or null", A_MOMENT, True),
        Key("clock_s", "number or null", A_CLOCK),
        Key("command", "text or null", "The command that a paste shows before the dump."),
        Key("source", "text", "The file, `standard input`, `this host` or `netns:NAME`.", True),
        Key("netns", "text or null", "The network namespace that was looked into by name."),
        Key("netns_inode", "integer or null", "The number of that namespace, with `--all-netns`."),
        Key("format", "text", "One of [the formats](formats.md).", True),
        Key("sight", "object", "What could be seen and what not: below.", True),
        Key("states", "object", "How many rows are in each state, most first; `NONE` counts rows without one.", True),
        Key("host", "object", "What is known of the host: below."),
        Key("evidence", "object", "What is known besides the sockets: below."),
        Key("processes", "list of objects", "With `list` only: [the processes](columns.md) that hold the sockets."),
        Key(
            "sockets",
            "list of objects",
            f"With `list` only (`flows` where that is the kind): rows as told, [the columns](columns.md). Promised in "
            f"every row: {', '.join(f'`{name}`' for name in ALWAYS_IN_JSON)}. A socket that "
            "several hold has `holders`.",
            True,
        ),
    ),
)
SIGHT = Part(
    "What could be seen",
    "`sight` of a look.",
    (
        Key("rows", "integer", "Rows that were read.", True),
        Key(
            "lines_not_understood",
            "list of {`line_no`, `text`, `why`}",
            "Lines that should have given a row and gave none.",
            True,
        ),
        Key("owners_hidden", "integer", "Sockets whose holder this user may not see.", True),
        Key("owners_told", "true, false or null", "Whether every holder was visible; null: none is ever named there."),
        Key("caveats", TEXTS, "What else the reader has to know, one sentence each.", True),
        Key("took_s", "object", "Seconds by phase, of a live look."),
    ),
)
HOST = Part(
    "The host",
    "`host` of a look, and of its `evidence`.",
    (
        Key("system", "text or null", "`Linux`, `Windows`, …"),
        Key("kernel", "text or null", "Its release, as `uname -r` prints it."),
        Key("port_range", "two integers or null", "net.ipv4.ip_local_port_range: first and last."),
        Key("reserved_ports", "list of integers", "net.ipv4.ip_local_reserved_ports."),
        Key("time_wait_s", "number or null", "How long TIME_WAIT lasts."),
        Key("fin_timeout_s", "number or null", "net.ipv4.tcp_fin_timeout."),
        Key("tw_reuse", "integer or null", "net.ipv4.tcp_tw_reuse: 0 no, 1 yes, 2 loopback only."),
        Key("somaxconn", "integer or null", "net.core.somaxconn."),
        Key("max_syn_backlog", "integer or null", "net.ipv4.tcp_max_syn_backlog."),
        Key("orphans", "integer or null", "Sockets that their programs have closed and that are not gone (sockstat)."),
        Key("max_orphans", "integer or null", "net.ipv4.tcp_max_orphans."),
        Key("tcp_memory_pages", "integer or null", "Pages held by the buffers of TCP (sockstat)."),
        Key("tcp_mem_pages", "three integers or null", "net.ipv4.tcp_mem: low, pressure, high."),
        Key("conntrack_flows", "integer or null", "net.netfilter.nf_conntrack_count."),
        Key("conntrack_limit", "integer or null", "net.netfilter.nf_conntrack_max."),
        Key("uptime_s", "number or null", "Seconds that the host runs; at least, where reckoned from its start."),
        Key("booted_at_unix_s", "number or null", "When it started, by a clock of no told zone, read as UTC."),
        Key("counters", "object", "The kernel's counters, as nstat names them."),
    ),
)
EVIDENCE = Part(
    "Evidence",
    "`evidence` of a look.",
    (
        Key("told", "list of {`origin`, `what`}", "What was understood, and where it stands."),
        Key("host", "object", "What it tells of the host, as above."),
        Key(
            "processes",
            "list of {`origin`, `pid`, `process`, `descriptors`, `descriptor_limit`}",
            "Descriptors and limits of processes.",
        ),
        Key(
            "threads",
            "list of objects",
            "Threads: `origin`, `name`, `pid`, `tid`, `frames` (innermost first), `waits_for` in words, `descriptor` "
            "of its system call, `running`, `line` of the program's code, `run_ns` it has used the processor.",
        ),
        Key("watches", "list of {`pid`, `descriptor`, `inodes`}", "The epoll sets of a process, and what they watch."),
        Key("messages", "list of {`origin`, `sign`, `text`, `port`}", "Lines of logs that bear on sockets."),
        Key("timeouts", "list of {`origin`, `name`, `seconds`}", "Time limits that a configuration sets."),
        Key("remarks", "list of {`origin`, `text`}", "What a person wrote, word for word."),
        Key("settings", "list of {`origin`, `name`, `value`}", "[Settings](settings.md), as told."),
        Key("listings", "list of {`origin`, `beginning`}", "Every setting whose name begins so was told."),
    ),
)
FINDING = Part(
    "A finding",
    "Each of `findings`.",
    (
        Key("rule", "text", "The name of [the rule](rules/README.md); a promise once released.", True),
        Key("code", "text", "The rule's code; its first letter says whose move it is.", True),
        Key("severity", "text", "`benign`, `warning` or `critical`.", True),
        Key("certainty", "text", "`certain`, `likely` or `possible`.", True),
        Key("whose_move", "text", "`local application`, `peer`, `kernel timer`, `admin` or `nobody`.", True),
        Key(
            "owner",
            "object or null",
            "The first of `owners`, without its count.",
            True,
        ),
        Key("role", "text or null", "`server` or `client`.", True),
        Key("where", "text", "The place with the most of them: the listener, or the destination.", True),
        Key("sockets", "integer", "How many sockets it is about.", True),
        Key("says", "text", "The verdict in one sentence.", True),
        Key("because", TEXTS, "The evidence.", True),
        Key("next", TEXTS, "What to do, first things first.", True),
        Key("will_not_help", TEXTS, "What is often advised and does not end it.", True),
        Key("check_with", "text or null", "A command of the system that shows the same.", True),
        Key("also_seen", TEXTS, "Other rules that spoke about the same sockets.", True),
        Key("doubt", TEXTS, "What would refute it."),
        Key("second_look", "text or null", "What a second look would settle."),
        Key(
            "owners",
            "list of objects",
            "Whom it is charged to, most sockets first: `pid`, `process`, `sockets`, `user`, `unit`, `container`, "
            "`container_runtime`, `pod_uid`.",
        ),
        Key("places", "list of {`where`, `sockets`}", "Where the sockets are, most first."),
        Key("pairs", "object or null", "Those of its sockets whose other end is on this host, too: below."),
        Key("found_in", "text or null", "The look's source, where several places were looked at together."),
        Key("age_low_s", "number or null", "For how long the youngest is in its state, at least."),
        Key("age_oldest_low_s", "number or null", "For how long the oldest is in its state, at least."),
    ),
)
PAIRS = Part(
    "Both ends",
    "`pairs` of a finding.",
    (
        Key("sockets", "integer", "How many of the finding's sockets have their other end here."),
        Key("says", "text", "Whose move it is, in one sentence."),
        Key(
            "examples",
            "list of {`here`, `there`, `sockets`}",
            "The most frequent pairs; either end has `state`, `pid`, `process`, `address`, `port` and "
            "`found_in`, which is null where it is in the finding's own place.",
        ),
    ),
)

PARTS = (LIST, EXAMINE, SURVEY, LOOK, SIGHT, HOST, EVIDENCE, FINDING, PAIRS)
