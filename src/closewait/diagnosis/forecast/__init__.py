"""Where a number is going: one gauge over time in, a forecast with its doubt out.

`foresee.foresee(times_s, values, limit=...)` answers with an `outlook.Forecast`; views/forecast.py says it in words and
as JSON. How it is made: docs/explanation/forecast.md.
"""
