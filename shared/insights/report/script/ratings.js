// The figures about ratings: whether they can be told apart, repeated and trusted.
const MOST_PAIRS = 15;
const halo = () => {
  const usual = d3.greatest(d3.rollups(figures.halo, (those) => d3.sum(those, (d) => d.n), (d) => d.raters[0]), (d) => d[1])?.[0];
  const rows = figures.halo.filter((d) => d.estimate !== undefined && d.metric === "raw" && d.raters[0] === usual);
  if (!rows.length) return none("halo", "No two ratings vary together in these videos.");
  const closest = d3.sort(rows, (d) => -Math.abs(d.estimate)).slice(0, MOST_PAIRS);
  const label = (d) => `${words(d.dimension)} and ${words(d.other_dimension)}`;
  rowsChart("halo", `Correlation between the ratings of ${usual}, the closest first`, closest.map((d) => correlationRow(d, label(d), { color: Math.abs(d.estimate) >= 0.9 ? HOT : ACCENT })), {
    axis: "correlation (r) →", domain: [Math.min(0, ...closest.map((d) => d.ci_low ?? d.estimate)) < 0 ? -1 : 0, 1], rules: [{ at: 0.9, color: HOT }],
  });
};

const MOST_AGREEMENTS = 24;
const AGREEMENT = {
  icc_a1: "raters, single ratings", alpha_interval: "raters, Krippendorff’s α", kappa_quadratic: "raters, weighted κ",
  retest: "the same rater again", human_human: "people with one another", human_machine: "with people",
  winning_rate: "could stand in for people, ω",
  alpha_u_human: "people with one another in time", alpha_u_machine: "with people in time",
  generalizability: "one answer of one rater",
};
const agreement = () => {
  const estimated = figures.agreement.filter((d) => d.estimate !== undefined);
  // Of a rubric with many dimensions, those that the plan asks about are drawn.
  const planned = estimated.length > MOST_AGREEMENTS ? estimated.filter((d) => report.predictors.includes(d.dimension)) : estimated;
  // With many raters, the primary question’s rating alone.
  const rows = planned.length > MOST_AGREEMENTS && report.primary ? planned.filter((d) => d.dimension === report.primary.predictor) : planned;
  if (!rows.length) return none("agreement", "No agreement about the ratings of the plan has an estimate; the table says why.");
  const several = new Set(rows.flatMap((d) => d.raters)).size > 1;
  // A short name, where no other rater shares it.
  const start = (name) => name.split("/").slice(0, 2).join("/");
  const names = d3.rollup(new Set(rows.flatMap((d) => d.raters)), (those) => those.length, start);
  const rater = (d) => (d.raters.length === 1 && several ? ` (${names.get(start(d.raters[0])) > 1 ? d.raters[0] : start(d.raters[0])})` : "");
  const label = (d) => `${words(d.dimension ?? "")}: ${AGREEMENT[d.metric] ?? words(d.metric)}${rater(d)}`;
  rowsChart("agreement", `Agreement of raters with its 95 % interval${rows.length < estimated.length ? "; the table has the other ratings" : ""}`, rows.map((d) => correlationRow(d, label(d), { title: `agreement ${rho(d.estimate)}${ends(d, rho)}\n${count(d.n)} videos` })), {
    axis: "agreement →", domain: [Math.min(0, ...rows.map((d) => d.ci_low ?? d.estimate)), 1], rules: [{ at: 0.5 }, { at: 0.75 }], each: 26,
  });
};

const CORRECTED_BY = {
  ppml_disattenuated: "by repeated answers", ppml_predict_then_debias: "by people’s ratings",
  disattenuated: "by repeated answers", predict_then_debias: "by people’s ratings",
};
// The way of correction is named where there are several.
const correctedLabel = (d, rows) => (new Set(rows.map((each) => each.method).filter((method) => method in CORRECTED_BY)).size > 1 ? `${outcomeName(d)}, ${CORRECTED_BY[d.method]}` : outcomeName(d));
const correctedRatios = () => {
  const rows = figures.corrected_ratios.filter((d) => d.predictor === chosen.predictor && d.step_irr !== undefined);
  const corrections = rows.filter((d) => d.method !== "ppml");
  if (!corrections.length) return none("corrected_ratios", `No correction for ${words(chosen.predictor)}; the table says why.`);
  const observed = new Map(rows.filter((d) => d.method === "ppml").map((d) => [outcomeName(d), d]));
  rowsChart("corrected_ratios", `Times as many within creators, for ${stepOf(chosen.predictor)}; hollow: as observed`, corrections.flatMap((d) => {
    const label = correctedLabel(d, rows), before = observed.get(outcomeName(d));
    return [ratioRow(d, label, { dy: -4, color: ACCENT }), ...(before ? [ratioRow(before, label, { dy: 6, color: SOFT, hollow: true, thin: true, title: undefined })] : [])];
  }), { axis: `${TIMES} →`, ratios: true, each: 34, pairs: true });
};
const corrected = () => {
  const rows = figures.corrected.filter((d) => d.predictor === chosen.predictor && d.estimate !== undefined);
  if (!rows.length) return none("corrected", `No correction for ${words(chosen.predictor)}; the table says why.`);
  const observed = new Map(figures.forest.filter((d) => d.predictor === chosen.predictor && d.method === "spearman" && d.estimate !== undefined).map((d) => [outcomeName(d), d]));
  rowsChart("corrected", `${words(chosen.predictor)} and each KPI, corrected for errors of the rating`, rows.flatMap((d) => {
    const before = observed.get(outcomeName(d));
    const label = correctedLabel(d, rows);
    return [correlationRow(d, label, { dy: -4 }), ...(before ? [correlationRow(before, label, { dy: 6, color: SOFT, hollow: true, thin: true, title: undefined })] : [])];
  }), { each: 34, pairs: true, axis: `${CORRELATION} →`, band: negligible() });
};

const ladder = () => {
  const rows = figures.ladder.filter((d) => d.estimate !== undefined);
  if (!rows.length) return none("ladder", "No benchmark can be computed from these data; the table says what each needs.");
  const color = (d) => ({ pass: "var(--good)", fail: "var(--bad)" })[d.verdict] ?? SOFT;
  rowsChart("ladder", "The benchmarks that could be computed, with the mark that each was set", rows.map((d) => correlationRow(d, d.title, { color: color(d), title: `${d.title}\n${rho(d.estimate)}${ends(d, rho)}, ${d.verdict}` })), {
    axis: "figure of the benchmark →", noteWidth: 84,
    marks: (down, inside, above) => [
      Plot.tickX(rows.filter((d) => d.pass_mark !== undefined), { x: (d) => inside(d.pass_mark), y: "title", stroke: INK, strokeWidth: 2, insetTop: above }),
      Plot.text(rows, { frameAnchor: "right", y: "title", dx: 100, dy: down, textAnchor: "end", text: "verdict", fill: color, fontWeight: 600 }),
    ],
  });
};
