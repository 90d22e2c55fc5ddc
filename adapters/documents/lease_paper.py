"""A lease's papers as PDF/A-3a by Typst, with the facts and calculation sheets inside as JSON. In German, as the contracts are."""

import asyncio
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from domain.bike_leasing.calculation.fees import Bearer, Fee, FeeKind
from domain.bike_leasing.calculation.representative import RepresentativeExample
from domain.bike_leasing.contracts.leases import BikeKind
from domain.bike_leasing.contracts.parties import CollectiveAgreement
from domain.bike_leasing.papers.papers import Paper, PartyNamed
from domain.bike_leasing.papers.texts import PaperKind
from domain.bike_leasing.upkeep.packages import ServicePackage
from domain.money import Money

HERE = Path(__file__).parent
TITLES = {
    PaperKind.CONVERSION: "Vereinbarung über Entgeltumwandlung und Überlassung eines Fahrrads",
    PaperKind.SINGLE_LEASE: "Einzelleasingvertrag",
    PaperKind.PRE_CONTRACT: "Informationen vor Abschluss eines Leasingvertrags",
    PaperKind.OWN_LEASE: "Leasingvertrag über ein Fahrrad",
}
BIKES = {
    BikeKind.BICYCLE: "Fahrrad",
    BikeKind.PEDELEC: "Pedelec",
    BikeKind.CARGO_BIKE: "Lastenrad",
    BikeKind.S_PEDELEC: "S-Pedelec",
}
FEES = {FeeKind.INSURANCE: "Versicherung", FeeKind.SERVICE: "Service", FeeKind.RATE_PROTECTION: "Ratenschutz"}
BEARERS = {Bearer.EMPLOYEE: "trägt die beschäftigte Person", Bearer.EMPLOYER: "trägt der Arbeitgeber"}
FIGURES = {
    "list_price": "Unverbindliche Preisempfehlung, brutto",
    "sale_price": "Finanzierter Preis, brutto",
    "residual": "Kalkulierter Restwert",
    "rate": "Leasingrate im Monat",
    "month": "Rate mit Versicherung und Service im Monat",
    "term": "Summe über die Laufzeit",
    "employer": "Davon trägt der Arbeitgeber im Monat",
    "conversion": "Umgewandeltes Bruttoentgelt im Monat",
    "conversion_in_all": "Umgewandeltes Bruttoentgelt über die Laufzeit",
    "benefit": "Geldwerter Vorteil im Monat",
    "total": "Gesamtbetrag, mit dem kalkulierten Restwert",
    "cost": "Davon Kosten",
}
PERCENTS = {"nominal": "Sollzinssatz, gebunden", "effective": "Effektiver Jahreszins"}
CLOSING = (
    "Zugestimmt wird dieser Urkunde elektronisch, unter Angabe ihres Hashwerts (SHA-256). Wer wann und wie zugestimmt hat, wird neben ihr "
    "festgehalten und beiden Seiten gezeigt."
)


ONLY_TOLD = (
    "Diese Informationen werden gegeben, bevor dem Vertrag zugestimmt wird; ihnen selbst muss niemand zustimmen."
)


async def render_lease_paper(paper: Paper) -> bytes:
    """Beside the event loop."""
    return await asyncio.to_thread(lease_paper, paper)


def lease_paper(paper: Paper) -> bytes:
    """The same paper again gives the same bytes."""
    import typst  # noqa: PLC0415 - 60 MB that only whoever renders needs
    from font_source_sans_pro import font_directory  # noqa: PLC0415 - likewise

    made = typst.compile(
        str(HERE / "lease_paper.typ"),
        root=str(HERE),
        font_paths=[font_directory],
        ignore_system_fonts=True,
        pdf_standards=["a-3a", "ua-1"],
        timestamp=paper.drawn_at.astimezone(UTC).replace(microsecond=0),
        sys_inputs={
            "data": msgspec.json.encode(_said(paper)).decode(),
            "facts": msgspec.json.encode(paper).decode(),
        },
    )
    return bytes(made)


def _said(paper: Paper) -> dict[str, Any]:
    day = paper.drawn_on
    sections = [
        ("Parteien", _parties(paper)),
        (
            "Fahrrad",
            [("Art", BIKES[paper.bike.kind]), ("Modell", paper.bike.model), ("Laufzeit", f"{paper.months} Monate")],
        ),
        ("Beträge", [(FIGURES[name], euros(amount)) for name, amount in paper.figures.items()]),
        *([("Zinsen", _interest(paper.percents))] if paper.percents else []),
        *([("Repräsentatives Beispiel", _example(paper.example))] if paper.example is not None else []),
        *([("Im Monat neben der Rate", [_fee(fee, paper) for fee in paper.fees])] if paper.fees else []),
        *([("Servicepaket", _service(paper.service))] if paper.service is not None else []),
        *(
            [("Tarifvertrag", _agreement(paper.agreement))]
            if paper.kind is PaperKind.CONVERSION and paper.agreement
            else []
        ),
    ]
    return {
        "title": TITLES[paper.kind],
        "author": (paper.employer or paper.lessor).name,
        "subject": f"{paper.bike.model}, Leasing {paper.lease_id}",
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "footer": f"{TITLES[paper.kind]} · aufgesetzt am {written(day)}",
        "sections": [{"title": title, "rows": rows} for title, rows in sections],
        "texts": [
            {
                "title": text.title,
                "words": text.words.replace("{lessor}", _address(paper.lessor)).replace("{lease}", str(paper.lease_id)),
                "version": f"{text.name}, Fassung vom {written(text.since)}; {text.source}; SHA-256 {text.digest}",
            }
            for text in paper.texts
        ],
        "closing": ONLY_TOLD if paper.kind is PaperKind.PRE_CONTRACT else CLOSING,
    }


def _parties(paper: Paper) -> list[tuple[str, str]]:
    if paper.employer is None:
        return [("Leasinggeber", _address(paper.lessor)), ("Leasingnehmerin oder Leasingnehmer", paper.holder)]
    employer = ("Arbeitgeber", _address(paper.employer))
    if paper.kind is PaperKind.CONVERSION:
        return [employer, ("Beschäftigte Person", paper.holder)]
    return [
        ("Leasinggeber", _address(paper.lessor)),
        ("Leasingnehmer", _address(paper.employer)),
        ("Überlassen an", paper.holder),
    ]


def _address(party: PartyNamed) -> str:
    return f"{party.name}, {party.street}, {party.town}"


def _fee(fee: Fee, paper: Paper) -> tuple[str, str]:
    """Of two who may bear it the paper says which."""
    return FEES[fee.kind], euros(fee.amount) + (f", {BEARERS[fee.borne_by]}" if paper.employer is not None else "")


def _interest(percents: dict[str, Decimal]) -> list[tuple[str, str]]:
    return [(PERCENTS[name], f"{percent(value)} im Jahr") for name, value in percents.items()]


def _example(example: RepresentativeExample) -> list[tuple[str, str]]:
    return [
        ("Nettobetrag, der finanziert wird", euros(example.financed)),
        ("Laufzeit und Monatsrate", f"{example.months} Monate zu {euros(example.month)}"),
        ("Gesamtbetrag", euros(example.total)),
        *_interest({"nominal": example.nominal_percent, "effective": example.effective_percent}),
    ]


def _service(package: ServicePackage) -> list[tuple[str, str]]:
    rest = "steht in den Folgejahren zur Verfügung" if package.carries_over else "verfällt mit dem Vertragsjahr"
    return [
        ("Budget je Vertragsjahr", f"{euros(package.budget)} brutto; was davon übrig ist, {rest}"),
        ("Ohne Rückfrage bezahlt", f"Rechnungen bis {euros(package.accepted_up_to)}"),
    ]


def _agreement(agreement: CollectiveAgreement) -> list[tuple[str, str]]:
    version = agreement.version
    return [
        ("Grundlage", version.source),
        ("Fassung", written(version.since)),
        ("Höchstens", euros(agreement.most)),
    ]


def euros(money: Money) -> str:
    """`1.234,56 €`."""
    whole, cents = divmod(money.amount, 100)
    return f"{whole:,}".replace(",", ".") + f",{cents:02} €"


def percent(value: Decimal) -> str:
    """`5,90 %`: with two decimals, and more where it has them."""
    decimals = max(2, -int(value.normalize().as_tuple().exponent))
    return f"{value:.{decimals}f} %".replace(".", ",")


def written(day: date) -> str:
    return f"{day:%d.%m.%Y}"
