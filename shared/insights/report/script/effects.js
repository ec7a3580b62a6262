// The figures about effects: the answer, each KPI, and the curve along the scale.
const TIMES = "times as many", CORRELATION = "rank correlation (ρ)";

const headline = () => {
  const row = [...(figures.within ?? []), ...(figures.ratios ?? [])].find((d) => d.is_primary);
  if (!row) return;
  if (row.step_irr === undefined) return none("headline", `No interval to draw: ${row.note ?? "it is not defined for these videos"}.`);
  const reach = ratioReach([row.step_irr_low, row.step_irr_high], 1.2), name = outcomeName(row);
  const label = `${ratio(row.step_irr)} times the ${name} (95 % interval ${ratio(row.step_irr_low)} to ${ratio(row.step_irr_high)}) for ${stepOf(row.predictor)}`;
  draw("headline", label, (width) => {
    const ticks = ratioTicks(reach, width - 40);
    return base(width, 128, {
      marginLeft: 20, marginRight: 20, marginTop: 46, marginBottom: 46, x: { type: "log", domain: [1 / reach, reach], axis: null }, y: { axis: null, domain: [-1, 1] },
      marks: [
        Plot.axisX(ticks, { text: String, label: `times the ${name}`, labelAnchor: "center", labelArrow: "none", labelOffset: 40, tickSize: 4 }),
        Plot.ruleX([1], { stroke: INK }),
        Plot.text([`← fewer ${name}`], { frameAnchor: "top-left", dx: -14, dy: -40, text: (d) => d, fill: SOFT }),
        Plot.text([`more ${name} →`], { frameAnchor: "top-right", dx: 14, dy: -40, text: (d) => d, fill: SOFT }),
        Plot.link([row], { x1: "step_irr_low", x2: "step_irr_high", y1: () => 0, y2: () => 0, stroke: ACCENT, strokeWidth: 12, strokeOpacity: 0.45, strokeLinecap: "round" }),
        Plot.dot([row], { x: "step_irr", y: () => 0, r: 9, fill: ACCENT }),
        Plot.text([row], { x: "step_irr", y: () => 0, dy: -22, text: () => `× ${ratio(row.step_irr)}`, fontWeight: 700, fontSize: 15, stroke: PAPER, strokeWidth: 4, fill: INK }),
      ],
    });
  });
};

const forest = () => {
  const rows = figures.forest.filter((d) => d.predictor === chosen.predictor && d.estimate !== undefined);
  const plain = rows.filter((d) => d.method === "spearman"), partial = rows.filter((d) => d.method === "partial_spearman");
  if (!plain.length) return none("forest", `No correlation with ${words(chosen.predictor)} has an estimate; the table says why.`);
  rowsChart("forest", `${words(chosen.predictor)} and each KPI over all creators: rank correlation with its 95 % interval`, [
    ...plain.map((d) => correlationRow(d, outcomeName(d), { dy: -4, color: isPrimary(d) ? HOT : ACCENT })),
    ...partial.map((d) => correlationRow(d, outcomeName(d), { dy: 6, color: SOFT, hollow: true, thin: true })),
  ], { axis: `${CORRELATION} →`, band: negligible(), each: 34, pairs: true });
};
const negligible = () => (report.negligible ? [-report.negligible, report.negligible] : null);

const ratioLines = (name, label) => {
  const rows = figures[name].filter((d) => d.predictor === chosen.predictor && d.step_irr !== undefined);
  if (!rows.length) return none(name, "No ratio of this rating has an interval; the table says why.");
  rowsChart(name, `${label} for ${stepOf(chosen.predictor)}`, rows.map((d) => ratioRow(d, outcomeName(d))), { axis: `${TIMES} →`, ratios: true });
};
const within = () => ratioLines("within", `Times as many ${report.scope},`);
const ratios = () => ratioLines("ratios", "Times as many over all creators,");

const dose = () => {
  const rows = figures.dose.filter(follows);
  if (!rows.length) return none("dose", `There is no curve of ${words(chosen.predictor)} and ${scaleName()}.`);
  draw("dose", `${scaleName()} along ${words(chosen.predictor)}: percentile with its 95 % band`, (width) =>
    base(width, 280, {
      marginTop: 34, marginLeft: 42, marginRight: 20, marginBottom: 46, x: { label: `${words(chosen.predictor)} →`, labelAnchor: "right", labelArrow: "none", labelOffset: 38, ticks: Math.min(8, Math.floor(width / 60)) },
      y: { label: "↑ percentile", labelArrow: "none", labelOffset: 34, domain: [Math.min(20, ...rows.map((d) => d.ci_low)), Math.max(80, ...rows.map((d) => d.ci_high))], clamp: true, ticks: 6 },
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
  const rows = figures.deciles.filter(follows).map((d, i) => ({ ...d, number: i + 1 }));
  if (!rows.length) return none("deciles", `There are no tenths of ${words(chosen.predictor)} and ${scaleName()}.`);
  const range = (d) => (d.x_low === d.x_high ? `${d.x_low}` : `${d.x_low} to ${d.x_high}`);
  const log = chosen.scale === "count", least = 0.5, at = (value) => (log ? Math.max(least, value) : value);
  const quartiles = rows.flatMap((d) => [at(d.quartile_low), at(d.quartile_high)]);
  draw("deciles", `${scaleName()} by tenths of ${words(chosen.predictor)}: the middle video and the middle half`, (width) =>
    base(width, 280, {
      marginTop: 34, marginLeft: log ? 52 : 64, marginRight: 14, marginBottom: 46, x: { labelOffset: 38, label: `tenths by ${words(chosen.predictor)}, lowest first →`, labelAnchor: "right", labelArrow: "none", domain: rows.map((d) => d.number), tickSize: 0, type: "point", padding: 0.5 },
      y: log ? { type: "log", label: `↑ ${scaleName()}`, labelArrow: "none", labelOffset: 44, tickFormat: short, ticks: steps(quartiles) } : { label: `↑ ${scaleName()}`, labelArrow: "none", labelOffset: 44, ticks: 5, tickFormat: "~g" },
      marks: [
        Plot.gridY(log ? { ...grid, ticks: steps(quartiles) } : grid),
        Plot.ruleX(rows, { x: "number", y1: (d) => at(d.quartile_low), y2: (d) => at(d.quartile_high), stroke: ACCENT, strokeWidth: 7, strokeOpacity: 0.35, strokeLinecap: "round" }),
        Plot.dot(rows, { x: "number", y: (d) => at(d.estimate), fill: ACCENT, r: 4.5 }),
        Plot.tip(rows, Plot.pointerX({ x: "number", y: (d) => at(d.estimate), title: (d) => `score ${range(d)}\nmiddle ${+d.estimate.toPrecision(3)}\n${count(d.n)} videos of ${count(d.clusters)} creators`, fill: "var(--raised)" })),
      ],
    }));
};

const growth = () => {
  const rows = figures.growth.filter((d) => d.predictor === chosen.predictor && d.outcome === chosen.outcome && d.estimate !== undefined);
  if (!rows.length) return none("growth", `Too few videos were counted around one age to compare ${words(chosen.predictor)} and ${words(chosen.outcome)}.`);
  const days = (d) => (d.x_low === 1 ? "1 day old" : `${d.x_low} days old`);
  rowsChart("growth", `${words(chosen.predictor)} and ${words(rows[0].outcome)} at the same age of every video`, rows.map((d) => correlationRow(d, days(d))), { axis: `${CORRELATION} →`, band: negligible() });
};

const durations = () => {
  const rows = figures.durations.map((d) => correlationRow(d, `${d.subset} · ${count(d.n)} videos`));
  rowsChart("durations", `${words(figures.durations[0].predictor)} and ${outcomeName(figures.durations[0])} by duration: rank correlation with its 95 % interval`, rows, { axis: `${CORRELATION} →`, band: negligible() });
};
