"""`closewait tune --apply NAME=VALUE` and `--undo`: show what would change, ask, change it, say where it is logged."""

import json as json_text
import shlex
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from closewait.capture.namespace import inside, name_of
from closewait.errors import BadUsage, CannotAct

if TYPE_CHECKING:
    from closewait.actions.setting_change import Change
    from closewait.tcp.settings.setting import Setting


def run(apply: str | None, netns: str | None, *, yes: bool, json: bool, quiet: bool, width: int) -> int:
    """Make one change, or (`apply` None) take the last one back."""
    from closewait.actions import setting_change

    if apply is None:
        with inside(netns):
            change = setting_change.taking_back(setting_change.last_change(netns), netns=netns)
            return _made(change, yes=yes, json=json, quiet=quiet, width=width)
    name, equals, value = apply.partition("=")
    if not equals:
        raise BadUsage(f"--apply takes NAME=VALUE, such as tcp_fin_timeout=30, and not {apply!r}.")
    setting = _the_setting(name)
    if not setting_change.is_changeable(setting):
        print(_by_hand(setting, value), file=sys.stderr)
        return CannotAct.exit_status
    if name.strip().removeprefix("/proc/sys/").replace("/", ".") not in _own_names(setting):
        raise BadUsage(f"closewait changes no setting called {name!r}. Did you mean {setting.name}?")
    with inside(netns):
        change = setting_change.planned(setting, value, netns=netns)
        return _made(change, yes=yes, json=json, quiet=quiet, width=width)


def _made(change: "Change", *, yes: bool, json: bool, quiet: bool, width: int) -> int:
    from closewait.actions import audit, setting_change
    from closewait.views.tuning import change_as_text

    if change.old == change.new:
        _say({"result": "nothing to do"}, f"{change.setting.name} is {change.new} already.", json=json, quiet=quiet)
        return 0
    plan = change_as_text(change.setting, change.old, change.new, name_of(change.netns), width)
    if not yes:
        _agreed(plan)
    elif not (quiet or json):
        print(plan)
    made = setting_change.apply(change)
    log = audit.path()
    said = f"{change.setting.name} was {change.old} and is {made['now'] or 'unknown'} now. Logged in {log}"
    place = "" if change.netns is None else f" netns:{change.netns}"
    said += "." if change.undoes else f"; closewait tune --undo{place} puts it back."
    _say({**made, "audit_log": str(log)}, said, json=json, quiet=quiet)
    return 0


def _agreed(plan: str) -> None:
    """Show what would be done and wait for a yes. Raises CannotAct where none is given."""
    print(plan, file=sys.stderr)
    if not sys.stdin.isatty():
        raise CannotAct("Nothing was changed: nobody can be asked here. Add --yes if you mean it.")
    print("Change it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        raise CannotAct("Nothing was changed.")


def _the_setting(name: str) -> "Setting":
    """The one setting of this name, of Linux where several systems have it. Raises BadUsage."""
    from closewait.cli.tune import near
    from closewait.tcp.settings import settings_named

    named = sorted(settings_named(name), key=lambda setting: setting.system != "Linux")
    if not named:
        raise BadUsage(f"closewait knows no setting called {name!r}.{near(name)}")
    return named[0]


def _own_names(setting: "Setting") -> tuple[str, str]:
    """What a setting may be called by who changes it: no alias (it may be another file), no ending, no other case."""
    return setting.name, setting.name.rpartition(".")[2]


def _by_hand(setting: "Setting", value: str) -> str:
    """Why closewait does not change it, and the command that would, with the value asked for."""
    lines = [f"closewait: {setting.name} ({setting.system}, {setting.way.kind}) is not changed by closewait."]
    if setting.if_missing:
        lines.append(setting.if_missing)
    safe = shlex.quote(value) if setting.system != "Windows" else value
    ways = [way.format(name=setting.name, value=safe) for way in (setting.way.set_now, setting.way.set_for_good) if way]
    lines += [f"    {command}" for command in ways if setting.value is not None]
    if setting.replaced_by:
        lines.append(f"Instead: {setting.replaced_by}")
    return "\n".join(lines)


def _say(told: Mapping[str, Any], text: str, *, json: bool, quiet: bool) -> None:
    if json:
        print(json_text.dumps({"schema": "closewait/1", "change": dict(told)}, ensure_ascii=False))
    elif not quiet:
        print(text)
