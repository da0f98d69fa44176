"""Lines join where they meet, in both alphabets."""

from closewait.views.canvas import ASCII_CHARACTERS, BOX_CHARACTERS, Canvas


def drawn(canvas: Canvas) -> str:
    """The canvas with a line break before it, as the tests below write it."""
    return f"\n{canvas}\n"


def test_lines_join_where_they_meet() -> None:
    """A crossing, four branches and four corners become one character each."""
    canvas = Canvas(BOX_CHARACTERS)
    canvas.line([(0, 0), (0, 8), (4, 8), (4, 0), (0, 0)])
    canvas.line([(0, 4), (4, 4)])
    canvas.line([(2, 8), (2, 0)])

    assert (
        drawn(canvas)
        == """
┌───┬───┐
│   │   │
├───┼───┤
│   │   │
└───┴───┘
"""
    )


def test_ascii_has_the_same_shape() -> None:
    """Every corner, branch and crossing is a plus sign there."""
    canvas = Canvas(ASCII_CHARACTERS)
    canvas.line([(0, 0), (0, 8), (4, 8), (4, 0), (0, 0)])
    canvas.line([(0, 4), (4, 4)])
    canvas.line([(2, 8), (2, 0)])

    assert (
        drawn(canvas)
        == """
+---+---+
|   |   |
+---+---+
|   |   |
+---+---+
"""
    )


def test_an_arrow_ends_in_a_head_that_points_where_it_goes() -> None:
    """Up, right, down and left."""
    canvas = Canvas(BOX_CHARACTERS)
    canvas.arrow([(2, 0), (0, 0)])
    canvas.arrow([(0, 2), (0, 4)])
    canvas.arrow([(0, 6), (2, 6)])
    canvas.arrow([(2, 4), (2, 2)])

    assert (
        drawn(canvas)
        == """
▲ ──▶ │
│     │
│ ◀── ▼
"""
    )


def test_a_double_frame_stands_out() -> None:
    """What is marked is framed in double lines, and in number signs where there are none."""
    unicode, plain = Canvas(BOX_CHARACTERS), Canvas(ASCII_CHARACTERS)
    for canvas in (unicode, plain):
        canvas.frame((0, 0), 6, double=True)
        canvas.write((1, 2), "OK")

    assert (
        drawn(unicode)
        == """
╔════╗
║ OK ║
╚════╝
"""
    )
    assert (
        drawn(plain)
        == """
######
# OK #
######
"""
    )


def test_an_empty_canvas_is_an_empty_text() -> None:
    """Nothing drawn, nothing shown."""
    assert str(Canvas(BOX_CHARACTERS)) == ""
