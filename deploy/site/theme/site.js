"use strict";
// The search, the copying of commands, and the menu of narrow windows. Without it the site can be read all the same.

const root = document.currentScript.dataset.root;
const input = document.querySelector("input[type=search]");
const results = document.getElementById("results");
const columns = document.querySelector(".columns");

// The index is loaded when it is needed, as a script: a site that is opened as files may not fetch anything.
let loading;
function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = root + "search-index.js";
    script.onload = () => resolve(window.searchIndex.map((e) => ({
      ...e, page: e.p.toLowerCase(), heading: e.h.toLowerCase(), text: e.t.toLowerCase(),
    })));
    script.onerror = reject;
    document.head.append(script);
  });
  return loading;
}

// score says how well an entry fits: 0 if one of the words is nowhere in it.
function score(e, words) {
  let sum = 0;
  for (const word of words) {
    const found = (e.heading === word ? 60 : 0) + (e.heading.includes(word) ? 20 : 0) + (e.page.includes(word) ? 5 : 0) +
      (e.text.includes(word) ? 1 + Math.min(3, e.text.split(word).length - 2) : 0);
    if (found === 0) return 0;
    sum += found;
  }
  return sum;
}

function marked(text, words) {
  const paragraph = document.createElement("p");
  const lower = text.toLowerCase();
  const first = Math.max(0, Math.min(...words.map((w) => lower.indexOf(w)).filter((i) => i >= 0), lower.length) - 60);
  const part = (first > 0 ? "… " : "") + text.slice(first, first + 200);
  const pattern = new RegExp("(" + words.map((w) => w.replace(/[^\p{L}\p{N}]/gu, "\\$&")).join("|") + ")", "i");
  for (const piece of part.split(pattern)) {
    if (words.includes(piece.toLowerCase())) {
      const mark = document.createElement("mark");
      mark.textContent = piece;
      paragraph.append(mark);
    } else {
      paragraph.append(piece);
    }
  }
  return paragraph;
}

async function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  results.hidden = words.length === 0;
  columns.hidden = words.length > 0;
  columns.style.display = words.length > 0 ? "none" : "";
  if (words.length === 0) return;
  const index = await load();
  const found = index.map((e) => ({ e, points: score(e, words) })).filter((f) => f.points > 0)
    .sort((a, b) => b.points - a.points).slice(0, 30);
  const list = document.createElement("ol");
  for (const { e } of found) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = root + e.a;
    link.textContent = e.h && e.h !== e.p ? e.p + " – " + e.h : e.p;
    link.addEventListener("click", () => { input.value = ""; search(); });
    item.append(link, marked(e.t, words));
    list.append(item);
  }
  const count = document.createElement("p");
  count.textContent = found.length === 0 ? "Nothing was found." : found.length === 30 ? "The first 30:" : found.length + " found:";
  results.replaceChildren(count, list);
}

input.addEventListener("focus", load);
input.addEventListener("input", search);
document.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  results.querySelector("a")?.click();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== input) {
    event.preventDefault();
    input.focus();
  } else if (event.key === "Escape" && input.value !== "") {
    input.value = "";
    search();
  }
});

// Of what a terminal shows, the commands are copied.
for (const block of document.querySelectorAll("pre.console")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const lines = [...block.querySelectorAll("b")].map((b) => b.textContent.replace(/^\$ /, ""));
    await navigator.clipboard.writeText(lines.join("\n") + "\n");
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  block.append(button);
}

const menu = document.querySelector(".menu");
if (window.matchMedia("(max-width: 48rem)").matches) menu.open = false;
