"""URLs that cannot be asked are refused at the start, and no message repeats what may be a secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closewait.errors import BadUsage
from closewait.telling.otlp import Otlp
from closewait.telling.url import harmless_name, http_url
from closewait.telling.webhook import Webhook

UNUSABLE = [
    "https://hooks.example:s3cret/",
    "https://hooks.example:99999/s3cret",
    "https://hooks.example:0/s3cret",
    "https://hooks.example/T0 s3cret",
    "https://hooks.example/T0\rs3cret",
    "https://hooks.example\0/s3cret",
    "https://hooks.example/s3cret\u2028",
    "https://hooks.example/\ud800s3cret",
    "https://hooks..example/s3cret",
    f"https://{'a' * 64}.example/s3cret",
    "https://[::1/s3cret",
    "file:///s3cret",
]


@pytest.mark.parametrize("url", UNUSABLE)
@pytest.mark.parametrize("teller", [Webhook, Otlp])
def test_unusable(teller: type[Webhook | Otlp], url: str) -> None:
    """It is bad usage, whatever is wrong with it."""
    with pytest.raises(BadUsage) as refused:
        teller(url)

    assert "s3cret" not in str(refused.value)


def test_a_webhook_with_a_password() -> None:
    """It would not be sent; it is not told either."""
    with pytest.raises(BadUsage, match="no user name or password") as refused:
        Webhook("https://somebody:s3cret@hooks.example/")

    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://hooks.example/T0/s3cret?key=s3cret", "https://hooks.example"),
        ("http://[::1]:4318", "http://::1"),
        ("https://somebody:s3cret@collector.example:4318/", "https://collector.example"),
        ("https://xn--4ca.example:/%C3%A4", "https://xn--4ca.example"),
    ],
)
def test_usable(url: str, name: str) -> None:
    """Of it only scheme and host are told."""
    assert harmless_name(http_url(url, "A URL")) == name


@given(st.text(max_size=20) | st.from_regex(r"https?://[\[\]a.:@/?#%0-9-]{0,20}", fullmatch=True))
def test_any_text_is_a_url_or_bad_usage(url: str) -> None:
    """No other error ends a watch."""
    try:
        parts = http_url(url, "A URL")
    except BadUsage:
        return
    assert parts.scheme in harmless_name(parts)
    assert parts.hostname
