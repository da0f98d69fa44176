"""The ways to look at this machine, best first: when one is closed, the look goes down to the next."""

from closewait.capture import netlink, procfs, psutil_connections

SOURCES = (netlink.SOURCE, procfs.SOURCE, psutil_connections.SOURCE)
