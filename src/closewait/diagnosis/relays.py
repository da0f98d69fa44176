"""Programs that pass on what one connection brings to another, known by name: each of their sessions has two legs.

Not among them are servers that also relay (nginx, squid, caddy): they linger in FIN_WAIT_2 after their own answers.
"""

from closewait.diagnosis.group import Group

#: Process names, as the kernel tells them (15 bytes), lower case. Since OpenSSH 9.8 a program of its own, sshd-session,
#: holds what a session forwards (release notes); systemd-socket-proxyd is longer than 15 bytes.
RELAYS = frozenset({
    "docker-proxy", "rootlesskit", "rootlessport", "slirp4netns", "vpnkit", "com.docker.vpnk", "gvproxy", "pasta",
    "kube-proxy", "haproxy", "envoy", "linkerd2-proxy", "pilot-agent", "traefik",
    "socat", "simpleproxy", "rinetd", "redir", "redsocks", "redsocks2", "stunnel", "stunnel4", "ghostunnel", "hitch",
    "ssh", "sshd", "sshd-session", "autossh", "systemd-socket-",
    "frpc", "frps", "ngrok", "chisel", "gost", "xray", "v2ray", "sing-box", "trojan",
    "ss-local", "ss-server", "ss-redir", "sslocal", "ssserver", "shadowsocks", "tor", "dante", "sockd", "3proxy",
    "microsocks", "privoxy", "tinyproxy", "polipo", "mitmproxy", "pgbouncer", "pgpool", "twemproxy", "nutcracker",
    "mysqlrouter", "proxysql", "maxscale", "cloudflared", "boringtun", "websockify", "corkscrew", "proxytunnel",
})  # fmt: skip


def is_relay(group: Group) -> bool:
    """The program that holds the group is known to do nothing but relay; one that is not known may relay, too."""
    if group.owner_process is None:
        return False
    program, _, _ = group.owner_process.lower().partition(":")  # netstat prints the title: `sshd: alice@pts/0`
    return program.removesuffix(".exe") in RELAYS
