"""The scenes, one for each rule that real sockets can set off.

What a program owes comes first, then limits, then what is no illness.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from closewait.errors import BadUsage
from closewait.lab.scene import Scene
from closewait.lab.scenes import (
    benign_churn,
    blocked_writer,
    dead_fd,
    dying_unacked,
    fd_exhaustion,
    half_open_established,
    inherited_fd,
    insufficient_evidence,
    leaked_close_wait,
    leaked_established,
    never_accepted,
    never_read,
    peer_not_closing,
    port_exhaustion,
    proxy_half_close,
    stale_idle_pool,
    syn_backlog,
    time_wait_churn,
)

SCENES: tuple[Scene, ...] = (
    leaked_close_wait.SCENE,
    never_read.SCENE,
    never_accepted.SCENE,
    inherited_fd.SCENE,
    proxy_half_close.SCENE,
    blocked_writer.SCENE,
    peer_not_closing.SCENE,
    dead_fd.SCENE,
    leaked_established.SCENE,
    half_open_established.SCENE,
    dying_unacked.SCENE,
    stale_idle_pool.SCENE,
    fd_exhaustion.SCENE,
    time_wait_churn.SCENE,
    port_exhaustion.SCENE,
    syn_backlog.SCENE,
    benign_churn.SCENE,
    insufficient_evidence.SCENE,
)

#: The same illness with fewer signs: for practice, and for what a rule honestly cannot see.
VARIANTS: tuple[Scene, ...] = (inherited_fd.HELD_BY_CHILD_ONLY,)


#: Rules that no scene can set off, and why.
WITHOUT_SCENE: Mapping[str, str] = MappingProxyType({
    "conntrack-view": "Its input is a listing of flows, or a limit that the whole host shares: a namespace has no "
    "table of its own to fill, and a look at sockets shows no flows.",
    "kernel-bug": "What it sees no healthy kernel does: TIME_WAIT and retransmissions without an end cannot be staged "
    "with the sockets of a kernel that ends them.",
})  # fmt: skip


def scene_named(name: str) -> Scene:
    """The scene called `name`, hyphens or underscores, or BadUsage with what there is."""
    scenes = {scene.name: scene for scene in (*SCENES, *VARIANTS)}
    wanted = name.strip().lower().replace("_", "-")
    if wanted in scenes:
        return scenes[wanted]
    near = get_close_matches(wanted, scenes, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise BadUsage(f"There is no scene {name!r}. {hint}Scenes: {', '.join(scenes)}.")
