"use strict";
// The rating kit: one clip after the other, in an order of each rater's own. Nothing leaves the page
// but the file that the rater saves.

const KIT = JSON.parse(document.getElementById("kit").textContent);
const NAME = /^[a-z0-9][a-z0-9_-]{0,30}$/;
const COLUMNS = ["video_id", "rater", "dimension", "value", "replicate", "kit", "position", "seconds", "rated_at"];
const main = document.getElementById("main");
let state = null; // {rater, place, rows, practised}: what is saved after every clip
let stored = true;

// --- order ---------------------------------------------------------------------------------------

// Numbers from 0 to 1 that depend on a text alone: the same rater gets the same order again.
function draws(text) {
  let seed = 2166136261;
  for (const letter of text) seed = Math.imul(seed ^ letter.codePointAt(0), 16777619) >>> 0;
  return () => {
    seed = (seed + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(things, draw) {
  const made = [...things];
  for (let last = made.length - 1; last > 0; last--) {
    const other = Math.floor(draw() * (last + 1));
    [made[last], made[other]] = [made[other], made[last]];
  }
  return made;
}

// Every clip once; some of the first half again among the second; checks in between.
function itemsFor(rater) {
  const draw = draws(`${KIT.id}/${rater}`);
  const order = shuffled(KIT.clips, draw).map((clip) => ({ clip, replicate: 0 }));
  const half = Math.floor(order.length / 2);
  const again = shuffled(order.slice(0, half), draw).slice(0, KIT.repeats);
  for (const one of again) {
    const place = half + 1 + Math.floor(draw() * (order.length - half));
    order.splice(place, 0, { clip: one.clip, replicate: 1 });
  }
  const items = [];
  let checks = 0;
  order.forEach((item, place) => {
    items.push(item);
    const isLast = place === order.length - 1;
    if (KIT.check_every && ((place + 1) % KIT.check_every === 0 || (isLast && !checks))) {
      const targets = [0, 25, 50, 75, 100];
      items.push({ check: ++checks, target: targets[Math.floor(draw() * targets.length)] });
    }
  });
  return items;
}

// --- keeping -------------------------------------------------------------------------------------

const slot = (rater) => `rate-kit/${KIT.id}/${rater}`;

function load(rater) {
  try {
    return JSON.parse(localStorage.getItem(slot(rater)));
  } catch {
    return null;
  }
}

function keep() {
  try {
    localStorage.setItem(slot(state.rater), JSON.stringify(state));
  } catch {
    stored = false; // a private window: what is done is lost with the page, so it asks before it goes
  }
}

addEventListener("beforeunload", (event) => {
  if (state && !stored) event.preventDefault();
});

// --- building ------------------------------------------------------------------------------------

function make(tag, attributes = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...inside);
  return node;
}

function show(...nodes) {
  main.replaceChildren(...nodes);
  scrollTo(0, 0);
}

// --- screens -------------------------------------------------------------------------------------

function welcome(error = "") {
  const name = make("input", { type: "text", id: "name", autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 31 });
  const form = make(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        begin(name.value.trim().toLowerCase());
      },
    },
    make("label", { for: "name" }, "Your code (letters and digits, as you were told; not your name)"),
    name,
    error ? make("p", { class: "error", role: "alert" }, error) : "",
    make("p", {}, make("button", { class: "main", id: "begin", type: "submit" }, "Begin")),
  );
  show(
    make("h1", {}, "Rating short videos"),
    make("p", {}, `First comes a clip to practise with, which does not count. Then you will see ${KIT.clips.length} clips, some of them twice. Watch each to its end with sound, then rate what you saw, at once and without looking anything up. There are no right answers.`),
    make("p", {}, "Scores go from 0 to 100. Each scale is empty until you answer it. The sentences say what some of the numbers mean; use any number, and the whole range."),
    make("p", { class: "soft" }, "Keys: space plays, M marks the moment, N says there is none. On a scale, type the number, or move with the arrows; Delete empties it. Enter goes on. You may close the page and come back in the same browser."),
    make("p", { class: "soft" }, "Nothing is sent anywhere. At the end you save a file and give it to the person who asked you."),
    form,
  );
  name.focus();
}

function begin(rater) {
  if (!NAME.test(rater)) {
    welcome("A code has letters a to z, digits, - and _, at most 31, and begins with a letter or digit.");
    return;
  }
  state = load(rater) || { rater, place: 0, rows: [], practised: false };
  next();
}

function next() {
  if (!state.practised && state.place === 0) return rate({ clip: { file: "practice.mp4" }, isPractice: true }, 0);
  const items = itemsFor(state.rater);
  if (state.place >= items.length) return finish();
  const item = items[state.place];
  if (item.check) return check(item, items.length);
  return rate(item, items.length);
}

// Practice leaves no row: nobody can analyse it.
function practised() {
  state.practised = true;
  keep();
  const begin = make("button", { class: "main", id: "start", type: "button", onclick: next }, "Begin with the first clip");
  keys = {};
  show(make("h1", {}, "That was practice"), make("p", {}, "Nothing of it was kept. From now on every answer counts."), make("p", {}, begin));
  begin.focus();
}

function progress(count) {
  return make("p", { class: "soft" }, `${state.place + 1} of ${count}`, make("progress", { max: count, value: state.place, "aria-label": "progress" }));
}

// One scale from 0 to 100. It is empty until somebody answers: no handle, no filled part, no number.
// `changed` gets the number, or undefined when the scale is emptied again.
function scale(dimension, changed) {
  const value = make("output", { class: "value", for: `scale-${dimension.name}` }, "–");
  const input = make("input", {
    type: "range", min: 0, max: 100, step: 1, class: "unset", id: `scale-${dimension.name}`,
    "aria-label": dimension.title, "aria-valuetext": "not rated",
  });
  const anchors = dimension.anchors.map(([at, words]) =>
    make("button", { type: "button", "data-at": at, onclick: () => set(at) }, `${at}: ${words}`));
  let answer, before, typed = "", typedAt = 0;
  const set = (number) => {
    answer = number;
    input.value = number;
    input.classList.remove("unset");
    input.setAttribute("aria-valuetext", String(number));
    value.textContent = String(number);
    for (const one of anchors) one.setAttribute("aria-pressed", String(Number(one.dataset.at) === number));
    changed(number);
  };
  const empty = () => {
    answer = undefined;
    input.classList.add("unset");
    input.setAttribute("aria-valuetext", "not rated");
    value.textContent = "–";
    for (const anchor of anchors) anchor.removeAttribute("aria-pressed");
    changed(undefined);
  };
  input.addEventListener("input", () => set(Number(input.value)));
  input.addEventListener("pointerdown", () => { before = answer; });
  // A press on the middle of an empty scale moves nothing, and is an answer too.
  input.addEventListener("pointerup", () => set(Number(input.value)));
  // A finger that scrolls the page from here answers nothing.
  input.addEventListener("pointercancel", () => (before === undefined ? empty() : set(before)));
  const byKey = (key) => {
    if (/^[0-9]$/.test(key)) {
      const isNext = Date.now() - typedAt < 1500 && Number(typed + key) <= 100;
      typed = isNext ? typed + key : key;
      typedAt = Date.now();
      return set(Number(typed));
    }
    if (key === "Delete" || key === "Backspace") { typedAt = 0; return empty(); }
    // An empty scale has no place to move from, so arrows enter it at an end, not at the middle.
    if (["ArrowRight", "ArrowUp", "PageUp"].includes(key)) return set(0);
    if (["ArrowLeft", "ArrowDown", "PageDown"].includes(key)) return set(100);
  };
  input.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = /^(Arrow|Page)/.test(event.key);
    if (event.key !== " " && !/^[0-9]$/.test(event.key) && !/^(Delete|Backspace)$/.test(event.key) && !(moves && answer === undefined)) return;
    event.preventDefault(); // space neither answers nor scrolls
    byKey(event.key);
  });
  return make("fieldset", { "data-dimension": dimension.name }, make("legend", {}, dimension.title),
    value, make("p", { class: "soft" }, dimension.ask), input, make("div", { class: "anchors" }, ...anchors));
}

function rate(item, count) {
  const began = Date.now();
  const answers = {};
  let watched = false;
  const video = make("video", { src: `media/${item.clip.file}`, controls: true, playsinline: true, preload: "auto", "aria-label": "the clip" });
  const hint = make("p", { class: "soft", id: "hint", role: "status" }, "Play the clip to its end; the scales open then.");
  const wanted = KIT.dimensions.map((one) => one.name);
  const on = (name) => (value) => {
    if (value === undefined) delete answers[name];
    else answers[name] = value;
    refresh();
  };
  const scales = KIT.dimensions.filter((one) => one.type === "score").map((one) => scale(one, on(one.name)));
  const moment = KIT.dimensions.some((one) => one.type === "seconds") ? momentOf(video, on("surprise_onset_s")) : null;
  const fields = make("fieldset", { disabled: true, style: "border:0;padding:0;margin:0", id: "fields" }, ...(moment ? [moment.node] : []), ...scales);
  const go = make("button", { class: "main", id: "next", type: "button", disabled: true, onclick: () => done() }, "Next");

  function refresh() {
    const open = wanted.filter((name) => !(name in answers));
    go.disabled = !watched || open.length > 0;
    if (watched) hint.textContent = open.length ? `${open.length} to answer.` : "All answered.";
  }
  function opened() {
    watched = true;
    fields.disabled = false;
    refresh();
  }
  function done() {
    if (go.disabled) return;
    if (item.isPractice) return practised();
    const seconds = Math.round((Date.now() - began) / 100) / 10;
    for (const name of wanted) add(item.clip.id, name, answers[name], item.replicate, seconds);
    forward();
  }
  video.addEventListener("ended", opened);
  video.addEventListener("error", () => {
    hint.replaceChildren("This clip cannot be played here. ", make("button", { type: "button", id: "skip", onclick: item.isPractice ? practised : forward }, "Skip it"));
  });
  keys = {
    " ": () => (video.paused ? video.play().catch(() => {}) : video.pause()),
    m: () => moment && watched && moment.mark(),
    n: () => moment && watched && moment.none(),
    Enter: done,
  };
  const place = item.isPractice
    ? make("p", { class: "soft", id: "practice" }, "Practice: this clip does not count. Try the keys and the scales.")
    : progress(count);
  show(place, video, hint, fields, make("p", {}, go));
  video.focus({ preventScroll: true });
}

// The moment of surprise: the place of the player when it is marked.
function momentOf(video, changed) {
  const dimension = KIT.dimensions.find((one) => one.type === "seconds");
  const value = make("output", { class: "value", id: "moment" }, "–");
  const marked = make("button", { type: "button", id: "mark", onclick: () => mark() }, "It is where the clip stands now");
  const nothing = make("button", { type: "button", id: "none", onclick: () => none() }, "Nothing is surprising");
  const press = (one) => [marked, nothing].forEach((other) => other.setAttribute("aria-pressed", String(one === other)));
  const mark = () => {
    const at = Math.round(video.currentTime * 100) / 100;
    value.textContent = `${at.toFixed(2)} s`;
    press(marked);
    changed(at);
  };
  const none = () => {
    value.textContent = "none";
    press(nothing);
    changed(null);
  };
  const node = make("fieldset", {}, make("legend", {}, dimension.title), value,
    make("p", { class: "soft" }, "Go back to the instant at which the most surprising moment begins, pause, and mark it."),
    make("div", { class: "row" }, marked, nothing));
  return { node, mark, none };
}

function check(item, count) {
  let given = null;
  const dimension = {
    name: "attention", title: `Please set this scale to ${item.target}`, anchors: [],
    ask: "This shows that you are reading; there is no clip.",
  };
  const go = make("button", { class: "main", id: "next", type: "button", disabled: true, onclick: () => done() }, "Next");
  const one = scale(dimension, (value) => { given = value; go.disabled = value === undefined; });
  function done() {
    if (go.disabled) return;
    add(`check-${item.check}`, "attention_check", Math.abs(given - item.target) <= 2 ? 1 : 0, 0, "");
    forward();
  }
  keys = { Enter: done };
  show(progress(count), one, make("p", {}, go));
  one.querySelector("input").focus();
}

function add(video, dimension, value, replicate, seconds) {
  state.rows.push([video, `human/${state.rater}`, dimension, value ?? "", replicate, KIT.id, state.place + 1, seconds, new Date().toISOString()]);
}

function forward() {
  state.place += 1;
  keep();
  next();
}

function csv() {
  return [COLUMNS, ...state.rows].map((row) => row.join(",")).join("\r\n") + "\r\n";
}

function finish() {
  keys = {};
  const file = `ratings-${KIT.id}-${state.rater}.csv`;
  const link = make("a", { id: "save", class: "main", download: file, href: URL.createObjectURL(new Blob([csv()], { type: "text/csv" })) }, "Save my ratings");
  const text = make("textarea", { readonly: true, id: "csv", "aria-label": "the ratings as text" });
  text.value = csv();
  const nodes = [
    make("h1", {}, "Thank you"),
    make("p", {}, `You are done. Save the file ${file} and give it to the person who asked you.`),
    make("p", {}, link),
  ];
  const shared = new File([csv()], file, { type: "text/csv" });
  if (navigator.canShare && navigator.canShare({ files: [shared] })) {
    nodes.push(make("p", {}, make("button", { type: "button", onclick: () => navigator.share({ files: [shared] }).catch(() => {}) }, "Send it")));
  }
  nodes.push(make("p", { class: "soft" }, "Or copy this text:"), text);
  show(...nodes);
  link.focus();
  stored = true;
}

// --- keys ----------------------------------------------------------------------------------------

let keys = {};
// Before the player hears of it: it takes no key until the clip is loaded, and then takes it as well.
addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || at.id === "name") return;
  if (event.key === " " && at.type === "range") return; // a scale's own
  if ((event.key === "Enter" || event.key === " ") && (at.tagName === "BUTTON" || at.tagName === "A")) return;
  if (event.key === "Enter" && event.repeat) return event.preventDefault(); // a held key skips nothing
  const does = keys[event.key] || keys[event.key.toLowerCase()];
  if (does) {
    event.preventDefault();
    event.stopPropagation();
    does();
  }
}, true);

welcome();
