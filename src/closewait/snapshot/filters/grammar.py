"""Command lines with filters: which words are sources, and what the others want.

    state=close_wait proc=nginx 'age>5min' dump.txt          words in any order, all must hold
    state close-wait '( sport = :443 or dport = :443 )'      ss's own language (ss(8), EXPRESSION)

A word is a filter when it has an operator (`=`, `!=`, `<`, `>`, or `:` behind a filter's name), or when it is a word of
ss. Every other word is a source; so is whatever begins with `.`, `/` or `~`.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from closewait.errors import BadUsage
from closewait.records import record
from closewait.snapshot.filters.condition import EVERYTHING, Condition, Not, all_of, one_of
from closewait.snapshot.filters.keys import key_named, key_or_refuse
from closewait.snapshot.filters.values import EVERY_STATE, in_states, state_names, with_port_numbers

#: What begins a source, whatever else is in the word. `pid:` names a place; as a filter it is `pid=`.
SOURCE_BEGINS = (".", "/", "~", "-", "netns:", "pid:", "docker:", "ssh:", "k8s:")

#: ss's words for the operators (ss(8)).
OPERATORS = {
    **dict.fromkeys(("=", "==", "eq"), "="),
    **dict.fromkeys(("!=", "ne", "neq"), "!="),
    **dict.fromkeys(("<", "lt"), "<"),
    **dict.fromkeys((">", "gt"), ">"),
    **dict.fromkeys(("<=", "=<", "le", "leq"), "<="),
    **dict.fromkeys((">=", "ge", "geq"), ">="),
}
AND, OR, NOT = ("and", "&", "&&"), ("or", "|", "||"), ("not", "!")
STATE_WORDS = ("state", "exclude", "excl")
PREDICATES = ("sport", "dport", "src", "dst", "dev", "cgroup")
BEYOND_US = ("fwmark", "autobound")
WORDS_OF_SS = (*AND, *OR, *NOT, *STATE_WORDS, *PREDICATES, *BEYOND_US, "(", ")")

ONE_WORD = re.compile(r"(?P<key>[A-Za-z][\w-]*)\s*(?P<operator>!=|==|<=|=<|>=|=|<|>|:)\s*(?P<value>.*)", re.DOTALL)
PIECES = re.compile(r"[()]|&&|\|\||!=|[<>=]=|=<|[!&|<>=]|[^\s()&|!<>=]+")
DEEPEST = 60


@record
class Wanted:
    """What a command line asks for: where to look, and which sockets."""

    sources: tuple[str, ...] = ()
    condition: Condition = EVERYTHING


def understood(words: Sequence[str], service_ports: Mapping[str, int] | None = None) -> Wanted:
    """The sources and the condition that `words` ask for; `service_ports` are ports by name. Raises BadUsage."""
    wanted = Parser(list(tokens(words))).whole()
    return Wanted(wanted.sources, with_port_numbers(wanted.condition, service_ports or {}))


def tokens(words: Sequence[str]) -> Iterator[str]:
    """The words, with those that hold an expression of ss taken apart; a blank may also stand in a file's name."""
    behind = ""
    for word in words:
        first = word.split()[0].lower() if word.split() else word
        is_expression = first in WORDS_OF_SS or first.startswith(("(", "!")) or _begins_comparison(word)
        is_value = behind.lower() in OPERATORS or behind.lower() in STATE_WORDS
        if is_expression and not is_value and not word.startswith(SOURCE_BEGINS):
            yield from PIECES.findall(word)
        else:
            yield word
        behind = word


def _begins_comparison(word: str) -> bool:
    """Whether several words stand in one, as in 'recvq > 0 and sendq > 0'."""
    parts = word.split()
    return len(parts) > 1 and key_named(parts[0]) is not None and parts[1].lower() in OPERATORS


class Parser:
    """Reads tokens from left to right: or binds least, then and (which may be left out), then not."""

    def __init__(self, told: Sequence[str]) -> None:
        self._told = told
        self._at = 0
        self._depth = 0
        self._sources: list[str] = []

    def whole(self) -> Wanted:
        """Everything."""
        condition = self._either() if self._told else EVERYTHING
        if self._at < len(self._told):
            raise BadUsage(f"There is a {self._told[self._at]!r} too many in the filter.")
        return Wanted(tuple(self._sources), condition)

    def _next(self, of: Collection[str]) -> bool:
        """Whether the next token is one of these."""
        return self._at < len(self._told) and self._told[self._at].lower() in of

    def _take(self, wanted: str) -> str:
        """The next token; `wanted` says what it should have been."""
        if self._at == len(self._told):
            raise BadUsage(f"The filter ends{self._behind()}, where {wanted} was expected.")
        self._at += 1
        return self._told[self._at - 1]

    def _behind(self) -> str:
        return f" behind {self._told[self._at - 1]!r}" if self._at else ""

    def _either(self) -> Condition:
        parts = [self._every()]
        while self._next(OR):
            self._at += 1
            parts.append(self._every())
        told = [part for part in parts if part is not None]
        if len(told) < len(parts) and (len(parts) > 1 or self._depth):
            raise BadUsage(f"The filter needs a condition{self._behind()}, such as: sport = :443")
        return one_of(*told) if told else EVERYTHING

    def _every(self) -> Condition | None:
        """What stands side by side; None where there is no condition, but sources at most.

        The words `state` add up and those of `exclude` take away, in their order, as in ss.
        """
        parts: list[Condition] = []
        chosen: set[str] | None = None
        from_all = False
        while self._at < len(self._told) and not self._next((*OR, ")")):
            if self._next(AND):
                self._at += 1
                if not (parts or chosen is not None) or self._at == len(self._told) or self._next((*AND, *OR, ")")):
                    raise BadUsage(f"{self._told[self._at - 1]!r} needs a condition on either side.")
            if self._is_state_word():
                adds = self._take("a state").lower() == "state"
                if chosen is None:
                    chosen, from_all = (set(), False) if adds else (set(EVERY_STATE), True)
                chosen = chosen | self._states() if adds else chosen - self._states()
            elif self._is_source():
                self._sources.append(self._take("a source"))
            else:
                parts.append(self._unary())
        if chosen is not None:
            parts.append(Not(in_states(sorted(set(EVERY_STATE) - chosen))) if from_all else in_states(sorted(chosen)))
        return all_of(*parts) if parts else None

    def _is_state_word(self) -> bool:
        """Whether ss's `state` or `exclude` comes next, and not the filter `state=`."""
        behind = self._told[self._at + 1 : self._at + 2]
        return self._next(STATE_WORDS) and not (behind and behind[0].lower() in OPERATORS)

    def _states(self) -> set[str]:
        return set(state_names(self._take("a state such as close-wait").split(",")))

    def _is_source(self) -> bool:
        """Whether the next token is no filter."""
        token = self._told[self._at]
        if token.startswith(SOURCE_BEGINS):
            return True
        behind = self._told[self._at + 1].lower() if self._at + 1 < len(self._told) else ""
        if token.lower() in WORDS_OF_SS or (behind in OPERATORS and key_named(token) is not None):
            return False
        found = ONE_WORD.fullmatch(token)
        return found is None or (found["operator"] == ":" and key_named(found["key"]) is None)

    def _unary(self) -> Condition:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadUsage(f"The filter is nested more than {DEEPEST} deep.")
        try:
            if self._next(NOT):
                self._at += 1
                return Not(self._unary())
            if self._next(("(",)):
                self._at += 1
                inside = self._either()
                if self._take("a closing parenthesis") != ")":
                    raise BadUsage("A parenthesis in the filter is not closed.")
                return inside
            return self._predicate()
        finally:
            self._depth -= 1

    def _predicate(self) -> Condition:
        token = self._take("a condition, such as state=close_wait")
        word = token.lower()
        if word in STATE_WORDS and not self._next(OPERATORS):
            states = in_states(sorted(self._states()))
            return states if word == "state" else Not(states)
        if word in BEYOND_US:
            raise BadUsage(f"closewait does not know {word}: no column tells it.")
        one_word = ONE_WORD.fullmatch(token)
        if one_word is not None:
            return compared(one_word["key"], one_word["operator"].replace(":", "="), one_word["value"])
        if word not in PREDICATES and not self._next(OPERATORS):
            raise BadUsage(f"{token!r} is no condition. Write one such as state=close_wait, or: sport = :443")
        operator = self._take("an operator") if self._next(OPERATORS) else "="
        return compared(word, operator, self._take(f"what to compare {word} with"))


def compared(word: str, operator: str, value: str) -> Condition:
    """The condition `word operator value`. Raises BadUsage."""
    key, operator = key_or_refuse(word), OPERATORS[operator.lower()]
    values = value.split(",")
    if not all(values):
        raise BadUsage(f"{word}{operator} needs a value, as in {key.example}.")
    if operator == "!=":
        return Not(key.read("=", values))
    if operator != "=" and not key.has_order:
        raise BadUsage(f"{word} has no larger and smaller. Write it as {key.example}.")
    if operator != "=" and len(values) > 1:
        raise BadUsage(f"Several values need an equals sign: {word}={value}.")
    return key.read(operator, values)
