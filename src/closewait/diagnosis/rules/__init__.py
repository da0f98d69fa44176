"""RULES: every verdict closewait can reach, in the order of decision: the first to claim a group keeps it."""

from closewait.diagnosis.rule import Rule
from closewait.diagnosis.rules import (
    benign_churn,
    conntrack_view,
    dead_fd,
    fd_exhaustion,
    half_open_established,
    inherited_fd,
    insufficient_evidence,
    kernel_bug,
    leaked_close_wait,
    leaked_established,
    never_accepted,
    never_read,
    peer_not_closing,
    port_exhaustion,
    proxy_half_close,
    stale_idle_pool,
    syn_backlog,
    time_wait_churn,
)

RULES: tuple[Rule, ...] = (
    conntrack_view.RULE,
    kernel_bug.RULE,
    never_accepted.RULE,
    inherited_fd.RULE,
    proxy_half_close.RULE,
    never_read.RULE,
    stale_idle_pool.RULE,
    leaked_close_wait.RULE,
    dead_fd.RULE,
    leaked_established.RULE,
    half_open_established.RULE,
    peer_not_closing.RULE,
    port_exhaustion.RULE,
    time_wait_churn.RULE,
    syn_backlog.RULE,
    fd_exhaustion.RULE,
    insufficient_evidence.RULE,
    benign_churn.RULE,
)
