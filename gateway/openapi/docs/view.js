// Builds the page's elements. Text from the document only ever becomes text nodes.

import { functionExamples, relationExamples } from "./curl.js";

// element makes an element with attributes and children: elements or text.
function element(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) e.setAttribute(key, value === true ? "" : value);
  }
  e.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return e;
}

const link = (kind, name) => `#${kind}/${encodeURIComponent(name)}`;

const methods = { get: "read", post: "insert", put: "upsert", patch: "update", delete: "delete" };

// menu lists relations and functions whose names contain a text.
export function menu(api, search, current) {
  const wanted = search.trim().toLowerCase();
  const group = (title, kind, all) => {
    const found = all.filter(({ name }) => name.toLowerCase().includes(wanted));
    return found.length > 0 && element("section", {},
      element("h2", {}, title, element("span", { class: "count" }, String(found.length))),
      element("ul", {}, found.map(({ name }) => element("li", {},
        element("a", { href: link(kind, name), "aria-current": current === link(kind, name) && "page" }, name)))));
  };
  const groups = [group("Relations", "relation", api.relations), group("Functions", "function", api.functions)].filter(Boolean);
  return groups.length > 0 ? groups : [element("p", { class: "quiet" }, "Nothing has this name.")];
}

// overview shows everything in short.
export function overview(api, changeServer) {
  const server = element("input", { id: "server", type: "url", value: api.server, spellcheck: "false" });
  server.addEventListener("change", () => changeServer(server.value));
  return [
    element("header", {},
      element("h1", {}, api.title),
      api.version && element("span", { class: "badge" }, api.version)),
    paragraphs(api.description),
    element("label", { class: "field", for: "server" }, "Address in the examples", server),
    api.secured && element("p", { class: "quiet" }, "Requests carry a token: Authorization: Bearer …"),
    api.relations.length > 0 && section("Relations", table(["Name", "Kind", "Columns", "Can be", "Description"],
      api.relations.map((r) => [
        element("a", { href: link("relation", r.name) }, r.name), r.kind, String(r.columns.length), verbs(r), firstLine(r.description)]))),
    api.functions.length > 0 && section("Functions", table(["Name", "Arguments", "Returns", "Description"],
      api.functions.map((f) => [
        element("a", { href: link("function", f.name) }, f.name),
        f.arguments.map((a) => a.name).join(", ") || "none", f.returns, firstLine(f.description)]))),
    api.relations.length + api.functions.length === 0
      && element("p", { class: "empty" }, "This role can use no relation and no function."),
  ].filter(Boolean);
}

function verbs(relation) {
  return element("span", { class: "verbs" }, Object.entries(methods)
    .filter(([method]) => relation.operations[method])
    .map(([method, verb]) => element("span", { class: `verb ${method}` }, verb)));
}

// relationView shows a relation: its columns, its neighbours, requests.
export function relationView(api, relation) {
  return [
    element("header", {}, element("h1", {}, relation.name), element("span", { class: "badge" }, relation.kind), verbs(relation)),
    paragraphs(relation.description),
    section("Columns", table(["Name", "Type", "Null", "Default", "About"], relation.columns.map(columnRow))),
    relation.referencedBy.length > 0 && section("Referenced by", element("ul", { class: "references" },
      relation.referencedBy.map((r) => element("li", {},
        element("a", { href: link("relation", r.relation) }, r.relation), element("code", {}, `${r.column} → ${r.to}`))))),
    section("Try it", relationExamples(api, relation).map(example)),
  ].filter(Boolean);
}

function columnRow(column) {
  const key = column["x-foreign-key"];
  return [
    element("span", { class: "column" }, element("code", {}, column.name),
      column["x-primary-key"] && element("span", { class: "key", title: "Primary key" }, "PK"),
      key && element("a", { class: "key foreign", href: link("relation", key.relation), title: "Foreign key" }, `→ ${key.relation}.${key.column}`)),
    element("span", { class: "type" }, column["x-type"] + (column.maxLength && !column["x-type"].includes("(") ? `(${column.maxLength})` : "")),
    column.nullable ? element("span", { class: "null" }, "null") : column.required ? element("strong", {}, "required") : "",
    defaultOf(column),
    about(column),
  ];
}

function defaultOf(column) {
  const text = "default" in column ? JSON.stringify(column.default) : column["x-default"];
  return text === undefined ? "" : element("code", { class: "default" }, text);
}

// about is a column's comment without the notes on keys, which are shown beside its name, and its enum's values.
function about(column) {
  const comment = (column.description ?? "").split("\n\n")
    .filter((part) => !/^(Primary key\.|Part of the primary key\.|Foreign key to `.*`\.)$/.test(part)).join(" ");
  const values = (column.enum ?? []).filter((v) => v !== null);
  return element("span", { class: "about" }, comment, !column.readable && element("em", {}, " Can only be written."),
    values.length > 0 && element("span", { class: "values" }, values.map((v) => element("code", {}, v))));
}

// functionView shows a function: its arguments, its result, calls.
export function functionView(api, routine) {
  return [
    element("header", {}, element("h1", {}, routine.name), element("span", { class: "badge" }, "function"),
      routine.operations.get && element("span", { class: "badge" }, "read only")),
    paragraphs(routine.description),
    element("p", {}, "Returns ", element("strong", {}, routine.returns), "."),
    routine.arguments.length > 0 && section("Arguments", table(["Name", "Type", ""], routine.arguments.map((a) => [
      element("code", {}, a.name), element("span", { class: "type" }, a["x-type"]), a.required ? element("strong", {}, "required") : "optional"]))),
    routine.wholeBody && element("p", {}, `The body is the argument, as ${routine.bodyType}.`),
    section("Try it", functionExamples(api, routine).map(example)),
  ].filter(Boolean);
}

function example({ title, method, line }) {
  const copy = element("button", { type: "button", "aria-label": `Copy: ${title}` }, "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(line);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  return element("figure", {},
    element("figcaption", {}, element("span", { class: `verb ${method.toLowerCase()}` }, method), title, copy),
    element("pre", {}, element("code", {}, line)));
}

function section(title, ...children) {
  return element("section", {}, element("h2", {}, title), ...children);
}

function table(heads, rows) {
  return element("div", { class: "scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, rows.map((cells) => element("tr", {}, cells.map((cell) => element("td", {}, cell)))))));
}

function paragraphs(text) {
  return text && element("div", { class: "lead" }, text.split(/\n{2,}/).map((p) => element("p", {}, p)));
}

function firstLine(text) {
  return text.split("\n", 1)[0];
}

// failure says why there is nothing to see.
export function failure(message) {
  return [element("h1", {}, "The description cannot be shown"), element("p", { class: "empty" }, message)];
}
