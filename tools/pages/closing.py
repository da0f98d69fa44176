"""The page of what each way of closing does, from the table that the tests hold to real sockets."""

from closewait.actions.effects import DESCRIPTOR_STAYS, EFFECTS, Effect
from pages.markdown import page, section, table

PAGE = "closing.md"
PROGRAM = ["in", "poll", "recv", "send", "the peer: recv", "the peer: send", "row here then", "the peer's row then"]

WAYS = {
    "shutdown": (
        "`--how shutdown`, the default: closewait borrows the holder's descriptor (`pidfd_getfd`, Linux 5.6) and calls "
        "`shutdown(SHUT_WR)`. A clean FIN. Needs the right to trace the process: the same user, or CAP_SYS_PTRACE."
    ),
    "destroy": (
        "`--how destroy`: the kernel ends the connection (`SOCK_DESTROY`, as `ss -K` does, but by the socket's cookie, "
        "so that a connection that has taken the same ends is never hit). Needs CAP_NET_ADMIN."
    ),
    "signal": (
        "`--how signal` and `--how restart-unit`: the program is asked to end, or its unit is restarted "
        "(`systemctl restart`). When it has ended the kernel closes all its sockets, and no descriptor is left. Needs "
        "the same user or CAP_KILL; to restart a unit, the right to do so."
    ),
}


def pages() -> dict[str, str]:
    """`closing.md`."""
    return {PAGE: closing_page()}


def closing_page() -> str:
    """Each way with its table."""
    return page(
        "What closing from outside does",
        sources="src/closewait/actions/effects.py",
        parts=[
            "Measured on Linux 6.18 by a test that closes a real socket in each situation, with a peer that was still "
            "there: what poll, recv and send gave the program afterwards, what recv and send gave the peer's program, "
            "and both rows once they rested. In FIN_WAIT_1, CLOSING, LAST_ACK and SYN_SENT the packets of this end "
            "were lost, as they are where such a state lasts.",
            f"**{DESCRIPTOR_STAYS}**",
            *(
                section(f"`{how}`", f"{said}\n\n{table(PROGRAM, [row(one) for one in EFFECTS if one.how == how])}")
                for how, said in WAYS.items()
            ),
        ],
    )


def row(effect: Effect) -> tuple[str, ...]:
    """One situation as a row."""
    return (
        effect.situation, effect.poll, effect.recv, effect.send, effect.peer_recv, effect.peer_send, effect.here_after,
        effect.there_after,
    )  # fmt: skip
