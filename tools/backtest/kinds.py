"""Series of each kind, drawn from seeded chance: what grows and what does not, as programs really do it.

Rates, noise, lengths and distances to the wall are drawn for each series anew. The wall of what grows stands so far
away that it is met after half to twelve times the time shown.
"""

from collections.abc import Callable

import numpy as np

from backtest.case import Array, Case, cut

DAY_S = 86_400.0
HOUR_S = 3600.0

Chance = np.random.Generator
Kind = Callable[[Chance], Case]


def events(chance: Chance, per_s: Array | float, step_s: float, count: int) -> Array:
    """A count that goes up by chance, at a rate for each step."""
    return np.cumsum(chance.poisson(np.broadcast_to(np.asarray(per_s) * step_s, (count,)))).astype(float)


def wandering(chance: Chance, count: int, memory: float) -> Array:
    """A course of variance 1 that forgets itself after so many looks: load that comes and goes."""
    keep = np.exp(-1 / memory)
    steps = chance.normal(0, np.sqrt(1 - keep**2), count)
    steps[0] = chance.normal()
    powers = np.arange(count)
    blocks = []
    carried = 0.0
    size = max(1, int(memory * 20))  # the powers of a longer block would underflow
    for begin in range(0, count, size):
        part = steps[begin : begin + size]
        falling = keep ** powers[: len(part)]
        course = falling * (np.cumsum(part / falling) + carried * keep)
        blocks.append(course)
        carried = float(course[-1])
    return np.concatenate(blocks)


def rhythm(times_s: Array, chance: Chance, height: float) -> Array:
    """A day with its night, its rise in the morning and its evening, never twice quite the same."""
    angle = 2 * np.pi * (times_s / DAY_S - chance.random())
    shape = (1 - np.cos(angle)) / 2 + 0.15 * np.sin(2 * angle)
    return np.asarray(height * shape * (1 + 0.05 * wandering(chance, len(times_s), DAY_S / (times_s[1] - times_s[0]))))


def looks(chance: Chance, fewest: int, most: int) -> tuple[int, int]:
    """How many are shown, and of how many in all."""
    shown = int(chance.integers(fewest, most))
    return shown, shown * 14


def walled(kind: str, chance: Chance, times_s: Array, values: Array, shown: int, rise: float) -> Case:
    """The wall half to twelve rises above the last look."""
    limit = float(np.ceil(values[shown - 1] + rise * chance.uniform(0.5, 12)))
    return cut(kind, times_s, np.rint(values), shown, limit, grows=True)


def steady_leak(chance: Chance) -> Case:
    """A socket is lost now and then, at one rate; a look each 10 s, two minutes and a half to an hour."""
    shown, count = looks(chance, 16, 360)
    rate = np.exp(chance.uniform(np.log(0.05), np.log(5)))
    values = 20 + events(chance, rate, 10.0, count)
    return walled("steady leak", chance, 10.0 * np.arange(count), values, shown, rate * 10 * shown)


def noisy_leak(chance: Chance) -> Case:
    """The same beside traffic that comes and goes."""
    shown, count = looks(chance, 60, 360)
    rate = np.exp(chance.uniform(np.log(0.2), np.log(3)))
    rise = rate * 10 * shown
    traffic = 100 + chance.uniform(0.02, 0.1) * rise * chance.normal(0, 1, count)
    values = traffic + events(chance, rate, 10.0, count)
    return walled("noisy leak", chance, 10.0 * np.arange(count), values, shown, rise)


def leak_with_the_load(chance: Chance) -> Case:
    """The rate itself comes and goes by a third, over minutes to hours."""
    shown, count = looks(chance, 60, 360)
    rate = np.exp(chance.uniform(np.log(0.2), np.log(3)))
    load = np.exp(0.33 * wandering(chance, count, chance.uniform(0.1, 2) * shown))
    values = 50 + events(chance, rate * load, 10.0, count)
    return walled(
        "leak whose rate goes with the load", chance, 10.0 * np.arange(count), values, shown, rate * 10 * shown
    )


def leak_after_quiet(chance: Chance) -> Case:
    """Hours of health, and then a leak that goes on."""
    quiet, shown = int(chance.integers(100, 400)), int(chance.integers(24, 240))
    count = quiet + 14 * shown
    rate = np.exp(chance.uniform(np.log(0.3), np.log(3)))
    per_s = np.where(np.arange(count) < quiet, 0.0, rate)
    values = 80 + 3 * wandering(chance, count, 5) + events(chance, per_s, 10.0, count)
    return walled("leak that began lately", chance, 10.0 * np.arange(count), values, quiet + shown, rate * 10 * shown)


def leak_after_restart(chance: Chance) -> Case:
    """The program was restarted and leaks as before."""
    shown, count = looks(chance, 40, 240)
    before = int(chance.integers(60, 300))
    rate = np.exp(chance.uniform(np.log(0.3), np.log(3)))
    values = np.concatenate([500 + events(chance, rate, 10.0, before), 12 + events(chance, rate, 10.0, count)])
    times_s = 10.0 * np.arange(before + count)
    return walled("leak after a restart", chance, times_s, values, before + shown, rate * 10 * shown)


def leak_with_gaps(chance: Chance) -> Case:
    """Looks at uneven times, and a machine that was suspended in between: it leaks on by the clock of the load."""
    shown, count = looks(chance, 60, 300)
    step_s = 10 * chance.uniform(0.5, 1.5, count)
    step_s[int(chance.integers(10, shown - 10))] += chance.uniform(600, 7200)
    times_s = np.cumsum(step_s)
    rate = np.exp(chance.uniform(np.log(0.1), np.log(2)))
    values = 40 + np.cumsum(chance.poisson(rate * step_s))
    return walled("leak seen unevenly, with a gap", chance, times_s, values, shown, rate * 10 * shown)


def slow_leak(chance: Chance) -> Case:
    """One an hour, a look each five minutes, for twelve hours to three days."""
    shown, count = looks(chance, 12 * 12, 72 * 12)
    rate = chance.uniform(0.7, 1.5) / HOUR_S
    values = 30 + events(chance, rate, 300.0, count)
    return walled("leak of one an hour", chance, 300.0 * np.arange(count), values, shown, rate * 300 * shown)


def leak_with_teeth(chance: Chance) -> Case:
    """Held until a collector comes by, which does not get all of it."""
    period = int(chance.integers(12, 30))
    shown, count = looks(chance, period * 8, period * 16)
    per_tooth, kept = chance.uniform(60, 200), chance.uniform(0.05, 0.3)
    phase = np.arange(count) + chance.integers(0, period)
    teeth = per_tooth * (phase % period) / period + per_tooth * kept * (phase // period)
    values = 30 + teeth + chance.normal(0, 0.01 * per_tooth, count)
    rise = per_tooth * kept * shown / period
    return walled("leak with a sawtooth", chance, 10.0 * np.arange(count), values, shown, rise + per_tooth / 4)


def leak_in_the_rhythm(chance: Chance) -> Case:
    """From day to day a little more, seen for two and a half days to a week, a look each five minutes."""
    shown, count = looks(chance, int(2.5 * 288), 7 * 288)
    times_s = 300.0 * np.arange(count)
    height = chance.uniform(50, 400)
    per_day = height * chance.uniform(0.2, 2)
    values = 50 + rhythm(times_s, chance, height) + events(chance, per_day / DAY_S, 300.0, count)
    rise = per_day * shown / 288 + height / 2
    return walled(
        "leak in a daily rhythm", chance, times_s, values + chance.normal(0, 0.02 * height, count), shown, rise
    )


def leak_in_half_a_day(chance: Chance) -> Case:
    """The same, seen for three hours to a day: nobody can take them apart yet."""
    shown, count = looks(chance, 36, 288)
    times_s = 300.0 * np.arange(count)
    height = chance.uniform(50, 200)
    per_day = height * chance.uniform(2, 10)
    values = 50 + rhythm(times_s, chance, height) + events(chance, per_day / DAY_S, 300.0, count)
    return walled("leak in a rhythm, less than a day seen", chance, times_s, values, shown, per_day * shown / 288)


def still(kind: str, chance: Chance, times_s: Array, values: Array, shown: int | None = None) -> Case:
    """What does not grow, under a wall of 1.3 to 12 times the highest value it ever takes."""
    values = np.rint(values).clip(min=0)
    limit = float(np.ceil(values.max() * np.exp(chance.uniform(np.log(1.3), np.log(12)))))
    return Case(kind, times_s[:shown], values[:shown], limit, grows=False, met_s=None)


def flat_busy(chance: Chance) -> Case:
    """A busy healthy server: connections come and go, with a memory of seconds to half an hour."""
    count = int(chance.integers(30, 361))
    level = chance.uniform(20, 1000)
    values = level + np.sqrt(level) * chance.uniform(0.5, 3) * wandering(chance, count, chance.uniform(1, count / 4))
    return still("flat, busy", chance, 10.0 * np.arange(count), values)


def flat_quiet(chance: Chance) -> Case:
    """A healthy program at rest."""
    count = int(chance.integers(12, 361))
    values = chance.uniform(5, 60) + (chance.random(count) < 0.05) * chance.integers(1, 4, count)
    return still("flat, quiet", chance, 10.0 * np.arange(count), values)


def filled_pool(chance: Chance) -> Case:
    """A pool that fills, evenly or ever slower, and has been full for a quarter of the time at least."""
    count = int(chance.integers(60, 361))
    size = chance.uniform(50, 500)
    filled_at = count * chance.uniform(0.1, 0.75)
    share = np.arange(count) / filled_at
    course = np.minimum(share, 1) if chance.random() < 0.5 else 1 - np.exp(-4 * share)
    values = 10 + size * course - chance.uniform(0, 0.02) * size * np.abs(chance.normal(0, 1, count))
    return still("bounded pool, full", chance, 10.0 * np.arange(count), values)


def step_up(chance: Chance) -> Case:
    """A deploy, a new backend: from one level to another at once."""
    count = int(chance.integers(40, 361))
    level, height = chance.uniform(20, 200), chance.uniform(30, 600)
    at = int(count * chance.uniform(0.1, 0.97))
    noise = chance.uniform(0.3, 0.05 * height) * wandering(chance, count, chance.uniform(1, 5))
    return still("step", chance, 10.0 * np.arange(count), level + height * (np.arange(count) >= at) + noise)


def healthy_restart(chance: Chance) -> Case:
    """A healthy program that was restarted: it opens what it needs, and stays."""
    count = int(chance.integers(60, 361))
    at = int(count * chance.uniform(0.2, 0.95))
    level = chance.uniform(80, 800)
    since = np.arange(count) - at
    opened = np.where(since < 0, 1.0, 1 - np.exp(-since.clip(min=0) / chance.uniform(1, 4)))
    values = 8 + level * opened * (1 + 0.03 * wandering(chance, count, 3))
    return still("restart of a healthy program", chance, 10.0 * np.arange(count), values)


def batch_job(chance: Chance) -> Case:
    """Work that comes every so often, opens hundreds of connections, and closes them."""
    count = int(chance.integers(120, 361))
    period, busy = int(chance.integers(40, 100)), chance.uniform(0.1, 0.5)
    phase = ((np.arange(count) + chance.integers(0, period)) % period) / period
    values = 10 + chance.uniform(50, 500) * (phase < busy) * (1 + 0.05 * chance.normal(0, 1, count))
    return still("batch job", chance, 10.0 * np.arange(count), values)


def healthy_teeth(chance: Chance) -> Case:
    """A garbage collector or a pool's recycling: everything comes back."""
    period = int(chance.integers(8, 40))
    count = int(chance.integers(5 * period, 9 * period))
    height = chance.uniform(40, 300)
    phase = ((np.arange(count) + chance.integers(0, period)) % period) / period
    values = 30 + height * phase + chance.uniform(0, 0.02) * height * chance.normal(0, 1, count)
    return still("sawtooth", chance, 10.0 * np.arange(count), values)


def elastic_pool(chance: Chance) -> Case:
    """A pool that grows and shrinks with the work, a few connections at a time."""
    count = int(chance.integers(30, 361))
    sizes = chance.integers(1, 8, count) * chance.integers(5, 40)
    values = 20 + np.repeat(sizes, chance.integers(8, 60, count))[:count] + chance.normal(0, 1, count)
    return still("elastic pool", chance, 10.0 * np.arange(count), values)


def bursts(chance: Chance) -> Case:
    """Crowds that come at once and leave one by one."""
    count = int(chance.integers(30, 361))
    values = 40 + chance.normal(0, 2, count)
    for begin in chance.integers(0, count, chance.integers(1, 8)):
        values[begin:] += chance.uniform(50, 500) * np.exp(-np.arange(count - begin) / chance.uniform(3, 40))
    return still("bursts that fade", chance, 10.0 * np.arange(count), values)


def swell(chance: Chance) -> Case:
    """Load that rises for minutes, as evenly as a leak, and falls again."""
    count, period = int(chance.integers(60, 361)), int(chance.integers(20, 120))
    phase = (np.arange(count) + chance.integers(0, period)) % period
    height = chance.uniform(50, 300)
    values = 30 + 2 * height * np.minimum(phase, period - phase) / period + chance.normal(0, 3, count)
    return still("load that swells and ebbs in minutes", chance, 10.0 * np.arange(count), values)


def daily_rhythm(chance: Chance) -> Case:
    """Days of a healthy service, a look each five minutes."""
    count = int(chance.uniform(2, 7) * 288)
    times_s = 300.0 * np.arange(count)
    height = chance.uniform(50, 500)
    values = 50 + rhythm(times_s, chance, height) + chance.normal(0, 0.03 * height, count)
    return still("daily rhythm, days", chance, times_s, values)


def morning(chance: Chance) -> Case:
    """Part of one day of a healthy service."""
    shown = int(chance.integers(24, 360))
    count = shown + 3 * 288
    times_s = 300.0 * np.arange(count)
    height = chance.uniform(50, 500)
    values = 50 + rhythm(times_s, chance, height) + chance.normal(0, 0.03 * height, count)
    return still("daily rhythm, part of a day", chance, times_s, values, shown)


GROWING: tuple[Kind, ...] = (
    steady_leak,
    noisy_leak,
    leak_with_the_load,
    leak_with_gaps,
    slow_leak,
    leak_after_quiet,
    leak_after_restart,
    leak_with_teeth,
    leak_in_the_rhythm,
    leak_in_half_a_day,
)
STAYING: tuple[Kind, ...] = (
    flat_quiet,
    flat_busy,
    filled_pool,
    step_up,
    healthy_restart,
    batch_job,
    healthy_teeth,
    elastic_pool,
    bursts,
    swell,
    daily_rhythm,
    morning,
)
