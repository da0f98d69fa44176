"""Programs that pass on what one connection brings to another, known by name: each of their sessions has two legs.

Not among them are servers that also relay (nginx, squid, caddy): they linger in FIN_WAIT_2 after their own answers.
"""

from closewait.diagnosis.group import Group

#: Process names, as the kernel tells them (15 bytes), lower case.
RELAYS = frozenset({
    "docker-proxy", "rootlesskit", "rootlessport", "slirp4netns", "vpnkit", "com.docker.vpnk", "gvproxy", "pasta",
    "kube-proxy", "haproxy", "envoy", "linkerd2-proxy", "pilot-agent", "traefik",
    "socat", "simpleproxy", "rinetd", "redir", "redsocks", "redsocks2", "stunnel", "stunnel4", "ghostunnel", "hitch",
    "ssh", "sshd", "autossh", "frpc", "frps", "ngrok", "chisel", "gost", "xray", "v2ray", "sing-box", "trojan",
    "ss-local", "ss-server", "ss-redir", "sslocal", "ssserver", "shadowsocks", "tor", "dante", "sockd", "3proxy",
    "microsocks", "privoxy", "tinyproxy", "polipo", "mitmproxy", "pgbouncer", "pgpool", "twemproxy", "nutcracker",
    "mysqlrouter", "proxysql", "maxscale", "cloudflared", "boringtun", "websockify", "corkscrew", "proxytunnel",
})  # fmt: skip


def is_relay(group: Group) -> bool:
    """The program that holds the group is known to do nothing but relay; one that is not known may relay, too."""
    return group.owner_process is not None and group.owner_process.lower().removesuffix(".exe") in RELAYS
