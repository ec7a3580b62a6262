// The gallery: a card for each video, with its key frame, its curve, and its file or its post.
const PAGE = innerWidth < 600 ? 6 : 12, CAPTION_CHARS = 160;
let shown = PAGE;
const ORDERS = {
  score: (m) => -(m.scores[chosen.predictor] ?? -1),
  times: (m) => -(m.kpis[chosen.outcome]?.times ?? -1),
  count: (m) => -(m.kpis[chosen.outcome]?.count ?? -1),
  created: (m) => -(m.created ? Date.parse(m.created) : 0),
  creator: (m) => m.creator,
};
const gallery = () => {
  const cards = $(".cards");
  if (!cards) return;
  const matching = report.moments.filter((m) =>
    (!chosen.creator || m.creator === chosen.creator) && (!chosen.language || m.language === chosen.language) && (!chosen.rater || m.rater === chosen.rater));
  const sorted = d3.sort(matching, ORDERS[chosen.sort]), ordered = chosen.sort === "score" ? eachClipOnce(sorted) : sorted;
  cards.replaceChildren(...ordered.slice(0, shown).map(card));
  const sparks = $$("[data-spark]", cards), widths = widthsOf(sparks, 200);
  sparks.forEach((spark, at) => curve(spark, ordered[+spark.dataset.spark], widths[at]));
  $('[data-more="gallery"]').textContent = matching.length
    ? `${count(Math.min(shown, matching.length))} of ${count(matching.length)} shown.`
    : "The gallery has none of these videos; the table of “Every video” lists them.";
  $(".show-more").hidden = shown >= matching.length;
};
// A clip that several people posted would fill the first screen, so its other posts come later.
const eachClipOnce = (cards) => {
  const seen = new Set(), isFirst = cards.map((m) => !m.frame || (!seen.has(m.frame) && seen.add(m.frame)));
  return [...cards.filter((_, i) => isFirst[i]), ...cards.filter((_, i) => !isFirst[i])];
};
// A handle breaks after its dots and underscores before it breaks inside a word.
const breakable = (name) => name.split(/(?<=[._])/).flatMap((part) => [part, el("wbr")]);
const shortened = (text) => {
  const signs = [...text];
  return signs.length > CAPTION_CHARS ? `${signs.slice(0, CAPTION_CHARS - 1).join("")}…` : text;
};
const card = (m, at) => {
  const story = [["expected", m.expectation], ["instead", m.violation]].filter(([, text]) => text);
  const scores = el("ul", { class: "scores" }, ...Object.entries(m.scores).map(([name, score]) => el("li", {}, el("b", {}, String(+score.toFixed(1))), ` ${words(name)}`)));
  return el("li", { class: "card" },
    el("div", { class: "media" }, frameOf(m), source(m)),
    el("div", { class: "facts-of-card" },
      el("h3", {}, ...breakable(m.creator)),
      el("p", { class: "who" }, [m.file_name, languageName(m.language), m.created, m.duration_s ? `${Math.round(m.duration_s)}\u00a0s` : null].filter(Boolean).join(" · ")),
      el("p", { class: "caption", dir: "auto" }, m.caption ? shortened(m.caption) : "(no caption)"),
      scores),
    kpisOf(m),
    m.curve.length || m.onset_s !== null ? el("div", { class: "wide chart spark", "data-spark": at }) : null,
    story.length ? el("dl", { class: "wide" }, ...story.map(([name, text]) => el("div", {}, el("dt", {}, name), el("dd", {}, text)))) : null,
    m.evidence.length ? el("dl", { class: "wide" }, el("div", {}, el("dt", {}, "evidence"), ...m.evidence.map(([second, what]) => el("dd", {}, `${second.toFixed(1)} s: ${what}`)))) : null,
    el("p", { class: "wide who" }, `rated by ${m.rater}`),
  );
};
const frameOf = (m) => (m.frame
  ? el("img", { class: "frame", src: `data:image/jpeg;base64,${m.frame}`, alt: `Key frame of the strongest moment of the video by ${m.creator}` })
  : el("div", { class: "frame no-frame" }, "no key frame"));
// A file beside this page is played here; a post is opened where it is; a made-up post has no address.
const source = (m) => {
  if (m.file) {
    const button = el("button", { type: "button", class: "play", "aria-label": `Play the video by ${m.creator}` }, "▶ Play");
    button.addEventListener("click", () => play(button, m));
    return button;
  }
  return m.url ? el("a", { class: "play", href: m.url, rel: "noopener noreferrer", target: "_blank" }, "Open the post") : null;
};
const play = (button, m) => {
  const video = el("video", { class: "frame", src: m.file, controls: "", autoplay: "", playsinline: "", "aria-label": `The video by ${m.creator}` });
  video.addEventListener("error", () => {
    video.replaceWith(frameOf(m));
    button.replaceWith(el("p", { class: "who" }, `The file ${m.file} is not beside this page. tta report puts it there.`));
  });
  video.addEventListener("loadeddata", () => button.remove());
  $(".frame", button.parentNode).replaceWith(video);
};
const kpisOf = (m) => el("div", { class: "wide kpis" }, ...Object.entries(m.kpis).flatMap(([name, d]) => [
  el("span", { class: "n" }, count(d.count)), el("span", {}, words(name)),
  el("span", {}, d.times !== undefined && d.times !== null ? `${times(d.times)}× the usual ${short(d.usual)}` : ""),
]));
const curve = (node, m, width) => {
  const points = m.curve.map((y, x) => ({ x: x + 0.5, y })).filter((d) => d.y !== null);
  const end = Math.max(m.duration_s ?? 1, points.length, m.onset_s ?? 0);
  const text = m.onset_s === null ? "" : `begins at ${m.onset_s.toFixed(1)} s`, isLate = m.onset_s > end / 2;
  const plot = base(width, 74, {
    marginLeft: 14, marginRight: 20, marginTop: 20, marginBottom: 24, x: { domain: [0, end], label: null, ticks: Math.min(5, Math.floor(width / 50)), tickFormat: (d) => `${d} s`, tickSize: 3 }, y: { axis: null, domain: [0, Math.max(1, ...points.map((d) => d.y))] },
    marks: [
      points.length ? Plot.areaY(points, { x: "x", y: "y", fill: ACCENT, fillOpacity: 0.3, curve: "monotone-x" }) : null,
      points.length ? Plot.lineY(points, { x: "x", y: "y", stroke: ACCENT, curve: "monotone-x" }) : null,
      Plot.ruleY([0], { stroke: LINE }),
      text ? Plot.ruleX([m.onset_s], { stroke: HOT, strokeWidth: 2 }) : null,
      text ? Plot.text([m.onset_s], { x: (d) => d, frameAnchor: "top", dy: -12, dx: isLate ? 3 : -3, textAnchor: isLate ? "end" : "start", text: () => text, fill: HOT, fontWeight: 600 }) : null,
      Plot.dot(m.evidence, { x: (d) => d[0], y: () => 0, r: 3, fill: INK }),
    ],
  });
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", `Change of picture and sound by the second${text ? `; the surprising moment ${text}` : ""}`);
  node.replaceChildren(plot);
};
