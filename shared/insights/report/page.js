// Draws the figures and the gallery from the JSON in #report, and redraws them when a choice changes.
// Text from strangers must only be set as text, never as markup.
"use strict";
(() => {
  const report = JSON.parse(document.getElementById("report").textContent);
  const { videos, figures } = report;
  const all = videos.video_id.map((_, i) => i);
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const form = $(".filters");
  const words = (name) => String(name).replaceAll("_", " ");
  const start = report.primary ?? { predictor: report.predictors[0], outcome: report.outcomes[0], scale: "count" };
  const chosen = { ...start, creator: "", language: "", rater: "", relative: false, sort: "score" };
  const INK = "var(--ink)", SOFT = "var(--soft)", ACCENT = "var(--accent)", HOT = "var(--hot)", LINE = "var(--line)";

  // ---- numbers, as the tables write them
  const thousands = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  const count = (value) => thousands.format(value).replace("-", "−");
  const short = (value) => Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(value);
  const rho = (value) => value.toFixed(Math.abs(value) < 0.1 ? 3 : 2).replace("0.", ".").replace("-", "−");
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
  const draw = (name, label, make) => {
    const chart = chartNode(name);
    if (!chart) return;
    const width = Math.max(240, Math.floor(chart.clientWidth));
    const plot = make(width);
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", label);
    chart.replaceChildren(plot);
    const summary = $(`[data-drawn="${name}"]`);
    if (summary) summary.textContent = label;
  };
  const base = (width, height, more) => {
    const plot = Plot.plot({
      width, height, style: { background: "none", color: INK, fontFamily: "inherit", fontSize: "12px", overflow: "visible" },
      ...more,
    });
    // ARIA allows no label on a group without a role, and the picture as a whole has one.
    for (const group of plot.querySelectorAll("g[aria-label]")) group.removeAttribute("aria-label");
    return plot;
  };
  // Powers of ten, with twice and five times them where the range is short.
  const steps = (values) => {
    const [low, high] = d3.extent(values), few = Math.log10(high / low) < 1.6;
    const powers = d3.range(Math.floor(Math.log10(low)) - 1, Math.ceil(Math.log10(high)) + 1).map((power) => 10 ** power);
    return powers.flatMap((power) => (few ? [power, 2 * power, 5 * power] : [power])).filter((value) => value >= low * 0.999 && value <= high * 1.001);
  };
  const grid = { stroke: LINE, strokeOpacity: 1 };
  const follows = (row) =>
    row.predictor === chosen.predictor && row.outcome === chosen.outcome && row.scale === chosen.scale;
  const outcomeName = (row) =>
    row.scale === "rate" ? `${words(row.outcome)} per ${report.exposure[row.outcome] === "age" ? "day" : unit(report.exposure[row.outcome])}` : words(row.outcome);
  const unit = (name) => (name === "views" ? "view" : words(name ?? ""));
  const scaleName = () => outcomeName({ outcome: chosen.outcome, scale: chosen.scale });

  // ---- figures of the insight tables
  const interval = (rows, y, more = {}) => [
    Plot.ruleY(rows.filter((d) => d.ci_low !== undefined), { y, x1: "ci_low", x2: "ci_high", strokeWidth: 2.5, ...more }),
  ];
  const RATIO_TICKS = [0.01, 0.05, 0.1, 0.2, 0.5, 0.8, 1, 1.25, 2, 5, 10, 20, 100];
  const FINE_TICKS = [0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.25];
  const ratioTicks = (reach) => (reach < 1.35 ? FINE_TICKS : reach > 4 ? RATIO_TICKS.filter((d) => ![0.8, 1.25].includes(d)) : RATIO_TICKS).filter((d) => d >= 1 / reach && d <= reach);
  const ratioReach = (values, least) => Math.max(least, ...values.map((value) => Math.max(value, 1 / value))) ** 1.1;
  const stepOf = (predictor) => words(report.steps[predictor] ?? predictor);
  const headline = () => {
    const row = [...(figures.within ?? []), ...(figures.ratios ?? [])].find((d) => d.is_primary);
    if (!row) return;
    if (row.step_irr === undefined) return none("headline", `No interval to draw: ${row.note ?? "it is not defined for these videos"}.`);
    const reach = ratioReach([row.step_irr_low, row.step_irr_high], 1.2);
    const numbers = `${ratio(row.step_irr)} times the ${outcomeName(row)}`;
    draw("headline", `${numbers} (95 % interval ${ratio(row.step_irr_low)} to ${ratio(row.step_irr_high)}) for ${stepOf(row.predictor)}`, (width) =>
      base(width, 84, {
        marginLeft: 12, marginRight: 12, marginBottom: 36, x: { type: "log", domain: [1 / reach, reach], axis: null },
        marks: [
          Plot.axisX(ratioTicks(reach), { text: (d) => `${d}`, label: `← fewer · times the ${outcomeName(row)} · more →`, labelAnchor: "center", tickSize: 0 }),
          Plot.ruleX([1], { stroke: INK }),
          Plot.link([row], { x1: "step_irr_low", x2: "step_irr_high", y1: () => 0, y2: () => 0, stroke: ACCENT, strokeWidth: 9, strokeOpacity: 0.45, strokeLinecap: "round" }),
          Plot.dot([row], { x: "step_irr", y: () => 0, r: 8, fill: ACCENT }),
          Plot.text([row], { x: "step_irr", y: () => 0, dy: -18, text: () => `× ${ratio(row.step_irr)}`, fontWeight: 700, fontSize: 14 }),
        ],
        y: { axis: null, domain: [-1, 1] },
      }));
  };
  const negligible = () =>
    report.negligible ? Plot.rectX([0], { x1: -report.negligible, x2: report.negligible, fill: "var(--shade)" }) : null;

  const forest = () => {
    const rows = figures.forest.filter((d) => d.predictor === chosen.predictor && d.estimate !== undefined);
    const plain = rows.filter((d) => d.method === "spearman"), partial = rows.filter((d) => d.method === "partial_spearman");
    if (!plain.length) return none("forest", `No correlation with ${words(chosen.predictor)} has an estimate; the table says why.`);
    draw("forest", `${words(chosen.predictor)} and each KPI over all creators: Spearman’s ρ with its 95 % interval`, (width) =>
      base(width, 62 + 34 * plain.length, {
        marginLeft: 126, marginRight: 14, x: { label: "ρ →", labelAnchor: "right", labelOffset: 32, nice: true, ticks: width < 420 ? 4 : 6 }, marginBottom: 38,
        y: { label: null, domain: plain.map(outcomeName), tickSize: 0 },
        marks: [
          negligible(), Plot.gridX(grid), Plot.ruleX([0], { stroke: INK }),
          ...interval(plain, outcomeName, { stroke: (d) => (d.is_primary ? HOT : ACCENT), dy: -4 }),
          ...interval(partial, outcomeName, { stroke: SOFT, strokeWidth: 1.2, dy: 6 }),
          Plot.dot(partial, { x: "estimate", y: outcomeName, r: 3.5, stroke: SOFT, fill: "var(--paper)", strokeWidth: 1.5, dy: 6 }),
          Plot.dot(plain, { x: "estimate", y: outcomeName, r: 5, fill: (d) => (d.is_primary ? HOT : ACCENT), dy: -4 }),
          Plot.tip(rows, Plot.pointerY({ x: "estimate", y: outcomeName, title: (d) => `${d.method === "spearman" ? "pooled" : "adjusted"} ρ = ${rho(d.estimate)}${ends(d, rho)}\n${count(d.n)} videos`, fill: "var(--raised)" })),
        ],
      }));
  };
  const ends = (d, write) => (d.ci_low === undefined ? "" : ` (${write(d.ci_low)} to ${write(d.ci_high)})`);

  const ratioLines = (name, label) => {
    const rows = figures[name].filter((d) => d.predictor === chosen.predictor && d.step_irr !== undefined);
    if (!rows.length) return none(name, "No ratio of this rating has an interval; the table says why.");
    // A KPI with a very long interval must not squeeze the others: its bar stops at the edge.
    const far = rows.map((d) => Math.max(d.step_irr_high, 1 / d.step_irr_low)).sort(d3.ascending);
    const reach = ratioReach([...rows.map((d) => d.step_irr), Math.min(far.at(-1), 4 * d3.median(far))], 1.1);
    const inside = (value) => Math.min(reach, Math.max(1 / reach, value)), color = (d) => (isPrimary(d) ? HOT : ACCENT);
    draw(name, `${label} for ${stepOf(chosen.predictor)}`, (width) =>
      base(width, 62 + 34 * rows.length, {
        marginLeft: 126, marginRight: 14, marginBottom: 38, x: { type: "log", domain: [1 / reach, reach], axis: null },
        y: { label: null, domain: rows.map(outcomeName), tickSize: 0 },
        marks: [
          Plot.gridX(ratioTicks(reach), grid), Plot.ruleX([1], { stroke: INK }),
          Plot.axisX(ratioTicks(reach), { text: (d) => `${d}`, label: "times as many →", labelAnchor: "right", labelOffset: 32 }),
          Plot.ruleY(rows, { y: outcomeName, x1: (d) => inside(d.step_irr_low), x2: (d) => inside(d.step_irr_high), strokeWidth: 2.5, stroke: color }),
          Plot.dot(rows, { x: "step_irr", y: outcomeName, r: 5, fill: color }),
          Plot.tip(rows, Plot.pointerY({ x: "step_irr", y: outcomeName, title: (d) => `${ratio(d.step_irr)} times as many (${ratio(d.step_irr_low)} to ${ratio(d.step_irr_high)})\n${count(d.n)} videos`, fill: "var(--raised)" })),
        ],
      }));
  };
  const within = () => ratioLines("within", `Times as many ${report.scope},`);
  const ratios = () => ratioLines("ratios", "Times as many over all creators,");
  const isPrimary = (d) => report.primary && d.predictor === report.primary.predictor && d.outcome === report.primary.outcome && d.scale === report.primary.scale;
  const none = (name, sentence) => {
    chartNode(name)?.replaceChildren(el("p", { class: "missing" }, sentence));
    const summary = $(`[data-drawn="${name}"]`);
    if (summary) summary.textContent = "";
  };

  const dose = () => {
    const rows = figures.dose.filter(follows);
    if (!rows.length) return none("dose", `There is no curve of ${words(chosen.predictor)} and ${scaleName()}.`);
    draw("dose", `${scaleName()} along ${words(chosen.predictor)}: percentile with its 95 % band`, (width) =>
      base(width, 260, {
        marginLeft: 42, marginBottom: 42, x: { label: `${words(chosen.predictor)} →`, labelAnchor: "right", labelOffset: 36 },
        y: { label: "↑ percentile", domain: [Math.min(20, ...rows.map((d) => d.ci_low)), Math.max(80, ...rows.map((d) => d.ci_high))], clamp: true },
        marks: [
          Plot.gridY(grid), Plot.ruleY([50], { stroke: INK, strokeDasharray: "3 4" }),
          Plot.areaY(rows, { x: "x_low", y1: "ci_low", y2: "ci_high", fill: ACCENT, fillOpacity: 0.22 }),
          Plot.lineY(rows, { x: "x_low", y: "estimate", stroke: ACCENT, strokeWidth: 2.5 }),
          Plot.dot(rows, { x: "x_low", y: "estimate", fill: ACCENT, r: 3 }),
          Plot.tip(rows, Plot.pointerX({ x: "x_low", y: "estimate", title: (d) => `score ${+d.x_low.toPrecision(3)}\npercentile ${+d.estimate.toPrecision(3)} (${+d.ci_low.toPrecision(3)} to ${+d.ci_high.toPrecision(3)})`, fill: "var(--raised)" })),
        ],
      }));
  };

  const deciles = () => {
    const rows = figures.deciles.filter(follows);
    if (!rows.length) return none("deciles", `There are no tenths of ${words(chosen.predictor)} and ${scaleName()}.`);
    const label = (d) => (d.x_low === d.x_high ? `${d.x_low}` : `${d.x_low}–${d.x_high}`);
    const log = chosen.scale === "count";
    const least = 0.5;
    const at = (value) => (log ? Math.max(least, value) : value);
    const ends = rows.flatMap((d) => [at(d.quartile_low), at(d.quartile_high)]);
    draw("deciles", `${scaleName()} by tenths of ${words(chosen.predictor)}: the middle video and the middle half`, (width) =>
      base(width, 260, {
        marginLeft: 48, marginBottom: 48, x: { labelOffset: 42, label: `${words(chosen.predictor)}, lowest and highest score of each tenth →`, labelAnchor: "right", domain: rows.map(label), tickRotate: width < 420 ? -40 : 0, tickSize: 0 },
        y: log ? { type: "log", label: `↑ ${scaleName()}`, tickFormat: short, ticks: steps(ends) } : { label: `↑ ${scaleName()}`, ticks: 5 },
        marks: [
          Plot.gridY(log ? { ...grid, ticks: steps(ends) } : grid),
          Plot.ruleX(rows, { x: label, y1: (d) => at(d.quartile_low), y2: (d) => at(d.quartile_high), stroke: ACCENT, strokeWidth: 7, strokeOpacity: 0.35, strokeLinecap: "round" }),
          Plot.dot(rows, { x: label, y: (d) => at(d.estimate), fill: ACCENT, r: 4.5 }),
          Plot.tip(rows, Plot.pointerX({ x: label, y: (d) => at(d.estimate), title: (d) => `score ${label(d)}\nmiddle ${+d.estimate.toPrecision(3)}\n${count(d.n)} videos of ${count(d.clusters)} creators`, fill: "var(--raised)" })),
        ],
      }));
  };

  const growth = () => {
    const rows = figures.growth.filter((d) => d.predictor === chosen.predictor && d.outcome === chosen.outcome && d.estimate !== undefined);
    if (!rows.length) return none("growth", `Too few videos were counted around one age to compare ${words(chosen.predictor)} and ${words(chosen.outcome)}.`);
    draw("growth", `${words(chosen.predictor)} and ${words(rows[0].outcome)} at the same age of every video`, (width) =>
      base(width, 260, {
        marginLeft: 42, marginBottom: 42, x: { label: "age in days →", labelAnchor: "right", labelOffset: 36, type: "point", domain: [...new Set(rows.map((d) => d.x_low))] }, y: { label: "↑ ρ", nice: true },
        marks: [
          Plot.gridY(grid), Plot.ruleY([0], { stroke: INK }),
          Plot.ruleX(rows.filter((d) => d.ci_low !== undefined), { x: "x_low", y1: "ci_low", y2: "ci_high", stroke: ACCENT, strokeWidth: 2.5 }),
          Plot.lineY(rows, { x: "x_low", y: "estimate", stroke: ACCENT, strokeDasharray: "2 3" }),
          Plot.dot(rows, { x: "x_low", y: "estimate", fill: ACCENT, r: 5 }),
        ],
      }));
  };

  const durations = () => {
    const rows = figures.durations;
    draw("durations", `${words(rows[0].predictor)} and ${outcomeName(rows[0])} by duration: ρ with its 95 % interval`, (width) =>
      base(width, 76 + 40 * rows.length, {
        marginLeft: 110, marginRight: 14, x: { label: "ρ →", labelAnchor: "right", labelOffset: 32, nice: true, ticks: 5 }, marginBottom: 38, y: { label: null, domain: rows.map((d) => d.subset), tickSize: 0 },
        marks: [
          negligible(), Plot.gridX(grid), Plot.ruleX([0], { stroke: INK }),
          ...interval(rows, "subset", { stroke: ACCENT }),
          Plot.dot(rows, { x: "estimate", y: "subset", r: 5, fill: ACCENT }),
          Plot.text(rows, { x: "estimate", y: "subset", dy: -12, text: (d) => `${count(d.n)} videos`, fill: SOFT }),
        ],
      }));
  };

  const for_whom = () => {
    const all = figures.for_whom.filter((d) => d.step_irr !== undefined);
    const own = all.filter((d) => d.method === "ppml"), moved = d3.sort(all.filter((d) => d.method === "shrunken"), (d) => -d.step_irr);
    const groups = all.filter((d) => d.method === "subgroup"), mean = all.find((d) => d.method === "mean");
    const next = all.find((d) => d.method === "prediction" && d.step_irr_low !== undefined);
    if (!moved.length) return none("for_whom", "No creator has a ratio that can be drawn; the table says why.");
    const label = (d) => `${d.subset} · ${count(d.n)}`;
    // The ends of single creators may be far away: the axis follows the dots, and bars stop at it.
    const ends = [...moved, ...groups, ...(next ? [next] : [])].flatMap((d) => [d.step_irr_low ?? d.step_irr, d.step_irr_high ?? d.step_irr]);
    const reach = Math.max(1.25, ...ends.map((value) => Math.max(value, 1 / value)), ...own.map((d) => Math.min(4, Math.max(d.step_irr, 1 / d.step_irr)))) * 1.1;
    const inside = (value) => Math.min(reach, Math.max(1 / reach, value));
    const rows = [...(next ? [next] : []), ...groups, ...moved];
    const bars = own.filter((d) => d.step_irr_low !== undefined && d.step_irr_high !== undefined);
    const ticks = [0.01, 0.05, 0.1, 0.25, 0.5, 0.8, 1, 1.25, 2, 4, 10, 20, 100].filter((d) => d >= 1 / reach && d <= reach);
    draw("for_whom", `Times as many ${outcomeName(moved[0])} for ${stepOf(moved[0].predictor)}, by creator; beside each creator the number of videos`, (width) => {
      const narrow = width < 420;
      return base(width, 66 + 18 * rows.length, {
        marginLeft: narrow ? 138 : 230, marginRight: 14, marginBottom: 38,
        x: { type: "log", domain: [1 / reach, reach], axis: null },
        y: { label: null, domain: rows.map(label), tickSize: 0, tickFormat: (d) => (narrow && d.length > 24 ? `${d.slice(0, 23)}…` : d) },
        marks: [
          next ? Plot.rectX([next], { x1: "step_irr_low", x2: "step_irr_high", fill: "var(--shade)" }) : null,
          Plot.gridX(ticks, grid), Plot.ruleX([1], { stroke: INK }),
          // The axis of a log scale would leave out the text of 0.8 and other ticks of our own.
          Plot.axisX(narrow && reach > 2 ? ticks.filter((d) => ![0.8, 1.25].includes(d)) : ticks, { text: (d) => `${d}`, label: "times as many →", labelAnchor: "right", labelOffset: 32 }),
          mean ? Plot.ruleX([mean], { x: "step_irr", stroke: HOT, strokeDasharray: "3 4" }) : null,
          Plot.ruleY(bars, { y: label, x1: (d) => inside(d.step_irr_low), x2: (d) => inside(d.step_irr_high), stroke: SOFT, strokeWidth: 1.2 }),
          Plot.dot(own, { x: (d) => inside(d.step_irr), y: label, r: 3, stroke: SOFT, fill: "var(--paper)", strokeWidth: 1.5 }),
          Plot.ruleY([...groups, ...(next ? [next] : [])].filter((d) => d.step_irr_low !== undefined), { y: label, x1: "step_irr_low", x2: "step_irr_high", stroke: (d) => (d === next ? HOT : ACCENT), strokeWidth: 2.5 }),
          Plot.dot([...moved, ...groups], { x: "step_irr", y: label, r: 4, fill: ACCENT }),
          next ? Plot.dot([next], { x: "step_irr", y: label, r: 5, fill: HOT }) : null,
          Plot.tip(moved, Plot.pointerY({ x: "step_irr", y: label, title: (d) => `${d.subset}\n${ratio(d.step_irr)} times as many (${ratio(d.step_irr_low)} to ${ratio(d.step_irr_high)})\n${count(d.n)} videos`, fill: "var(--raised)" })),
        ],
      });
    });
  };

  // One panel per estimator: a ratio and a rank correlation share no axis, and their signs may differ.
  const specifications = () => {
    const panels = d3.groups(figures.specifications, (d) => d.estimator);
    draw("specifications", `${words(report.primary.predictor)} and ${words(report.primary.outcome)} by ${panels.map(([name, rows]) => `${name} (${rows.length} ways)`).join(", ")}, the smallest estimate first`, (width) =>
      el("div", {}, ...panels.flatMap(([name, rows]) => specificationPanel(name, rows, width))));
  };
  const specificationPanel = (estimator, specs, width) => {
    const isRatio = specs.some((d) => d.step !== undefined), none = isRatio ? 1 : 0, write = isRatio ? ratio : rho;
    const value = (d, key) => (d[key] === undefined ? undefined : isRatio ? Math.exp(d.step * d[key]) : d[key]);
    const rows = specs.map((d, i) => ({ ...d, i, value: value(d, "estimate"), low: value(d, "ci_low"), high: value(d, "ci_high") }));
    // An interval without an end, or a very long one, is cut at the edge of the panel.
    const [least, most] = d3.extent([none, ...rows.map((d) => d.value)]);
    const reach = isRatio ? ratioReach([...rows.map((d) => d.value), ...rows.flatMap((d) => [d.low, d.high]).filter((value) => value > least / 1.5 && value < most * 1.5)], 1.1) : 0;
    const domain = isRatio ? [1 / reach, reach] : [Math.max(-1, least - 0.3), Math.min(1, most + 0.3)];
    const bars = rows.filter((d) => d.low !== undefined || d.high !== undefined).map((d) => ({ ...d, from: Math.max(d.low ?? domain[0], domain[0]), to: Math.min(d.high ?? domain[1], domain[1]) }));
    const chosenBy = (d) => [...d.choices.split("; "), d.subset];
    const cells = rows.flatMap((d) => chosenBy(d).map((choice) => ({ ...d, choice })));
    const uses = d3.rollup(cells, (those) => those.length, (d) => d.choice);
    const varied = d3.transpose(rows.map(chosenBy)).flatMap((column) => (new Set(column).size > 1 ? [...new Set(column)].sort((a, b) => uses.get(b) - uses.get(a)) : []));
    const narrow = width < 560, marginLeft = narrow ? 40 : 240, color = (d) => (d.is_headline ? HOT : ACCENT);
    const upper = base(width, 204, {
      marginLeft, marginRight: 14, marginTop: 32, marginBottom: 8, x: { axis: null, domain: [-1, rows.length] },
      y: { type: isRatio ? "log" : "linear", domain, axis: null },
      marks: [
        // The axis of a log scale would leave out the text of most ticks.
        Plot.axisY(isRatio ? ratioTicks(reach) : d3.ticks(...domain, 5), { text: (d) => (isRatio ? `${d}` : write(d)), label: `↑ ${estimator}: ${isRatio ? "times as many" : "ρ"}` }),
        Plot.gridY(isRatio ? ratioTicks(reach) : d3.ticks(...domain, 5), grid), Plot.ruleY([none], { stroke: INK }),
        Plot.ruleX(bars, { x: "i", y1: "from", y2: "to", stroke: color, strokeWidth: 2 }),
        Plot.dot(rows, { x: "i", y: "value", r: 4, fill: color }), Plot.dot(rows.filter((d) => d.is_headline), { x: "i", y: "value", r: 7, fill: HOT }),
        Plot.tip(rows, Plot.pointerX({ x: "i", y: "value", title: (d) => `${d.estimator}${d.is_headline ? ": the headline" : ""}\n${d.subset}\n${d.choices}\n${write(d.value)}${d.low === undefined || d.high === undefined ? "" : ` (${write(d.low)} to ${write(d.high)})`}\n${count(d.n)} videos`, fill: "var(--raised)" })),
      ],
    });
    upper.setAttribute("role", "presentation");
    if (!varied.length) return [upper];
    const lower = base(width, 26 + (narrow ? 30 : 19) * varied.length, {
      marginLeft, marginRight: 14, marginTop: 6, marginBottom: 6, x: { axis: null, domain: [-1, rows.length] }, y: { label: null, domain: varied, tickSize: 0, axis: narrow ? null : "left" },
      marks: [
        Plot.gridY(grid),
        Plot.dot(cells.filter((d) => varied.includes(d.choice)), { x: "i", y: "choice", r: 3.4, fill: (d) => (d.is_headline ? HOT : INK) }),
        narrow ? Plot.text(varied, { x: () => -1, y: (d) => d, text: (d) => d, textAnchor: "start", dx: 2, dy: -11, fill: SOFT, fontSize: 11 }) : null,
      ],
    });
    lower.setAttribute("aria-hidden", "true");
    return [upper, lower];
  };

  const halo = () => {
    const usual = d3.greatest(d3.rollups(figures.halo, (those) => d3.sum(those, (d) => d.n), (d) => d.raters[0]), (d) => d[1])?.[0];
    const rows = figures.halo.filter((d) => d.estimate !== undefined && d.metric === "raw" && d.raters[0] === usual);
    if (!rows.length) return none("halo", "No two ratings vary together in these videos.");
    const names = [...new Set(rows.flatMap((d) => [d.dimension, d.other_dimension]))];
    const cells = rows.flatMap((d) => [d, { ...d, dimension: d.other_dimension, other_dimension: d.dimension }]);
    const cell = Math.min(64, Math.max(34, 420 / names.length)), small = names.length > 2;
    draw("halo", `Correlation between the ratings of ${usual}`, (width) =>
      base(Math.min(width, 150 + (small ? 1.4 * cell : 118) * names.length), (small ? 150 : 60) + cell * names.length, {
        marginLeft: 150, marginBottom: small ? 120 : 40, padding: 0.06, x: { domain: names, label: null, tickFormat: words, tickSize: 0, tickRotate: small ? -50 : 0 }, y: { domain: names, label: null, tickFormat: words, tickSize: 0 },
        marks: [
          Plot.cell(names.map((name) => ({ name })), { x: "name", y: "name", fill: "var(--shade)" }),
          Plot.cell(cells, { x: "dimension", y: "other_dimension", fill: (d) => (Math.abs(d.estimate) >= 0.9 ? HOT : ACCENT), fillOpacity: (d) => 0.12 + 0.5 * Math.abs(d.estimate) }),
          Plot.text(cells, { x: "dimension", y: "other_dimension", text: (d) => rho(Math.round(d.estimate * 100) / 100), fill: INK, fontWeight: 600, fontSize: names.length > 5 ? 10 : 13 }),
        ],
      }));
  };
  const agreement = () => {
    const rows = figures.agreement.filter((d) => d.estimate !== undefined);
    const several = new Set(rows.flatMap((d) => d.raters)).size > 1;
    const label = (d) => `${words(d.dimension ?? "")} · ${{ icc_a1: "ICC(A,1)", alpha_interval: "α", kappa_quadratic: "κ", retest: "again", human_human: "people", human_machine: "with people" }[d.metric] ?? d.metric}${d.raters.length === 1 && several ? ` · ${d.raters[0].split("/")[1] ?? d.raters[0]}` : ""}`;
    draw("agreement", "Agreement of raters with its 95 % interval", (width) =>
      base(width, 62 + 24 * rows.length, {
        marginLeft: Math.min(width * 0.55, several ? 290 : 200), marginRight: 14, marginBottom: 38, x: { label: "agreement →", labelAnchor: "right", labelOffset: 32, domain: [Math.min(0, ...rows.map((d) => d.ci_low ?? d.estimate)), 1] }, y: { label: null, domain: rows.map(label), tickSize: 0 },
        marks: [Plot.gridX(grid), Plot.ruleX([0.5, 0.75], { stroke: SOFT, strokeDasharray: "3 4" }), ...interval(rows, label, { stroke: ACCENT }), Plot.dot(rows, { x: "estimate", y: label, r: 5, fill: ACCENT })],
      }));
  };
  const correctedRatios = () => {
    const rows = figures.corrected_ratios.filter((d) => d.predictor === chosen.predictor && d.step_irr !== undefined);
    if (!rows.length) return none("corrected_ratios", `No correction for ${words(chosen.predictor)}; the table says why.`);
    const HOW = { ppml: "as observed", ppml_disattenuated: "asked again", ppml_predict_then_debias: "people" };
    const label = (d) => `${outcomeName(d)} · ${HOW[d.method]}`;
    const observed = (d) => d.method === "ppml";
    const reach = ratioReach(rows.flatMap((d) => [d.step_irr, d.step_irr_low ?? d.step_irr, d.step_irr_high ?? d.step_irr]), 1.1);
    draw("corrected_ratios", `Times as many within creators, for ${stepOf(chosen.predictor)}`, (width) =>
      base(width, 62 + 28 * rows.length, {
        marginLeft: 208, marginRight: 14, marginBottom: 38,
        x: { type: "log", domain: [1 / reach, reach], axis: null },
        y: { label: null, domain: rows.map(label), tickSize: 0 },
        marks: [
          Plot.gridX(ratioTicks(reach), grid), Plot.ruleX([1], { stroke: INK }),
          Plot.axisX(ratioTicks(reach), { text: (d) => `${d}`, label: "times as many →", labelAnchor: "right", labelOffset: 32 }),
          Plot.ruleY(rows.filter((d) => d.step_irr_low !== undefined && d.step_irr_high !== undefined), { y: label, x1: "step_irr_low", x2: "step_irr_high", strokeWidth: 2.5, stroke: (d) => (observed(d) ? SOFT : ACCENT) }),
          Plot.dot(rows, { x: "step_irr", y: label, r: 5, stroke: (d) => (observed(d) ? SOFT : ACCENT), fill: (d) => (observed(d) ? "var(--paper)" : ACCENT), strokeWidth: 1.5 }),
          Plot.tip(rows, Plot.pointerY({ x: "step_irr", y: label, title: (d) => `${label(d)}\n${ratio(d.step_irr)} times as many${d.step_irr_low === undefined || d.step_irr_high === undefined ? "" : ` (${ratio(d.step_irr_low)} to ${ratio(d.step_irr_high)})`}`, fill: "var(--raised)" })),
        ],
      }));
  };
  const corrected = () => {
    const rows = figures.corrected.filter((d) => d.predictor === chosen.predictor && d.estimate !== undefined);
    if (!rows.length) return none("corrected", `No correction for ${words(chosen.predictor)}; the table says why.`);
    const label = (d) => `${outcomeName(d)} · ${d.method === "disattenuated" ? "asked again" : "people"}`;
    const kpis = new Set(rows.map(outcomeName));
    const observed = figures.forest.filter((d) => d.predictor === chosen.predictor && d.method === "spearman" && kpis.has(outcomeName(d)));
    const uncorrected = rows.map((d) => ({ label: label(d), estimate: observed.find((o) => outcomeName(o) === outcomeName(d))?.estimate }));
    draw("corrected", `${words(chosen.predictor)} and each KPI, corrected for errors of the rating`, (width) =>
      base(width, 62 + 28 * rows.length, {
        marginLeft: 208, marginRight: 14, marginBottom: 38, x: { label: "ρ →", labelAnchor: "right", labelOffset: 32, nice: true, ticks: 5 }, y: { label: null, domain: rows.map(label), tickSize: 0 },
        marks: [
          negligible(), Plot.gridX(grid), Plot.ruleX([0], { stroke: INK }),
          ...interval(rows, label, { stroke: ACCENT }),
          Plot.dot(rows, { x: "estimate", y: label, r: 5, fill: ACCENT }),
          Plot.dot(uncorrected, { x: "estimate", y: "label", r: 4, stroke: SOFT, fill: "var(--paper)", strokeWidth: 1.5 }),
        ],
      }));
  };
  const ladder = () => {
    const rows = figures.ladder.filter((d) => d.estimate !== undefined);
    if (!rows.length) return none("ladder", "No rung can be computed from these data; the table says what each needs.");
    const colour = (d) => ({ pass: "var(--good)", fail: "var(--bad)" })[d.verdict] ?? SOFT;
    draw("ladder", "The rungs that could be computed, with the mark that each was set", (width) => {
      const narrow = width < 760;
      return base(width, 50 + (narrow ? 52 : 34) * rows.length, {
        marginLeft: narrow ? 14 : 370, marginRight: 90, x: { label: null }, y: { label: null, domain: rows.map((d) => d.title), tickSize: 0, axis: narrow ? null : "left", tickFormat: (d) => (d.length > 58 ? `${d.slice(0, 57)}…` : d) },
        marks: [
          Plot.gridX(grid), ...interval(rows, "title", { stroke: colour }),
          Plot.tickX(rows.filter((d) => d.pass_mark !== undefined), { x: "pass_mark", y: "title", stroke: INK, strokeWidth: 2 }),
          Plot.dot(rows, { x: "estimate", y: "title", r: 5, fill: colour }),
          Plot.text(rows, { frameAnchor: "right", y: "title", dx: 84, textAnchor: "end", text: "verdict", fill: colour, fontWeight: 600 }),
          narrow ? Plot.text(rows, { frameAnchor: "left", y: "title", dy: -16, textAnchor: "start", text: (d) => d.title, fill: SOFT, lineWidth: 34, textOverflow: "ellipsis" }) : null,
        ],
      });
    });
  };

  const quality = () => {
    const rows = figures.quality.filter((d) => (d.part === "rows" && !/synthetic|made up/.test(d.subject)) || d.part === "dropped");
    const label = (d) => (d.part === "dropped" ? `dropped: ${words(d.subject)}` : d.subject);
    draw("quality", "Videos left after each condition, and videos dropped by each rule", (width) =>
      base(width, 40 + 28 * rows.length, {
        marginLeft: 205, marginRight: 50, x: { label: "videos", axis: null }, y: { label: null, domain: rows.map(label), tickSize: 0 },
        marks: [
          Plot.barX(rows, { x: "count", y: label, fill: (d) => (d.part === "dropped" ? HOT : ACCENT), fillOpacity: 0.8, insetTop: 3, insetBottom: 3 }),
          Plot.text(rows, { x: "count", y: label, text: (d) => count(d.count), dx: 6, textAnchor: "start" }),
          Plot.ruleX([0], { stroke: INK }),
        ],
      }));
  };
  const months = () => {
    const rows = figures.months;
    draw("months", "Videos by month of posting, and how many of them have impossible counts", (width) =>
      base(width, 190, {
        marginLeft: 48, x: { label: null, domain: rows.map((d) => d.subject), tickRotate: rows.length > width / 60 ? -40 : 0 }, marginBottom: rows.length > width / 60 ? 56 : 30, y: { label: "↑ videos", ticks: 4 },
        marks: [
          Plot.gridY(grid),
          Plot.barY(rows, { x: "subject", y: "total", fill: "var(--accent-soft)", insetLeft: 2, insetRight: 2 }),
          Plot.barY(rows, { x: "subject", y: "count", fill: HOT, insetLeft: 2, insetRight: 2 }),
          Plot.ruleY([0], { stroke: INK }),
        ],
      }));
  };
  const precision = () => {
    const rows = figures.precision.filter((d) => d.subject.startsWith("videos needed"))
      .map((d) => ({ ...d, size: `× ${d.subject.match(/\d\.\d+/)[0]}` }));
    const n = [...(figures.within ?? []), ...(figures.ratios ?? [])].find((d) => d.is_primary)?.n;
    if (!rows.length || !n) return none("precision", "The answer has no interval with two ends, so this cannot be forecast.");
    const ticks = steps([...rows.map((d) => d.value), n]);
    draw("precision", "Videos needed to find a ratio within creators four times in five", (width) =>
      base(width, 70 + 30 * rows.length, {
        marginLeft: 70, marginRight: 60, insetLeft: 14, marginBottom: 40, x: { type: "log", label: "videos needed →", labelAnchor: "right", labelOffset: 34, tickFormat: short, ticks }, y: { label: null, domain: rows.map((d) => d.size), tickSize: 0 },
        marks: [
          Plot.gridX({ ...grid, ticks }),
          Plot.dot(rows, { x: "value", y: "size", r: 5, fill: (d) => (d.value <= n ? "var(--good)" : HOT) }),
          Plot.text(rows, { x: "value", y: "size", text: (d) => count(d.value), dx: 10, textAnchor: "start" }),
          Plot.ruleX([n], { stroke: INK, strokeWidth: 2 }),
          Plot.text([n], { x: (d) => d, frameAnchor: "top", dy: -12, text: (d) => `here: ${count(d)}` }),
        ],
      }));
  };

  // ---- every video
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
  const median = (values) => d3.median(values);

  const scatter = () => {
    if (!chartNode("scatter")) return;
    const isLog = chosen.relative || chosen.scale === "count";
    const least = chosen.relative ? 0.01 : 0.5;
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
    const rings = [];
    for (const [creator, own] of d3.group(picked, (d) => videos.creator[d.i])) {
      if (own.length >= 3) rings.push({ creator, n: own.length, x: median(own.map((d) => d.x)), y: median(own.map((d) => d.y)) });
    }
    const few = dots.length < 800;
    draw("scatter", `${label} by ${words(chosen.predictor)}: ${count(picked.length)} of ${count(dots.length)} videos picked out`, (width) =>
      base(width, Math.min(440, Math.max(300, width * 0.55)), {
        marginLeft: 50, marginBottom: 42, x: { label: `${words(chosen.predictor)} →`, labelAnchor: "right", labelOffset: 36 },
        y: { type: isLog ? "log" : "linear", label: `↑ ${label}`, tickFormat: short, ticks: isLog ? steps(dots.map((d) => d.y)) : 6 },
        r: { range: [5, 16] },
        marks: [
          Plot.gridY(isLog ? { ...grid, ticks: steps(dots.map((d) => d.y)) } : grid),
          chosen.relative ? Plot.ruleY([1], { stroke: INK, strokeDasharray: "3 4" }) : null,
          Plot.dot(others, { x: "x", y: "y", r: few ? 3 : 1.8, fill: SOFT, fillOpacity: 0.18 }),
          Plot.dot(picked, { x: "x", y: "y", r: few ? 3.4 : 2, fill: isFiltered ? HOT : "var(--dot)", fillOpacity: few || isFiltered ? 0.6 : 0.35 }),
          chosen.relative ? null : Plot.dot(rings, { x: "x", y: "y", r: "n", stroke: INK, strokeOpacity: few ? 0.55 : 0.35, strokeWidth: 1.2 }),
          Plot.tip(picked, Plot.pointer({ x: "x", y: "y", maxRadius: 24, title: (d) => videoWords(d.i), fill: "var(--raised)" })),
        ],
      }));
  };
  const videoWords = (i) => `${videos.creator[i]} · ${videos.language[i]}\n${words(chosen.predictor)} ${videos[chosen.predictor][i]}\n${words(chosen.outcome)} ${count(videos[chosen.outcome][i])}\n${videos.file_name?.[i] ?? videos.video_id[i]}`;

  const LISTED = 100;
  const listVideos = (picked) => {
    const table = $('table[data-figure="scatter"]');
    const own = videos.file_name ? ["file_name"] : [];
    const columns = ["video_id", ...own, "creator", "language", "rater", chosen.predictor, chosen.outcome, `${chosen.outcome}_times_usual`];
    const heads = ["video", ...own.map(() => "file"), "creator", "language", "rater", words(chosen.predictor), words(chosen.outcome), "times the usual"];
    const texts = 4 + own.length;
    $("thead tr", table).replaceChildren(...heads.map((head, at) => el("th", { scope: "col", class: at >= texts ? "n" : null }, head)));
    const ranked = [...picked].sort((a, b) => videos[chosen.predictor][b] - videos[chosen.predictor][a]);
    $("tbody", table).replaceChildren(...ranked.slice(0, LISTED).map((i) => el("tr", {}, ...columns.map((column, at) => {
      const cell = videos[column]?.[i];
      return el("td", { class: at >= texts ? "n" : null }, cell === null || cell === undefined ? "" : at === texts + 1 ? count(cell) : at === texts + 2 ? times(cell) : String(cell));
    }))));
    $('[data-more="scatter"]').textContent = ranked.length > LISTED ? `The ${LISTED} with the highest ${words(chosen.predictor)} of ${count(ranked.length)}; report.csv beside this file has all.` : "";
  };

  // ---- gallery
  const PAGE = 12;
  let shown = PAGE;
  const gallery = () => {
    const cards = $(".cards");
    if (!cards) return;
    const kpi = (m) => m.kpis[chosen.outcome] ?? {};
    const orders = {
      score: (m) => -(m.scores[chosen.predictor] ?? -1), times: (m) => -(kpi(m).times ?? -1), count: (m) => -(kpi(m).count ?? -1),
      created: (m) => -(m.created ? Date.parse(m.created) : 0), creator: (m) => m.creator,
    };
    const by = orders[chosen.sort];
    const matching = report.moments.filter((m) =>
      (!chosen.creator || m.creator === chosen.creator) && (!chosen.language || m.language === chosen.language) && (!chosen.rater || m.rater === chosen.rater));
    const ordered = d3.sort(matching, by);
    cards.replaceChildren(...ordered.slice(0, shown).map(card));
    for (const spark of $$("[data-spark]", cards)) curve(spark, ordered[+spark.dataset.spark]);
    $('[data-more="gallery"]').textContent = matching.length
      ? `${count(Math.min(shown, matching.length))} of ${count(matching.length)} shown.`
      : "The gallery has none of these videos; the table of “Every video” lists them.";
    $(".show-more").hidden = shown >= matching.length;
  };
  const card = (m, at) => {
    const frame = m.frame
      ? el("img", { class: "frame", src: `data:image/jpeg;base64,${m.frame}`, alt: `Key frame of the strongest moment of the video by ${m.creator}` })
      : el("div", { class: "frame no-frame" }, "no key frame");
    const title = m.url ? el("a", { href: m.url, rel: "noopener noreferrer", target: "_blank" }, m.creator) : m.creator;
    const scores = el("ul", { class: "scores" }, ...Object.entries(m.scores).map(([name, score]) => el("li", {}, el("b", {}, String(score)), ` ${words(name)}`)));
    const story = [["expected", m.expectation], ["instead", m.violation]].filter(([, words]) => words);
    const kpis = Object.entries(m.kpis);
    return el("li", { class: "card" },
      frame,
      el("h3", {}, title),
      el("p", { class: "who" }, [m.file_name, m.language, m.created, m.duration_s ? `${Math.round(m.duration_s)} s` : null, m.rater].filter(Boolean).join(" · ")),
      el("p", { class: "caption", dir: "auto" }, m.caption || "(no caption)"),
      scores,
      m.curve.length || m.onset_s !== null ? el("div", { class: "wide chart spark", "data-spark": at }) : null,
      story.length ? el("dl", { class: "wide" }, ...story.map(([name, words]) => el("div", {}, el("dt", {}, name), el("dd", {}, words)))) : null,
      m.evidence.length ? el("dl", { class: "wide" }, el("div", {}, el("dt", {}, "evidence"), ...m.evidence.map(([second, what]) => el("dd", {}, `${second.toFixed(1)} s: ${what}`)))) : null,
      el("div", { class: "wide kpis" }, ...kpis.flatMap(([name, d]) => [
        el("span", { class: "n" }, count(d.count)), el("span", {}, name),
        el("span", {}, d.times !== undefined && d.times !== null ? `${times(d.times)}× the usual ${short(d.usual)}` : ""),
      ])),
    );
  };
  const curve = (node, m) => {
    const points = m.curve.map((y, x) => ({ x: x + 0.5, y })).filter((d) => d.y !== null);
    const end = Math.max(m.duration_s ?? 1, points.length, m.onset_s ?? 0);
    const plot = base(Math.max(200, node.clientWidth), 66, {
      marginLeft: 12, marginRight: 16, marginTop: 14, marginBottom: 22, x: { domain: [0, end], label: null, ticks: 5, tickFormat: (d) => `${d} s`, tickSize: 3 }, y: { axis: null, domain: [0, Math.max(1, ...points.map((d) => d.y))] },
      marks: [
        points.length ? Plot.areaY(points, { x: "x", y: "y", fill: ACCENT, fillOpacity: 0.3, curve: "monotone-x" }) : null,
        points.length ? Plot.lineY(points, { x: "x", y: "y", stroke: ACCENT, curve: "monotone-x" }) : null,
        Plot.ruleY([0], { stroke: LINE }),
        m.onset_s === null ? null : Plot.ruleX([m.onset_s], { stroke: HOT, strokeWidth: 2 }),
        m.onset_s === null ? null : Plot.text([m.onset_s], { x: (d) => d, frameAnchor: "top", dy: -12, text: (d) => `${d.toFixed(1)} s`, fill: HOT, fontWeight: 600 }),
        Plot.dot(m.evidence, { x: (d) => d[0], y: () => 0, r: 3, fill: INK }),
      ],
    });
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", `Surprise by the second${m.onset_s === null ? "" : `; the surprising moment begins at ${m.onset_s.toFixed(1)} s`}`);
    node.replaceChildren(plot);
  };

  // ---- choices
  const DRAWN = { headline, within, forest, ratios, dose, deciles, growth, durations, for_whom, specifications, halo, agreement, corrected_ratios: correctedRatios, corrected, ladder, quality, months, precision, scatter };
  const BY_CHOICE = ["within", "forest", "ratios", "dose", "deciles", "growth", "corrected_ratios", "corrected", "scatter"];
  const hasChart = (name) => chartNode(name) && (name === "headline" || name === "scatter" || figures[name]?.length);
  // A figure that cannot be drawn must not stop the others.
  const redraw = (names) => names.filter(hasChart).forEach((name) => {
    try {
      DRAWN[name]();
    } catch (error) {
      console.error(error);
      none(name, "This figure could not be drawn; the numbers are in the table.");
    }
  });
  const tables = () => {
    for (const table of $$("table[data-follows]")) {
      const keys = table.dataset.follows.split(" ").filter(Boolean);
      for (const row of $$("tbody tr", table)) row.hidden = keys.some((key) => row.dataset[key] !== chosen[key]);
    }
  };
  const status = (refused = "") => {
    const n = all.filter(isPicked).length;
    $(".filters .status").textContent = refused + (n === all.length
      ? `All ${count(n)} videos. Intervals and p values always use all videos of the analysis.`
      : `${count(n)} of ${count(all.length)} videos picked out below. Intervals and p values still use all videos of the analysis.`);
  };
  const options = (select, values, everything) => {
    select.replaceChildren(...(everything ? [el("option", { value: "" }, everything)] : []), ...values.map((v) => el("option", { value: v }, everything ? v : words(v))));
  };
  const scales = () => {
    const rate = report.exposure[chosen.outcome];
    const select = form.elements.scale;
    select.replaceChildren(el("option", { value: "count" }, "count"), ...(rate ? [el("option", { value: "rate" }, `per ${rate === "age" ? "day" : unit(rate)}`)] : []));
    if (!rate) chosen.scale = "count";
    select.value = chosen.scale;
  };
  const setUp = () => {
    const distinct = (values) => [...new Set(values)].sort((a, b) => String(a).localeCompare(String(b)));
    options(form.elements.predictor, report.predictors);
    options(form.elements.outcome, report.outcomes.filter((name) => videos[name]));
    options(form.elements.language, distinct(videos.language), "all");
    options(form.elements.rater, distinct(videos.rater), "all");
    $("#creators").replaceChildren(...distinct(videos.creator).map((name) => el("option", { value: name })));
    Object.assign(form.elements.predictor, { value: chosen.predictor });
    Object.assign(form.elements.outcome, { value: chosen.outcome });
    scales();
  };
  const creators = new Set(videos.creator);
  const choose = (name, value) => {
    if (name === "creator" && value && !creators.has(value)) return status(`No creator here is called “${value}”. Choose a name from the list. `);
    if (chosen[name] === value) return status();
    chosen[name] = value;
    shown = PAGE;
    if (name === "outcome") scales();
    if (["predictor", "outcome", "scale"].includes(name)) { tables(); redraw(BY_CHOICE); } else redraw(["scatter"]);
    gallery();
    status();
  };
  form.addEventListener("change", (event) => choose(event.target.name, event.target.value));
  form.addEventListener("input", (event) => event.target.name === "creator" && (!event.target.value || creators.has(event.target.value)) && choose("creator", event.target.value));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    Object.assign(chosen, start, { creator: "", language: "", rater: "" });
    form.elements.creator.value = "";
    setUp(); tables(); redraw(BY_CHOICE); gallery(); status();
  });
  $('[name="relative"]')?.addEventListener("change", (event) => { chosen.relative = event.target.checked; redraw(["scatter"]); });
  $('[name="sort"]')?.addEventListener("change", (event) => { chosen.sort = event.target.value; shown = PAGE; gallery(); });
  $(".show-more")?.addEventListener("click", () => { shown += PAGE; gallery(); });
  for (const button of $$("[data-theme-choice]")) {
    button.addEventListener("click", () => {
      const theme = button.dataset.themeChoice;
      if (theme === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = theme;
      for (const choice of $$("[data-theme-choice]")) choice.setAttribute("aria-pressed", String(choice === button));
    });
  }
  let drawnAt = 0, waiting = 0;
  new ResizeObserver(() => {
    const width = $("main").clientWidth;
    if (width === drawnAt || matchMedia("print").matches) return;
    drawnAt = width;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => { redraw(Object.keys(DRAWN)); gallery(); document.body.dataset.drawn = "yes"; });
  }).observe($("main"));
  setUp();
  tables();
  status();
})();
