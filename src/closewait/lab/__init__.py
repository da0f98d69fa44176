"""Making each illness on purpose: a doctor one can practise on, and the proof of the rules.

    with playing("leaked-close-wait", count=50, time_limit_s=60) as stage:
        stage.sick_pids     # who is to blame
        stage.look_with     # the command line that examines the place

A scene is real processes and real sockets, on loopback or in a network namespace of its own, for a limited time.
"""

from closewait.lab.performance import Performance, playing
from closewait.lab.scene import Scene
from closewait.lab.scenes import SCENES, VARIANTS, WITHOUT_SCENE, scene_named

__all__ = ["SCENES", "VARIANTS", "WITHOUT_SCENE", "Performance", "Scene", "playing", "scene_named"]
