"""How many sockets are in each state, as people count them with awk, `uniq -c` or Group-Object (kind `counts`).

    netstat -an | awk '{print $6}' | sort | uniq -c               `  7047 CLOSE_WAIT`
    netstat -an | awk '/^tcp/ {++S[$NF]} END {for (a in S) …}'    `CLOSE_WAIT 7047`, `CLOSE_WAIT: 7047`
    netstat -anp | awk '{print $6, $7}' | sort | uniq -c          `  7047 CLOSE_WAIT 4121/java`
    Get-NetTCPConnection | Group-Object State                     `7047 CloseWait {MSFT_NetTCPConnection …`

- Such commands count the words of headings and of unix sockets as well (`1 Foreign`, `1 established)`, `3 CONNECTED`):
  what is no state's name is passed over, and `LISTENING` where `LISTEN` is counted beside it.
- A state that is not counted has no sockets only if the command listed all of them; `netstat -n` leaves out LISTEN.
- Lines of counts with nothing but empty lines between them are one summary; a state that comes a second time begins
  the next. Prose names states and numbers too: one such line alone is a summary only if it is all there is, or if the
  command above it counts. A list that numbers the states is none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from closewait.formats.format import Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.tcp.spellings import NUMBERS, canonical

COUNT = r"(?P<count>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})"
BY = r"(?P<by> +(?:-|[0-9]+/\S.*)|, *[0-9]+)?"  # the program that was counted apart
REMARK = r"(?: *(?:#|//|<-|←).*)?"  # that somebody wrote beside it
COUNT_FIRST = re.compile(rf"[ |]*{COUNT}[ |]+(?P<word>[^\s,|]+){BY}(?: +\{{.*)?[ |]*{REMARK}$")
WORD_FIRST = re.compile(rf"[ |]*[\"']?(?P<word>[^\s:=,|\"']+)[\"']?(?: *[:：=,|] *| +){COUNT}[ |,;]*{REMARK}$")
COUNTING = re.compile(r"\|.*\b(?:awk|uniq|Group-Object|group)\b", re.IGNORECASE)
GROUP_HEADING = r" *Count +Name(?: +Group)? *$"
OTHER_COUNT = re.compile(rf" *{COUNT}(?P<word>(?: +\S+){{0,2}}) *$")  # `1 I-Node PID/Program`, a bare `1`
RULER = re.compile(r"[ |:-]*-[ |:-]*$")
LONGEST_LINE = 300  # characters; what Group-Object grouped goes on to the end of the terminal's line
LEAST_OF_A_LEGEND = 3  # states


@dataclass(slots=True)
class Summary:
    """What one summary counts: sockets by word, as the words stand there."""

    counts: dict[str, int] = field(default_factory=dict)
    by_program: bool = False

    @property
    def states(self) -> dict[str, int]:
        """Sockets by state; of two words for LISTEN, one is that of unix sockets."""
        states: dict[str, int] = {}
        for word, count in self.counts.items():
            state = state_of(word)
            if state and not (word == "LISTENING" and "LISTEN" in self.counts):
                states[state] = states.get(state, 0) + count
        return states

    @property
    def is_legend(self) -> bool:
        """Whether the numbers are those that a system gives the states."""
        numbered = {(number, state) for state, number in self.states.items()}
        return len(numbered) >= LEAST_OF_A_LEGEND and any(numbered <= {*states.items()} for states in NUMBERS.values())


def state_of(word: str) -> str | None:
    """The state that a word spells; `established)` is of the heading."""
    return None if ")" in word else canonical(word)


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines count a state."""
    return sum(counted(line) is not None for line in lines)


def counted(line: str) -> re.Match[str] | None:
    """What a line counts, if it is a state and nothing else stands there."""
    found = any_count(line)
    return found if found and state_of(found["word"]) else None


def any_count(line: str) -> re.Match[str] | None:
    """What a line counts, be it a state or some other word."""
    line = line[:LONGEST_LINE]
    return COUNT_FIRST.match(line) or WORD_FIRST.match(line) or OTHER_COUNT.match(line)


def read(paste: Paste) -> Sequence[Reading]:
    """Each summary as one look."""
    least = 1 if is_all_there_is(paste) or any(COUNTING.search(line[:LONGEST_LINE]) for line in paste) else 2
    found = (summary for summary in summaries(paste) if not summary.is_legend)
    return [reading_of(summary) for summary in found if len(summary.states) >= least]


def summaries(lines: Sequence[str]) -> Iterator[Summary]:
    """The counts that stand together."""
    summary = Summary()
    for line in lines:
        found = any_count(line)
        if found is None:
            if line.strip() and not RULER.match(line):
                yield summary
                summary = Summary()
            continue
        word, by_program = found["word"], found.groupdict().get("by") is not None
        if word in summary.counts and state_of(word) and not by_program:
            yield summary
            summary = Summary()
        summary.counts[word] = summary.counts.get(word, 0) + int(found["count"].replace(",", ""))
        summary.by_program |= by_program
    yield summary


def is_all_there_is(lines: Sequence[str]) -> bool:
    """Whether every line that is not empty counts something."""
    return all(any_count(line) or not line.strip() for line in lines)


def reading_of(summary: Summary) -> Reading:
    """One summary as a look without rows."""
    return Reading(
        format=FORMAT.name,
        kind="counts",
        states=summary.states,
        caveats=("Counted for each program; here the counts of each state are added up.",) * summary.by_program,
    )


FORMAT = TextFormat(
    name="summary",
    told_by="counts of states, as awk, uniq -c or Group-Object print them",
    opens=GROUP_HEADING,
    recognises=recognises,
    read=read,
)
