"""The README's sample is compared fairly: what varies from run to run is forgiven, wording and layout are not."""

import pytest

from pages import sample

SHOWN = """\
netns:closewait-lab-812: 801 TCP sockets, 1 finding, worst: critical

CRITICAL  leaked-close-wait  (possible, P101)
  orders-api[814] holds 400 connections on 127.0.0.1:8080 that the other end has
  closed; it never closed its own side.
  Whose move     the local program's, orders-api[814]
  Since          3.1 s to 5.3 s ago at least
  Because        - 400 with Recv-Q 0: the FIN was taken from the queue
                 - in CLOSE_WAIT for 3.1 s to 5.3 s at least, half of them over
                   3.4 s

  States         LISTEN 1 · FIN_WAIT_2 400 · CLOSE_WAIT 400
  Looked by      sock_diag: kernel 3 ms, holders 12 ms
"""

LATER = """\
netns:closewait-lab-1048211: 801 TCP sockets, 1 finding, worst: critical

CRITICAL  leaked-close-wait  (possible, P101)
  orders-api[1048219] holds 400 connections on 127.0.0.1:8080 that the other end
  has closed; it never closed its own side.
  Whose move     the local program's, orders-api[1048219], unit runner.service,
                 container 3f2a6c1b9d0e (docker), user root
  Since          4.0 s to 11 s ago at least
  Because        - 400 with Recv-Q 0: the FIN was taken from the queue
                 - in CLOSE_WAIT for 4.0 s to 11 s at least, half of them over
                   4.1 s

  States         LISTEN 1 · FIN_WAIT_2 400 · CLOSE_WAIT 400
  Looked by      sock_diag: kernel 114 ms, holders 9 ms
"""


def test_another_run_is_no_difference() -> None:
    """Process ids, ages, milliseconds and where it is played vary, and a longer id may break a line elsewhere."""
    assert sample.essence(LATER) == sample.essence(SHOWN)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("never closed its own side", "did not close its side"),
        ("possible", "likely"),
        ("400 connections", "399 connections"),
        ("Whose move     ", "Whose move   "),
        ("- 400", "* 400"),
        ("  closed; it", "closed; it"),
        ("\n\n  States", "\n  States"),
        ("  Since          3.1 s to 5.3 s ago at least\n", ""),
        ("the local program's, orders-api[814]", "the local program's, orders-api[814], and nobody else's at all"),
    ],
)
def test_another_wording_or_layout_is_one(before: str, after: str) -> None:
    """Whoever changes a word, a label, an indent, a paragraph or the width writes the README again."""
    assert before in SHOWN
    assert sample.essence(SHOWN.replace(before, after)) != sample.essence(SHOWN)


def test_a_sample_is_found_again_where_it_was_put() -> None:
    """Writing between the markers changes nothing else."""
    readme = f"before\n{sample.BEGIN}\nold\n{sample.END}\nafter\n"
    written = sample.replaced(readme, SHOWN)

    assert sample.between_markers(written) == SHOWN.rstrip()
    assert written.startswith("before\n")
    assert written.endswith("\nafter\n")
