// The meaning of a term, shown when a person points at it or reaches it by keyboard. Escape hides it.
const tip = el("div", { class: "tip", role: "tooltip", id: "tip", hidden: "" });
document.body.append(tip);
let hiding = 0;
const explain = (term) => {
  clearTimeout(hiding);
  const meaning = document.getElementById(term.hash.slice(1).replace("term-", "means-"));
  if (!meaning) return;
  tip.textContent = meaning.textContent.replace(/\s+/g, " ").trim();
  tip.hidden = false;
  const box = term.getClientRects()[0], own = tip.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - own.width - 8));
  const above = box.top - own.height - 6;
  Object.assign(tip.style, { left: `${left}px`, top: `${above > 8 ? above : box.bottom + 6}px` });
};
// A person must be able to move the pointer onto the text (WCAG 1.4.13).
const hideSoon = () => { hiding = setTimeout(() => { tip.hidden = true; }, 200); };
document.addEventListener("pointerover", (event) => {
  const term = event.target.closest?.("a.term");
  if (term) explain(term);
  else if (tip.contains(event.target)) clearTimeout(hiding);
  else if (!tip.hidden) hideSoon();
});
document.addEventListener("focusin", (event) => (event.target.matches("a.term") ? explain(event.target) : hideSoon()));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
