// Each figure as a picture and as a table. Both are made here; nothing leaves this page.
const SCALE = 2, MARGIN_PX = 24, TITLE_PX = 18, NOTE_PX = 12;
const save = (name, content) => {
  const address = URL.createObjectURL(content);
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
};
const fileName = (name, ending) => `${name.replaceAll("_", "-")}-${report.date}${report.synthetic ? "-synthetic" : ""}.${ending}`;

// ---- tables
// A spreadsheet would run a text that begins with one of these signs as a formula.
const guarded = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
const csvCell = (cell) => {
  if (cell === null || cell === undefined) return "";
  const text = typeof cell === "number" || typeof cell === "boolean" ? String(cell) : guarded(Array.isArray(cell) ? cell.join(" ") : String(cell));
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const csv = (columns, rows) => [columns, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n");
const primaryRows = () => [...(figures.within ?? []), ...(figures.ratios ?? [])].filter((row) => row.is_primary).slice(0, 1);
const csvOf = (name) => {
  const stamp = ["report_date", "plan_hash", "synthetic"], stamped = [report.date, report.planHash, report.synthetic];
  if (name === "scatter") {
    const columns = Object.keys(videos);
    return csv([...stamp, ...columns], listed.map((i) => [...stamped, ...columns.map((column) => videos[column][i])]));
  }
  const rows = name === "headline" ? primaryRows() : figures[name] ?? [], columns = [...new Set(rows.flatMap(Object.keys))];
  return csv([...stamp, ...columns], rows.map((row) => [...stamped, ...columns.map((column) => row[column])]));
};

// ---- pictures
const resolved = (text) => text.replace(/var\((--[\w-]+)\)/g, (_, name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim());
const pictureOf = (svg) => {
  const box = svg.getBoundingClientRect(), copy = svg.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", box.width);
  copy.setAttribute("height", box.height);
  copy.style.fontFamily = getComputedStyle(document.body).fontFamily;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(resolved(new XMLSerializer().serializeToString(copy)))}`;
  return image.decode().then(() => ({ image, width: box.width, height: box.height }));
};
const wrapped = (pencil, text, width) => {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (lines.at(-1) && pencil.measureText(longer).width > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
};
const textsOf = (name) => {
  const figure = document.getElementById(name), drawn = (name === "headline" ? $(".short") : $(`[data-drawn="${name}"]`))?.textContent.trim() ?? "";
  const made = $(".made").textContent.replace(/\s+/g, " ").trim(), mark = " · synthetic data";
  const stamp = report.synthetic ? `SYNTHETIC DATA · ${made.endsWith(mark) ? made.slice(0, -mark.length) : made}` : made;
  return { title: $("h3", figure)?.textContent ?? $("h1").textContent, drawn, stamp };
};
const tableLines = (figure) => $$("table tr", figure).filter((row) => !row.hidden).map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
const png = async (name) => {
  const parts = await Promise.all($$(`[data-chart="${name}"] svg`).map(pictureOf));
  const table = parts.length ? [] : tableLines(document.getElementById(name));
  const canvas = document.createElement("canvas"), pencil = canvas.getContext("2d");
  const style = getComputedStyle(document.body), family = style.fontFamily;
  const font = (px, weight = 400) => { pencil.font = `${weight} ${px}px ${family}`; };
  font(NOTE_PX);
  const columns = d3.transpose(table).map((cells) => Math.min(320, d3.max(cells, (cell) => pencil.measureText(cell).width) + 18));
  const inner = Math.max(480, d3.max(parts, (part) => part.width) ?? 0, d3.sum(columns));
  const texts = textsOf(name), notes = wrapped(pencil, texts.drawn, inner), stamps = wrapped(pencil, texts.stamp, inner);
  font(TITLE_PX, 600);
  const titles = wrapped(pencil, texts.title, inner);
  const height = 2 * MARGIN_PX + titles.length * 24 + (notes.length + stamps.length) * 18 + 20 + d3.sum(parts, (part) => part.height) + table.length * 22;
  canvas.width = (inner + 2 * MARGIN_PX) * SCALE;
  canvas.height = height * SCALE;
  pencil.scale(SCALE, SCALE);
  pencil.fillStyle = style.backgroundColor;
  pencil.fillRect(0, 0, inner + 2 * MARGIN_PX, height);
  let y = MARGIN_PX;
  const write = (lines, px, weight, step) => {
    font(px, weight);
    pencil.fillStyle = style.color;
    for (const line of lines) { y += step; pencil.fillText(line, MARGIN_PX, y); }
  };
  write(titles, TITLE_PX, 600, 24);
  write(notes, NOTE_PX, 400, 18);
  y += 10;
  for (const part of parts) { pencil.drawImage(part.image, MARGIN_PX, y, part.width, part.height); y += part.height; }
  font(NOTE_PX);
  for (const cells of table) {
    y += 22;
    cells.forEach((cell, i) => pencil.fillText(cell, MARGIN_PX + d3.sum(columns.slice(0, i)), y, columns[i] - 10));
  }
  y += 8;
  write(stamps, NOTE_PX, 400, 18);
  if (report.synthetic) watermark(pencil, inner + 2 * MARGIN_PX, height, family);
  return new Promise((blob) => canvas.toBlob(blob, "image/png"));
};
const watermark = (pencil, width, height, family) => {
  pencil.translate(width / 2, height / 2);
  pencil.rotate(-0.24);
  pencil.globalAlpha = 0.09;
  pencil.textAlign = "center";
  pencil.font = `700 ${Math.min(64, width / 9)}px ${family}`;
  pencil.fillText("SYNTHETIC", 0, 0);
};
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-save]");
  if (!button) return;
  const name = button.dataset.figure;
  // The mark at the beginning tells spreadsheets that the text is UTF-8.
  if (button.dataset.save === "csv") save(fileName(name, "csv"), new Blob(["\ufeff", csvOf(name)], { type: "text/csv;charset=utf-8" }));
  else save(fileName(name, "png"), await png(name));
});

// ---- the methods paragraph
$("[data-copy]")?.addEventListener("click", async (event) => {
  const text = $(".methods").textContent.trim(), status = $(".copied");
  const copied = await copyText(text);
  status.textContent = copied ? "Copied." : "The browser did not allow it. The paragraph is selected: press Ctrl+C.";
  event.target.focus();
  if (!copied) getSelection().selectAllChildren($(".methods"));
});
const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page that is opened from disk may lack this right; the older way needs only the click.
    const area = el("textarea", { class: "hidden", readonly: "" });
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
};
