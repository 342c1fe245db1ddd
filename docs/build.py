"""Writes docs/model.md: the prose of model.template.md, the equations of the model, tables of the vocabulary."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from waterplan.base.vocabulary import Term, of_kind

DOCS = Path(__file__).parent
MODEL = DOCS.parent / "waterplan" / "planning" / "model"
NOTICE = (
    "<!-- Written by docs/build.py. Change model.template.md, the docstrings or the vocabulary, then: make docs -->\n\n"
)
READING_ORDER = ("structure", "flows", "prices")  # then the others by name
MATH = re.compile(r"^\.\. math::(.*(?:\n(?: +\S.*| *(?=\n +\S)))*)", re.MULTILINE)
TABLE = re.compile(r"^=+ +=+\n((?:.+\n)+?)=+ +=+$", re.MULTILINE)


def render() -> str:
    """The text of docs/model.md."""
    text = (DOCS / "model.template.md").read_text(encoding="utf-8")
    for name, content in {"equations": "\n".join(equations()), "levers": levers(), "duals": duals()}.items():
        text = text.replace(f"<!-- {name} -->", content.strip())
    return NOTICE + text


def equations() -> Iterator[str]:
    """A section for each model file that has formulas: what the file is, then each function that has one."""
    order = {name: place for place, name in enumerate(READING_ORDER)}
    paths = sorted(MODEL.rglob("*.py"), key=lambda path: (order.get(path.stem, len(order)), path.stem))
    if not paths:
        raise FileNotFoundError(f"{MODEL}: no files of the model, so no equations")
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        title, _, rest = (ast.get_docstring(tree) or path.stem).partition("\n\n")
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        manuals = {node.name: ast.get_docstring(node) or "" for node in functions}
        formulas = {name: manual for name, manual in manuals.items() if MATH.search(manual)}
        if formulas or MATH.search(rest) or TABLE.search(rest):
            yield f"### {' '.join(title.split()).rstrip('.')}\n\n{markdown(rest)}\n"
        for name, manual in formulas.items():
            yield f"#### `{name.lstrip('_')}`\n\n{markdown(manual)}\n"


def markdown(docstring: str) -> str:
    """A docstring as Markdown: formulas in math blocks, tables as lists, names in code; examples stay in the code."""
    text = docstring.partition(">>>")[0].replace("``", "`")
    text = MATH.sub(lambda found: math_block(found[1]), text)
    text = TABLE.sub(lambda found: table_as_list(found[1]), text)
    text = re.sub(r":math:`([^`]+)`", r"$`\1`$", text)
    text = re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def math_block(formula: str) -> str:
    first, _, more = formula.partition("\n")
    body = "\n".join(line for line in (first.strip(), dedent(more).strip()) if line)
    if "&" in body and r"\begin" not in body:
        body = f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"
    return f"```math\n{body}\n```"


def table_as_list(rows: str) -> str:
    """A two-column table of a docstring; a row without a first cell goes on with the row before."""
    joined = re.sub(r"\n +", " ", rows.strip())
    return "\n".join("- " + re.sub(r" {2,}", ": ", row, count=1) for row in joined.split("\n"))


def levers() -> str:
    columns = ("default", "lower", "upper", "step", "acts_on")
    head = ["lever", "by", "unit", "default", "from", "to", "step", "acts on", "what it is"]
    return table(head, [row(term, *columns) for term in of_kind("lever")])


def duals() -> str:
    return table(["price", "by", "unit", "what it is"], [row(term) for term in of_kind("dual")])


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def row(term: Term, *columns: str) -> list[str]:
    values = [shown(getattr(term, column)) for column in columns]
    return [f"`{term.name}`", ", ".join(term.dims), term.unit, *values, term.meaning_en]


def shown(value: object) -> str:
    """A cell: whole numbers without a decimal point, nothing for nothing."""
    if value is None or value != value:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    (DOCS / "model.md").write_text(render(), encoding="utf-8")
    print("docs/model.md written")
