"""A webhook: each note as JSON in a POST. The standard library is enough; no redirect is followed."""

import http.client
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

from closewait.errors import BadUsage
from closewait.telling.note import Note, Undelivered
from closewait.telling.url import harmless_name, http_url

#: Answers that may be others later: RFC 9110 section 15.5.9 (408) and 15.6 (5xx), RFC 8470 (425), RFC 6585 (429).
MAY_BE_OTHERS_LATER = frozenset({408, 425, 429, *range(500, 600)})


class Webhook:
    """A way to tell: this URL, given at most `limit_s` seconds for each step of connecting, sending and answering."""

    def __init__(self, url: str, *, limit_s: float = 10.0) -> None:
        parts = http_url(url, "A webhook is an http:// or https:// URL")
        if "@" in parts.netloc:
            raise BadUsage(
                "A webhook's URL has no user name or password before its host: they would not be sent. "
                "Let a command send the JSON, as curl does."
            )
        self._url, self._limit_s = url, limit_s
        self._name = harmless_name(parts)
        self._opener = urllib.request.build_opener(_NoRedirect)

    @property
    def name(self) -> str:
        """Scheme and host: the path of a webhook is often its password."""
        return self._name

    def send(self, note: Note) -> None:
        """POST it. Raises Undelivered on any answer but 2xx, and on none."""
        request = urllib.request.Request(
            self._url,
            data=note.body,
            headers={"Content-Type": "application/json", "User-Agent": "closewait"},
            method="POST",
        )
        try:
            with self._opener.open(request, timeout=self._limit_s):
                return
        except urllib.error.HTTPError as answer:
            with answer:
                raise Undelivered(
                    f"answered {answer.code}",
                    again=answer.code in MAY_BE_OTHERS_LATER,
                    after_s=_seconds_from_now(answer.headers.get("Retry-After")),
                ) from None
        except urllib.error.URLError as failed:
            raise Undelivered(f"cannot be reached: {failed.reason}") from None
        except OSError as failed:
            raise Undelivered(f"gave no answer: {str(failed) or type(failed).__name__}") from None
        except (ValueError, http.client.InvalidURL):  # whose texts repeat the URL
            raise Undelivered("its URL, or its proxy's, cannot be used", again=False) from None
        except http.client.HTTPException as failed:
            raise Undelivered(f"gave no answer of HTTP: {type(failed).__name__}") from None

    def stop(self) -> None:
        """A request ends by its time limit; the thread that waits for it keeps nobody from ending."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A POST that is redirected would arrive as a GET, or somewhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _seconds_from_now(told: str | None) -> float | None:
    """`Retry-After`: seconds or a date (RFC 9110, 10.2.3); None where it is neither."""
    if told is None:
        return None
    if told.strip().isdecimal():
        return float(told.strip()[:9])
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time())
    except (ValueError, OverflowError):
        return None
