// Shows the part of the description that the address names, and keeps it current.

import { Builder } from "./builder.js";
import { button, element, select } from "./dom.js";
import { allow, model } from "./model.js";
import { api as apiAddress, currentToken, everything, readAll, readMine, readState } from "./session.js";
import { tokenDialog } from "./token.js";
import { failure, functionHead, functionParts, menu, overview, relationHead, relationParts } from "./view.js";

const main = document.getElementById("main"), bar = document.getElementById("bar");
const search = document.getElementById("search"), list = document.getElementById("menu");
const menuButton = document.getElementById("menu-button"), notice = document.getElementById("notice");

// page is all that is shown.
const page = { schema: "", api: undefined, state: {}, problem: "", builders: new Map(), diagram: undefined, loading: 0 };

// load reads the description again, and shows it. A later load replaces one that has not ended.
async function load() {
  const turn = ++page.loading;
  try {
    const state = await readState();
    const mine = readMine(page.schema).then((document) => ({ document }), (error) => ({ error }));
    const all = everything ? await readAll(page.schema) : undefined;
    const own = await mine;
    if (turn !== page.loading) return;
    if (!all && own.error) throw own.error;
    page.state = state;
    page.problem = own.error ? `It is not known what this role may do: ${own.error.message}` : "";
    const described = model(all ?? own.document);
    page.api = allow(described, own.document && model(own.document));
    page.api.address = apiAddress || described.server;
    show();
  } catch (error) {
    if (turn !== page.loading) return;
    page.api = undefined;
    page.problem = error.message;
    show();
  }
}

// show renders all, and leaves the focus where it is.
function show(moved = false) {
  const focus = moved ? undefined : focused();
  renderBar();
  const { api } = page;
  if (!api) {
    main.replaceChildren(...failure(page.problem));
    list.replaceChildren();
    return;
  }
  document.getElementById("title").textContent = api.title;
  const { title, content } = contentOf(api);
  document.title = title ? `${title} · ${api.title}` : api.title;
  main.replaceChildren(...content);
  list.replaceChildren(...menu(api, search.value, location.hash));
  focus?.();
}

function contentOf(api) {
  const [kind, name] = location.hash.slice(1).split("/").map(decoded);
  if (kind === "diagram") {
    if (!page.diagram) loadDiagram();
    return { title: "Diagram", content: page.diagram ? page.diagram.view(api) : [element("p", { class: "quiet" }, "Loading the diagram…")] };
  }
  const relation = kind === "relation" && api.relations.find((r) => r.name === name);
  if (relation) return { title: name, content: [...relationHead(relation), ...workbench(kind, relation), ...relationParts(relation)] };
  const routine = kind === "function" && api.functions.find((f) => f.name === name);
  if (routine) return { title: name, content: [...functionHead(routine), ...functionParts(routine), ...workbench(kind, routine)] };
  return { title: "", content: overview(api) };
}

// loadDiagram loads what draws the diagram, which is larger than all other scripts, when it is wanted.
async function loadDiagram() {
  const { Diagram } = await import("./diagram.js");
  page.diagram ??= new Diagram(() => show());
  show();
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function workbench(kind, item) {
  const key = JSON.stringify([page.schema, kind, item.name]);
  if (!page.builders.has(key)) page.builders.set(key, new Builder(kind, item.name, page.schema, () => show()));
  const builder = page.builders.get(key);
  page.builder = builder;
  return builder.update(page.api, item, page.api.address) ? [builder.view()] : [element("p", { class: "empty" }, "This role may not do anything here.")];
}

// focused returns a function that puts the focus, and the place in a text, back where they are.
function focused() {
  const { id, selectionStart, selectionEnd } = document.activeElement ?? {};
  const scroll = [...document.querySelectorAll(".diagram")].map((e) => [e.scrollLeft, e.scrollTop])[0];
  return () => {
    if (scroll) document.querySelector(".diagram")?.scrollTo(...scroll);
    const again = id && document.getElementById(id);
    if (!again || again === document.activeElement) return;
    again.focus({ preventScroll: true });
    if (typeof selectionStart === "number" && again.type !== "number") again.setSelectionRange?.(selectionStart, selectionEnd);
  };
}

function renderBar() {
  const { state, api } = page;
  const schemas = api?.schemas ?? [];
  const role = state.error ? "Token refused" : state.role ?? (state.anonymous ? "anonymous" : "…");
  bar.replaceChildren(...[
    schemas.length > 1 && element("label", {}, element("span", { class: "hint" }, "Schema"), Object.assign(select(schemas.map((s) => [s, s]), page.schema || schemas[0], chooseSchema), { id: "schema" })),
    button([element("span", { class: "hint" }, "Role"), element("strong", { class: state.error && "bad" }, role), currentToken() ? "" : element("span", { class: "hint" }, "no token")],
      () => tokenDialog(page.state, changeToken), { id: "role", "aria-haspopup": "dialog" }),
    element("span", { class: "server" }, element("span", { class: "hint" }, "API"), element("code", {}, apiAddress || "not reachable")),
    page.api && page.problem && element("p", { class: "warning" }, page.problem),
    state.error && element("p", { class: "failure" }, `${state.error}. Requests are sent with this token and will be refused.`),
  ].filter(Boolean));
}

function chooseSchema(schema) {
  page.schema = schema === page.api.schemas[0] ? "" : schema;
  page.builders.clear();
  load();
}

async function changeToken() {
  page.builders.clear();
  await load();
  return page.state;
}

// say announces something.
function say(text) {
  notice.replaceChildren(element("p", {}, text));
  clearTimeout(say.timer);
  say.timer = setTimeout(() => notice.replaceChildren(), 6000);
}

// pause is how long the page waits between two looks whether the schema has changed. The API logs and limits what is
// asked, the admin server does not.
const pause = everything ? 2000 : 5000;

// watch looks for a change of the schema while the page is seen, and loads it.
async function watch() {
  if (document.visibilityState === "visible") {
    const state = await readState().catch(() => undefined);
    if (state?.error && !page.state.error) {
      page.state = state;
      show();
    }
    if (state?.generation && page.state.generation && state.generation !== page.state.generation) {
      await load();
      say("The schema has changed. The page shows the new one.");
    }
  }
  setTimeout(watch, page.state.error ? 10 * pause : pause);
}

function toggleMenu(open) {
  menuButton.setAttribute("aria-expanded", String(open));
  document.body.classList.toggle("menu-open", open);
}

function onKey(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && page.builder) {
    event.preventDefault();
    page.builder.send("");
  }
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select, dialog")) return;
  event.preventDefault();
  toggleMenu(true);
  search.focus();
}

search.addEventListener("input", () => page.api && list.replaceChildren(...menu(page.api, search.value, location.hash)));
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") list.querySelector("a[href^='#relation'], a[href^='#function']")?.click();
});
menuButton.addEventListener("click", () => toggleMenu(menuButton.getAttribute("aria-expanded") !== "true"));
document.addEventListener("keydown", onKey);
window.addEventListener("hashchange", () => {
  page.builder = undefined;
  toggleMenu(false);
  show(true);
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true });
});

await load();
setTimeout(watch, pause);
