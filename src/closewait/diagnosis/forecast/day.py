"""The rhythm of the day: learned from two days on, and taken out, so that what is left can be judged as any course."""

import math

import numpy as np

from closewait.diagnosis.forecast.course import Array, Course
from closewait.diagnosis.forecast.thresholds import (
    CLEAR_RHYTHM_OVER_REST,
    DAY_PARTS,
    DAY_S,
    FEWEST_DAYS,
    HOUR_S,
    MOST_DAYS,
    RHYTHM_OVER_REST,
)
from closewait.records import record

PART_S = DAY_S / DAY_PARTS
#: Middles of the parts of a day, in seconds since its begin.
MIDDLES_S = (np.arange(DAY_PARTS) + 0.5) * PART_S


@record
class Rhythm:
    """How far each part of the day lies above or below the day's middle."""

    profile: Array
    days: float
    is_clear: bool  # whether it can be no chance

    @property
    def height(self) -> float:
        """From the lowest part of the day to the highest."""
        return float(np.ptp(self.profile))

    def at(self, times_s: Array) -> Array:
        """The rhythm's share of a value at each time."""
        return np.interp(times_s % DAY_S, MIDDLES_S, self.profile, period=DAY_S)

    def hours_after(self, now_s: float) -> list[tuple[float, float]]:
        """For each hour of the day after `now_s`: in how many seconds it comes, and the rhythm's share then."""
        ahead_s = HOUR_S * np.arange(1, 25, dtype=np.float64)
        return list(zip(ahead_s.tolist(), self.at(now_s + ahead_s).tolist(), strict=True))

    @staticmethod
    def next_at(met_s: float, ahead_s: float) -> float:
        """The first time after `met_s` that lies `ahead_s`, or that and some days, ahead."""
        return ahead_s + max(0, math.ceil((met_s - ahead_s) / DAY_S)) * DAY_S

    def without(self, course: Course) -> Course:
        """The course without its rhythm."""
        return Course(course.times_s, course.values - self.at(course.times_s))


def rhythm_of(course: Course) -> Rhythm | None:
    """The rhythm of a course of two days at least; None where it has none, or parts of the day were never seen.

    The slope is taken between the same parts of different days only, as Hirsch and Slack do with months (1984).
    """
    days = course.span_s / DAY_S
    if days < FEWEST_DAYS:
        return None
    seen = _parts_of_days(course)
    if not _is_whole(seen):
        return None
    first, second = np.triu_indices(len(seen), 1)
    per_day = np.nanmedian((seen[second] - seen[first]) / (second - first)[:, None])
    moment = np.arange(len(seen))[:, None] + (np.arange(DAY_PARTS) + 0.5)[None, :] / DAY_PARTS
    level = seen - per_day * moment
    level = level - np.nanmedian(level)
    profile = np.nanmedian(level, axis=0)
    rest = np.sqrt(np.nanmean((level - profile) ** 2))
    height = float(np.ptp(profile))
    if height == 0 or height < RHYTHM_OVER_REST * rest * (FEWEST_DAYS / days) ** 0.5:
        return None
    return Rhythm(profile - profile.mean(), days, height >= CLEAR_RHYTHM_OVER_REST * rest / (days - 1) ** 0.5)


def days_are_seen(course: Course) -> bool:
    """Whether a rhythm of the day would have been seen, if there were one."""
    return course.span_s >= FEWEST_DAYS * DAY_S and _is_whole(_parts_of_days(course))


def _is_whole(seen: Array) -> bool:
    """Whether every part of the day was seen on two days at least."""
    return bool((np.count_nonzero(~np.isnan(seen), axis=0) >= FEWEST_DAYS).all())


def _parts_of_days(course: Course) -> Array:
    """Days in rows, parts of the day in columns: the mean of the looks in each, not a number where there was none."""
    part = np.floor(course.times_s / PART_S).astype(np.int64)
    last_day = part[-1] // DAY_PARTS
    recent = part >= (last_day - MOST_DAYS + 1) * DAY_PARTS
    part, values = part[recent], course.values[recent]
    begins = np.nonzero(np.append(True, np.diff(part) > 0))[0]
    first_day = part[0] // DAY_PARTS
    seen = np.full(((last_day - first_day + 1) * DAY_PARTS,), np.nan)
    seen[part[begins] - first_day * DAY_PARTS] = np.add.reduceat(values, begins) / np.diff(np.append(begins, len(part)))
    return seen.reshape(-1, DAY_PARTS)
