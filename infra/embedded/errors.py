"""What goes wrong with an embedded part, in words for the person at the terminal."""


class EmbeddedError(Exception):
    """An embedded part cannot be run; the message says why and what to do. Nothing is left half started."""


class DataFolderTakenError(EmbeddedError):
    """Another process owns the data folder right now."""
