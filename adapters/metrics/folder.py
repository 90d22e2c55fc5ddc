"""Where processes lay down their figures, each in files of its own that bear its process id."""

from contextlib import suppress
from pathlib import Path

MEDIA_TYPE = "text/plain; version=0.0.4"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that prometheus_client reads when it is loaded."""


def prepare(folder: Path, *, anew: bool) -> None:
    """Make the folder, and remove what processes said of their present that are no more.

    `anew`: their counters too, which begin at zero then, as Prometheus expects of a restart; else they go on counting in
    the sum.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.glob("*.db" if anew else "gauge_live*.db"):
        number = file.stem.rpartition("_")[2]
        if number.isdigit() and not Path(f"/proc/{number}").exists():
            with suppress(OSError):
                file.unlink()
