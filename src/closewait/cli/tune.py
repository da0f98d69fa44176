"""`closewait tune [NAME|SOURCE…]`: the settings that exist on a host, whether they matter now, how they are changed."""

import json as json_text
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from closewait.cli.options import Json, Quiet, Width
from closewait.cli.terminal import columns, show
from closewait.errors import BadUsage

if TYPE_CHECKING:
    from closewait.diagnosis.case import Case
    from closewait.diagnosis.report import NotUnderstood
    from closewait.snapshot.evidence import Evidence
    from closewait.snapshot.host import Host
    from closewait.snapshot.table import Snapshot
    from closewait.tcp.settings.setting import Setting

NETNS = "netns:"

#: How words begin that name a place, and no setting and no file.
PLACES = (NETNS, "pid:", "docker:", "ssh://", "k8s://")


class Place(NamedTuple):
    """A host whose settings are asked for; `case` None: only settings are known, and no sockets."""

    source: str
    host: "Host"
    evidence: "Evidence"
    case: "Case | None"
    not_understood: "tuple[NotUnderstood, ...]" = ()


def tune(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME|SOURCE...",
            help="NAME: a setting of any system. SOURCE: netns:NAME, files or a folder with `sysctl -a`, netsh, reg "
            "query and a socket dump of another host, - for standard input; nothing: this host.",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show every setting, not only what matters.")] = False,
    capacity: Annotated[
        bool, typer.Option("--capacity", help="Show how many connections per second the ports allow.")
    ] = False,
    apply: Annotated[
        str | None, typer.Option("--apply", metavar="NAME=VALUE", help="Change a sysctl of Linux, after asking.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Put back what the last --apply changed, after asking.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --apply and --undo.")] = False,
    json: Json = False,
    width: Width = None,
    quiet: Quiet = False,
) -> int:
    """Say which settings exist here, what they are, and which matter now.

    Nothing is changed unless --apply is given (--apply tcp_fin_timeout=30). It shows the risk and asks, keeps the old
    value in the audit log, and --undo puts it back.

    \b
    Examples:
        closewait tune
        sysctl -a 2>/dev/null | closewait tune - --all
        closewait tune MaxUserPort
        closewait tune tcp_tw_recycle
        closewait tune --capacity --json
    """
    from closewait.cli import tuning_change

    names, sources = apart(words or [])
    if apply is not None or undo:
        netns = live_netns(sources)
        if names or (apply is not None and undo):
            raise BadUsage("--apply NAME=VALUE and --undo stand alone, or with one netns:NAME.")
        return tuning_change.run(apply, netns, yes=yes, json=json, quiet=quiet, width=columns(width))
    from closewait.diagnosis.tuning.capacity import capacity as capacity_of
    from closewait.diagnosis.tuning.presence import system_in_words
    from closewait.diagnosis.tuning.tuning import here, tuning
    from closewait.views import capacity as capacity_view
    from closewait.views import tuning as view

    asked = [setting for name in names for setting in found(name)]
    place = place_of(sources, counted=not names or any(setting.system == "Linux" for setting in asked))
    where = f"{place.source}: {system_in_words(place.host)}"
    if capacity:
        known = capacity_of(place.host, place.evidence, place.case.destinations if place.case else [])
        told = capacity_view.capacity_as_dict(place.source, place.host.system, known)
        text = capacity_view.capacity_as_text(where, known, columns(width))
        return answer(told, text, 0, json=json, quiet=quiet)
    tuned = tuning(place.host, place.evidence, place.case)
    if asked:
        of_this_system = [setting for setting in asked if setting.system == place.host.system] or asked
        tuned = [one for one in tuned if one.standing.setting in of_this_system]
        text = view.named_as_text(where, tuned, columns(width))
    else:
        text = view.settings_as_text(where, tuned, place.not_understood, everything=everything, width=columns(width))
        tuned = here(tuned)
    told = view.settings_as_dict(place.source, place.host.system, place.host.kernel, tuned, place.not_understood)
    return answer(told, text, max((one.severity.rank for one in here(tuned)), default=0), json=json, quiet=quiet)


def answer(told: object, text: str, status: int, *, json: bool, quiet: bool) -> int:
    """Print one of the two, or nothing; the exit status."""
    if json:
        print(json_text.dumps(told, ensure_ascii=False))
    elif not quiet:
        show(text)
    return status


def apart(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that name settings, and those that name a place. A setting wins over a file of its name."""
    from closewait.tcp.settings import settings_named

    names = [word for word in words if settings_named(word)]
    sources = [word for word in words if not settings_named(word)]
    for word in sources:
        if word != "-" and not word.startswith(PLACES) and not Path(word).exists():
            raise BadUsage(f"closewait knows no setting called {word!r}, and there is no such file.{near(word)}")
    return names, sources


def near(word: str) -> str:
    """Settings whose names are like `word`, as a question; nothing where none is."""
    from closewait.views.explain import settings_near

    names = settings_near(word)
    return f" Did you mean {', '.join(names)}?" if names else " closewait tune --all shows all that are here."


def found(name: str) -> "tuple[Setting, ...]":
    """The settings of this name, on every system that has one."""
    from closewait.tcp.settings import settings_named

    return settings_named(name)


def live_netns(sources: Sequence[str]) -> str | None:
    """The network namespace that is named, None for this one. Raises BadUsage where it is no live place."""
    if len(sources) > 1 or not all(source.startswith(NETNS) for source in sources):
        raise BadUsage("Only this host, or a network namespace of it (netns:NAME), can be changed.")
    return sources[0].removeprefix(NETNS) if sources else None


def place_of(sources: Sequence[str], *, counted: bool) -> Place:
    """The host that the words name; without `counted` its sockets are not looked at."""
    from closewait.cli.sources import Dumps, place

    named = place(sources)
    return told_place(named.paths) if isinstance(named, Dumps) else live_place(named.netns, counted=counted)


def live_place(netns: str | None, *, counted: bool) -> Place:
    """This host, or a network namespace of it."""
    from closewait import capture
    from closewait.capture import host_facts
    from closewait.capture.host_settings import settings_here
    from closewait.capture.namespace import inside
    from closewait.diagnosis.needed import JUDGED

    evidence = settings_here(netns)
    if not counted:
        with inside(netns):
            return Place(capture.name_of(netns), host_facts.host(), evidence, None)
    look = capture.look(netns=netns, columns=JUDGED).with_evidence(evidence)
    return Place(capture.name_of(netns), look.host, look.evidence, case_of(look))


def told_place(paths: Sequence[str]) -> Place:
    """Another host, as files tell it."""
    from dataclasses import replace

    from closewait.capture.settings_told import settings_told

    told = settings_told(paths)
    source = "standard input" if list(paths) == ["-"] else ", ".join(Path(path).name for path in paths[:3])
    source += f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    host = told.look.host if told.look else told.evidence.host
    system = told.look.system if told.look else host.system
    return Place(
        source,
        replace(host, system=system),
        told.evidence,
        case_of(told.look) if told.look else None,
        told.not_understood,
    )


def case_of(look: "Snapshot") -> "Case":
    """The sockets of a look, counted as an examination counts them."""
    from closewait.diagnosis.case import Case
    from closewait.snapshot.same_socket import each_socket_once
    from closewait.snapshot.timeline import Timeline

    return Case(Timeline((each_socket_once(look),)))
