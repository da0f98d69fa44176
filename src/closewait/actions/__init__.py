"""What changes something on this host, only when it was asked for, and writes down that it did."""
