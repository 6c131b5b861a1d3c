// Loads the description that lies beside this script and shows the part that the address names.

import { model } from "./model.js";
import { failure, functionView, menu, overview, relationView } from "./view.js";

const source = new URL("openapi.json", import.meta.url);
const main = document.getElementById("main");
const search = document.getElementById("search");
const list = document.getElementById("menu");

async function load() {
  const answer = await fetch(source, { headers: { Accept: "application/vnd.oai.openapi+json;version=3.1" } });
  if (!answer.ok) throw new Error(`${source.pathname} answers ${answer.status}`);
  return model(await answer.json());
}

// show renders what the address names.
function show(api, moved) {
  const [kind, name] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const relation = kind === "relation" && api.relations.find((r) => r.name === name);
  const routine = kind === "function" && api.functions.find((f) => f.name === name);
  if (relation) main.replaceChildren(...relationView(api, relation));
  else if (routine) main.replaceChildren(...functionView(api, routine));
  else main.replaceChildren(...overview(api, (server) => { api.server = server; }));
  document.title = relation || routine ? `${name} · ${api.title}` : api.title;
  list.replaceChildren(...menu(api, search.value, location.hash));
  if (moved) {
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

function start(api) {
  if (!/^https?:/.test(api.server)) api.server = new URL(api.server, `${location.protocol}//${location.hostname}:3000`).href;
  document.getElementById("title").textContent = api.title;
  search.addEventListener("input", () => list.replaceChildren(...menu(api, search.value, location.hash)));
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") list.querySelector("a")?.click();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !(event.target instanceof HTMLInputElement)) {
      event.preventDefault();
      search.focus();
    }
  });
  window.addEventListener("hashchange", () => show(api, true));
  show(api, false);
}

load().then(start).catch((error) => main.replaceChildren(...failure(error.message)));
