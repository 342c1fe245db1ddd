"""The documentation as a site of its own: the pages of docs/, the notebooks run, a page for each public name.

Nothing is loaded from elsewhere: formulas are MathML, type and scripts are the theme's own files.
"""

import re
from pathlib import Path
from typing import Any

import latex2mathml.converter
from docutils import nodes
from sphinx.application import Sphinx

import waterplan

DOCS = Path(__file__).parents[1]
OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./(?!decisions/)([^)]*)\)")  # links to code: the site has no code

project, author, version = "waterplan", "The waterplan authors", waterplan.__version__
release, language = version, "en"
root_doc = "site/index"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["model.template.md", "deploy/*"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_fence_as_directive = ["math"]
myst_links_external_new_tab = False
suppress_warnings = ["myst.header"]  # a page may begin below the first level
nb_execution_mode = "force"
nb_execution_in_temp = True  # they write stores
nb_execution_timeout = 600
nb_execution_raise_on_error = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
html_theme, html_title = "furo", f"waterplan {version}"
html_static_path, html_css_files = ["static"], ["formulas.css"]
html_show_sphinx = False


def as_mathml(self: Any, node: nodes.Element) -> None:
    """Writes a formula as MathML, which browsers draw by themselves, and no more of the node."""
    is_block = isinstance(node, nodes.math_block)
    formula = node.astext()
    if is_block and "&" in formula and r"\begin" not in formula:
        formula = rf"\begin{{aligned}}{formula}\end{{aligned}}"
    formula = formula.replace("{aligned}", "{align*}")  # as latex2mathml calls it
    self.body.append(latex2mathml.converter.convert(formula, display="block" if is_block else "inline"))
    raise nodes.SkipNode


def code_is_elsewhere(app: Sphinx, document: str, source: list[str]) -> None:
    """Turns links out of docs/ into the names of the files."""
    if app.env.doc2path(document).suffix == ".md":
        source[0] = OUTSIDE.sub(lambda link: link[1] if "`" in link[1] else f"{link[1]} (`{link[2]}`)", source[0])
    if document == "site/names":
        source[0] += "\n".join(page_of(name) for name in sorted(waterplan.__all__, key=str.casefold) if name[0] != "_")


def page_of(name: str) -> str:
    """What the site says of a public name: its docstring, and those of its members."""
    kind, found = "data", getattr(waterplan, name)
    if isinstance(found, type):
        kind = "class"
    elif callable(found):
        kind = "function"
    elif hasattr(found, "__path__") or type(found).__name__ == "module":
        return f"\n## {name}\n\n```{{eval-rst}}\n.. automodule:: {found.__name__}\n   :members:\n```\n"
    members = "\n   :members:" if kind == "class" else ""
    return f"\n## {name}\n\n```{{eval-rst}}\n.. auto{kind}:: waterplan.{name}{members}\n```\n"


def setup(app: Sphinx) -> None:
    """Has Sphinx use the above."""
    app.connect("source-read", code_is_elsewhere)
    for kind in (nodes.math, nodes.math_block):
        app.add_node(kind, override=True, html=(as_mathml, None))
