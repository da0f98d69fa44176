"""What the real `ss` shows of each socket, as the columns of the one table."""

import re
from collections.abc import Iterator
from typing import Any

COMMAND = ("ss", "-tanpoeiOH")  # everything, one line for each socket, no heading

STATES = {
    "ESTAB": "ESTABLISHED", "SYN-SENT": "SYN_SENT", "SYN-RECV": "SYN_RECEIVED", "FIN-WAIT-1": "FIN_WAIT_1",
    "FIN-WAIT-2": "FIN_WAIT_2", "TIME-WAIT": "TIME_WAIT", "CLOSE-WAIT": "CLOSE_WAIT", "LAST-ACK": "LAST_ACK",
    "LISTEN": "LISTEN", "CLOSING": "CLOSING",
}  # fmt: skip
TIMERS = {"on": "retransmit", "keepalive": "keepalive", "timewait": "time_wait", "persist": "zero_window_probe"}
SHUTDOWNS = {"<->": "none", "-->": "receive", "<--": "send", "---": "both"}

END = re.compile(r"\[?(?P<address>[^\]%]+?)\]?(?:%(?P<interface>\w+))?:(?P<port>\d+|\*)$")
HOLDER = re.compile(r'\("([^"]*)",pid=(\d+),fd=(\d+)\)')
DURATION = re.compile(r"(?:(?P<min>\d+)min)?(?:(?P<sec>\d+)sec)?(?:(?P<whole>\d+)\.)?(?:(?P<ms>\d+)ms)?$")

#: What ss writes before a number, and the column and unit it is in. ss leaves out what is 0.
NUMBERS = {
    "uid": ("uid", 1), "ino": ("inode", 1), "segs_in": ("segments_in", 1), "segs_out": ("segments_out", 1),
    "bytes_sent": ("bytes_sent", 1), "bytes_acked": ("bytes_acked", 1), "bytes_received": ("bytes_received", 1),
    "notsent": ("bytes_not_sent", 1), "unacked": ("unacked_segments", 1), "lost": ("lost_segments", 1),
    "backoff": ("backoff", 1), "cwnd": ("congestion_window_segments", 1), "mss": ("send_mss_bytes", 1),
    "snd_wnd": ("peer_window_bytes", 1), "rto": ("rto_us", 1000), "minrtt": ("min_rtt_us", 1000),
    "lastsnd": ("last_sent_ms", 1), "lastrcv": ("last_received_ms", 1), "lastack": ("last_ack_ms", 1),
}  # fmt: skip


def rows(text: str) -> Iterator[dict[str, Any]]:
    """One mapping of column to value for each line; a column that the line does not show is missing."""
    for line in text.splitlines():
        state, recv_queue, send_queue, local, remote, *rest = line.split(maxsplit=5)
        yield {
            "state": STATES[state],
            **_queues(STATES[state], int(recv_queue), int(send_queue)),
            **_end("local", local),
            **_end("remote", remote),
            **_details(rest[0] if rest else ""),
        }


def _queues(state: str, received: int, sent: int) -> dict[str, int]:
    if state == "LISTEN":
        return {"accept_queue_conns": received, "accept_queue_limit": sent}
    return {"recv_queue_bytes": received, "send_queue_bytes": sent}


def _end(side: str, text: str) -> dict[str, Any]:
    end = END.match(text)
    assert end is not None, text
    told = {f"{side}_address": end["address"], f"{side}_port": None if end["port"] == "*" else int(end["port"])}
    return told | ({"interface": end["interface"]} if side == "local" else {})


def _details(text: str) -> dict[str, Any]:
    told: dict[str, Any] = {"holders": sorted((int(pid), int(fd), name) for name, pid, fd in HOLDER.findall(text))}
    for word in re.sub(r"users:\(.*?\)\)", "", text).split():
        name, _, value = word.partition(":")
        if word in SHUTDOWNS:
            told["shutdown"] = SHUTDOWNS[word]
        elif name == "timer":
            kind, left, retransmits = value.strip("()").split(",")
            told |= {"timer": TIMERS[kind], "timer_left_s": left, "timer_retransmits": int(retransmits)}
        elif name == "sk":
            told["cookie"] = int(value, 16)
        elif name == "rtt":
            rtt, variation = value.split("/")
            told |= {"rtt_us": round(float(rtt) * 1000), "rtt_variation_us": round(float(variation) * 1000)}
        elif name == "wscale":
            told |= dict(zip(("send_window_scale", "receive_window_scale"), map(int, value.split(",")), strict=True))
        elif name == "retrans":
            told |= dict(zip(("unanswered_now", "retransmitted_segments"), map(int, value.split("/")), strict=True))
        elif name in NUMBERS:
            column, factor = NUMBERS[name]
            told[column] = round(float(value) * factor)
    return told


def seconds(text: str) -> tuple[float, float]:
    """The least and the greatest duration that ss writes as `4min59sec`, `44sec`, `1.204ms` or `128ms`."""
    found = DURATION.match(text)
    assert found is not None, text
    told = {unit: int(number) for unit, number in found.groupdict(default="0").items()}
    least = told["min"] * 60 + told["sec"] + told["whole"] + told["ms"] / 1000
    unit = 0.001 if found["ms"] else 1 if found["sec"] else 60
    return least, least + unit
