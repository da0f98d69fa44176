"""Changing a setting of this host, when told to: one sysctl of Linux, in the namespace of the calling thread.

    change = planned("net.ipv4.tcp_fin_timeout", "30")      # nothing is changed by this
    made = apply(change)                                    # written, read back, and in the audit log
    apply(taking_back(last_change()))                       # the old value again, if nobody has changed it since

Only the settings of our own table can be named, and only numbers written: nothing a user types becomes a path.
"""

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from closewait.actions import audit
from closewait.errors import BadUsage, CannotAct
from closewait.records import record
from closewait.tcp.settings import SETTINGS
from closewait.tcp.settings.setting import Setting

PROC_SYS = Path("/proc/sys")
NAMESPACE = Path("/proc/thread-self/ns/net")

#: Numbers, lists of ports and ranges; the kernel has the last word.
VALUE = re.compile(r"[0-9]{1,19}(?:[ \t,-]{1,4}[0-9]{1,19}){0,200}")
SET, UNDO = "set", "undo"


@record
class Change:
    """A setting, its value now and its value to be; `undoes` is the change in the log that this one takes back."""

    setting: Setting
    old: str
    new: str
    netns: str | None = None  # its name, for whoever reads the log
    undoes: str | None = None

    @property
    def path(self) -> Path:
        """The file of the setting."""
        return PROC_SYS / self.setting.name.replace(".", "/")


def is_changeable(setting: Setting) -> bool:
    """Whether closewait can change it: a sysctl of Linux that can be written."""
    return setting.system == "Linux" and setting.way.kind == "sysctl" and setting.way.set_now is not None


def planned(setting: Setting, value: str, *, netns: str | None = None) -> Change:
    """What would be changed. Raises BadUsage and CannotAct where it cannot be."""
    if setting not in SETTINGS or not is_changeable(setting):
        raise CannotAct(f"closewait does not change {setting.name} by itself.")
    new = " ".join(value.split())
    if not VALUE.fullmatch(new):
        raise BadUsage(f"{value!r} is no value for {setting.name}: numbers only, such as {setting.value or '1'}.")
    if netns is not None and not _is_of_namespace(setting.name):
        raise BadUsage(
            f"{setting.name} belongs to the whole host and to no network namespace; leave out netns:{netns}."
        )
    change = Change(setting, "", new, netns)
    return Change(setting, _value(change.path), new, netns)


def apply(change: Change) -> dict[str, Any]:
    """Write the value and the audit log; what was recorded. Raises CannotAct: then the value is as it was before."""
    audit.ready()
    if _value(change.path) != change.old:
        raise CannotAct(f"{change.setting.name} has changed since it was shown; nothing was changed.")
    entry = {
        "what": UNDO if change.undoes else SET,
        "id": secrets.token_hex(4),
        "name": change.setting.name,
        "old": change.old,
        "new": change.new,
        "netns": change.netns,
        "namespace": _namespace(),
        "undoes": change.undoes,
    }
    try:
        _write(change.path, change.new)
    except OSError as error:
        audit.record({**entry, "result": f"refused: {error.strerror}"})
        raise CannotAct(
            f"{change.path}: the kernel refused {change.new!r} ({error.strerror}). Nothing was changed."
        ) from error
    made = {**entry, "now": _now(change), "result": "done"}
    try:
        audit.record(made)
    except CannotAct as error:
        _write(change.path, change.old)
        raise CannotAct(f"{error}\nSo {change.setting.name} was put back to {change.old!r}.") from error
    return made


def last_change(netns: str | None = None) -> Mapping[str, Any]:
    """The last change in the log that was made in this thread's namespace and not yet taken back.

    A change of the whole host counts where no `netns` is named. Raises CannotAct where there is none.
    """
    done = [entry for entry in audit.entries() if entry.get("result") == "done"]
    undone = {entry.get("undoes") for entry in done}
    changes = [entry for entry in reversed(done) if entry.get("what") == SET and entry.get("id") not in undone]
    for change in changes:
        if _is_made_here(change, netns):
            return dict(change)
    elsewhere = next((one["netns"] for one in changes if isinstance(one.get("netns"), str)), None)
    there = f" The last one elsewhere: closewait tune --undo netns:{elsewhere}" if elsewhere else ""
    raise CannotAct(f"There is no change to take back here in {audit.path()}.{there}")


def taking_back(entry: Mapping[str, Any], *, netns: str | None = None) -> Change:
    """What undoes a change of the log, in the namespace it was made in. Raises CannotAct where it is not the same."""
    setting = next((one for one in SETTINGS if one.name == entry.get("name") and is_changeable(one)), None)
    old, now = entry.get("old"), entry.get("now")
    if setting is None or not isinstance(old, str) or (old and not VALUE.fullmatch(old)):
        raise CannotAct(f"{audit.path()} holds a change that closewait cannot have made; nothing is taken back.")
    change = Change(setting, _value(Change(setting, "", "").path), old, netns, entry.get("id"))
    if change.old != now:
        raise CannotAct(
            f"{setting.name} was set to {now!r} and is {change.old!r} by now: somebody else has changed it since. "
            f"Before closewait changed it, it was {old!r}."
        )
    return change


def _is_of_namespace(name: object) -> bool:
    """Whether each network namespace has its own value, as in /proc/sys/net; /proc/sys/fs is the whole host's."""
    return str(name).startswith("net.")


def _is_made_here(entry: Mapping[str, Any], netns: str | None) -> bool:
    """Whether a change of the log was made in this thread's namespace, or is the whole host's and none is named."""
    return entry.get("namespace") == _namespace() if _is_of_namespace(entry.get("name")) else netns is None


def _value(path: Path) -> str:
    try:
        return " ".join(path.read_text().split())
    except FileNotFoundError:
        raise CannotAct(f"{path} does not exist here: closewait tune NAME says why.") from None
    except OSError as error:
        raise CannotAct(f"{path} cannot be read: {error.strerror}") from error


def _now(change: Change) -> str | None:
    """The value after it was written; None where it cannot be read, so that it is logged all the same."""
    try:
        return _value(change.path)
    except CannotAct:
        return None


def _write(path: Path, value: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.write(file, f"{value}\n".encode())
    finally:
        os.close(file)


def _namespace() -> int | None:
    """The number of this thread's network namespace: another one, and the setting is another's."""
    try:
        return NAMESPACE.stat().st_ino
    except OSError:
        return None
