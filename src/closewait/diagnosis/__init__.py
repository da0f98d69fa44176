"""Timeline in, findings out: which program holds what open, and with whom the next move lies."""
