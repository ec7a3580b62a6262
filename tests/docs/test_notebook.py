"""The notebook is run without Jupyter, and compared with the outputs that are stored in it."""

import base64

from scripts import notebook

PRINT = {"cell_type": "code", "source": ["print('1')\n", "print('2')"]}
DRAW = {
    "cell_type": "code",
    "source": ["import matplotlib.pyplot as plt\n", "plt.plot([1, 2])\n", "print('drawn')"],
}
SMALL = 50_000
"""Bytes of a picture that a page may load without a thought."""


def stored(text):
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def test_a_cell_that_prints_what_is_stored_is_no_difference():
    assert list(notebook.differences([PRINT | {"outputs": [stored("1\n2\n")]}])) == []


def test_a_cell_that_prints_something_else_is_named_with_both():
    (sentence,) = notebook.differences([PRINT | {"outputs": [stored("1\n3\n")]}])

    assert sentence == "Cell 1 prints\n1\n2\nand not\n1\n3\n"


def test_a_missing_figure_is_a_difference():
    (sentence,) = notebook.differences([DRAW | {"outputs": [stored("drawn\n")]}])

    assert sentence == "Cell 1 has 2 outputs and not 1."


def test_cells_share_their_names_and_figures_are_closed():
    cells = [{"source": ["number = 7"]}, {"source": ["print(number)"]}, DRAW, PRINT]

    outputs = list(notebook.run(cells))

    assert outputs[0] == []
    assert notebook.printed_text(outputs[1]) == "7\n"
    assert outputs[2][1]["data"]["image/png"]
    assert outputs[3] == [stored("1\n2\n")]


def test_the_picture_of_the_docs_is_the_last_output_and_is_small():
    cells = notebook.code_cells(notebook.read_notebook())

    picture = base64.b64decode(cells[-1]["outputs"][-1]["data"]["image/png"])

    assert picture == notebook.PICTURE.read_bytes()
    assert len(picture) < SMALL
    assert all(cell["execution_count"] for cell in cells)
