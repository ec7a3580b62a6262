// The figures about creators and about other ways of asking.
const for_whom = () => {
  const drawn = figures.for_whom.filter((d) => d.step_irr !== undefined);
  const moved = d3.sort(drawn.filter((d) => d.method === "shrunken"), (d) => -d.step_irr);
  if (!moved.length) return none("for_whom", "No creator has a ratio that can be drawn; the table says why.");
  const own = new Map(drawn.filter((d) => d.method === "ppml").map((d) => [d.subset, d]));
  const mean = drawn.find((d) => d.method === "mean"), next = drawn.find((d) => d.method === "prediction" && d.step_irr_low !== undefined);
  const others = [...(next ? [next] : []), ...drawn.filter((d) => d.method === "subgroup")];
  const label = (d) => `${d.subset} · ${count(d.n)}`;
  // The ends of single creators may be far away: the axis follows the dots, and bars stop at it.
  const far = [...moved, ...others].flatMap((d) => [d.step_irr_low ?? d.step_irr, d.step_irr_high ?? d.step_irr]);
  const reach = Math.max(1.25, ...far.map((value) => Math.max(value, 1 / value)), ...[...own.values()].map((d) => Math.min(4, Math.max(d.step_irr, 1 / d.step_irr)))) * 1.1;
  const rows = [
    ...others.map((d) => ratioRow(d, label(d), { color: d === next ? HOT : ACCENT })),
    ...moved.flatMap((d) => {
      const alone = own.get(d.subset), dot = ratioRow(d, label(d), { low: undefined, high: undefined });
      return alone ? [ratioRow(alone, label(d), { color: SOFT, hollow: true, thin: true, title: undefined }), dot] : [dot];
    }),
  ];
  rowsChart("for_whom", `Times as many ${outcomeName(moved[0])} for ${stepOf(moved[0].predictor)}, by creator; beside each creator the number of videos`, rows, {
    axis: `${TIMES} →`, ratios: true, reach, each: 20, rules: mean ? [{ at: mean.step_irr, color: HOT }] : [], band: next ? [next.step_irr_low, next.step_irr_high] : null,
  });
};

const raters = () => {
  const rows = figures.raters.filter((d) => d.step_irr !== undefined);
  if (!rows.length) return none("raters", "No rater has a ratio that can be drawn; the table says why.");
  rowsChart("raters", `Times as many ${outcomeName(rows[0])} for one standard deviation more, by rater; beside each rater the number of videos`, rows.map((d) => ratioRow(d, `${d.subset} · ${count(d.n)}`, { color: ACCENT })), { axis: `${TIMES} →`, ratios: true });
};

// One panel per estimator: a ratio and a rank correlation share no axis, and their signs may differ.
const specifications = () => {
  const panels = d3.groups(figures.specifications, (d) => d.estimator);
  draw("specifications", `${words(report.primary.predictor)} and ${words(report.primary.outcome)} by ${panels.map(([name, rows]) => `${name} (${rows.length} ways)`).join(", ")}, the smallest estimate first`, (width) =>
    el("div", {}, ...panels.flatMap(([name, rows]) => specificationPanel(name, rows, width))));
};
const specificationPanel = (estimator, specs, width) => {
  const isRatio = specs.some((d) => d.step !== undefined), origin = isRatio ? 1 : 0, write = isRatio ? ratio : rho;
  const value = (d, key) => (d[key] === undefined ? undefined : isRatio ? Math.exp(d.step * d[key]) : d[key]);
  const rows = specs.map((d, i) => ({ ...d, i, value: value(d, "estimate"), low: value(d, "ci_low"), high: value(d, "ci_high") }));
  // An interval without an end, or a very long one, is cut at the edge of the panel.
  const [least, most] = d3.extent([origin, ...rows.map((d) => d.value)]);
  const near = rows.flatMap((d) => [d.low, d.high]).filter((end) => end > least / 1.5 && end < most * 1.5);
  const reach = isRatio ? ratioReach([...rows.map((d) => d.value), ...near], 1.1) : 0;
  const domain = isRatio ? [1 / reach, reach] : [Math.max(-1, least - 0.3), Math.min(1, most + 0.3)];
  const bars = rows.filter((d) => d.low !== undefined || d.high !== undefined).map((d) => ({ ...d, from: Math.max(d.low ?? domain[0], domain[0]), to: Math.min(d.high ?? domain[1], domain[1]) }));
  const varied = variedChoices(rows), widest = Math.max(0, ...varied.map((choice) => textWidth(choice)));
  const beside = widest + 24 <= width * 0.42, marginLeft = beside ? Math.max(60, widest + 18) : 52, color = (d) => (d.is_headline ? HOT : ACCENT);
  const ticks = isRatio ? ratioTicks(reach, 160) : spaced(d3.ticks(...domain, 5), (d) => d * 200, rhoTick, 0);
  const upper = base(width, 226, {
    marginLeft, marginRight: 20, marginTop: 44, marginBottom: 14, x: { axis: null, domain: [-1, rows.length] }, y: { type: isRatio ? "log" : "linear", domain, axis: null },
    marks: [
      // The axis of a log scale would leave out the text of most ticks.
      Plot.axisY(ticks, { text: isRatio ? String : rhoTick, label: null }),
      Plot.text([`↑ ${estimator}: ${isRatio ? TIMES : CORRELATION}`], { frameAnchor: "top-left", dx: 4 - marginLeft, dy: -36, text: (d) => d, textAnchor: "start" }),
      Plot.gridY(ticks, grid), Plot.ruleY([origin], { stroke: INK }),
      Plot.ruleX(bars, { x: "i", y1: "from", y2: "to", stroke: color, strokeWidth: 2 }),
      Plot.dot(rows, { x: "i", y: "value", r: 4, fill: color }), Plot.dot(rows.filter((d) => d.is_headline), { x: "i", y: "value", r: 7, fill: HOT }),
      Plot.tip(rows, Plot.pointerX({ x: "i", y: "value", title: (d) => `${d.estimator}${d.is_headline ? ": the headline" : ""}\n${d.subset}\n${d.choices}\n${write(d.value)}${ends(d, write, d.low, d.high)}\n${count(d.n)} videos`, fill: "var(--raised)" })),
    ],
  });
  upper.setAttribute("role", "presentation");
  if (!varied.length) return [upper];
  const cells = rows.flatMap((d) => choicesOf(d).map((choice) => ({ ...d, choice }))).filter((d) => varied.includes(d.choice));
  const lower = base(width, 26 + (beside ? 20 : 34) * varied.length, {
    marginLeft, marginRight: 20, marginTop: 6, marginBottom: 6, x: { axis: null, domain: [-1, rows.length] }, y: { label: null, domain: varied, tickSize: 0, axis: beside ? "left" : null },
    marks: [
      Plot.gridY(grid),
      Plot.dot(cells, { x: "i", y: "choice", r: 3.4, fill: (d) => (d.is_headline ? HOT : INK) }),
      beside ? null : Plot.text(varied, { frameAnchor: "left", y: (d) => d, text: (d) => d, textAnchor: "start", dx: 4 - marginLeft, dy: -13, fill: SOFT, fontSize: 11 }),
    ],
  });
  lower.setAttribute("aria-hidden", "true");
  return [upper, lower];
};
const choicesOf = (d) => [...d.choices.split("; "), d.subset];
// The choices in which these specifications differ, the most frequent of each kind first.
const variedChoices = (rows) => {
  const uses = d3.rollup(rows.flatMap(choicesOf), (those) => those.length, (choice) => choice);
  return d3.transpose(rows.map(choicesOf)).flatMap((column) => (new Set(column).size > 1 ? [...new Set(column)].sort((a, b) => uses.get(b) - uses.get(a)) : []));
};
