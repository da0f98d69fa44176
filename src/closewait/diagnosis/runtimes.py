"""Which runtime or server a process is, from its name and its command line: the same fault has another remedy in each.

A name is what the system tells (15 bytes on Linux, with `.exe` on Windows); a title that a program gives itself
(`nginx: worker process`) counts by its first word. A Go program is recognised by well-known names only: nothing in a
process table tells the language a binary was written in. Not recognised is None, and then nothing special is said.
"""

import re
from enum import StrEnum

from closewait.records import record


class Runtime(StrEnum):
    """A language's runtime, or a server with remedies of its own."""

    PYTHON = "Python"
    JVM = "Java"
    GO = "Go"
    NODE = "Node.js"
    DOTNET = ".NET"
    NGINX = "nginx"
    HAPROXY = "HAProxy"
    ENVOY = "Envoy"
    PHP = "PHP"
    RUBY = "Ruby"
    ERLANG = "Erlang"
    POSTGRESQL = "PostgreSQL"
    WINDOWS_SERVICE = "Windows service"


@record
class Name:
    """How programs of one runtime are called: `names` matches a whole name, without directory and `.exe`."""

    runtime: Runtime
    names: re.Pattern[str]


def _called(runtime: Runtime, names: str) -> Name:
    return Name(runtime, re.compile(names, re.IGNORECASE))


#: In the order in which they are tried.
NAMES = (
    _called(
        Runtime.PYTHON,
        r"python[w0-9.]*|pypy[0-9.]*|gunicorn|uvicorn|hypercorn|daphne|celery|uwsgi|waitress-serve|supervisord|airflow"
        r"|superset|jupyter(-[a-z]+)?|ipython[0-9]?|salt-(master|minion|api)|ansible(-[a-z]+)?",
    ),
    _called(Runtime.JVM, r"java|javaw|jsvc|tomcat[0-9]*|catalina|elasticsearch|logstash|kafka|zookeeper"),
    _called(Runtime.NODE, r"node|nodejs|npm|npx|yarn|pm2|next-server"),
    _called(Runtime.DOTNET, r"dotnet|w3wp|mono(-sgen)?"),
    _called(Runtime.NGINX, r"nginx|openresty|tengine|angie"),
    _called(Runtime.HAPROXY, r"haproxy"),
    _called(Runtime.ENVOY, r"envoy"),
    _called(Runtime.PHP, r"php[0-9.]*|php-fpm[0-9.]*|php-cgi[0-9.]*"),
    _called(Runtime.RUBY, r"ruby[0-9.]*|puma|unicorn(_rails)?|sidekiq|passenger|rails|jruby"),
    _called(Runtime.ERLANG, r"beam(\.smp)?|erl|rabbitmq-server|ejabberd|couchdb"),
    _called(Runtime.POSTGRESQL, r"postgres|postmaster"),
    _called(Runtime.WINDOWS_SERVICE, r"svchost|spoolsv|lsass|services|wininit"),
    _called(
        Runtime.GO,
        r"etcd|kubelet|kube-(apiserver|controller-m.*|controller-manager|scheduler|proxy)|dockerd|docker-(proxy|cont.*)"
        r"|containerd(-shim.*)?|crio|podman|prometheus|[a-z]+_exporter|alertmanager|grafana(-server)?|consul|vault|nomad"
        r"|traefik|caddy|coredns|influxd|telegraf|minio|cockroach|gorouter|frp[cs]|cloudflared|syncthing|rclone|loki"
        r"|promtail|thanos|gitea|tailscaled|k3s(-server|-agent)?|flanneld|cilium-agent|calico-node|istiod|pilot-agent",
    ),
)

#: Where the words of a command line end that may name the program: options and their values follow.
MOST_WORDS = 2


def runtime_of(process: str | None, command_line: str | None = None) -> Runtime | None:
    """The runtime of a process by its name, or else by the program and the script at the head of its command line."""
    told = [process] if process else []
    told += (command_line or "").split()[:MOST_WORDS]
    for name in map(_bare, told):
        for known in NAMES:
            if known.names.fullmatch(name):
                return known.runtime
    return None


def _bare(name: str) -> str:
    """`/usr/bin/python3` → `python3`, `nginx: worker process` → `nginx`, `w3wp.exe` → `w3wp`."""
    first = re.split(r"[:\s]", re.split(r"[/\\]", name)[-1] if not re.match(r"\S+: ", name) else name, maxsplit=1)[0]
    return first[:-4] if first.lower().endswith(".exe") else first
