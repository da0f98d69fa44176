"""The page of the JSON answers: every key with its type and its meaning."""

from closewait.views.answer_keys import PARTS, Part
from closewait.views.history_keys import HISTORY_PARTS
from closewait.views.trace_keys import TRACE_PARTS
from pages.markdown import page, section, table

PAGE = "json.md"


def pages() -> dict[str, str]:
    """`json.md`."""
    return {PAGE: answers_page()}


def answers_page() -> str:
    """Each object of an answer, from the outside to the inside."""
    return page(
        "The answers in JSON",
        sources="src/closewait/views/{answer_keys,trace_keys,history_keys}.py",
        parts=[
            "Every command answers in JSON with `--json`, schema `closewait/1`. Keys may be added. Those marked "
            "*promised* never vanish, and keep their meaning. What is not known is null, never 0; what is counted is "
            "an integer. What `closewait list --json` wrote is a dump as any other: `closewait` reads it again.",
            *(section(part.title, f"{part.where}\n\n{keys(part)}") for part in (*PARTS, *TRACE_PARTS, *HISTORY_PARTS)),
            section(
                "Other commands",
                table(
                    ["command", "its own keys"],
                    [
                        ("`list --by COLUMNS`", "`looks`, each with `source` and `groups` (by state: `states`)"),
                        (
                            "`sql`",
                            "`rows`; with `--tables` `tables`, each a list of columns with unit and meaning",
                        ),
                        ("`explain`", "`kind`, `asked`, and the facts; one line for each word"),
                        ("`watch`", "one line for each change: `event`, `key`, `at`, `since`, `lasted_s`, `finding`"),
                        ("`check`", "`status`, `exit_status`, `alarms` and `findings`, as above"),
                        ("`close`", "`kind`, the plan, `applied`, `results`, `audit_log`"),
                        ("`tune`", "the settings; after `--apply` and `--undo` `change`, with `audit_log`"),
                        ("`lab`", "`scene`, `count`, `where`, `netns`, `pids` by role, `look_with`; no `schema`"),
                    ],
                ),
            ),
        ],
    )


def keys(part: Part) -> str:
    """The keys of one object."""
    return table(
        ["key", "type", "meaning", ""],
        [(f"`{key.name}`", key.kind, key.meaning, "promised" if key.is_promised else "") for key in part.keys],
    )
