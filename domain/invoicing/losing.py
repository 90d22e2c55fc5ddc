"""What is lost of what was invoiced, and which tax comes back with it (§ 17 Abs. 2 UStG): in the order in which it happened.

Each loss takes from what credit notes and earlier losses left. A credit note over what was lost before says that it was never
owed, so it was no loss either; the invoice in its place takes the loss over. So no tax comes back twice, and all of it does
where all is lost. What a moment adds depends on nothing that comes after it: said again later, it is the same.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from domain.invoicing.invoices import REPLACES, Invoice, InvoiceId, InvoiceKind
from domain.invoicing.taxing import Left, given_back, left_of


class Loss(Struct, frozen=True):
    """So much was lost, in minor units, as far as it was invoiced: `of` these invoices so much at most, and those in their
    place, in that order; of no others.

    What is left of it is of the invoices whose source begins with what it `awaits`, a reminder's fee say, also of later ones.
    `regained_at` is when it turned out to be none, a dispute that was won on appeal say.
    """

    source: str
    amount: int
    at: datetime
    of: tuple[tuple[InvoiceId, int], ...]
    awaits: str | None = None
    regained_at: datetime | None = None


class Part(Struct, frozen=True):
    """What of an invoice's total at one rate is lost; less than nothing where it is no loss any more."""

    invoice_id: InvoiceId
    rate: Decimal
    gross: int
    vat: int


class _Standing(Struct, frozen=True):
    """A part, and whose loss it is."""

    source: str
    part: Part


class _Moment(Struct, frozen=True):
    at: datetime
    depth: int
    document: Invoice | None = None
    loss: Loss | None = None
    regained: bool = False


AFTER_DOCUMENTS, LAST = 1_000, 1_001


def accounted(issued: Sequence[Invoice], losses: Iterable[Loss]) -> dict[str, tuple[Part, ...]]:
    """What each moment adds to what is lost, by name: a loss by its source, `loss_undone:<credit note>`,
    `loss_again:<invoice>`, `loss_regained:<source>` for what became of a loss before it was regained; nothing that adds
    nothing."""
    walk = _Walk()
    for moment in sorted(_moments(issued, losses), key=lambda each: (each.at, each.depth)):
        if moment.document is not None and moment.document.kind is InvoiceKind.CREDIT_NOTE:
            walk.credit(moment.document)
        elif moment.document is not None:
            walk.invoice(moment.document)
        elif moment.loss is not None and moment.regained:
            walk.regain(moment.loss.source)
        elif moment.loss is not None:
            walk.lose(moment.loss)
    return {name: parts for name, parts in walk.said.items() if parts}


class _Walk:
    def __init__(self) -> None:
        self.said: dict[str, tuple[Part, ...]] = {}
        self._here: list[Invoice] = []
        self._notes: list[Invoice] = []
        self._standing: list[_Standing] = []
        self._moved: list[_Standing] = []
        self._homeless: dict[str, list[tuple[str, int]]] = {}
        self._waiting: list[tuple[Loss, int]] = []

    def invoice(self, document: Invoice) -> None:
        self._here.append(document)
        again: list[_Standing] = []
        for source, amount in self._homeless.pop(document.source.partition(REPLACES)[2], ()):
            again += self._take(source, document, amount)
        for n, (loss, amount) in enumerate(self._waiting):
            if loss.awaits and document.source.startswith(loss.awaits):
                taken = self._take(loss.source, document, amount)
                self._waiting[n] = loss, amount - sum(each.part.gross for each in taken)
                again += taken
        self._moved += again
        self.said[f"loss_again:{document.id}"] = tuple(each.part for each in again)

    def credit(self, note: Invoice) -> None:
        self._notes.append(note)
        invoice = next((each for each in self._here if note.corrects and each.id == note.corrects.id), None)
        if invoice is None:
            return
        undone: list[_Standing] = []
        for rest in self._uncredited(invoice):
            undone += self._reduced(invoice.id, rest)
        self._moved += undone
        for each in undone:
            if each.part.gross:
                self._homeless.setdefault(str(invoice.id), []).append((each.source, -each.part.gross))
        self.said[f"loss_undone:{note.id}"] = tuple(each.part for each in undone)

    def lose(self, loss: Loss) -> None:
        taken: list[_Standing] = []
        left = loss.amount
        for invoice, most in self._named(loss):
            parts = self._take(loss.source, invoice, min(left, most))
            left -= sum(each.part.gross for each in parts)
            taken += parts
        if left and loss.awaits:
            self._waiting.append((loss, left))
        self.said[loss.source] = tuple(each.part for each in taken)

    def regain(self, source: str) -> None:
        """Its own entry is taken back as it was; what was moved of it since goes the other way here."""
        moved = [each for each in self._moved if each.source == source]
        self._standing = [each for each in self._standing if each.source != source]
        self._homeless = {
            name: [each for each in waiting if each[0] != source] for name, waiting in self._homeless.items()
        }
        self._waiting = [each for each in self._waiting if each[0].source != source]
        self.said[f"loss_regained:{source}"] = tuple(_negative(each.part) for each in moved)

    def _named(self, loss: Loss) -> list[tuple[Invoice, int]]:
        """Those that it names, each followed by the one in its place, and then those that it awaits."""
        found = [(each, most) for invoice_id, most in loss.of for each in self._line_of(invoice_id)]
        awaits = loss.awaits
        return found + [(each, loss.amount) for each in self._here if awaits and each.source.startswith(awaits)]

    def _line_of(self, invoice_id: InvoiceId) -> list[Invoice]:
        names, found = {str(invoice_id)}, []
        for each in self._here:
            if str(each.id) in names or each.source.partition(REPLACES)[2] in names:
                names.add(str(each.id))
                found.append(each)
        return found

    def _take(self, source: str, invoice: Invoice, amount: int) -> list[_Standing]:
        """So much of what is left of the invoice, or all of it where that is less."""
        left = [self._less_lost(invoice.id, rest) for rest in self._uncredited(invoice)]
        amount = min(amount, sum(each.gross for each in left))
        if amount <= 0:
            return []
        totals = given_back(left, amount, invoice.gross.currency)
        found = [
            _Standing(source, Part(invoice.id, total.rate, total.gross.amount, total.vat.amount)) for total in totals
        ]
        self._standing += found
        return found

    def _reduced(self, invoice_id: InvoiceId, rest: Left) -> list[_Standing]:
        """What is lost of the invoice at a rate beyond what a credit note left of it; the last loss first."""
        gross, vat = self._lost(invoice_id, rest.rate)
        if not gross:
            return []
        fits = min(gross, rest.gross)
        tax = rest.vat if fits == rest.gross else min(max(vat, fits - rest.net), rest.vat)
        surplus, surplus_tax = gross - fits, vat - tax
        undone: list[_Standing] = []
        for n, each in reversed(list(enumerate(self._standing))):
            if (each.part.invoice_id, each.part.rate) != (invoice_id, rest.rate):
                continue
            part = min(surplus, each.part.gross)
            mine = surplus_tax if part == surplus else min(surplus_tax, each.part.vat)
            if not part and not mine:
                continue
            surplus, surplus_tax = surplus - part, surplus_tax - mine
            undone.append(_Standing(each.source, replace(each.part, gross=-part, vat=-mine)))
            self._standing[n] = replace(
                each, part=replace(each.part, gross=each.part.gross - part, vat=each.part.vat - mine)
            )
        return undone

    def _uncredited(self, invoice: Invoice) -> tuple[Left, ...]:
        notes = (note for note in self._notes if note.corrects and note.corrects.id == invoice.id)
        return left_of(invoice.totals, (total for note in notes for total in note.totals))

    def _less_lost(self, invoice_id: InvoiceId, rest: Left) -> Left:
        gross, vat = self._lost(invoice_id, rest.rate)
        return replace(rest, gross=rest.gross - gross, vat=rest.vat - vat)

    def _lost(self, invoice_id: InvoiceId, rate: Decimal) -> tuple[int, int]:
        mine = [each.part for each in self._standing if (each.part.invoice_id, each.part.rate) == (invoice_id, rate)]
        return sum(part.gross for part in mine), sum(part.vat for part in mine)


def _moments(issued: Sequence[Invoice], losses: Iterable[Loss]) -> list[_Moment]:
    found = [_Moment(each.issued_at, _depth(each, issued), document=each) for each in issued]
    for each in losses:
        found.append(_Moment(each.at, AFTER_DOCUMENTS, loss=each))
        if each.regained_at is not None:
            found.append(_Moment(max(each.at, each.regained_at), LAST, loss=each, regained=True))
    return found


def _depth(document: Invoice, issued: Sequence[Invoice]) -> int:
    """Of those of one instant: an invoice, then what credits it, then the invoice in its place."""
    before = {str(each.id): each for each in issued}
    name = str(document.corrects.id) if document.corrects else document.source.partition(REPLACES)[2]
    return 1 + _depth(before[name], issued) + (not document.corrects) if name in before else 0


def _negative(part: Part) -> Part:
    return replace(part, gross=-part.gross, vat=-part.vat)
