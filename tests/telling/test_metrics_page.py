"""The page that is served, asked by a real client."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from closewait.diagnosis.gauges import Gauge
from closewait.errors import BadUsage, CannotAct
from closewait.telling.metrics_page import MetricsPage, serve

GAUGES = (Gauge("sockets", ("CLOSE_WAIT",), 3), Gauge("looks", (), 2))
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def page() -> Iterator[MetricsPage]:
    """A page at a free port of loopback."""
    serving = serve(":0")
    yield serving
    serving.close()


def fetched(page: MetricsPage, accept: str = "*/*") -> tuple[str, str]:
    """The content type and the text that a scraper gets."""
    request = urllib.request.Request(f"http://{page.where}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_the_latest_is_told(page: MetricsPage) -> None:
    """Nothing before the first look."""
    assert fetched(page)[1] == ""

    page.show(GAUGES)

    assert 'closewait_sockets{state="CLOSE_WAIT"} 3.0\n' in fetched(page)[1]

    page.show([Gauge("sockets", ("CLOSE_WAIT",), 4)])

    assert 'closewait_sockets{state="CLOSE_WAIT"} 4.0\n' in fetched(page)[1]
    assert "looks" not in fetched(page)[1]


def test_the_scraper_chooses_the_format(page: MetricsPage) -> None:
    """OpenMetrics ends with a mark."""
    page.show(GAUGES)
    kind, text = fetched(page, OPENMETRICS)

    assert kind.startswith("application/openmetrics-text")
    assert text.endswith("# EOF\n")
    assert fetched(page)[0].startswith("text/plain; version=0.0.4")


def test_loopback_unless_told_otherwise(page: MetricsPage) -> None:
    """Metrics name programs."""
    assert page.where.startswith("127.0.0.1:")


def test_who_is_silent_holds_up_nobody(page: MetricsPage) -> None:
    """Fifty connections that ask for nothing."""
    host, port = page.where.rsplit(":", 1)
    silent = [socket.create_connection((host, int(port))) for _ in range(50)]
    page.show(GAUGES)

    assert "closewait_looks_total 2.0" in fetched(page)[1]
    for one in silent:
        one.close()


def test_only_reading(page: MetricsPage) -> None:
    """There is nothing to send."""
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(f"http://{page.where}/metrics", data=b"x", timeout=10)


def test_a_place_that_is_taken(page: MetricsPage) -> None:
    """It is said where, and what to do."""
    with pytest.raises(CannotAct, match=rf"cannot be served at {page.where}: Address already in use"):
        serve(page.where)


def test_the_place_is_free_afterwards() -> None:
    """And the thread has ended."""
    before = threading.active_count()
    first = serve("[::1]:0")
    where = first.where
    first.close()
    again = serve(where)

    assert again.where == where
    again.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("place", ["", "here", ":99999", "1.2.3.4.5:80", "host.example:80", "::1:80", "-1", "[::1]"])
def test_no_place(place: str) -> None:
    """Names are not looked up: they may change their meaning."""
    with pytest.raises(BadUsage):
        serve(place)


def test_an_address_of_somebody_else() -> None:
    """The system's reason is told."""
    with pytest.raises(CannotAct, match=r"served at 203\.0\.113\.200:9435: Cannot assign requested address"):
        serve("203.0.113.200:9435")
