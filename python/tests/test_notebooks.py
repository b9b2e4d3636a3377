"""Notebooks run from start to end, and show what they showed when they were committed."""

import re
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

NOTEBOOKS = sorted((Path(__file__).parents[2] / "examples" / "notebooks").glob("*.ipynb"))
MOST_BYTES = 300_000


def shown(notebook: Any) -> list[str]:
    """Texts of all outputs; addresses in memory and the drawing of plots depend on the machine."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", output
            text = "".join(output.get("data", {}).get("text/plain", output.get("text", "")))
            texts.append(re.sub(r"0x[0-9a-f]+", "0x", text))
    return texts


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_showed(path: Path) -> None:
    committed = nbformat.read(path, as_version=4)
    before = shown(committed)
    assert before and path.stat().st_size < MOST_BYTES
    nbclient.NotebookClient(committed, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    assert shown(committed) == before


def test_there_are_three() -> None:
    assert len(NOTEBOOKS) == 3
