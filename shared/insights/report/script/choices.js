// What a person chooses: it is drawn, told in words, and kept in the address of the page.
const DRAWN = { headline, within, forest, ratios, dose, deciles, growth, durations, moment, moment_videos: momentVideos, for_whom, raters, specifications, halo, agreement, corrected_ratios: correctedRatios, corrected, ladder, quality, months, precision, scatter };
const BY_CHOICE = ["within", "forest", "ratios", "dose", "deciles", "growth", "corrected_ratios", "corrected", "scatter"];
const hasChart = (name) => chartNode(name) && (name === "headline" || name === "scatter" || figures[name]?.length);
// A figure that cannot be drawn must not stop the others.
const redraw = (names) => {
  const drawable = names.filter(hasChart);
  measure(drawable);
  for (const name of drawable) {
    try {
      DRAWN[name]();
    } catch (error) {
      console.error(error);
      none(name, "This figure could not be drawn; the numbers are in the table.");
    }
  }
};
const tables = () => {
  for (const table of $$("table[data-follows]")) {
    const keys = table.dataset.follows.split(" ").filter(Boolean);
    for (const row of $$("tbody tr", table)) row.hidden = keys.some((key) => row.dataset[key] !== chosen[key]);
  }
};
const STAYS = "The answer, its interval and every p stay those of all videos.";
// Another rating or KPI changes the figures that have its rows; the first screen keeps its question.
const other = () => (report.primary && !isPrimary(chosen)
  ? ` The answer above is still about ${words(report.primary.predictor)} and ${outcomeName(report.primary)}.` : "");
const status = (refused = "") => {
  const n = all.filter(isPicked).length, of = report.videosKnown > all.length ? ` of a random ${count(all.length)} drawn here (${count(report.videosKnown)} in all)` : ` of ${count(all.length)} videos`;
  $(".filters .status").textContent = refused + (n === all.length
    ? `All ${count(report.videosKnown)} videos. ${STAYS}`
    : `${count(n)}${of} picked out in “Every video” and in the gallery. Nothing is recomputed: ${STAYS[0].toLowerCase()}${STAYS.slice(1)}`) + other();
};

// ---- the address: #section&key=value, so that a link shows what its sender saw
const KEYS = ["predictor", "outcome", "scale", "creator", "language", "rater", "relative", "sort"];
const INITIAL = { ...start, ...UNFILTERED };
let section = "";
const address = () => {
  const parts = KEYS.filter((key) => chosen[key] !== INITIAL[key]).map((key) => `${key}=${encodeURIComponent(chosen[key])}`);
  history.replaceState(null, "", `#${[section, ...parts].join("&")}`);
};
const distinct = (values) => [...new Set(values)].sort((a, b) => String(a).localeCompare(String(b)));
const CREATORS = new Map(distinct(videos.creator).map((name) => [String(name).toLowerCase(), name]));
const ALLOWED = {
  predictor: new Set(report.predictors), outcome: new Set(report.outcomes.filter((name) => videos[name])), scale: new Set(["count", "rate", "mean"]),
  creator: new Set(["", ...CREATORS.values()]), language: new Set(["", ...videos.language]), rater: new Set(["", ...videos.rater]),
  relative: new Set(["true", "false"]), sort: new Set(Object.keys(ORDERS)),
};
// What an address asks for, as far as this page has it; anyone can write an address.
const readAddress = () => {
  const [anchor, ...parts] = location.hash.slice(1).split("&");
  section = document.getElementById(anchor) ? anchor : "";
  Object.assign(chosen, INITIAL);
  let unknown = false;
  for (const [key, value] of new URLSearchParams(parts.join("&"))) {
    if (!KEYS.includes(key) || !ALLOWED[key].has(value)) unknown = true;
    else chosen[key] = key === "relative" ? value === "true" : value;
  }
  return unknown ? "The address of this page asks for something that the report does not have. " : "";
};

// ---- the controls
const options = (select, values, everything, name = (v) => v) => {
  select.replaceChildren(...(everything ? [el("option", { value: "" }, everything)] : []), ...values.map((v) => el("option", { value: v }, name(v))));
};
const scales = () => {
  const rate = report.exposure[chosen.outcome];
  const select = form.elements.scale;
  const usual = isMean(chosen.outcome) ? "mean" : "count";
  select.replaceChildren(el("option", { value: usual }, usual), ...(rate ? [el("option", { value: "rate" }, `per ${rate === "age" ? "day" : unit(rate)}`)] : []));
  if (!rate || chosen.scale !== "rate") chosen.scale = usual;
  select.value = chosen.scale;
};
const setUp = () => {
  options(form.elements.predictor, report.predictors, "", words);
  options(form.elements.outcome, report.outcomes.filter((name) => videos[name]), "", words);
  options(form.elements.language, distinct(videos.language), "all", languageName);
  options(form.elements.rater, distinct(videos.rater), "all");
  $("#creators").replaceChildren(...[...CREATORS.values()].map((name) => el("option", { value: name })));
};
const show = () => {
  scales();
  for (const name of ["predictor", "outcome", "creator", "language", "rater"]) form.elements[name].value = chosen[name];
  const relative = $('[name="relative"]'), sort = $('[name="sort"]');
  if (relative) relative.checked = chosen.relative;
  if (sort) sort.value = chosen.sort;
};
const QUESTION = ["predictor", "outcome", "scale"];
// Draw what differs from what was chosen before. To draw all of it takes a tenth of a second.
const follow = (before, message) => {
  const changed = KEYS.filter((key) => chosen[key] !== before[key]);
  if (changed.some((key) => QUESTION.includes(key))) { tables(); redraw(BY_CHOICE); } else if (changed.some((key) => key !== "sort")) redraw(["scatter"]);
  if (changed.length) { shown = PAGE; gallery(); }
  status(message);
};
const choose = (name, picked) => {
  const before = { ...chosen };
  chosen[name] = picked;
  if (name === "outcome") scales();
  follow(before);
  address();
};
const NAMED = 5;
const creatorTyped = (typed, isFinal) => {
  const text = typed.trim().toLowerCase();
  if (!text || CREATORS.has(text)) return choose("creator", text ? CREATORS.get(text) : "");
  const matches = [...CREATORS.keys()].filter((name) => name.includes(text)).map((name) => CREATORS.get(name));
  if (isFinal && matches.length === 1) {
    form.elements.creator.value = matches[0];
    return choose("creator", matches[0]);
  }
  if (!matches.length) return status(`No creator here is called “${typed}”. `);
  return status(`${count(matches.length)} creators match “${typed}”: ${matches.slice(0, NAMED).join(", ")}${matches.length > NAMED ? " …" : ""}. Choose one. `);
};
form.addEventListener("change", (event) => (event.target.name === "creator" ? creatorTyped(event.target.value, true) : choose(event.target.name, event.target.value)));
form.addEventListener("input", (event) => event.target.name === "creator" && creatorTyped(event.target.value, false));
form.addEventListener("submit", (event) => { event.preventDefault(); creatorTyped(form.elements.creator.value, true); });
form.addEventListener("reset", (event) => {
  event.preventDefault();
  const before = { ...chosen };
  Object.assign(chosen, INITIAL);
  show(); follow(before); address();
});
$('[name="relative"]')?.addEventListener("change", (event) => choose("relative", event.target.checked));
$('[name="sort"]')?.addEventListener("change", (event) => choose("sort", event.target.value));
$(".show-more")?.addEventListener("click", () => { shown += PAGE; gallery(); });
const goTo = (id) => {
  section = id;
  document.getElementById(id)?.scrollIntoView();
  address();
};
for (const link of $$('nav a, a.term, a.skip, a.to-figure')) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const target = document.getElementById(link.hash.slice(1));
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    goTo(link.hash.slice(1));
    target?.focus({ preventScroll: true });
  });
}
for (const button of $$("[data-theme-choice]")) {
  button.addEventListener("click", () => {
    const theme = button.dataset.themeChoice;
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    for (const choice of $$("[data-theme-choice]")) choice.setAttribute("aria-pressed", String(choice === button));
  });
}

// ---- the beginning: words first, then the figures
let drawnAt = 0, waiting = 0;
const drawAll = () => { redraw(Object.keys(DRAWN)); gallery(); document.body.dataset.drawn = String(drawnAt); };
const watch = new ResizeObserver(() => {
  const width = $("main").clientWidth;
  if (width === drawnAt || matchMedia("print").matches) return;
  const isFirst = drawnAt === 0;
  drawnAt = width;
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => {
    drawAll();
    if (isFirst && section) document.getElementById(section)?.scrollIntoView();
  });
});
setUp();
const refused = readAddress();
show(); tables(); status(refused);
addEventListener("hashchange", () => {
  const before = { ...chosen }, unknown = readAddress();
  show(); follow(before, unknown);
});
requestAnimationFrame(() => setTimeout(() => watch.observe($("main"))));
