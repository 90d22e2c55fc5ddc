"""Text in lines short enough for any reader."""

import textwrap

WIDTH = 78


def wrapped_text(text: str) -> str:
    """In lines short enough for any reader."""
    return "\n".join(_wrapped_line(line) for line in text.split("\n"))


def _wrapped_line(line: str) -> str:
    return line if len(line) <= WIDTH else wrapped(line, "", "  " if line.startswith("- ") else "")


def wrapped(text: str, first: str, following: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=following,
        break_long_words=False,
        break_on_hyphens=False,
    )
