"""What to do first, by the runtime of the program that owes the next move; every rule's own advice comes after it.

Each remedy has the source it was taken from; `MEASURED` are those tried on Linux 6.18 with the version named.
"""

from closewait.diagnosis.runtimes import Runtime
from closewait.records import record

MEASURED = "measured"


@record
class Remedy:
    """What helps a program of `runtime` against `rules`; `role` None: at either end. `{pid}` stands for the process."""

    runtime: Runtime
    rules: tuple[str, ...]
    do: str
    source: str
    role: str | None = None


LEAKED = ("leaked-close-wait",)
STUCK = ("never-read", "never-accepted")
POOLED = ("stale-idle-pool",)
HALF_CLOSED = ("leaked-close-wait", "proxy-half-close")
CHURN = ("time-wait-churn", "port-exhaustion")

REMEDIES = (
    Remedy(Runtime.PYTHON, LEAKED,
           "close in `finally` or by `with`; an asyncio handler that returns without writer.close() leaves its socket "
           "in CLOSE_WAIT until the garbage collector comes",
           f"{MEASURED}: Python 3.11", "server"),
    Remedy(Runtime.PYTHON, LEAKED,
           "requests: `with` for each Session and each response with stream=True, and keep no Response for its text: "
           "while one lives its connection stays, also after Session.close(); aiohttp: close the ClientSession",
           f"{MEASURED}: requests 2.34, urllib3 2.7", "client"),
    Remedy(Runtime.PYTHON, STUCK,
           "`py-spy dump --pid {pid}` shows the line at which each thread stands; one synchronous call in a coroutine "
           "stops them all",
           f"{MEASURED}: py-spy 0.4"),
    Remedy(Runtime.PYTHON, POOLED,
           "requests and urllib3 look at an idle connection only when they use it again; Session.close() after a "
           "pause tidies up",
           f"{MEASURED}: requests 2.34, urllib3 2.7", "client"),
    Remedy(Runtime.PYTHON, ("inherited-fd",),
           "multiprocessing: start method `spawn`, or start the workers before connections are made: `fork` hands "
           "every socket on",
           "Python documentation, multiprocessing, contexts and start methods"),
    Remedy(Runtime.JVM, LEAKED,
           "try-with-resources for every Socket, stream and CloseableHttpResponse; of an HttpURLConnection read the "
           "body, or the error stream, to its end",
           "Apache HttpClient tutorial, connection management"),
    Remedy(Runtime.JVM, STUCK,
           "`jstack {pid}` twice, a few seconds apart: look for the worker pool's threads, all at the same line",
           "JDK tool reference, jstack"),
    Remedy(Runtime.JVM, POOLED,
           "Apache HttpClient sees a closed connection only at its next use: evictExpiredConnections() and "
           "evictIdleConnections() (4.4 and later); a database pool: maxLifetime below the server's limit",
           "Apache HttpClient tutorial, connection eviction policy", "client"),
    Remedy(Runtime.GO, LEAKED,
           "`defer resp.Body.Close()` right behind the error check, also where only the status matters; the transport "
           "closes idle connections at their FIN, so somebody still holds this Body or Conn",
           "Go documentation, package net/http", "client"),
    Remedy(Runtime.GO, LEAKED,
           "`defer conn.Close()` in the handler and deadlines on the connection; on an http.Server ReadHeaderTimeout "
           "and IdleTimeout",
           "Go documentation, packages net and net/http", "server"),
    Remedy(Runtime.GO, STUCK,
           "a goroutine dump shows who waits for what: /debug/pprof/goroutine?debug=2 where it is served (SIGQUIT "
           "prints one, and ends the program)",
           "Go documentation, packages net/http/pprof and os/signal"),
    Remedy(Runtime.GO, CHURN,
           "raise MaxIdleConnsPerHost of one shared http.Transport (2 unless it was set), and read each Body to its "
           "end: only then the connection is used again",
           "Go source, net/http/transport.go, DefaultMaxIdleConnsPerHost", "client"),
    Remedy(Runtime.NODE, LEAKED,
           "with allowHalfOpen: true call socket.end() at 'end'; consume, resume() or destroy() every stream: a paused "
           "one never comes to its end",
           f"{MEASURED}: Node 20"),
    Remedy(Runtime.NODE, STUCK,
           "the event loop is blocked: `kill -USR1 {pid}` opens the inspector, whose profile shows the call that does "
           "not return",
           "Node.js documentation, debugging guide"),
    Remedy(Runtime.DOTNET, LEAKED,
           "one HttpClient for all, or IHttpClientFactory; `using` for every HttpResponseMessage and Stream "
           "(ResponseHeadersRead leaves them open); at Receive() == 0 Shutdown and Close",
           "Microsoft, guidelines for using HttpClient"),
    Remedy(Runtime.DOTNET, STUCK,
           "`dotnet-stack report -p {pid}` shows where its threads stand; look for .Result and .Wait() on tasks",
           "Microsoft, dotnet-stack"),
    Remedy(Runtime.DOTNET, POOLED,
           "SocketsHttpHandler.PooledConnectionIdleTimeout below the server's idle time",
           "Microsoft, guidelines for using HttpClient", "client"),
    Remedy(Runtime.NGINX, (*LEAKED, *STUCK),
           "nginx notices a FIN at once: a worker that does not is blocked (disk, Lua, a module); its stack or "
           "`strace -p {pid}` says in what",
           "nginx documentation, connection processing methods"),
    Remedy(Runtime.NGINX, POOLED,
           "in the upstream block: keepalive_timeout below the backend's idle time",
           "nginx documentation, ngx_http_upstream_module", "client"),
    Remedy(Runtime.HAPROXY, HALF_CLOSED,
           "`timeout client-fin` and `timeout server-fin` of a few seconds, and a `timeout tunnel`: without them half "
           "closed sessions last as long as the full ones may",
           "HAProxy configuration manual, timeout client-fin"),
    Remedy(Runtime.ENVOY, (*HALF_CLOSED, *POOLED),
           "idle_timeout of the cluster or the TCP proxy (1 hour unless it was set) below the upstream's own",
           "Envoy documentation, how do I configure timeouts?"),
    Remedy(Runtime.PHP, LEAKED,
           "pm.max_requests ends each worker, and what it holds, after so many requests; then look for persistent "
           "connections (pfsockopen, curl handles) that outlive the request",
           "PHP manual, FPM configuration"),
    Remedy(Runtime.RUBY, ("inherited-fd",),
           "make connections after the fork: on_worker_boot (Puma), after_fork (Unicorn)",
           "Puma and Unicorn documentation"),
    Remedy(Runtime.RUBY, LEAKED,
           "use the block forms (TCPSocket.open, Net::HTTP.start): they close at their end",
           "Ruby documentation, Net::HTTP"),
    Remedy(Runtime.ERLANG, ("blocked-writer",),
           "{{send_timeout, Ms}} together with {{send_timeout_close, true}}: otherwise the socket stays as it is",
           "Erlang documentation, inet:setopts/2"),
    Remedy(Runtime.POSTGRESQL, (*LEAKED, *STUCK),
           "a backend does not look at its client while a query runs: see pg_stat_activity; "
           "client_connection_check_interval (14 and later) lets it look",
           "PostgreSQL documentation, TCP settings", "server"),
    Remedy(Runtime.WINDOWS_SERVICE, (*LEAKED, *STUCK),
           "`tasklist /svc /fi \"PID eq {pid}\"` names the service; restarting it frees its handles, a newer driver or "
           "port monitor is the cure",
           "Microsoft, troubleshoot port exhaustion"),
)  # fmt: skip


def remedies(runtime: Runtime | None, rule: str, role: str | None, pid: int | None) -> tuple[str, ...]:
    """What to do first against `rule` in a program of this runtime, in the order of the table; empty for unknown."""
    return tuple(
        f"{remedy.runtime}: {remedy.do.format(pid='PID' if pid is None else pid)}"
        for remedy in REMEDIES
        if remedy.runtime is runtime and rule in remedy.rules and role in (remedy.role or role, None)
    )
