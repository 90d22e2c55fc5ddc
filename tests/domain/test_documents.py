"""Texts that a city publishes: added, never edited."""

from hashlib import sha256

from domain.documents import Document, Edition, NotPublishable, content_faults, for_reader, published
from domain.refusals import Refusal
from tests.examples import NOON, hours

TERMS = Edition("general", "2026-01", "de")


def test_a_text_is_published_with_its_digest_and_the_same_again_changes_nothing() -> None:
    first = published(TERMS, "Wer bucht, zahlt.", None, NOON)

    assert first == Document(TERMS, "Wer bucht, zahlt.", sha256(b"Wer bucht, zahlt.").hexdigest(), NOON)
    assert published(TERMS, "Wer bucht, zahlt.", first, NOON + hours(1)) == first
    assert published(TERMS, "Wer bucht, zahlt doppelt.", first, NOON) == Refusal(NotPublishable.DOCUMENT_DIFFERS)


def test_a_reader_gets_the_language_that_was_asked_for_or_else_one_that_there_is() -> None:
    german, english = TERMS, Edition("general", "2026-01", "en")

    assert for_reader((german, english), "de", "en") == german
    assert for_reader((german, english), None, "en") == english
    assert for_reader((german,), None, "en") == german
    assert for_reader((german,), "en", "de") is None
    assert for_reader((), None, "de") is None


def test_what_cannot_be_published_says_why() -> None:
    assert TERMS.faults() == ()
    assert len(Edition("General Terms", "2026/01", "fr").faults()) == 3
    assert content_faults(" \n") == ("the text is empty",)
    assert content_faults("Wort\tfür\nWort – „so“") == ()
    assert content_faults("ein\u0000s") == ("the text has characters that cannot be read",)
    assert content_faults("x" * 100_001) == ("the text has more than 100000 characters",)
