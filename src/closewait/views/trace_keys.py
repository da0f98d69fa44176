"""What the keys of a traced line mean: `trace_lines.py` writes them, this says what they are."""

from closewait.views.answer_keys import Key, Part

SCHEMA_KEY = Key("schema", "text", "`closewait/1`.", True)
NUMBER_OR_NULL, TEXT_OR_NULL = "integer or null", "text or null"
SECONDS_OR_NULL = "number or null"


def kind(name: str) -> Key:
    """What a line is."""
    return Key("kind", "text", f"`{name}`.", True)


ENDS = (
    Key("local_address", "text", "This end, as `ss` writes addresses.", True),
    Key("local_port", NUMBER_OR_NULL, "Null while a connecting socket has none yet.", True),
    Key("remote_address", "text", "The other end.", True),
    Key("remote_port", NUMBER_OR_NULL, "Null on a listener.", True),
)

TRANSITION = Part(
    "`closewait trace`: a transition",
    "A line for each, as it happens.",
    (
        SCHEMA_KEY,
        kind("transition"),
        Key("at_unix_s", "number", "When, in seconds since 1970, by the clock of the day as it is set now.", True),
        Key("socket", "integer", "A number for the socket, from its first transition that was seen to its end.", True),
        *ENDS,
        Key("before", "text", "The state it left.", True),
        Key("after", "text", "The state it entered.", True),
        Key("before_lasted_s", SECONDS_OR_NULL, "How long it was in `before`; null where it was not seen.", True),
        Key(
            "pid", NUMBER_OR_NULL, "The process in whose call it happened; null where a packet or a clock did it.", True
        ),
        Key("process", TEXT_OR_NULL, "Its name; null also where it was gone already.", True),
        Key("closed_first", TEXT_OR_NULL, "`this end`, `the peer` or `both`, as far as the states seen tell.", True),
    ),
)
ENDING = Part(
    "`closewait trace`: a socket's end",
    "The kernel's last word about a socket of this network namespace.",
    (
        SCHEMA_KEY,
        kind("ending"),
        Key("socket", NUMBER_OR_NULL, "As in its transitions.", True),
        *ENDS,
        Key("cookie", "integer", "The kernel's own number for the socket; `closewait list` tells it too.", True),
        Key("bytes_sent", NUMBER_OR_NULL, "Sent, those sent again included.", True),
        Key("bytes_acked", NUMBER_OR_NULL, "Confirmed by the peer; the SYN and the FIN count as one each.", True),
        Key("bytes_received", NUMBER_OR_NULL, "Received; the FIN counts as one.", True),
        Key("segments_out", NUMBER_OR_NULL, "Segments sent.", True),
        Key("segments_in", NUMBER_OR_NULL, "Segments received.", True),
        Key("retransmitted_segments", NUMBER_OR_NULL, "Segments sent again.", True),
        Key("rtt_us", NUMBER_OR_NULL, "Smoothed round-trip time, in microseconds.", True),
        Key("min_rtt_us", NUMBER_OR_NULL, "The shortest round-trip time, in microseconds.", True),
    ),
)
STORY = Part(
    "`closewait trace --stories`: a connection",
    "A line for each, when it is over or the trace ends.",
    (
        SCHEMA_KEY,
        kind("story"),
        Key("here", "object", "The end that was seen first: `socket`, its ends, `state`, `ending` or null.", True),
        Key("there", "object or null", "The other end, where it is on this host.", True),
        Key("closed_first", TEXT_OR_NULL, "Seen from `here`.", True),
        Key("closed_first_says", "text", "The same in words, with the process.", True),
        Key("steps", "list of {`happens`, `segment`, `here`, `there`, `at_s`}",
            "Each transition of either end, with both states after it; `at_s` counts from the first.", True),
    ),
)  # fmt: skip
LOST = Part(
    "`closewait trace`: lost transitions",
    "Where they are missing.",
    (SCHEMA_KEY, kind("lost"), Key("lost", NUMBER_OR_NULL, "How many; null where the kernel did not count.", True)),
)
SUMMARY = Part(
    "`closewait trace`: the sum",
    "The last line.",
    (
        SCHEMA_KEY,
        kind("summary"),
        Key("transitions", "integer", "Those that met the filter.", True),
        Key("connections", NUMBER_OR_NULL, "Followed ones, both ends of one counted once; null where none was.", True),
        Key("lost", "integer", "Transitions that the kernel could not keep, in all.", True),
        Key("shown", "integer", "Lines or stories that were written.", True),
        Key("took_s", "number", "How long it was traced.", True),
        Key("processor_s", "number", "Processor time of tracing itself.", True),
        Key("memory_mb", "number", "The most memory it had.", True),
        Key("closed_first", "object", "How many sockets saw which end close first.", True),
        Key("states", "list of {`before`, `after`, `count`}", "How often each state followed each other.", True),
    ),
)

TRACE_PARTS = (TRANSITION, ENDING, STORY, LOST, SUMMARY)
