"""closewait: explains TCP socket states and finds out why sockets will not close."""
