"""Numbers we promise, measured beside their rivals; `make bench` runs it."""
