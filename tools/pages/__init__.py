"""The generated pages: each module makes the pages of one subject, from the code that knows it.

A page's text depends on the code alone: no clock, no host, no version of a system. So a page that differs from what is
made here is out of date.
"""

from pages import answers, closing, columns, commands, configuration, formats, metrics, rules, settings, states

#: The generated pages: path below docs/reference, and text.
Pages = dict[str, str]


def reference() -> Pages:
    """Every page of docs/reference."""
    return {
        **rules.pages(),
        **states.pages(),
        **columns.pages(),
        **formats.pages(),
        **settings.pages(),
        **metrics.pages(),
        **commands.pages(),
        **closing.pages(),
        **answers.pages(),
        **configuration.pages(),
    }
