"""A Java program: who leaves without a word is forgotten, and its socket stays."""

from tests.programs.place import SOURCES, Place, place, program

PORT, CLIENTS = 8080, 12
OPTIONS = ("-Djava.net.preferIPv4Stack=true", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # a quick start


def test_sessions_that_are_never_closed_are_a_leak() -> None:
    """Sessions that end with a word are closed, which is health; the others are read to their end, and kept."""
    with place() as here:
        java = here.start(program("java", "default-jdk-headless"), *OPTIONS, SOURCES / "Forgets.java", PORT)
        here.until_it_listens(PORT)
        visit(here, b"bye")
        here.is_healthy()

        visit(here, b"hello")
        finding = here.finding("leaked-close-wait", sockets=CLIENTS)

    assert finding["owner"]["pid"] == java.pid
    assert finding["sockets"] == CLIENTS
    assert any(step.startswith("Java:") for step in finding["next"]), finding


def visit(here: Place, word: bytes) -> None:
    """Clients that say one word, hear it back, and leave."""
    for _ in range(CLIENTS):
        with here.client(PORT, word) as connection:
            assert connection.recv(64) == word
