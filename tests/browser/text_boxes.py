"""Measures every piece of text that a page shows: what is cut off, and what lies over what."""

from typing import Any

TEXT_BOXES = """() => {
  const width = document.documentElement.clientWidth, faults = [], boxes = [];
  const cuts = new Map([[document.documentElement, null]]);  // thousands of cells share theirs
  const cutBy = (node) => {
    if (!cuts.has(node)) cuts.set(node, ownCut(node) ?? cutBy(node.parentElement));
    return cuts.get(node);
  };
  const ownCut = (node) => {
    if (node instanceof SVGElement) return null;
    const { overflowX, overflowY } = getComputedStyle(node);
    if (/auto|scroll/.test(overflowX + overflowY)) return "scrolls";
    return /hidden|clip/.test(overflowX + overflowY) ? node.getBoundingClientRect() : null;
  };
  const report = (fault, text, box) => {
    const ends = [box.left, box.top, box.right, box.bottom].map(Math.round);
    faults.push(`${fault}: "${text.slice(0, 60)}" at ${ends}`);
  };
  const isOutside = (box, frame) => box.left < frame.left - 1 || box.right > frame.right + 1;
  const add = (text, box, owner) => {
    if (box.width < 1 || box.height < 1 || getComputedStyle(owner).visibility === "hidden") return;
    if (owner.closest(".hidden, .skip, .tip, select, datalist")) return;
    const cut = cutBy(owner);
    if (box.left < -1 || box.right > width + 1) report("outside the window", text, box);
    if (cut && (isOutside(box, cut) || box.top < cut.top - 1 || box.bottom > cut.bottom + 1))
      report("cut off", text, box);
    boxes.push({ text, left: box.left, right: box.right, top: box.top, bottom: box.bottom,
      isDrawn: owner instanceof SVGElement });
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim(), owner = texts.currentNode.parentElement;
    if (!text || owner.closest("script, style, noscript, svg, option")) continue;
    if (cutBy(owner) === "scrolls") continue;  // a person can scroll to it
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    for (const box of range.getClientRects()) add(text, box, owner);
  }
  for (const label of document.querySelectorAll("svg text")) {
    const text = label.textContent.trim(), box = label.getBoundingClientRect();
    if (!text) continue;
    if (cutBy(label) !== "scrolls") add(text, box, label);
    const figure = label.closest("figure, .card")?.getBoundingClientRect();
    if (figure && isOutside(box, { left: figure.left - 1, right: figure.right + 1 }))
      report("beyond its figure", text, box);
  }
  const pen = document.createElement("canvas").getContext("2d");
  for (const select of document.querySelectorAll("main select")) {
    const text = select.selectedOptions[0]?.textContent ?? "", style = getComputedStyle(select);
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const arrow = 24, sides = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
    if (pen.measureText(text).width > select.clientWidth - sides - arrow + 1)
      report("cut off in its list", text, select.getBoundingClientRect());
  }
  boxes.sort((a, b) => a.top - b.top);
  boxes.forEach((a, i) => {
    for (const b of boxes.slice(i + 1)) {
      if (b.top >= a.bottom) break;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      // The box of a line of text is higher than its letters, so neighbouring lines touch.
      const room = a.isDrawn && b.isDrawn ? 3 : 0.3 * Math.min(a.bottom - a.top, b.bottom - b.top);
      if (across > 1 && down > room)
        report(`over "${b.text.slice(0, 40)}"`, a.text, a);
    }
  });
  return { faults, count: boxes.length };
}"""
REDRAWN = "() => document.body.dataset.drawn === String(document.querySelector('main').clientWidth)"
UNFOLD = "all => all.forEach(each => each.open = {})"


def faults_at(page: Any, width: int, theme: str) -> tuple[list[str], int]:
    """What is wrong with the texts of a report at this width, and how many were measured.

    Everything that folds is opened. A bar that sticks to the top lies over texts on purpose.
    """
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    page.add_style_tag(content=".filters { position: static !important; }")
    page.wait_for_function(REDRAWN)
    page.eval_on_selector_all("details", UNFOLD.format("true"))
    measured = page.evaluate(TEXT_BOXES)
    page.eval_on_selector_all("details", UNFOLD.format("false"))
    return [f"{width} px, {theme}: {fault}" for fault in measured["faults"]], measured["count"]
