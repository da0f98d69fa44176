"""Whose move it is, as one says it to a person. For programs it is the value of the Move."""

from closewait.tcp.states import Move

MOVE_SAID = {
    Move.LOCAL_APPLICATION: "the local program's",
    Move.PEER: "the other end's",
    Move.KERNEL_TIMER: "nobody's: the kernel's timer ends it",
    Move.ADMIN: "yours",
    Move.NOBODY: "nobody's: it may stay as it is",
}
