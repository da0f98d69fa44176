"""Every number a forecast depends on: its unit in its name, its reason beside it.

"Backtest" is tools/backtest, whose table stands in docs/explanation/forecast.md.
"""

HOUR_S = 3600.0
DAY_S = 86_400.0

#: Fewer looks carry no slope and no measure of its doubt: two minutes at one look each 10 s.
FEWEST_LOOKS = 12

#: After a restart a program first opens what it needs: six minutes at the same pace.
FEWEST_LOOKS_SINCE_RESTART = 36

#: Looks are condensed to so many blocks at least, each with its median: Theil-Sen compares all pairs, so that its cost
#: grows with the square; more blocks did not narrow an interval in the backtest.
BLOCKS = 32

#: A quantile of Student's t with five degrees of freedom: 80 % lie between minus and plus this. So few because the
#: wandering of a course is told by its long stretches alone, of which a series holds four or five.
EIGHTY_PERCENT_T = 1.476

#: A slope is growth when it is so many of its own standard errors above zero: 99.5 % one-sided at the same five
#: degrees.
GROWTH_T = 4.032

#: What rises has to rise above its own wobble: a rise of this many standard deviations leaves R² near 0.5.
RISE_OVER_WOBBLE = 3.5

#: A rise of fewer steps of the resolution is what any program does when it opens its files and pools.
FEWEST_STEPS = 5.0

#: The most that a steady rate is believed to stay the same, as a relative standard deviation, for as long again as it
#: was seen; beyond that it grows with the square root of the time (backtest: rates that vary with the load).
RATE_DOUBT = 0.04
MOST_RATE_DOUBT = 0.5

#: A wall farther away than so many times the time seen is not dated: five minutes cannot speak for the week after.
FARTHEST_SPANS = 100.0

#: Two straight pieces that leave less than this share of what one line leaves (squares): something changed in between.
#: A random walk without any change leaves about a third.
BREAK_LEAVES = 0.15
FEWEST_BLOCKS_IN_A_PIECE = 4

#: A growth of which the last part adds less than this share of its due has stopped.
STALLED_SHARE = 0.3
STALLED_PART = 1 / 6
#: The due has to be this many steps at least: of eight chance events two or fewer happen once in seventy times.
STALLED_FEWEST_STEPS = 8.0

#: A second half that is less steep than this share of the first is bending towards a bound.
SLOWED_SHARE = 0.6
#: What rises less steeply than that after a break has to do so for this many times as long as it rose before.
SLOWED_SPANS = 3.0

#: A fall to less than this share of the level before, within two looks, empties a gauge: a restart, or a batch's end.
EMPTIED_SHARE = 0.2
EMPTIED_FEWEST_STEPS = 16.0
#: Of the highest value seen: a quiet night, of which a few more go home, is no restart.
EMPTIED_FEWEST_OF_RANGE = 0.25

#: Teeth: falls beyond so many usual changes, that make up most of all that was ever given back.
TOOTH_OVER_USUAL = 4.0
TEETH_SHARE_OF_FALLS = 0.6
FEWEST_TEETH = 3
#: A slope needs as many troughs as tell one course from chance.
FEWEST_TROUGHS = 5

#: A day's rhythm is learned from this many days: one day cannot be told from a trend.
FEWEST_DAYS = 2.0
MOST_DAYS = 28
DAY_PARTS = 24
#: The day's profile of two days has to be this many times as high as what it leaves unexplained; of more days less, for
#: what is chance in it goes down with their square root. From here on it is taken out: what is none costs little.
RHYTHM_OVER_REST = 3.0
#: From here on it is said to be one: 24 hours of chance lie within 5.5 standard deviations 99 times of 100.
CLEAR_RHYTHM_OVER_REST = 5.5

#: No day's rhythm rises longer: the slowest, that of evening entertainment, rises from five in the morning to nine in
#: the evening.
DAY_RISES_AT_MOST_S = 18 * HOUR_S

#: The morning of a working day rises from its lowest to its highest within six hours: half of such a wave.
MORNING_WAVE_S = 12 * HOUR_S

#: A long series is looked at again from nearer: what began within its last part is lost among so many looks before.
#: A rise there counts when it is so many times the highest that the same time ever brought before.
NEARER_PARTS = (1 / 6, 1 / 36, 1 / 216)
RISE_OVER_EARLIER = 2.0
