"""`closewait close FILTER`: end sockets from outside. Look, plan, act; without --apply it stops at the plan."""

import json as json_text
import os
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closewait.cli.options import Json, Quiet, Width, Words
from closewait.cli.sources import Live, looker
from closewait.cli.terminal import columns
from closewait.errors import BadUsage, CannotAct, CannotSee
from closewait.snapshot.durations import duration_s

if TYPE_CHECKING:
    from closewait.actions.plan import Asked, Plan
    from closewait.actions.plan_page import Outcome
    from closewait.snapshot.filters.condition import Condition

MOST = 100
SETTLES_IN_S = 2.0
LOOK_EVERY_S = 0.1
PASSING = ("FIN_WAIT_1", "CLOSING", "LAST_ACK")
LEAST_INTERVAL_S = 1.0
STOP_GAP = (
    "This is a stop-gap: it closes what leaks, again and again, and does not mend the leak. The program's descriptors "
    "stay open."
)

How = Annotated[str, typer.Option("--how", metavar="WAY", help="shutdown, destroy, signal or restart-unit.")]


def close(
    words: Words = None,
    how: How = "shutdown",
    signal: Annotated[str, typer.Option("--signal", metavar="NAME", help="For --how signal: TERM or HUP.")] = "TERM",
    apply: Annotated[bool, typer.Option("--apply", help="Carry the plan out.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again; for scripts.")] = False,
    most: Annotated[
        int, typer.Option("--max", min=1, metavar="N", help="Close at most N; with --every, a round.")
    ] = MOST,
    include_listen: Annotated[bool, typer.Option("--include-listen", help="Listeners, too.")] = False,
    every: Annotated[str | None, typer.Option("--every", metavar="TIME", help="Again and again; a stop-gap.")] = None,
    time_limit: Annotated[str, typer.Option("--for", metavar="TIME", help="With --every: end after TIME.")] = "1h",
    json: Json = False,
    width: Width = None,
    quiet: Quiet = False,
) -> int:
    """Close sockets from outside, or say what that would do: without --apply nothing is touched.

    The ways, the gentlest first: shutdown (a clean FIN, by the holder's own descriptor), destroy (the kernel ends the
    connection, the peer gets a reset), signal (asks the holder), restart-unit (systemd). With the first two the
    descriptor stays open in the process: only the program can free it.

    Never closed: what carries your own session, and listeners by destroy. Listeners and connections in use only when
    asked for. More than --max are asked about on a terminal, and refused in a script.

    \b
    Examples:
        closewait close state=close_wait 'age>1h' proc=spooler
        closewait close state=close_wait --how destroy lport=443
        closewait close state=close_wait --how signal --signal TERM proc=spooler --json
        closewait close state=close_wait --how restart-unit unit=spooler
        closewait close state=close_wait 'age>3600' proc=spooler --apply --yes
    """
    looking, condition = looker(words or [])
    asked = _asked(words or [], how, signal, include_listen=include_listen)
    _check(looking, condition, asked, every=every, apply=apply)
    assert isinstance(looking, Live), "checked above"
    why = " ".join(words or [])
    if every is not None:
        return _again_and_again(
            looking, condition, asked, why, every_s=duration_s(every), limit_s=duration_s(time_limit), most=most,
            yes=yes, json=json, quiet=quiet,
        )  # fmt: skip
    plan = _planned(looking, condition, asked)
    if not apply:
        if not quiet:
            _show_plan(plan, json=json, width=width)
        return 0
    _permit(plan)
    if not (json or quiet):
        _show_plan(plan, json=False, width=width, applied=True)
    if plan.matched and not plan.steps:
        raise CannotAct(
            "Nothing was done: every socket that matches is left alone. `closewait close` without --apply says why."
        )
    _confirm(plan, most=most, yes=yes)
    outcomes, log = _carried_out(looking, plan, why)
    if json:
        _print_json(plan, outcomes, log)
    elif not quiet and plan.steps:
        from closewait.actions.plan_page import results_text

        print("\n" + results_text(outcomes, plan, log, width=columns(width)))
    return 1 if any(one.why_not for one in outcomes) else 0


def _asked(words: Sequence[str], how: str, signal: str, *, include_listen: bool) -> "Asked":
    """What the options ask for. Raises BadUsage."""
    from closewait.actions.plan import Asked, How
    from closewait.actions.signal_owner import SIGNALS

    if how not in set(How):
        raise BadUsage(f"There is no way {how!r} to close. There are {', '.join(How)}.")
    if signal.upper().removeprefix("SIG") not in SIGNALS:
        raise BadUsage(f"closewait sends no signal {signal!r}. It sends {' or '.join(SIGNALS)}.")
    return Asked(How(how), signal.upper().removeprefix("SIG"), include_listen, named_states(words))


def named_states(words: Sequence[str]) -> frozenset[str]:
    """The states that the filter's own words name, in any spelling; a group of ss, or `!=`, names none."""
    import re

    from closewait.tcp.spellings import canonical

    named: set[str] = set()
    for behind, word in zip(["", *words], words, strict=False):
        key, _, values = word.partition("=")
        told = values if key.lower() == "state" else word if behind.lower() == "state" else ""
        named.update(name for part in re.split(r"[,\s]+", told) if (name := canonical(part)))
        named.update(name for found in re.findall(r"\bstate\s*=?\s*([\w-]+)", word) if (name := canonical(found)))
    return frozenset(named)


def _check(looking: object, condition: "Condition", asked: "Asked", *, every: str | None, apply: bool) -> None:
    """Raise BadUsage where it cannot be meant so."""
    from closewait.snapshot.filters.condition import EVERYTHING

    if not isinstance(looking, Live):
        raise BadUsage("A dump cannot be acted upon. Name sockets of this host, or of netns:NAME.")
    if condition == EVERYTHING:
        raise BadUsage("Say which sockets to close, as in: closewait close state=close_wait 'age>1h' proc=spooler")
    if every is not None and not apply:
        raise BadUsage("--every goes with --apply: without it there is one plan, and that is all.")
    if every is not None and asked.how not in ("shutdown", "destroy"):
        raise BadUsage("--every closes sockets (--how shutdown, --how destroy); no program is ended again and again.")
    if every is not None and duration_s(every) < LEAST_INTERVAL_S:
        raise BadUsage(f"--every is at least {LEAST_INTERVAL_S:.0f} s.")


def _planned(looking: Live, condition: "Condition", asked: "Asked") -> "Plan":
    """Look, and plan. Raises CannotSee where the look has no cookies."""
    from closewait.actions import identity
    from closewait.actions.own_connection import session
    from closewait.actions.plan import Known, plan
    from closewait.diagnosis.candidates import candidates, carriers

    look = looking.look()
    if look.format != "sock_diag":
        raise CannotSee(
            "closewait closes only what the kernel tells with a cookie (NETLINK_SOCK_DIAG), and that is closed here."
        )
    found = candidates(look, condition)
    pids = {held.pid for one in found.sockets for held in one.holders if held.pid is not None}
    known = {pid: Known(identity.started_at_ticks(pid), identity.unit_of(pid)) for pid in pids}
    own = session()
    own = own.carried_by(carriers(look, own.inodes, own.ends))
    return plan(found.scanned, found.sockets, asked, known, own)


def _permit(plan: "Plan") -> None:
    """Raise CannotAct where this process lacks the right to do what is planned."""
    from closewait.actions.carry_out import missing_capability

    lacking = missing_capability(plan, os.geteuid())
    if lacking is not None:
        raise CannotAct(
            f"--how {plan.asked.how} needs {lacking} for these sockets, and closewait does not have it. Run as root."
        )


def _confirm(plan: "Plan", *, most: int, yes: bool) -> None:
    """Ask, or raise CannotAct where nobody can be asked or the answer is no."""
    count = len(plan.sockets)
    if not count:
        return
    person = sys.stdin.isatty() and not yes
    if count > most and not person:
        raise CannotAct(
            f"{count:,} sockets would be closed, and --max is {most:,}. Narrow the filter, or raise it: --max {count}"
        )
    if yes:
        return
    if not person:
        raise CannotAct("There is no terminal to ask at. Say --yes to close without being asked.")
    expected = str(count) if count > most else "yes"
    print(f"\nClose {count:,}? Write {expected!r} to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != expected:
        raise CannotAct("Not confirmed; nothing was done.")


def _place(looking: Live) -> AbstractContextManager[None]:
    from closewait.capture.namespace import inside

    return inside(looking.netns)


def _carried_out(looking: Live, plan: "Plan", why: str) -> "tuple[list[Outcome], str]":
    """Act, then look again until nothing moves any more; and the path of the audit log."""
    from closewait.actions import audit
    from closewait.actions.carry_out import carry_out, still_held
    from closewait.actions.plan_page import outcomes_of

    if not plan.steps:
        return [], str(audit.path())
    with _place(looking):
        results = list(carry_out(plan, why=why))
    again = _looked_again(looking, plan.sockets)
    return outcomes_of(results, again, [still_held(one) for one in plan.sockets]), str(audit.path())


def _looked_again(looking: Live, sockets: Sequence[Any]) -> list[Any]:
    """The sockets as they are once they rest; at the latest after `SETTLES_IN_S`."""
    from closewait import capture
    from closewait.diagnosis.candidates import seen_again

    wanted = ("cookie", "state", "local_address", "local_port", "remote_address", "remote_port")
    gives_up_at_s = time.monotonic() + SETTLES_IN_S
    before = None
    while True:
        again = seen_again(capture.look(netns=looking.netns, columns=wanted, holders=False), sockets)
        resting = again == before and not any(one.state in PASSING or one.peer_state in PASSING for one in again)
        if resting or time.monotonic() > gives_up_at_s:
            return again
        before = again
        time.sleep(LOOK_EVERY_S)


def _show_plan(plan: "Plan", *, json: bool, width: int | None, applied: bool = False) -> None:
    from closewait.actions.plan_page import plan_text

    if json:
        _print_json(plan, None, None)
    else:
        print(plan_text(plan, width=columns(width), applied=applied))


def _print_json(plan: "Plan", outcomes: "Sequence[Outcome] | None", log: str | None) -> None:
    from closewait.actions.plan_page import outcome_json, plan_json

    results = None if outcomes is None else [outcome_json(one) for one in outcomes]
    answer = {"schema": "closewait/1", "kind": "close", **plan_json(plan), "applied": outcomes is not None}
    print(json_text.dumps({**answer, "results": results, "audit_log": log}, ensure_ascii=False), flush=True)


def _again_and_again(
    looking: Live, condition: "Condition", asked: "Asked", why: str, *, every_s: float, limit_s: float, most: int,
    yes: bool, json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Close at most `most` each round until the time is up or somebody presses Ctrl-C; then say what was done."""
    from dataclasses import replace

    from closewait.actions.plan_page import summary

    if not yes:
        raise CannotAct("--every acts without asking each time: say so with --yes.")
    if not quiet:
        print(f"closewait: {STOP_GAP}", file=sys.stderr)
    ends_at_s, rounds, done, failed = time.monotonic() + limit_s, 0, 0, 0
    try:
        while True:
            plan = _planned(looking, condition, asked)
            plan = replace(plan, steps=plan.steps[:most])
            _permit(plan)
            outcomes, log = _carried_out(looking, plan, why)
            rounds += 1
            done += sum(one.why_not is None for one in outcomes)
            failed += sum(one.why_not is not None for one in outcomes)
            if json:
                _print_json(plan, outcomes, log)
            elif outcomes and not quiet:
                print(summary(outcomes, plan), flush=True)
            if time.monotonic() + every_s > ends_at_s:
                break
            time.sleep(every_s)
    except KeyboardInterrupt:
        pass
    if not quiet:
        print(f"closewait: {rounds} rounds, {done} closed, {failed} not. {STOP_GAP}", file=sys.stderr)
    return 1 if failed else 0
