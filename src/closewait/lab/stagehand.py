"""The thin process that plays one scene: `python -m closewait.lab.stagehand ORDER`, started by `performance.py`.

It prints one line of JSON when the scene holds, or why it cannot, and then keeps the scene until the end.
It has one thread and imports the standard library only, so that its forks are safe and small.
"""

import json
import signal
import sys

from closewait.errors import ClosewaitError
from closewait.lab import leash
from closewait.lab.performance import Order
from closewait.lab.scenes import scene_named
from closewait.lab.stage import OVERTIME_S, Ended, Stage, endings


def main(order_json: str) -> int:
    """Play what was ordered and return the exit status."""
    order = Order(**json.loads(order_json))
    # Blocked, so that they are seen between the steps and never inside one.
    signal.pthread_sigmask(signal.SIG_BLOCK, endings() | {signal.SIGCHLD})
    leash.tie(
        leash.STAGEHAND,
        parent_pid=order.caller_pid,
        limit_s=order.time_limit_s + 10 * OVERTIME_S,
        ends_by=signal.SIGTERM,
    )
    scene = scene_named(order.scene)
    announced = False
    try:
        with Stage(limit_s=order.time_limit_s, growth_per_s=order.growth_per_s, own_netns=order.own_netns) as stage:
            stage.make_room(order.count + round(order.growth_per_s * order.time_limit_s))
            scene.play(stage, order.count)
            if scene.settles:
                stage.settle()
            host, port = stage.address
            told = {"pids": stage.roll_call(), "netns": stage.netns, "where": f"{host}:{port}"}
            print(json.dumps(told), flush=True)
            announced = True
            stage.hold()
    except Ended:
        return 0
    except (ClosewaitError, OSError) as error:
        if announced:
            print(f"lab: {error}", file=sys.stderr)
        else:
            print(json.dumps({"refused": str(error)}), flush=True)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
