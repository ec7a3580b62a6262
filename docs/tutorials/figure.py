"""Draw an answer of tta insights: `python figure.py answer.json answer.png`."""

import json
import sys
from math import exp
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # it writes files and needs no screen
import matplotlib.pyplot as plt

ROWS = {
    "ppml": "each creator's videos\ncompared with each other",
    "gee_nb": "all videos\nin one heap",
}
COLOURS = {"ppml": "#0b6e99", "gee_nb": "#9a9a9a"}


def draw(answer: dict, picture: Path) -> None:
    """Write the picture: a point and a 95 % interval for each of the two comparisons."""
    primary, step = answer["primary"], answer["headline"]["power"]["step"]
    figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
    for effect in answer["effects"]:
        question = ("predictor", "outcome", "scale")
        if effect["method"] in ROWS and all(effect[key] == primary[key] for key in question):
            names = ("ci_low", "estimate", "ci_high")
            low, ratio, high = (exp(step * effect[name]) for name in names)
            row, colour = ROWS[effect["method"]], COLOURS[effect["method"]]
            axes.plot([low, high], [row, row], color=colour, linewidth=3)
            axes.plot(ratio, row, "o", color=colour, markersize=10)
            words = f"{ratio:.2f} times ({low:.2f} to {high:.2f})"
            axes.annotate(words, (ratio, row), (0, 14), textcoords="offset points", ha="center")
    axes.axvline(1, color="black", linewidth=1, linestyle=":")
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"times the {primary['outcome']}, for {step:g} points more (1: no difference)")
    axes.set_title(f"More {primary['predictor']}, more {primary['outcome']}?", loc="left")
    axes.margins(x=0.15, y=0.5)
    axes.invert_yaxis()
    note = "Synthetic data. " if answer["synthetic"] else ""
    note += f"{primary['n']} videos, {primary['clusters']} creators, 95 % intervals. No experiment."
    figure.supxlabel(note, fontsize="small", color="#555555")
    figure.savefig(picture, dpi=100)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
