"""What a scene is: one illness, made for real, with who is sick and how large it may grow."""

from collections.abc import Callable
from typing import Literal

from closewait.errors import BadUsage
from closewait.lab.stage import Stage
from closewait.records import record

LONGEST_S = 3600.0  # a scene is an exercise, not a service


@record
class Scene:
    """One illness to practise on.

    `play(stage, count)` builds the situation and returns when it holds; the stage then keeps it. `count` is the number
    of sockets (or whatever `counts` says) that show the illness.
    """

    rule: str  # the rule that must speak, and no other above benign
    name: str  # the rule's name, or that and how this one differs
    summary: str  # one sentence: what is wrong, and who is sick
    needs: Literal["loopback", "namespace"]  # a namespace needs root and ip(8)
    default_count: int
    play: Callable[[Stage, int], None]
    sick: tuple[str, ...] = ("lab-server",)  # roles whose processes the verdict must name
    counts: str = "connections"
    most: int = 2000  # 7 % of the ports Linux gives to connect(), so that no second illness shows
    can_grow: bool = False
    settles: bool = True  # False: states that pass elsewhere (SYN_SENT, LAST_ACK, …) are part of the illness

    def check(self, count: int, time_limit_s: float, growth_per_s: float) -> None:
        """Raise BadUsage when the scene cannot be played like that."""
        if not 0 < time_limit_s <= LONGEST_S:
            raise BadUsage(
                f"A time limit of {time_limit_s:g} s is not possible: give more than 0, at most {LONGEST_S:g} s."
            )
        if growth_per_s < 0 or (growth_per_s > 0 and not self.can_grow):
            raise BadUsage(f"The scene {self.name} cannot grow by {growth_per_s:g} each second: leave the growth at 0.")
        at_the_end = count + growth_per_s * time_limit_s
        if count < 1 or at_the_end > self.most:
            raise BadUsage(
                f"The scene {self.name} plays with 1 to {self.most} {self.counts}, growth included;"
                f" this would be {at_the_end:g}."
            )
