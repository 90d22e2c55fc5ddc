"""What a revision may do to a schema that is in use; decision 0013 gives the reasons.

Reads the SQL that stands in a revision's file, so it sees what is written there, not what a DO block puts together.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

NAME = r'(?:ONLY\s+)?(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"?(\w+)"?'
MADE = re.compile(r"\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+" + NAME, re.IGNORECASE)


class Rule(Struct, frozen=True):
    """A statement that matches `forbidden` and not `unless` is at fault, on a table that the revision does not make.

    `taking_away` is for contracting revisions alone. `slow` is what is at once done on a table that is still empty.
    """

    why: str
    forbidden: str
    unless: str | None = None
    taking_away: bool = False
    slow: bool = False


RULES = (
    Rule(
        "a new column needs a default, or programs that do not know it cannot write the table",
        r"ADD\s+(?:COLUMN\s+)?(?!CONSTRAINT|CHECK|FOREIGN|UNIQUE|PRIMARY|EXCLUDE)[^,]*\bNOT\s+NULL\b",
        r"ADD\s+(?:COLUMN\s+)?[^,]*(?:\bDEFAULT\b|\bGENERATED\s+ALWAYS\s+AS\s+IDENTITY)",
    ),
    Rule("a stored generated column, or one with a default that differs by row, writes the whole table anew",
         r"ADD\s+(?:COLUMN\s+)?[^,]*(?:\bSTORED\b|\bDEFAULT\s+(?:gen_random_uuid|random|clock_timestamp|nextval))", slow=True),
    Rule("what is renamed is gone for programs that know the old name; add and copy instead", r"\bRENAME\b"),
    Rule("another type writes the whole table anew behind a lock", r"ALTER\s+(?:COLUMN\s+)?\w+\s+(?:SET\s+DATA\s+)?TYPE\b", slow=True),
    Rule("programs of the version before may still leave it empty", r"\bSET\s+NOT\s+NULL\b", taking_away=True),
    Rule("programs of the version before still use it", r"\bDROP\s+(?:COLUMN|TABLE)\b|\bDROP\s+(?!CONSTRAINT|DEFAULT|NOT|INDEX|EXPRESSION|IDENTITY|TRIGGER|POLICY|FUNCTION)(?:IF\s+EXISTS\s+)?\w+\s*(?:,|$)",
         taking_away=True),
    Rule("an index on a table that is there is built by online.build_index", r"^CREATE\s+(?:UNIQUE\s+)?INDEX\b", r"\bCONCURRENTLY\b", slow=True),
    Rule("an index is taken away by online.drop_index", r"^DROP\s+INDEX\b", r"\bCONCURRENTLY\b", slow=True),
    Rule("a constraint on rows that are there comes as NOT VALID and is validated by a later revision",
         r"\bADD\s+(?:CONSTRAINT\s+\w+\s+)?(?:CHECK|FOREIGN\s+KEY)\b|\bADD\s+(?:COLUMN\s+)?\w+\s+[^,]*\b(?:REFERENCES|CHECK)\b", r"\bNOT\s+VALID\b", slow=True),
    Rule("a key is built as an index by online.build_index first, then added with USING INDEX",
         r"\bADD\s+(?:CONSTRAINT\s+\w+\s+)?(?:UNIQUE|PRIMARY\s+KEY|EXCLUDE)\b", r"\bUSING\s+INDEX\b", slow=True),
    Rule("validating reads the whole table; it is done by online.validate", r"\bVALIDATE\s+CONSTRAINT\b", slow=True),
    Rule("these lock everybody out while they write the table anew", r"^(?:VACUUM\s+FULL|CLUSTER|REINDEX)\b", r"\bCONCURRENTLY\b", slow=True),
    Rule("rows that are there are changed a batch at a time by online.fill", r"^(?:UPDATE|DELETE)\b", slow=True),
    Rule("a lock that somebody asks for by name holds the product up", r"^LOCK\b"),
)  # fmt: skip


def faults(source: str, *, tables_are_empty: bool = False) -> list[str]:
    """What is wrong with the revision, as `why: statement`."""
    tree = ast.parse(source)
    contracting = any(isinstance(node, ast.Assign) and _named(node, "works_since") for node in tree.body)
    said = list(statements(tree))
    made = {name.lower() for statement in said for name in MADE.findall(statement)}
    return [
        f"{rule.why}: {statement}"
        for statement in said
        if not _only_of(statement, made)
        for rule in RULES
        if _breaks(statement, rule) and not (rule.taking_away and contracting) and not (rule.slow and tables_are_empty)
    ]


def statements(tree: ast.Module) -> Iterator[str]:
    """Every SQL statement in the strings of the file, its comments gone and its white space made even."""
    spoken = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in _outermost(tree, spoken):
        text = re.sub(r"--[^\n]*", "", node)
        text = re.sub(
            r"(\$\w*\$).*?\1", "''", text, flags=re.DOTALL
        )  # a body that is run later, or puts its own together
        for statement in text.split(";"):
            if words := " ".join(statement.split()):
                yield words


def _outermost(node: ast.AST, spoken: set[int]) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "name" for part in node.values)
        return
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and id(node) not in spoken:
            yield node.value
        return
    for child in ast.iter_child_nodes(node):
        yield from _outermost(child, spoken)


def _named(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _breaks(statement: str, rule: Rule) -> bool:
    """Each part of an ALTER TABLE is looked at by itself."""
    parts: Sequence[str] = [statement]
    if re.match(r"ALTER\s+TABLE\b", statement, re.IGNORECASE):
        parts = re.split(r",(?=\s*(?:ADD|ALTER|DROP|RENAME|VALIDATE|SET)\b)", statement, flags=re.IGNORECASE)
    return any(
        re.search(rule.forbidden, part.strip(), re.IGNORECASE)
        and not (rule.unless and re.search(rule.unless, part, re.IGNORECASE))
        for part in parts
        if not _ends_something(part)
    )


def _ends_something(part: str) -> bool:
    """Taking a constraint, a default or a NOT NULL away only allows more."""
    return re.search(r"\bDROP\s+(?:CONSTRAINT|DEFAULT|NOT\s+NULL)\b", part, re.IGNORECASE) is not None


def _only_of(statement: str, made: set[str]) -> bool:
    """Whether the statement is about a table that the revision makes itself: nobody uses it yet."""
    about = re.match(
        r"(?:ALTER\s+TABLE|UPDATE|DELETE\s+FROM|LOCK\s+TABLE)\s+" + NAME, statement, re.IGNORECASE
    ) or re.match(
        r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?:\w+\s+)?ON\s+" + NAME,
        statement,
        re.IGNORECASE,
    )
    return about is not None and about[1].lower() in made


def revisions(folder: Path) -> dict[str, str]:
    """The source of every revision by the name of its file."""
    return {path.name: path.read_text() for path in sorted(folder.glob("versions/*.py"))}
