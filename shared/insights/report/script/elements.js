// The data of the page, its elements and its numbers. Text from strangers is set as text, never as markup.
// All files of this folder are one script, in the order of page.py.
const report = JSON.parse(document.getElementById("report").textContent);
const { videos, figures } = report;
const all = videos.video_id.map((_, i) => i);
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const form = $(".filters");
const words = (name) => report.names[name] ?? String(name).replaceAll("_", " ");
const isMean = (outcome) => report.means.includes(outcome);
const start = report.primary ?? { predictor: report.predictors[0], outcome: report.outcomes[0], scale: isMean(report.outcomes[0]) ? "mean" : "count" };
const UNFILTERED = { creator: "", language: "", rater: "", relative: false, sort: "score" };
const chosen = { ...start, ...UNFILTERED };
const INK = "var(--ink)", SOFT = "var(--soft)", ACCENT = "var(--accent)", HOT = "var(--hot)", LINE = "var(--line)", PAPER = "var(--paper)";

// ---- numbers, as the tables write them
const thousands = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const count = (value) => thousands.format(value).replace("-", "−");
const short = (value) => Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(value);
const rho = (value) => value.toFixed(Math.abs(value) < 0.1 ? 3 : 2).replace("0.", ".").replace("-", "−");
const amount = (value) => (chosen.scale === "mean" ? String(digits3(value)) : count(value));
const times = (value) => (value >= 10 ? count(value) : value.toFixed(1));
// More digits where 1.00 would hide that a number is not 1.
const digits3 = (value) => Number(value.toPrecision(3));
const ratio = (value) => {
  if (value < 0.1) return digits3(value).toFixed(12).replace(/\.?0+$/, "");
  return value >= 100 ? count(digits3(value)) : [2, 3, 4].map((digits) => value.toFixed(digits)).find((text) => Number(text) !== 1) ?? "1.00";
};

// ---- elements
const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};
const chartNode = (name) => $(`[data-chart="${name}"]`);
const none = (name, sentence) => {
  chartNode(name)?.replaceChildren(el("p", { class: "missing" }, sentence));
  const summary = $(`[data-drawn="${name}"]`);
  if (summary) summary.textContent = "";
};

// ---- names
const LANGUAGES = typeof Intl.DisplayNames === "function" ? new Intl.DisplayNames(["en"], { type: "language", fallback: "none" }) : null;
const languageName = (code) => {
  if (code === "und") return "unknown language";
  try {
    const name = LANGUAGES?.of(code);
    return name ? `${name} (${code})` : code;
  } catch {
    return code; // not a language code
  }
};
const unit = (name) => (name === "views" ? "view" : words(name ?? ""));
const outcomeName = (row) =>
  row.scale === "rate" ? `${words(row.outcome)} per ${report.exposure[row.outcome] === "age" ? "day" : unit(report.exposure[row.outcome])}` : words(row.outcome);
const scaleName = () => outcomeName({ outcome: chosen.outcome, scale: chosen.scale });
const stepOf = (predictor) => words(report.steps[predictor] ?? predictor);
const isPrimary = (d) => report.primary && d.predictor === report.primary.predictor && d.outcome === report.primary.outcome && d.scale === report.primary.scale;
const follows = (row) => row.predictor === chosen.predictor && row.outcome === chosen.outcome && row.scale === chosen.scale;
