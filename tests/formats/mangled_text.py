"""Recorded texts as they come out of mail programs, terminals and careless hands."""

from collections.abc import Sequence

from hypothesis import strategies as st

NOISE = st.sampled_from(
    ["\t", "\x00", '"', "{", "}", "|", "->", ":", ",", " (", "'", "0t0 TCP ", "f3", "²", "\x1b[1m", "src=", " : "]
)


@st.composite
def mangled(draw: st.DrawFn, texts: Sequence[str]) -> str:
    """A recorded text of which some lines are cut, doubled, emptied or overwritten."""
    lines = draw(st.sampled_from(texts)).split("\n")
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(lines) - 1))
        cut = draw(st.integers(0, len(lines[at])))
        lines[at : at + 1] = draw(
            st.sampled_from([
                [lines[at][:cut]], [lines[at][cut:]], [lines[at][:cut], lines[at][cut:]], [lines[at]] * 2, [""],
                [lines[at][:cut] + draw(NOISE) + lines[at][cut:]], [lines[at].replace("1", "9" * 25)],
            ])
        )  # fmt: skip
    return "\n".join(lines)
