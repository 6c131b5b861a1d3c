// Builds what the page says of the description. Text from the document only ever becomes text nodes.

import { element, paragraphs, section, table } from "./dom.js";
import { verbs } from "./model.js";

const link = (kind, name) => `#${kind}/${encodeURIComponent(name)}`;

// menu lists relations and functions whose names contain a text. Those that the role may not use are dim.
export function menu(api, search, current) {
  const wanted = search.trim().toLowerCase();
  const group = (title, kind, all, usable) => {
    const found = all.filter(({ name }) => name.toLowerCase().includes(wanted));
    return found.length > 0 && element("section", {},
      element("h2", {}, title, element("span", { class: "count" }, String(found.length))),
      element("ul", {}, found.map((one) => element("li", {},
        element("a", {
          href: link(kind, one.name), "aria-current": current === link(kind, one.name) && "page", class: !usable(one) && "dim",
          title: !usable(one) && "Not available to this role",
        }, one.name)))));
  };
  const groups = [
    api.relations.length > 0 && element("ul", {}, element("li", {}, element("a", { href: "#diagram", "aria-current": current === "#diagram" && "page" }, "Diagram"))),
    group("Relations", "relation", api.relations, (r) => Object.values(r.may).some(Boolean)),
    group("Functions", "function", api.functions, (f) => f.may),
  ].filter(Boolean);
  return groups.length > 0 ? groups : [element("p", { class: "quiet" }, "No matches.")];
}

// overview shows everything in short.
export function overview(api) {
  return [
    element("header", {},
      element("h1", {}, api.title),
      api.version && element("span", { class: "badge" }, api.version)),
    paragraphs(api.description),
    api.relations.length > 0 && section("Relations", table(["Name", "Kind", "Columns", "Can be", "Description"],
      api.relations.map((r) => ({ dim: !Object.values(r.may).some(Boolean), cells: [
        element("a", { href: link("relation", r.name) }, r.name), r.kind, String(r.columns.length), verbList(r), firstLine(r.description)] })), "Relations")),
    api.functions.length > 0 && section("Functions", table(["Name", "Arguments", "Returns", "Description"],
      api.functions.map((f) => ({ dim: !f.may, cells: [
        element("a", { href: link("function", f.name) }, f.name),
        f.arguments.map((a) => a.name).join(", ") || "none", f.returns, firstLine(f.description)] })), "Functions")),
    api.relations.length + api.functions.length === 0
      && element("p", { class: "empty" }, "This role may not use any relation or function."),
  ].filter(Boolean);
}

// verbList shows what can be done. What the role may not do is dim, and said to be so.
function verbList(relation) {
  return element("span", { class: "verbs" }, Object.entries(verbs)
    .filter(([method]) => relation.operations[method])
    .map(([method, verb]) => (relation.may[method]
      ? element("span", { class: `verb ${method}` }, verb)
      : element("span", { class: "verb denied", title: `The role may not ${verb}` }, verb, element("span", { class: "unseen" }, " (not allowed)")))));
}

// relationHead and functionHead begin the page of a relation or function.
export function relationHead(relation) {
  return [
    element("header", {}, element("h1", {}, relation.name), element("span", { class: "badge" }, relation.kind), verbList(relation)),
    paragraphs(relation.description),
  ].filter(Boolean);
}

export function functionHead(routine) {
  return [
    element("header", {}, element("h1", {}, routine.name), element("span", { class: "badge" }, "function"),
      routine.operations.get && element("span", { class: "badge" }, "read only"),
      !routine.may && element("span", { class: "verb denied" }, "not for this role")),
    paragraphs(routine.description),
    element("p", {}, "Returns ", element("strong", {}, routine.returns), "."),
    routine.wholeBody && element("p", {}, `The body of the request is the argument, as ${routine.bodyType}.`),
  ].filter(Boolean);
}

// relationParts shows a relation's columns and its neighbours.
export function relationParts(relation) {
  return [
    section("Columns", table(["Name", "Type", "Null", "Default", "About"], relation.columns.map((c) => ({ dim: !c.allowed, cells: columnCells(c) })), "Columns")),
    relation.referencedBy.length > 0 && section("Referenced by", element("ul", { class: "references" },
      relation.referencedBy.map((r) => element("li", {},
        element("a", { href: link("relation", r.relation) }, r.relation), element("code", {}, `${r.column} → ${r.to}`))))),
  ].filter(Boolean);
}

export function functionParts(routine) {
  return routine.arguments.length === 0 ? [] : [section("Arguments", table(["Name", "Type", ""], routine.arguments.map((a) => ({ cells: [
    element("code", {}, a.name), element("span", { class: "type" }, a["x-type"]),
    [a.required ? element("strong", {}, "required") : "optional", a.variadic && ", any number of values"]] })), "Arguments"))];
}

function columnCells(column) {
  const key = column["x-foreign-key"];
  return [
    element("span", { class: "column" }, element("code", {}, column.name),
      column["x-primary-key"] && element("span", { class: "key", title: "Primary key" }, "PK"),
      key && element("a", { class: "key foreign", href: link("relation", key.relation), title: "Foreign key" }, `→ ${key.relation}.${key.column}`)),
    element("span", { class: "type", title: column["x-base-type"] && `A domain: ${column["x-base-type"]}` }, column["x-type"] + (column.maxLength && !column["x-type"].includes("(") ? `(${column.maxLength})` : "")),
    column.nullable ? element("span", { class: "null" }, "null") : column.required ? element("strong", {}, "required") : "",
    defaultOf(column),
    about(column),
  ];
}

function defaultOf(column) {
  if (column.readOnly) return element("span", { class: "null" }, "generated");
  const text = "default" in column ? JSON.stringify(column.default) : column["x-default"];
  return text === undefined ? "" : element("code", { class: "default" }, text);
}

// about is a column's comment without the notes on keys, which are shown beside its name, and its enum's values.
function about(column) {
  const comment = (column.description ?? "").split("\n\n")
    .filter((part) => !/^(Primary key\.|Part of the primary key\.|Foreign key to `.*`\.)$/.test(part)).join(" ");
  const values = (column.enum ?? []).filter((v) => v !== null);
  const access = !column.allowed ? " Not for this role." : !column.readable ? " Can only be written." : "";
  return element("span", { class: "about" }, comment, access && element("em", {}, access),
    values.length > 0 && element("span", { class: "values" }, values.map((v) => element("code", {}, v))));
}

function firstLine(text) {
  return text.split("\n", 1)[0];
}

// failure says why there is nothing to see.
export function failure(message) {
  return [element("h1", {}, "The API description cannot be shown"), element("p", { class: "empty" }, message)];
}
