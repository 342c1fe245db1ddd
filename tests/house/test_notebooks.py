"""The notebooks run from first to last cell, and none holds an output that could be out of date."""


import pytest
from places import ROOT

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

BOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


def test_there_is_one_for_each_task():
    assert [path.stem for path in BOOKS] == ["grid", "robust", "sample"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize(
    "path", [BOOKS[0], *(pytest.param(book, marks=pytest.mark.long) for book in BOOKS[1:])],
    ids=lambda path: path.stem,
)  # fmt: skip
def test_a_notebook_runs(path, tmp_path):
    book = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells), "clear the outputs before committing"
    nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert any(cell.get("outputs") for cell in book.cells)
