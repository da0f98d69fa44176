"""How well forecasts hold: series whose future is known are shown up to a moment, and held to what came after it."""
