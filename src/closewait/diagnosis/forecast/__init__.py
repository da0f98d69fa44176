"""Where a number is going: one gauge over time in, a forecast with its doubt out. docs/explanation/forecast.md."""
