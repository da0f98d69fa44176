"""What the keys of an answer of the history mean: `cli/remembered.py` writes them, this says what they are."""

from closewait.snapshot.remembered import TABLES
from closewait.views.answer_keys import Key, Part

SCHEMA_KEY = Key("schema", "text", "`closewait/1`.", True)
A_TIME = "ISO 8601 in UTC, to the millisecond."

FOUND = Part(
    "`closewait history`: what was found when",
    "The answer.",
    (
        SCHEMA_KEY,
        Key("looks", "integer", "Looks in that time.", True),
        Key("processor_share", "number or null", "The part of one processor that they took.", True),
        Key("changes", "list of changes", "What became of findings, oldest first.", True),
        Key("incidents", "list of incidents", "What kept the watch from looking, or from writing.", True),
    ),
)
CHANGE = Part(
    "`closewait history`: a change",
    "Each of `changes`.",
    (
        Key("event", "text", "`opened`, `grew`, `worsened`, `eased` or `resolved`.", True),
        Key("key", "text", "The same for all changes of one finding.", True),
        Key("at", "text", f"When it was seen. {A_TIME}", True),
        Key("since", "text", f"When the finding was first seen. {A_TIME}", True),
        Key("lasted_s", "number", "From the one to the other, in seconds.", True),
        Key("sockets", "integer", "Sockets that it is about.", True),
        Key("sockets_before", "integer or null", "How many they were when it was told last; null of a new one.", True),
        Key("finding", "finding", "The finding as it was, with the keys of a finding.", True),
    ),
)
INCIDENT = Part(
    "`closewait history`: an incident",
    "Each of `incidents`.",
    (
        Key(
            "kind",
            "text",
            "`killed`, `away`, `restarted`, `clock set`, `slept`, `looks missing` or `not written`.",
            True,
        ),
        Key("from", "text", f"When it began. {A_TIME}", True),
        Key("until", "text", f"When it was over. {A_TIME}", True),
        Key("seconds", "number", "How long it lasted, or how far the clock was set; back is less than 0.", True),
        Key("says", "text", "The same in a sentence.", True),
    ),
)
PROCESS = Part(
    "`closewait history --process NAME`",
    "The answer.",
    (
        SCHEMA_KEY,
        Key("process", "text", "As it was asked for.", True),
        Key("times", "list of texts", f"The looks that tell of it. {A_TIME}", True),
        Key("states", "object", "For each state, and for `all`, its sockets in each of those looks.", True),
        Key("growth_per_hour", "object", "For each of these, sockets an hour; null where it cannot be told.", True),
        Key("walls", "list of texts", "Where the descriptors of its processes are going.", True),
    ),
)
AT = Part(
    "`closewait history --at TIME`",
    "The answer.",
    (
        SCHEMA_KEY,
        Key("at", "text", f"The look nearest to that time. {A_TIME}", True),
        Key("sockets", "integer", "Sockets in it.", True),
        Key("states", "object", "How many were in each state, most first.", True),
        Key("appeared", "integer or null", "Of them, those that the look before did not show.", True),
        Key("gone", "integer or null", "Sockets of the look before that were gone.", True),
        Key("not_seen", "list of texts", "What that look could not see.", True),
        Key("took_s", "number", "How long it took.", True),
        Key("standing", "list of changes", "The findings that stood then, each as it was told last.", True),
        Key("gauges", "list of {`measure`, `labels`, `value`, `limit`}", "Its numbers; `limit` null: no wall.", True),
        Key("whole_look_at", "text or null", "The nearest look that was kept whole; `--export` writes it.", True),
    ),
)
LIVES = Part(
    "`closewait history SOCKET`",
    "The answer.",
    (
        SCHEMA_KEY,
        Key("asked", "text", "The socket as it was asked for.", True),
        Key("lives", "list of objects", "One for each state that it was in, oldest first.", True),
    ),
)
LIFE = Part(
    "`closewait history SOCKET`: one state of its life",
    "Each of `lives`, and of `history` in the answer of `closewait explain SOCKET`.",
    tuple(Key(column.name, f"{column.kind} or null", column.meaning, True) for column in TABLES["history.lifelines"]),
)
HISTORY_PARTS = (FOUND, CHANGE, INCIDENT, PROCESS, AT, LIVES, LIFE)
