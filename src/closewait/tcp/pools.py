"""How many connections well-known clients keep to one place unless they are told otherwise, and when idle ones end.

A count that equals such a bound is a hint at the pool that keeps it, and no proof: any number can be a coincidence.
`source` says where the number stands.
"""

from closewait.records import record


@record
class Pool:
    """A client that keeps at most so many connections; `runtime` as in `diagnosis/runtimes.py`."""

    connections: int
    what: str
    runtime: str
    source: str


POOLS = (
    Pool(2, "Go's database/sql (SetMaxIdleConns)", "Go", "golang/go issue 22138"),
    Pool(2, "Go's http.Transport (MaxIdleConnsPerHost)", "Go", "Go source, net/http/transport.go"),
    Pool(2, "Apache HttpClient 4 (connections for each route)", "Java",
         "Apache HttpClient API, PoolingHttpClientConnectionManager"),
    Pool(5, "SQLAlchemy (pool_size)", "Python", "SQLAlchemy documentation, create_engine()"),
    Pool(15, "SQLAlchemy (pool_size 5 and max_overflow 10)", "Python", "SQLAlchemy documentation, create_engine()"),
    Pool(8, "Apache Commons DBCP 2 (maxTotal)", "Java", "Apache Commons DBCP 2, BasicDataSourceFactory"),
    Pool(10, "HikariCP (maximumPoolSize)", "Java", "HikariCP documentation, configuration"),
    Pool(10, "node-postgres (max)", "Node.js", "node-postgres source, defaults.js"),
    Pool(10, "requests (pool_maxsize)", "Python", "requests source, adapters.py, DEFAULT_POOLSIZE"),
    Pool(20, "Apache HttpClient 4 (connections in all)", "Java",
         "Apache HttpClient API, PoolingHttpClientConnectionManager"),
    Pool(20, "httpx (max_keepalive_connections)", "Python", "httpx documentation, resource limits"),
)  # fmt: skip


@record
class IdleLimit:
    """After so many seconds without data a well-known server, proxy or client closes, unless it was set."""

    seconds: float
    who: str
    source: str


#: Sorted by time. Said with "as": many other programs have the same limits.
IDLE_LIMITS = (
    IdleLimit(5, "Node.js (keepAliveTimeout), Apache httpd (KeepAliveTimeout) or uvicorn",
              "Node.js documentation, server.keepAliveTimeout; Apache httpd documentation, core; uvicorn settings"),
    IdleLimit(20, "Tomcat (connectionTimeout)", "Tomcat configuration reference, server.xml as shipped"),
    IdleLimit(60, "an AWS load balancer (idle timeout) or nginx towards its upstreams (keepalive_timeout)",
              "AWS, Application Load Balancers, attributes; nginx documentation, ngx_http_upstream_module"),
    IdleLimit(75, "nginx towards its clients (keepalive_timeout)", "nginx documentation, ngx_http_core_module"),
    IdleLimit(90, "Go's http.DefaultTransport (IdleConnTimeout)", "Go source, net/http/transport.go"),
    IdleLimit(120, "IIS (connectionTimeout)", "Microsoft, IIS limits"),
    IdleLimit(130, "Kestrel (KeepAliveTimeout)", "Microsoft, Kestrel options"),
    IdleLimit(350, "an AWS Network Load Balancer or NAT gateway", "AWS, Network Load Balancers, idle timeout"),
    IdleLimit(3600, "Envoy (idle_timeout)", "Envoy documentation, how do I configure timeouts?"),
)  # fmt: skip


def pools_of(connections: int, runtime: str | None) -> tuple[Pool, ...]:
    """The pools whose bound is exactly this; with a runtime those of this runtime."""
    return tuple(pool for pool in POOLS if pool.connections == connections and runtime in (None, pool.runtime))


def idle_limit(seconds: float, *, within_s: float) -> IdleLimit | None:
    """The well-known limit that is this long, give or take `within_s`."""
    return min(
        (limit for limit in IDLE_LIMITS if abs(limit.seconds - seconds) <= within_s),
        key=lambda limit: abs(limit.seconds - seconds),
        default=None,
    )
