"""The columns that a judgement reads: what a look for `examine` must fill, and no more."""

JUDGED = frozenset({
    "protocol", "local_address", "local_port", "local_service", "remote_address", "remote_port", "remote_service",
    "state", "recv_queue_bytes", "send_queue_bytes", "accept_queue_conns", "accept_queue_limit",
    "pid", "process", "fd", "inode", "uid", "cookie",
    "age_low_s", "age_high_s", "timer", "timer_left_s", "timer_retransmits",
    "last_sent_ms", "last_received_ms", "last_ack_ms", "bytes_sent", "bytes_acked", "rtt_us",
})  # fmt: skip
