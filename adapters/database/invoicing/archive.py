"""Invoices that were issued, to be read, and the documents they were sent as, kept once and for all."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.booking.reading import IN_CITY
from adapters.database.connections import Database
from adapters.database.reading import read
from domain.identity import City
from domain.invoicing.invoices import Debtor, InvoiceId
from services.invoicing.ports import Filed, Format, Rendered, Wanted
from services.notices.ports import Holder

FILED = """json_build_object('invoice', i.content::json, 'digest', i.digest,
  'credit_notes', (SELECT coalesce(json_agg(c.content::json ORDER BY c.issued_at, c.position), '[]'::json) FROM invoices c
    WHERE c.city = i.city AND c.corrects = i.id))"""
ONE = IN_CITY.format(query=f"SELECT {FILED} FROM invoices i WHERE i.city = $1::text AND i.id = $2::uuid")
# `issued_at <=` bounds the index scan; the rest of the cursor looks at the rows that it finds.
PAGE = """SELECT coalesce(json_agg({filed} ORDER BY i.issued_at DESC, i.id), '[]'::json) FROM (
  SELECT * FROM invoices i WHERE i.city = $1::text AND {whose}
    AND i.issued_at <= coalesce($3::timestamptz, 'infinity')
    AND ($3::timestamptz IS NULL OR i.issued_at < $3::timestamptz OR i.id > $4::uuid)
    AND ($5::timestamptz IS NULL OR i.issued_at >= $5::timestamptz)
    AND ($6::timestamptz IS NULL OR i.issued_at < $6::timestamptz)
    AND ($7::uuid IS NULL OR i.booking_id = $7::uuid)
  ORDER BY i.issued_at DESC, i.id LIMIT $2::int) i"""
OWN = IN_CITY.format(query=PAGE.format(filed=FILED, whose="i.debtor_id = $8::uuid"))
OF_EMPLOYERS = IN_CITY.format(query=PAGE.format(filed=FILED, whose="i.employer = ANY ($8::text[])"))
EVERYBODYS = IN_CITY.format(query=PAGE.format(filed=FILED, whose="true"))
RECIPIENT = IN_CITY.format(
    query="""SELECT json_build_object('email', x.email, 'language', x.language) FROM (
    SELECT p.email, p.language FROM persons p WHERE p.city = $1::text AND p.id = $2::uuid AND p.email IS NOT NULL
    UNION ALL SELECT g.email, g.language FROM guest_addresses g WHERE g.city = $1::text AND g.holder_id = $2::uuid) x LIMIT 1"""
)
OF_EMPLOYER = IN_CITY.format(
    query="""SELECT coalesce(json_agg(json_build_object('email', p.email, 'language', coalesce(p.language, 'de')) ORDER BY p.email), '[]'::json)
  FROM role_grants g JOIN persons p ON p.city = g.city AND p.id = g.person_id
  WHERE g.city = $1::text AND g.role = 'hr' AND g.party_id = $2::text AND p.email IS NOT NULL AND p.erased_at IS NULL"""
)
DOCUMENT = text("""
SELECT format, content, digest, rendered_at FROM invoice_documents WHERE city = :city AND invoice_id = :id AND format = :format
""")
SEAL = text("""
INSERT INTO invoice_documents (city, invoice_id, format, content, digest, rendered_at)
VALUES (:city, :id, :format, :content, :digest, :rendered_at) ON CONFLICT DO NOTHING
""")

_filed = msgspec.json.Decoder(Filed)
_page = msgspec.json.Decoder(tuple[Filed, ...])
_holder = msgspec.json.Decoder(Holder)
_holders = msgspec.json.Decoder(tuple[Holder, ...])


class SqlInvoiceArchive:
    def __init__(self, database: Database) -> None:
        self._statements = database.statements
        self._transactions = database.transactions

    async def find(self, city: City, invoice_id: InvoiceId) -> Filed | None:
        found = await read(self._statements, ONE, city, invoice_id)
        return _filed.decode(found) if found else None

    async def page(self, city: City, wanted: Wanted) -> tuple[Filed, ...]:
        after = wanted.after
        asked = (
            *(city, wanted.limit),
            *(after.at if after else None, after.id if after else None),
            *(wanted.since, wanted.until, wanted.booking_id),
        )
        if wanted.employers is not None:
            found = await read(self._statements, OF_EMPLOYERS, *asked, sorted(wanted.employers))
        elif wanted.debtor is None:
            found = await read(self._statements, EVERYBODYS, *asked)
        else:
            found = await read(self._statements, OWN, *asked, wanted.debtor)
        return _page.decode(found) if found else ()

    async def document(self, city: City, invoice_id: InvoiceId, wanted: Format) -> Rendered | None:
        async def once() -> Rendered | None:
            async with self._transactions.city(city) as connection:
                scope = {"city": city, "id": invoice_id, "format": wanted.value}
                row = (await connection.execute(DOCUMENT, scope)).mappings().one_or_none()
            return msgspec.convert(dict(row), Rendered) if row is not None else None

        return await through(once)

    async def seal(self, city: City, invoice_id: InvoiceId, document: Rendered) -> Rendered:
        async def once() -> None:
            async with self._transactions.city(city) as connection:
                row = {"city": city, "id": invoice_id} | msgspec.structs.asdict(document)
                await connection.execute(SEAL, row | {"format": document.format.value})

        await through(once)
        kept = await self.document(city, invoice_id, document.format)
        return kept if kept is not None else document

    async def recipients(self, city: City, debtor: Debtor) -> Sequence[Holder]:
        if debtor.employer is not None:
            return _holders.decode(await read(self._statements, OF_EMPLOYER, city, debtor.employer) or "[]")
        found = await read(self._statements, RECIPIENT, city, debtor.person_id)
        return (_holder.decode(found),) if found else ()
