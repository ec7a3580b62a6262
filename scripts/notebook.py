"""Run the notebook of the data scientist's tutorial, and store in it what it prints and draws.

`python -m scripts.notebook` needs the data of `tta demo`, and no Jupyter: a cell is Python, and its
output is what it prints and the figures that it draws. The last figure is a picture of the docs,
too. With `--check`, it stores nothing and compares what the cells print with what is stored.
"""

import base64
import io
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
NOTEBOOK = DOCS / "tutorials/explore.ipynb"
PICTURE = DOCS / "pictures/data-scientist.png"
DOTS_PER_INCH = 80

Cell = dict[str, Any]
Output = dict[str, Any]


def read_notebook() -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return notebook


def code_cells(notebook: dict[str, Any]) -> list[Cell]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def run(cells: list[Cell]) -> Iterator[list[Output]]:
    """The outputs of each cell, in the notebook's format. Cells share their names."""
    import matplotlib  # with pyplot it takes .3 s, and only what runs cells needs it

    matplotlib.use("Agg")  # it draws into memory and needs no screen
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec("".join(cell["source"]), names)  # nosec B102: the project's own notebook
        yield [*_stream(printed.getvalue()), *_pictures()]


def printed_text(outputs: list[Output]) -> str:
    """What a cell printed."""
    return "".join(line for output in outputs for line in output.get("text", ()))


def differences(cells: list[Cell]) -> Iterator[str]:
    """A sentence for each cell that does not print what is stored, or draws more or less."""
    for number, (cell, outputs) in enumerate(zip(cells, run(cells), strict=True), start=1):
        stored = cell["outputs"]
        if printed_text(outputs) != printed_text(stored):
            yield f"Cell {number} prints\n{printed_text(outputs)}and not\n{printed_text(stored)}"
        if len(outputs) != len(stored):
            yield f"Cell {number} has {len(outputs)} outputs and not {len(stored)}."


def store(notebook: dict[str, Any]) -> None:
    """Run the notebook and write it with its outputs, and its last picture beside the others."""
    cells = code_cells(notebook)
    for number, (cell, outputs) in enumerate(zip(cells, run(cells), strict=True), start=1):
        cell.update(execution_count=number, outputs=outputs)
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    NOTEBOOK.write_text(f"{text}\n", encoding="utf-8")
    PICTURE.write_bytes(base64.b64decode(cells[-1]["outputs"][-1]["data"]["image/png"]))


def _stream(text: str) -> Iterator[Output]:
    if text:
        lines = text.splitlines(keepends=True)
        yield {"name": "stdout", "output_type": "stream", "text": lines}


def _pictures() -> Iterator[Output]:
    """Every figure that a cell left open, as a PNG. Afterwards it is closed."""
    from matplotlib import pyplot

    for number in pyplot.get_fignums():
        content = io.BytesIO()
        pyplot.figure(number).savefig(content, format="png", dpi=DOTS_PER_INCH)
        data = {"image/png": base64.b64encode(content.getvalue()).decode()}
        yield {"data": data, "metadata": {}, "output_type": "display_data"}
    pyplot.close("all")


def main(arguments: list[str]) -> int:
    notebook = read_notebook()
    if "--check" not in arguments:
        store(notebook)
        return 0
    problems = list(differences(code_cells(notebook)))
    sys.stdout.write("\n".join(problems) or "Every cell prints what is stored in the notebook.\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
