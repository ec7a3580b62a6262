// What all charts share: measured labels, ticks with room between them, and rows with intervals.
const FONT_PX = 12;
const pen = document.createElement("canvas").getContext("2d");
const FAMILY = getComputedStyle(document.body).fontFamily;
const textWidth = (text, px = FONT_PX, weight = 400) => {
  pen.font = `${weight} ${px}px ${FAMILY}`;
  return pen.measureText(text).width;
};
const grid = { stroke: LINE, strokeOpacity: 1 };

// Widths in pixels, of several nodes at once: to measure one after each change lays the page out anew.
const widthsOf = (nodes, least) => nodes.map((node) => Math.max(least, Math.floor(node.clientWidth)));
const chartWidths = new Map();
const measure = (names) => widthsOf(names.map(chartNode), 240).forEach((width, at) => chartWidths.set(names[at], width));
const draw = (name, label, make) => {
  const chart = chartNode(name);
  if (!chart) return;
  const plot = make(chartWidths.get(name));
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", label);
  chart.replaceChildren(plot);
  const summary = $(`[data-drawn="${name}"]`);
  if (summary) summary.textContent = label;
};
const base = (width, height, more) => {
  const plot = Plot.plot({
    width, height, style: { background: "none", color: INK, fontFamily: "inherit", fontSize: `${FONT_PX}px`, overflow: "visible" },
    ...more,
  });
  // ARIA allows no label on a group without a role, and the picture as a whole has one.
  for (const group of plot.querySelectorAll("g[aria-label]")) group.removeAttribute("aria-label");
  return plot;
};

// Ticks whose texts do not touch. `first` stays whatever happens to the others.
const spaced = (ticks, at, text, first) => {
  const chosenTicks = [];
  for (const tick of new Set([...(first === undefined ? [] : [first]), ...ticks])) {
    const half = textWidth(text(tick)) / 2 + 6, x = at(tick);
    if (chosenTicks.every((other) => Math.abs(other.x - x) >= other.half + half)) chosenTicks.push({ tick, x, half });
  }
  return chosenTicks.map((each) => each.tick).sort((a, b) => a - b);
};
// Powers of ten, with twice and five times them where the range is short.
const steps = (values) => {
  const [low, high] = d3.extent(values), few = Math.log10(high / low) < 1.6;
  const powers = d3.range(Math.floor(Math.log10(low)) - 1, Math.ceil(Math.log10(high)) + 1).map((power) => 10 ** power);
  return powers.flatMap((power) => (few ? [power, 2 * power, 5 * power] : [power])).filter((value) => value >= low * 0.999 && value <= high * 1.001);
};
const RATIO_TICKS = [0.5, 2, 0.8, 1.25, 0.9, 1.1, 0.95, 1.05, 1.2, 0.85, 0.2, 5, 0.1, 10, 0.05, 20, 0.01, 100];
const ratioTicks = (reach, width) => {
  const at = (value) => ((Math.log(value) / Math.log(reach) + 1) / 2) * width;
  return spaced(RATIO_TICKS.filter((d) => d >= 1 / reach && d <= reach), at, String, 1);
};
// Farther than this an interval tells nothing, and a range of all numbers has no place for a tick.
const FARTHEST = 10_000;
const ratioReach = (values, least) => Math.min(FARTHEST, Math.max(least, ...values.map((value) => Math.max(value, 1 / value))) ** 1.1);
const ends = (d, write, low = d.ci_low, high = d.ci_high) => (low === undefined || high === undefined ? "" : ` (${write(low)} to ${write(high)})`);

// A line for each row: its interval from `low` to `high`, and a dot at `x`. A row is
// { label, x, low, high, color, hollow, thin, title }. Labels stand beside the lines if there is
// room, else above them. With `ratios`, the axis is logarithmic around 1.
const rowsChart = (name, summary, rows, options) =>
  draw(name, summary, (width) => {
    const labels = [...new Set(rows.map((d) => d.label))];
    const widest = Math.max(...labels.map((text) => textWidth(text)));
    const beside = widest + 24 <= width * 0.46;
    const margins = { marginLeft: beside ? widest + 18 : 22, marginRight: 20 + (options.noteWidth ?? 0), marginTop: options.marginTop ?? 10, marginBottom: 46 };
    const lines = beside ? 1 : Math.ceil((widest * 1.2) / (width - 8));
    const each = beside ? options.each ?? 28 : 22 + 16 * lines + (options.pairs ? 8 : 0);
    const down = beside ? 0 : each / 2 - (options.pairs ? 13 : 10);
    const inner = width - margins.marginLeft - margins.marginRight;
    const { domain, ticks, text, origin } = options.ratios ? ratioAxis(rows, options, inner) : linearAxis(rows, options, inner);
    const inside = (value) => Math.min(domain[1], Math.max(domain[0], value));
    const bars = rows.filter((d) => d.low !== undefined && d.high !== undefined);
    const offset = (d) => down + (d.dy ?? 0);
    const groups = d3.group(rows, offset), barGroups = d3.group(bars, offset);
    return base(width, margins.marginTop + margins.marginBottom + each * labels.length, {
      ...margins,
      x: { type: options.ratios ? "log" : "linear", domain, axis: null, clamp: true },
      y: { label: null, domain: labels, tickSize: 0, axis: beside ? "left" : null },
      marks: [
        options.band ? Plot.rectX([0], { x1: inside(options.band[0]), x2: inside(options.band[1]), fill: "var(--shade)" }) : null,
        Plot.gridX(ticks, grid),
        origin === undefined ? null : Plot.ruleX([origin], { stroke: INK }),
        ...(options.rules ?? []).map((each) => Plot.ruleX([each.at], { stroke: each.color ?? SOFT, strokeDasharray: "3 4" })),
        Plot.axisX(ticks, { text, label: options.axis, labelAnchor: "right", labelArrow: "none", labelOffset: 38 }),
        ...[...barGroups].map(([dy, those]) => Plot.ruleY(those, { y: "label", x1: (d) => inside(d.low), x2: (d) => inside(d.high), stroke: (d) => d.color, strokeWidth: those[0].thin ? 1.2 : 2.5, dy })),
        ...[...groups].map(([dy, those]) => Plot.dot(those, { x: (d) => inside(d.x), y: "label", r: (d) => (d.hollow ? 3.6 : 5), fill: (d) => (d.hollow ? PAPER : d.color), stroke: (d) => d.color, strokeWidth: 1.5, dy })),
        ...(options.marks?.(down, inside, beside ? 0 : 4 + 16 * lines) ?? []),
        beside ? null : Plot.text(labels, { frameAnchor: "left", y: (d) => d, dx: -14, dy: -each / 2 + 6, text: (d) => d, textAnchor: "start", lineAnchor: "top", lineHeight: 1.25, lineWidth: (0.9 * width) / FONT_PX, fill: INK, stroke: PAPER, strokeWidth: 4 }),
        Plot.tip(rows.filter((d) => d.title), Plot.pointerY({ x: (d) => inside(d.x), y: "label", title: "title", fill: "var(--raised)" })),
      ],
    });
  });
const ratioAxis = (rows, options, inner) => {
  // A very long interval must not squeeze the others: its bar stops at the edge.
  const far = rows.flatMap((d) => (d.low === undefined || d.high === undefined ? [] : [Math.max(d.high, 1 / d.low)])).sort(d3.ascending);
  const far_end = far.length ? Math.min(far.at(-1), 4 * d3.median(far)) : 1;
  const reach = options.reach ?? ratioReach([...rows.map((d) => d.x), far_end], 1.1);
  return { domain: [1 / reach, reach], ticks: ratioTicks(reach, inner), text: String, origin: 1 };
};
const rhoTick = (d) => rho(d).replace(/^−?\.000$/, "0").replace(/^(−?\.\d)0+$/, "$1").replace(/\.00$/, "");
const linearAxis = (rows, options, inner) => {
  const values = rows.flatMap((d) => [d.x, d.low ?? d.x, d.high ?? d.x]);
  const domain = options.domain ?? d3.scaleLinear().domain(d3.extent([0, ...values])).nice().domain();
  const at = d3.scaleLinear(domain, [0, inner]);
  const text = options.text ?? rhoTick;
  return { domain, ticks: spaced(at.ticks(6), at, text, options.origin ?? 0), text, origin: options.origin ?? 0 };
};
const correlationRow = (d, label, more = {}) => ({
  label, x: d.estimate, low: d.ci_low, high: d.ci_high, color: ACCENT,
  title: `correlation ${rho(d.estimate)}${ends(d, rho)}\n${count(d.n)} videos`, ...more,
});
const ratioRow = (d, label, more = {}) => ({
  label, x: d.step_irr, low: d.step_irr_low, high: d.step_irr_high, color: isPrimary(d) ? HOT : ACCENT,
  title: `${ratio(d.step_irr)} times as many${ends(d, ratio, d.step_irr_low, d.step_irr_high)}\n${count(d.n)} videos`, ...more,
});
