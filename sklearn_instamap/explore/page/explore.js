"use strict";
// Words are strangers' texts: they become text nodes, never markup.
const find = (selector) => document.querySelector(selector);
// Controls, those of the direction of writing among them, are shown as the terminal shows them.
const shown = (text) => String(text).replace(
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
  (each) => "\\u" + each.charCodeAt(0).toString(16).padStart(4, "0"));
const make = (tag, text, properties = {}) => {
  const element = Object.assign(document.createElement(tag), properties);
  if (text !== undefined && text !== null) element.textContent = shown(text);
  return element;
};

async function ask(path, options) {
  const response = await fetch(path, options);
  const body = (response.headers.get("content-type") || "").includes("json")
    ? await response.json() : { error: await response.text() };
  return { ok: response.ok, body };
}

const cell = (content, className = "") => {
  const td = make("td", undefined, { className });
  td.append(content instanceof Node ? content : document.createTextNode(shown(content ?? "–")));
  return td;
};

function decisionButtons(source, target, decision) {
  const box = make("span", undefined, { className: "decide" });
  const buttons = { accept: make("button", "Accept"), reject: make("button", "Reject") };
  const show = (now) => {
    for (const [name, button] of Object.entries(buttons)) {
      button.setAttribute("aria-pressed", String(name === now));
    }
    decision = now;
  };
  for (const [name, button] of Object.entries(buttons)) {
    button.type = "button";
    button.setAttribute("aria-label", `${button.textContent} ${shown(source)} – ${shown(target)}`);
    button.addEventListener("click", async () => {
      const wanted = decision === name ? "undo" : name;
      const { ok, body } = await ask("/api/decide", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ source, target, decision: wanted }),
      });
      if (!ok) { say(body.error); return; }
      show(wanted === "undo" ? null : wanted);
      find("#count").textContent = `(${body.accepted + body.rejected})`;
    });
    box.append(button);
  }
  show(decision);
  return box;
}

const say = (text) => { find("#message").textContent = shown(text || ""); };

const wordButton = (word) => {
  const button = make("button", word, { className: "word", type: "button" });
  button.addEventListener("click", () => { choose("words"); look(word); });
  return button;
};

async function look(word) {
  find("#word").value = word;
  const { ok, body } = await ask(`/api/word?word=${encodeURIComponent(word)}`);
  find("#translations").hidden = find("#map").hidden = !ok;
  if (!ok) {
    say(body.error || `“${body.word}” is not in the source space.`);
    if (body.suggestions && body.suggestions.length) {
      find("#message").append(" Words that begin so: ");
      body.suggestions.forEach((each) => find("#message").append(wordButton(each), " "));
    }
    return;
  }
  say("");
  find("#translations tbody").replaceChildren(...body.translations.map((each) => {
    const row = make("tr");
    const probability = each.probability === null ? "–" : each.probability.toFixed(2);
    row.append(cell(each.translation), cell(probability, "number"),
      cell(each.csls.toFixed(3), "number"), cell(each.cosine.toFixed(3), "number"),
      cell(each.from.join(", ")), cell(decisionButtons(body.word, each.translation, each.decision)));
    return row;
  }));
  draw(body.points, body.word);
}

function draw(points, word) {
  const svg = find("#map svg");
  const [width, height, margin] = [460, 360, 50];
  const scale = (values, size) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (value) => margin + (high > low ? (value - low) / (high - low) : 0.5) * (size - 2 * margin);
  };
  const x = scale(points.map((point) => point.x), width);
  const y = scale(points.map((point) => -point.y), height);
  const namespace = "http://www.w3.org/2000/svg";
  // No label covers a point or another label: boxes of left, top, right, bottom.
  const taken = points.map((point) => {
    const [left, top] = [x(point.x), y(-point.y)];
    return [left - 5, top - 5, left + 5, top + 5];
  });
  const isFree = ([left, top, right, bottom]) => left > 0 && right < width && top > 0 && bottom < height
    && taken.every((box) => box[0] > right || box[2] < left || box[1] > bottom || box[3] < top);
  svg.replaceChildren(...points.flatMap((point) => {
    const [left, top] = [x(point.x), y(-point.y)];
    const mark = document.createElementNS(namespace, point.side === "source" ? "circle" : "rect");
    const place = point.side === "source" ? { cx: left, cy: top, r: 4 }
      : { x: left - 4, y: top - 4, width: 8, height: 8 };
    Object.entries(place).forEach(([name, value]) => mark.setAttribute(name, value));
    const label = document.createElementNS(namespace, "text");
    const span = 7.5 * point.word.length;
    // The nearest free place beside the point, a little higher or lower if need be.
    const places = [0, -7, 7, -14, 14, -21, 21, -28, 28, -35, 35].flatMap((shift) =>
      [left > width / 2, left <= width / 2].map((end) => {
        const [from, line] = [end ? left - 8 - span : left + 8, top + shift];
        return { end, line, box: [from, line - 6, from + span, line + 6] };
      }));
    const { end, line, box } = places.find((each) => isFree(each.box)) || places[0];
    taken.push(box);
    label.setAttribute("x", end ? left - 8 : left + 8);
    label.setAttribute("y", line + 4);
    label.setAttribute("text-anchor", end ? "end" : "start");
    label.textContent = shown(point.word);
    const own = point.side === "source" && point.word === word ? " query" : "";
    mark.setAttribute("class", point.side);
    label.setAttribute("class", point.side + own);
    return [mark, label];
  }));
}

const loaders = {
  async hubs() {
    const { body } = await ask("/api/hubs");
    find("#hubs tbody").replaceChildren(...body.hubs.map((each) => {
      const row = make("tr");
      row.append(cell(each.word), cell(String(each.occurrences), "number"));
      return row;
    }));
  },
  async errors() {
    const { body } = await ask("/api/errors");
    const rows = body.errors;
    if (!rows.length) {
      find("#kinds").textContent = "Give a test dictionary by --test-dictionary to see its errors by kind.";
      return;
    }
    const show = (kind) => {
      find("#errors tbody").replaceChildren(...rows.filter((each) => each.kind === kind).slice(0, 500).map((each) => {
        const row = make("tr");
        row.append(cell(wordButton(each.source)), cell(each.expected.join(", ")), cell(each.answer),
          cell(each.rank === null ? "–" : String(each.rank), "number"), cell(each.kind),
          cell(each.answer === null ? "" : decisionButtons(each.source, each.answer, each.decision)));
        return row;
      }));
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.kind === kind)));
    };
    const buttons = Object.entries(about.kinds).map(([kind, meaning]) => {
      const count = rows.filter((each) => each.kind === kind).length;
      const share = Math.round((1000 * count) / rows.length) / 10;
      const button = make("button", `${kind}: ${count} (${share} %)`, { className: "kind", type: "button", title: meaning });
      button.dataset.kind = kind;
      button.addEventListener("click", () => show(kind));
      return button;
    });
    find("#kinds").replaceChildren(...buttons);
    show("far");
  },
  async decisions() {
    const { body } = await ask("/api/decisions");
    for (const name of ["accepted", "rejected"]) {
      find(`#${name}`).replaceChildren(...body[name].map(([source, target]) => {
        const item = make("li");
        item.append(wordButton(source), ` – ${target}`);
        return item;
      }));
    }
  },
};

function choose(tab) {
  document.querySelectorAll("nav button").forEach((button) =>
    button.setAttribute("aria-selected", String(button.dataset.tab === tab)));
  document.querySelectorAll("main > section").forEach((section) => { section.hidden = section.id !== tab; });
  if (loaders[tab]) loaders[tab]();
}

let about;
async function start() {
  about = (await ask("/api/about")).body;
  find("#title").textContent = document.title = shown(about.title);
  find("#about").textContent = `${about.source_words.toLocaleString("en")} source words, ` +
    `${about.target_words.toLocaleString("en")} target words. Type a source word, for example “${shown(about.example)}”.`;
  find("#file").textContent = about.output
    ? `Accepted pairs are written to ${shown(about.output)}, a dictionary that instamap align takes.`
    : "Decisions are kept until the program ends; --output FILE writes them to a file.";
  const { body } = await ask("/api/decisions");
  const n = body.accepted.length + body.rejected.length;
  if (n) find("#count").textContent = `(${n})`;
}

document.querySelectorAll("nav button").forEach((button) =>
  button.addEventListener("click", () => choose(button.dataset.tab)));
find("#search").addEventListener("submit", (event) => { event.preventDefault(); look(find("#word").value.trim()); });
find("#word").addEventListener("input", async () => {
  const text = find("#word").value;
  if (!text) return;
  const { body } = await ask(`/api/suggest?start=${encodeURIComponent(text)}`);
  find("#suggestions").replaceChildren(...body.suggestions.map((each) => make("option", undefined, { value: each })));
});
start();
