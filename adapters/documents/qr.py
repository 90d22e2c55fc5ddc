"""QR codes (ISO/IEC 18004) to stick onto dashboards: SVG for printing, PNG for everything else."""

from io import BytesIO

SCALE = 10  # pixels of a module in a PNG
BORDER = 4  # modules of quiet zone, as the standard asks for


def qr_svg(text: str) -> bytes:
    return _drawn(text, "svg")


def qr_png(text: str) -> bytes:
    return _drawn(text, "png")


def _drawn(text: str, kind: str) -> bytes:
    """With a quarter of it to spare for dirt and scratches (level Q)."""
    import segno  # noqa: PLC0415 - it is wanted once for each vehicle

    drawn = BytesIO()
    segno.make_qr(text, error="Q").save(drawn, kind=kind, scale=SCALE, border=BORDER)
    return drawn.getvalue()
