"""Report in, text out. Pure: nothing here prints or opens."""
