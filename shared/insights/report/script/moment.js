// The figures about the moment: the hazard of leaving around it, and the videos that carry it.
const STAYED = "how likely viewers are to leave, against the same second without the moment";
const moment = () => {
  const rows = figures.moment.filter((d) => d.step_irr !== undefined).map((d) => ({ ...d, low: d.step_irr_low ?? d.step_irr, high: d.step_irr_high ?? d.step_irr }));
  const seconds = rows.filter((d) => d.method === "second"), placebo = rows.filter((d) => d.method === "placebo");
  const whole = rows.find((d) => d.method === "window");
  if (!seconds.length) return none("moment", "No second around the moment has an estimate; the table says why.");
  // A second that few videos have would squeeze the others: its bar stops at the edge.
  const far = d3.sort(seconds.map((d) => Math.max(d.high, 1 / d.low)));
  const reach = ratioReach([...seconds.map((d) => d.step_irr), Math.min(far.at(-1), 2 * d3.median(far))], 1.1), inside = (value) => Math.min(reach, Math.max(1 / reach, value));
  draw("moment", `Hazard of leaving by second around the moment${whole ? `: ${ratio(whole.step_irr)} times from ${whole.x_low} to ${whole.x_high} s after it${ends(whole, ratio, whole.low, whole.high)}` : ""}${placebo.length ? "; grey: where the moments of other videos put it" : ""}`, (width) => {
    const ticks = ratioTicks(reach, 220);
    return base(width, 320, {
      marginTop: 44, marginLeft: 46, marginRight: 16, marginBottom: 46,
      x: { domain: [d3.min(seconds, (d) => d.x_low) - 0.5, d3.max(seconds, (d) => d.x_low) + 0.5], axis: null },
      y: { type: "log", domain: [1 / reach, reach], axis: null },
      marks: [
        Plot.gridY(ticks, grid),
        placebo.length ? Plot.areaY(placebo, { x: "x_low", y1: (d) => inside(d.low), y2: (d) => inside(d.high), fill: SOFT, fillOpacity: 0.18, curve: "step" }) : null,
        whole ? Plot.rect([whole], { x1: (d) => d.x_low - 0.5, x2: (d) => d.x_high - 0.5, y1: (d) => inside(d.low), y2: (d) => inside(d.high), fill: HOT, fillOpacity: 0.18 }) : null,
        Plot.ruleY([1], { stroke: INK }),
        whole ? Plot.link([whole], { x1: (d) => d.x_low - 0.5, x2: (d) => d.x_high - 0.5, y1: "step_irr", y2: "step_irr", stroke: HOT, strokeWidth: 2.5 }) : null,
        Plot.ruleX([-0.5], { stroke: INK, strokeDasharray: "3 4" }),
        Plot.ruleX(seconds, { x: "x_low", y1: (d) => inside(d.low), y2: (d) => inside(d.high), stroke: ACCENT, strokeWidth: 2.5 }),
        Plot.dot(seconds, { x: "x_low", y: (d) => inside(d.step_irr), r: 4, fill: ACCENT }),
        Plot.axisX(d3.ticks(-5, 10, width < 420 ? 4 : 8), { label: "seconds after the moment →", labelAnchor: "right", labelArrow: "none", labelOffset: 38 }),
        Plot.axisY(ticks, { text: String, label: null }),
        Plot.text(["↑ hazard ratio"], { frameAnchor: "top-left", dx: -42, dy: -36, text: (d) => d, textAnchor: "start" }),
        Plot.text(["the moment"], { x: -0.5, frameAnchor: "top", dy: -16, text: (d) => d, fill: SOFT, textAnchor: "start", dx: 4 }),
        Plot.tip(seconds, Plot.pointerX({ x: "x_low", y: (d) => inside(d.step_irr), title: (d) => `second ${d.x_low}\n${ratio(d.step_irr)} times${ends(d, ratio, d.step_irr_low, d.step_irr_high)}\n${STAYED}`, fill: "var(--raised)" })),
      ],
    });
  });
};

const GAP_PX = 24, LEAST_PX = 300;
const momentVideos = () => {
  const carrying = report.carrying;
  if (!carrying.length) return none("moment_videos", "No video has a curve to draw.");
  draw("moment_videos", `Share of viewers who still watch, by second, in the ${count(carrying.length)} videos that move the answer most`, (width) => {
    const columns = Math.max(1, Math.floor((width + GAP_PX) / (LEAST_PX + GAP_PX))), each = Math.floor((width - GAP_PX * (columns - 1)) / columns);
    return el("div", { class: "curves", style: `grid-template-columns: repeat(${columns}, ${each}px)` }, ...carrying.map((video, at) => retention(video, at + 1, each)));
  });
  // A picture cannot hold a link, so each drawing is a picture and the whole is none.
  for (const name of ["role", "aria-label"]) chartNode("moment_videos").firstChild.removeAttribute(name);
};
const retention = (video, number, width) => {
  const points = video.shares.map((share, second) => ({ second, share })).filter((d) => d.share !== null);
  const end = points.length ? points.at(-1).second : 1, isLate = video.onset_s > end / 2;
  const plot = base(width, 150, {
    marginTop: 22, marginLeft: 48, marginRight: 16, marginBottom: 26,
    x: { domain: [0, end], label: null, ticks: Math.min(6, Math.floor(width / 60)), tickFormat: (d) => `${d} s` },
    y: { domain: [0, Math.max(1, ...points.map((d) => d.share))], label: null, ticks: 3, tickFormat: (d) => `${Math.round(100 * d)} %` },
    marks: [
      Plot.gridY(grid),
      Plot.areaY(points, { x: "second", y: "share", fill: ACCENT, fillOpacity: 0.2 }), Plot.lineY(points, { x: "second", y: "share", stroke: ACCENT, strokeWidth: 2 }),
      Plot.ruleX([video.onset_s], { stroke: HOT, strokeWidth: 2 }),
      Plot.text([video.onset_s], { x: (d) => d, frameAnchor: "top", dy: -14, dx: isLate ? 3 : -3, textAnchor: isLate ? "end" : "start", text: (d) => `at ${d.toFixed(1)} s`, fill: HOT, fontWeight: 600 }),
      // A saved picture has the drawings alone, so each of them says which video it is.
      Plot.text([`video ${number}`], { frameAnchor: "bottom-left", dx: 6, dy: -6, text: (d) => d, fill: INK }),
      Plot.tip(points, Plot.pointerX({ x: "second", y: "share", title: (d) => `second ${d.second}\n${Math.round(100 * d.share)} % still watch`, fill: "var(--raised)" })),
    ],
  });
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", `Share of viewers who still watch video ${number}, by second; the moment is at ${video.onset_s.toFixed(1)} seconds`);
  const name = breakable(video.creator);
  const creator = video.url ? el("a", { href: video.url, rel: "noopener noreferrer", target: "_blank" }, ...name) : el("span", {}, ...name);
  return el("div", {}, el("p", { class: "who" }, `Video ${number}, by `, creator), plot);
};
