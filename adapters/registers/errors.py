"""What can be wrong with a whole file."""


class NotARegister(Exception):
    """The file is refused whole and nothing of it was read; the message says what was expected and what was found."""
