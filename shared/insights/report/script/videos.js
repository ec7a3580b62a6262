// The figure of every video, and the list of those that the filters pick out.
const value = (i) => {
  if (chosen.relative) return videos[`${chosen.outcome}_times_usual`]?.[i];
  const counted = videos[chosen.outcome]?.[i];
  if (chosen.scale !== "rate") return counted;
  const per = videos[report.exposure[chosen.outcome]]?.[i];
  return per > 0 && counted !== null ? counted / per : null;
};
const isPicked = (i) =>
  (!chosen.creator || videos.creator[i] === chosen.creator) &&
  (!chosen.language || videos.language[i] === chosen.language) &&
  (!chosen.rater || videos.rater[i] === chosen.rater);

const scatter = () => {
  if (!chartNode("scatter")) return;
  const isLog = chosen.relative || chosen.scale === "count", least = chosen.relative ? 0.01 : 0.5;
  const dots = [];
  for (const i of all) {
    const x = videos[chosen.predictor]?.[i], y = value(i);
    if (x === null || x === undefined || y === null || y === undefined) continue;
    dots.push({ i, x, y: isLog ? Math.max(least, y) : y, picked: isPicked(i) });
  }
  const label = chosen.relative ? `${words(chosen.outcome)}, times the creator’s usual` : scaleName();
  listVideos(dots.filter((d) => d.picked).map((d) => d.i));
  if (!dots.length) return none("scatter", `No video has both ${words(chosen.predictor)} and ${label}.`);
  const isFiltered = chosen.creator || chosen.language || chosen.rater;
  const picked = dots.filter((d) => d.picked), others = dots.filter((d) => !d.picked);
  const few = dots.length < 800, ticks = isLog ? steps(dots.map((d) => d.y)) : 6;
  draw("scatter", `${label} by ${words(chosen.predictor)}: ${count(picked.length)} of ${count(dots.length)} videos picked out`, (width) =>
    base(width, Math.min(440, Math.max(300, width * 0.55)), {
      marginTop: 34, marginLeft: 52, marginRight: 20, marginBottom: 46, x: { label: `${words(chosen.predictor)} →`, labelAnchor: "right", labelArrow: "none", labelOffset: 38, ticks: Math.min(10, Math.floor(width / 60)) },
      y: { type: isLog ? "log" : "linear", label: `↑ ${label}`, labelArrow: "none", labelOffset: 44, tickFormat: short, ticks }, r: { range: [5, 16] },
      marks: [
        Plot.gridY(isLog ? { ...grid, ticks } : grid),
        chosen.relative ? Plot.ruleY([1], { stroke: INK, strokeDasharray: "3 4" }) : null,
        Plot.dot(others, { x: "x", y: "y", r: few ? 3 : 1.8, fill: SOFT, fillOpacity: 0.18 }),
        Plot.dot(picked, { x: "x", y: "y", r: few ? 3.4 : 2, fill: isFiltered ? HOT : "var(--dot)", fillOpacity: few || isFiltered ? 0.6 : 0.35 }),
        chosen.relative ? null : Plot.dot(creatorRings(picked), { x: "x", y: "y", r: "n", stroke: INK, strokeOpacity: few ? 0.55 : 0.35, strokeWidth: 1.2 }),
        Plot.tip(picked, Plot.pointer({ x: "x", y: "y", maxRadius: 24, title: (d) => videoWords(d.i), fill: "var(--raised)" })),
      ],
    }));
};
// A ring for each creator with three videos or more, at the middle of them.
const creatorRings = (dots) =>
  [...d3.group(dots, (d) => videos.creator[d.i])].filter(([, own]) => own.length >= 3)
    .map(([creator, own]) => ({ creator, n: own.length, x: d3.median(own, (d) => d.x), y: d3.median(own, (d) => d.y) }));
const videoWords = (i) => `${videos.creator[i]} · ${languageName(videos.language[i])}\n${words(chosen.predictor)} ${videos[chosen.predictor][i]}\n${words(chosen.outcome)} ${amount(videos[chosen.outcome][i])}\n${videos.file_name?.[i] ?? videos.video_id[i]}`;

const LISTED = 100;
let listed = [];
const videoColumns = () => {
  const own = videos.file_name ? [["file", "file_name"]] : [];
  return [
    ["video", "video_id"], ...own, ["creator", "creator"], ["language", "language"], ["rater", "rater"],
    [words(chosen.predictor), chosen.predictor, (v) => String(v)], [words(chosen.outcome), chosen.outcome, amount], ["times the usual", `${chosen.outcome}_times_usual`, times],
  ];
};
const listVideos = (picked) => {
  const table = $('table[data-figure="scatter"]'), columns = videoColumns();
  $("thead tr", table).replaceChildren(...columns.map(([head, , write]) => el("th", { scope: "col", class: write ? "n" : null }, head)));
  listed = [...picked].sort((a, b) => videos[chosen.predictor][b] - videos[chosen.predictor][a]);
  $("tbody", table).replaceChildren(...listed.slice(0, LISTED).map((i) => el("tr", {}, ...columns.map(([, column, write]) => {
    const cell = videos[column]?.[i];
    return el("td", { class: write ? "n" : null }, cell === null || cell === undefined ? "" : write ? write(cell) : String(cell));
  }))));
  $('[data-more="scatter"]').textContent = listed.length > LISTED ? `The ${LISTED} with the highest ${words(chosen.predictor)} of ${count(listed.length)}. The CSV has all of them.` : "";
};
