"""A page of metrics that Prometheus scrapes, served beside whatever else is done.

It binds loopback unless told otherwise, because the metrics name programs and destinations to whoever can connect.
prometheus-client writes the page, in the format that the scraper asks for.
"""

import ipaddress
import re
import threading
from collections.abc import Iterable
from socket import AF_INET, AF_INET6
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from closewait.diagnosis.gauges import Gauge
from closewait.errors import BadUsage, CannotAct
from closewait.telling.extra import needed
from closewait.views.as_openmetrics import Page

if TYPE_CHECKING:
    from prometheus_client import Metric

LOOPBACK = "127.0.0.1"
MOST_PORT = 65_535
PATIENCE_S = 10.0  # with a client that connects and says nothing; Prometheus itself gives up after 10 s
PLACE = re.compile(r"(?:(?P<host>[^:\[\]]+)?:|\[(?P<v6>[^\]]+)\]:)?(?P<port>\d{1,5})")


class MetricsPage:
    """The page at one address until it is closed; empty until it is shown something."""

    def __init__(self, host: str, port: int) -> None:
        with needed("metrics"):
            from prometheus_client import CollectorRegistry, make_wsgi_app
        self._page = Page(())
        registry = CollectorRegistry()
        registry.register(self)
        server = type("Server", (_Server,), {"address_family": AF_INET6 if ":" in host else AF_INET})
        try:
            self._server = server((host, port), _Handler)
        except OSError as refused:
            raise CannotAct(
                f"The metrics cannot be served at {_shown(host, port)}: {refused.strerror}. Another program may listen "
                "there (closewait list lport=… state=listen names it); choose another place."
            ) from None
        self._server.set_app(make_wsgi_app(registry))
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    @property
    def where(self) -> str:
        """The address that is served, as in a URL."""
        host, port = self._server.server_address[:2]
        return _shown(str(host), int(port))

    def show(self, gauges: Iterable[Gauge]) -> None:
        """Tell these from the next scrape on, all of them at once."""
        self._page = Page(gauges)

    def collect(self) -> "list[Metric]":
        """What prometheus-client asks for at each scrape."""
        return self._page.collect()

    def close(self) -> None:
        """Stop serving; the address is free again when this returns."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve(place: str) -> MetricsPage:
    """Serve a page at `9435`, `:9435`, `host:9435` or `[::1]:9435`. Raises BadUsage and CannotAct."""
    found = PLACE.fullmatch(place)
    if found is None or int(found["port"]) > MOST_PORT:
        raise BadUsage(f"{place!r} is no place to serve metrics at. Write :9435, or 0.0.0.0:9435 for every address.")
    host = found["v6"] or found["host"] or LOOPBACK
    try:
        host = str(ipaddress.ip_address("127.0.0.1" if host == "localhost" else host))
    except ValueError:
        raise BadUsage(f"{host!r} is no address of this host. Write one, as in 127.0.0.1:9435 or [::]:9435.") from None
    return MetricsPage(host, int(found["port"]))


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Server(ThreadingMixIn, WSGIServer):
    """One thread for each scraper, so that a slow one holds up none."""

    request_queue_size = 64  # several scrapers at once, and some that hang
    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        """Bind without asking a name server who we are, as http.server would."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    """What answers one scraper."""

    timeout = PATIENCE_S

    def address_string(self) -> str:
        """Who asks, without asking a name server."""
        return str(self.client_address[0])

    def log_message(self, format: str, *args: Any) -> None:
        """A scrape is nothing to tell."""
