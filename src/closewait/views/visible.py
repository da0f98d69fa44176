"""Makes the invisible visible: nothing a host or a dump says can steer the terminal or the page it is shown on.

Process names, host names and pasted text are chosen by others. An escape sequence in one of them could clear the
screen, set the title or hide the rest of a line; a bidirectional control could make one name look like another.
"""

import unicodedata

#: Controls, formats (bidi controls, zero-width characters, tags), lone surrogates, line and paragraph ends.
UNPRINTED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""`text` with every character that has no shape of its own written out: `\n`, `\x1b`, `\u202e`, `\udcff`.

    Everything else stays as it is, so a backslash that was there before looks like one that was put there.
    """
    if text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in UNPRINTED_CATEGORIES
        else character
        for character in text
    )
