// The figures about the data: what was used, broken months, and how many videos it takes.
const quality = () => {
  const rows = figures.quality.filter((d) => (d.part === "rows" && !/synthetic|made up|aside$/.test(d.subject)) || d.part === "dropped");
  const label = (d) => (d.part === "dropped" ? `dropped: ${words(d.subject)}` : d.subject);
  draw("quality", "Videos left after each condition, and videos dropped by each rule", (width) => {
    const widest = Math.max(...rows.map((d) => textWidth(label(d)))), beside = widest + 24 <= width * 0.5, each = beside ? 28 : 42, down = beside ? 0 : 10;
    return base(width, 20 + each * rows.length, {
      marginLeft: beside ? widest + 18 : 8, marginRight: 60, marginTop: 8, marginBottom: 8, x: { axis: null }, y: { label: null, domain: rows.map(label), tickSize: 0, axis: beside ? "left" : null, padding: 0 },
      marks: [
        Plot.barX(rows, { x: "count", y: label, fill: (d) => (d.part === "dropped" ? HOT : ACCENT), fillOpacity: 0.8, insetTop: beside ? 5 : 20, insetBottom: 5 }),
        Plot.text(rows, { x: "count", y: label, text: (d) => count(d.count), dx: 6, dy: beside ? 0 : 8, textAnchor: "start" }),
        Plot.ruleX([0], { stroke: INK }),
        beside ? null : Plot.text(rows, { frameAnchor: "left", y: label, dy: -10, dx: 2, text: label, textAnchor: "start" }),
      ],
    });
  });
};
const months = () => {
  const rows = figures.months;
  draw("months", "Videos by month of posting, and how many of them have impossible counts", (width) => {
    const every = Math.ceil((rows.length * 66) / (width - 70));
    return base(width, 220, {
      marginTop: 34, marginLeft: 52, marginRight: 20, marginBottom: 34, x: { label: null, domain: rows.map((d) => d.subject), ticks: rows.map((d) => d.subject).filter((_, i) => i % every === 0), tickSize: 0 }, y: { label: "↑ videos", labelArrow: "none", labelOffset: 44, ticks: 4 },
      marks: [
        Plot.gridY(grid),
        Plot.barY(rows, { x: "subject", y: "total", fill: "var(--accent-soft)", insetLeft: 2, insetRight: 2 }),
        Plot.barY(rows, { x: "subject", y: "count", fill: HOT, insetLeft: 2, insetRight: 2 }),
        Plot.ruleY([0], { stroke: INK }),
      ],
    });
  });
};
const precision = () => {
  const rows = figures.precision.filter((d) => d.subject.startsWith("videos needed")).map((d) => ({ ...d, size: `${d.subject.match(/\d\.\d+/)[0]} times as many` }));
  const n = [...(figures.within ?? []), ...(figures.ratios ?? [])].find((d) => d.is_primary)?.n;
  if (!rows.length || !n) return none("precision", "The answer has no interval with two ends, so this cannot be forecast.");
  draw("precision", "Videos needed to find a ratio within creators four times in five", (width) => {
    const marginLeft = textWidth(rows[0].size) + 18, marginRight = 30 + d3.max(rows, (d) => textWidth(count(d.value))), inner = width - marginLeft - marginRight - 14;
    const domain = d3.extent([...rows.map((d) => d.value), n]), at = d3.scaleLog(domain[0] < domain[1] ? domain : [domain[0] / 2, domain[1] * 2], [0, inner]);
    const ticks = spaced([...steps(at.domain()), ...[2, 5].flatMap((each) => steps(at.domain()).map((power) => each * power))].filter((d) => d >= at.domain()[0] && d <= at.domain()[1]), at, short), atHere = at(n), half = textWidth(`here: ${count(n)}`) / 2;
    return base(width, 84 + 30 * rows.length, {
      marginLeft, marginRight, insetLeft: 14, marginTop: 34, marginBottom: 46, x: { type: "log", domain: at.domain(), axis: null }, y: { label: null, domain: rows.map((d) => d.size), tickSize: 0 },
      marks: [
        Plot.axisX(ticks, { text: short, label: "videos needed →", labelAnchor: "right", labelArrow: "none", labelOffset: 38 }),
        Plot.gridX(ticks, grid),
        Plot.ruleX([n], { stroke: INK, strokeWidth: 2 }),
        Plot.dot(rows, { x: "value", y: "size", r: 5, fill: (d) => (d.value <= n ? "var(--good)" : HOT) }),
        Plot.text(rows, { frameAnchor: "right", y: "size", text: (d) => count(d.value), dx: marginRight - 4, textAnchor: "end" }),
        Plot.text([n], { x: (d) => d, frameAnchor: "top", dy: -18, dx: atHere < half ? half - atHere : 0, text: (d) => `here: ${count(d)}` }),
      ],
    });
  });
};
