// The request builder: what is filled in becomes a request, which is shown as it is sent and as code.

import { answerView, Answers } from "./answer.js";
import { button, choice, copyButton, element, field, select } from "./dom.js";
import { firstCondition, forFunction, forRelation, rowsLike, split, typed } from "./examples.js";
import { verbs } from "./model.js";
import { functionRequest, quoted, relationRequest, send, targetOf } from "./request.js";
import { api as apiAddress, currentToken } from "./session.js";
import { languages, snippet } from "./snippets.js";

const operators = [
  "eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "in", "is", "isdistinct", "fts", "plfts", "phfts",
  "wfts", "cs", "cd", "ov", "sl", "sr", "nxl", "nxr", "adj",
];

const directions = [
  ["", "default"], ["asc", "ascending"], ["desc", "descending"], ["asc.nullsfirst", "ascending, nulls first"],
  ["desc.nullslast", "descending, nulls last"],
];

// Builder is the request builder of one relation or function. What is filled in outlives the elements that show it.
export class Builder {
  // host renders the builder again: it calls view, and keeps the focus.
  constructor(kind, name, schema, host) {
    this.kind = kind;
    this.name = name;
    this.host = host;
    this.language = "curl";
    this.forms = new Map();
    this.verb = "";
    this.schema = schema;
    this.answers = new Answers();
  }

  // update gives the builder the description that is current, and returns whether there is something to fill in.
  update(api, item, server) {
    Object.assign(this, { api, item, server });
    const possible = this.kind === "relation" ? Object.keys(verbs).filter((verb) => item.may[verb]) : this.calls();
    if (!possible.includes(this.verb)) this.verb = possible[0] ?? "";
    return this.verb !== "";
  }

  calls() {
    if (!this.item.may) return [];
    return this.item.operations.get && !this.item.arguments.some(unwritable) ? ["get", "post"] : ["post"];
  }

  // form is what is filled in for the chosen verb.
  form() {
    if (!this.forms.has(this.verb)) {
      this.forms.set(this.verb, {
        verb: this.verb, schema: this.schema, columns: undefined, embeds: [], filters: [], order: [], limit: this.verb === "get" && this.kind === "relation" ? "10" : "",
        offset: "", count: "", as: "", more: "", body: "", key: [], returning: true, resolution: "", all: false, values: new Map(), fresh: true,
      });
    }
    const form = this.forms.get(this.verb);
    if (this.kind === "relation" && !this.item.columns.some((c) => c.readable)) form.returning = false;
    return form;
  }

  request() {
    const form = this.form();
    return this.kind === "relation" ? relationRequest(this.item, form) : functionRequest(this.item, form);
  }

  // fillIn fills in an example, and shows it when it is there. Reads need none.
  async fillIn(form) {
    form.fresh = false;
    if (this.kind === "relation" && form.verb === "get") return;
    form.filling = true;
    if (this.kind === "function") await forFunction(this.api, this.item, form);
    else await forRelation(this.api, this.item, form);
    form.filling = false;
    this.host();
  }

  // change applies a change to the form and shows it, also in other fields if it is structural.
  change(apply, structural = true) {
    apply(this.form());
    if (structural) this.host();
    else this.preview();
  }

  view() {
    const form = this.form();
    if (form.fresh) this.fillIn(form);
    this.target = element("p", { class: "target" });
    this.code = element("details", { class: "code", open: this.codeOpen ?? true, toggle: (e) => { this.codeOpen = e.target.open; } });
    const actions = this.actions(form);
    this.preview();
    return element("section", { class: "workbench", "aria-busy": String(Boolean(form.filling)), "aria-labelledby": "workbench-title" },
      element("h2", { id: "workbench-title" }, "Request"),
      this.verbChoice(),
      this.kind === "relation" ? this.relationFields(form) : this.functionFields(form),
      this.target, actions, this.code,
      answerView(this.answers, () => this.host()));
  }

  verbChoice() {
    if (this.kind === "function") {
      const calls = [["post", "POST"], ["get", "GET"]].map(([value, label]) => ({
        value, label, look: value, disabled: !this.calls().includes(value), title: this.calls().includes(value) ? undefined : "The function may write, or has arguments that cannot be sent in a URL",
      }));
      return choice("verb", "Method", calls, this.verb, (v) => this.choose(v), "segments");
    }
    const options = Object.entries(verbs).map(([value, label]) => ({
      value, label, look: value, disabled: !this.item.may[value], title: this.item.may[value] ? undefined : this.reason(value),
    }));
    return choice("verb", "Operation", options, this.verb, (v) => this.choose(v), "segments");
  }

  reason(verb) {
    return this.item.operations[verb] ? `The role may not ${verbs[verb]}` : `This is not possible here, or the role may not ${verbs[verb]}`;
  }

  choose(verb) {
    this.verb = verb;
    this.host();
  }

  relationFields(form) {
    const { verb } = form;
    const reads = verb === "get" || form.returning;
    return element("div", { class: "fields" },
      verb === "get" && this.presets(),
      (verb === "get" || verb === "patch" || verb === "delete") && this.filterFields(form),
      verb === "put" && this.keyFields(form),
      "post put patch".includes(verb) && this.bodyField(form),
      verb === "get" && this.orderFields(form),
      verb === "get" && element("div", { class: "row" },
        field("limit", "Limit", this.number(form, "limit"), "small"), field("offset", "Offset", this.number(form, "offset"), "small"),
        field("count", "Count", select([["", "none"], ["exact", "exact"], ["planned", "planned"], ["estimated", "estimated"]], form.count, (v) => this.change((f) => { f.count = v; }, false)), "small"),
        field("as", "Format", select([["", "JSON"], ["application/vnd.pgrst.object+json", "one JSON object"], ["text/csv", "CSV"]], form.as, (v) => this.change((f) => { f.as = v; }, false)), "small")),
      verb !== "get" && element("div", { class: "row" },
        this.item.may.get && element("label", { class: "check" }, this.checkbox("returning", form.returning, (on) => this.change((f) => { f.returning = on; })), "Return the rows"),
        verb === "post" && field("resolution", "If the row exists", select([["", "reject"], ["merge-duplicates", "update"], ["ignore-duplicates", "ignore"]], form.resolution, (v) => this.change((f) => { f.resolution = v; }, false)), "small")),
      reads && this.columnFields(form),
      this.moreField(form));
  }

  presets() {
    const { item } = this;
    const readable = item.columns.filter((c) => c.readable);
    const key = readable.find((c) => c["x-primary-key"]) ?? readable[0];
    const clear = (f) => Object.assign(f, { columns: undefined, embeds: [], filters: [], order: [], limit: "10", offset: "", count: "", as: "", more: "" });
    const preset = (label, apply) => button(label, async () => {
      const form = this.form();
      form.filling = true;
      clear(form);
      await apply(form);
      form.filling = false;
      this.host();
    }, { class: "chip" });
    return element("div", { class: "presets", role: "group", "aria-label": "Examples" }, element("span", { class: "hint" }, "Examples"),
      key && preset("A page, highest key first", (f) => { f.order = [{ column: key.name, direction: "desc" }]; f.count = "exact"; }),
      readable.length > 0 && preset("Some columns and rows", async (f) => { f.columns = readable.slice(0, 3).map((c) => c.name); f.filters = await rowsLike(item, this.schema); }),
      item.relationships.filter((r) => !r.view || r.cardinality === "many-to-one").slice(0, 3).map((r) => preset(`With ${r.relation}`, (f) => { f.embeds = [r]; })));
  }

  filterFields(form) {
    const columns = this.item.columns.filter((c) => c.readable && this.item.conditions.has(c.name));
    const rows = form.filters.map((filter, i) => element("div", { class: "line" },
      this.labelled(`filter-column-${i}`, "Column", select(["", ...columns.map((c) => c.name)].map((n) => [n, n]), filter.column, (v) => this.change((f) => { f.filters[i] = { column: v, ...split(this.item.conditions.get(v)?.example ?? "eq.") }; }))),
      this.labelled(`filter-operator-${i}`, "Operator", select(operators.flatMap((o) => [[o, o], [`not.${o}`, `not ${o}`]]), (filter.negated ? "not." : "") + filter.operator, (v) => this.change((f) => { Object.assign(f.filters[i], { negated: v.startsWith("not."), operator: v.replace(/^not\./, "") }); }, false))),
      this.labelled(`filter-value-${i}`, "Value", element("input", { value: filter.value, autocomplete: "off", spellcheck: "false", input: (e) => this.change((f) => { f.filters[i].value = e.target.value; }, false) })),
      this.remover(`filter-remove-${i}`, "Remove the filter", (f) => f.filters.splice(i, 1))));
    return element("fieldset", { class: "group" }, element("legend", {}, "Where"),
      columns.length > 0 && button("Add a filter", () => this.change((f) => { f.filters.push(firstCondition(this.item)[0]); }), { id: "filter-add", class: "quiet-button" }),
      rows,
      form.verb !== "get" && form.filters.length === 0 && element("p", { class: "warning" }, element("label", { class: "check" },
        this.checkbox("all", form.all, (on) => this.change((f) => { f.all = on; })), `There is no filter. Apply this to all rows of ${this.name}.`)));
  }

  keyFields(form) {
    return element("fieldset", { class: "group" }, element("legend", {}, "Key"), form.key.map(({ name, value }, i) =>
      field(`key-${i}`, name, element("input", { value, spellcheck: "false", autocomplete: "off", input: (e) => this.change((f) => { f.key[i].value = e.target.value; }, false) }))));
  }

  bodyField(form) {
    const area = element("textarea", { rows: String(Math.min(14, Math.max(4, form.body.split("\n").length + 1))), spellcheck: "false", autocomplete: "off", input: (e) => { this.change((f) => { f.body = e.target.value; }, false); this.judge(area, e.target.value); } });
    area.value = form.body;
    return field("body", "Body", area);
  }

  // judge marks a body that is not JSON.
  judge(area, text) {
    let message = "";
    try {
      JSON.parse(text);
    } catch (error) {
      message = error.message;
    }
    area.setCustomValidity(message);
    area.toggleAttribute("aria-invalid", message !== "");
    area.title = message;
  }

  orderFields(form) {
    const columns = this.item.columns.filter((c) => c.readable).map((c) => [c.name, c.name]);
    return element("fieldset", { class: "group" }, element("legend", {}, "Order"),
      columns.length > 0 && button("Add a sort column", () => this.change((f) => { f.order.push({ column: columns[0][0], direction: "" }); }), { id: "order-add", class: "quiet-button" }),
      form.order.map((by, i) => element("div", { class: "line" },
        this.labelled(`order-column-${i}`, "Column", select(columns, by.column, (v) => this.change((f) => { f.order[i].column = v; }, false))),
        this.labelled(`order-direction-${i}`, "Direction", select(directions, by.direction, (v) => this.change((f) => { f.order[i].direction = v; }, false))),
        this.remover(`order-remove-${i}`, "Remove the sort column", (f) => f.order.splice(i, 1)))));
  }

  columnFields(form) {
    const readable = this.item.columns.filter((c) => c.readable);
    const chosen = (name) => !form.columns || form.columns.includes(name);
    const toggle = (name, on) => this.change((f) => {
      const names = readable.map((c) => c.name).filter((n) => (n === name ? on : !f.columns || f.columns.includes(n)));
      f.columns = names.length === readable.length || names.length === 0 ? undefined : names;
    });
    const related = this.item.relationships;
    const embedded = (r) => form.embeds.some((e) => e.name === r.name && e.hint === r.hint);
    return element("details", { class: "group", open: form.columnsOpen ?? form.verb === "get", toggle: (e) => { form.columnsOpen = e.target.open; } },
      element("summary", {}, "Columns and embeds"),
      element("div", { class: "checks", role: "group", "aria-label": "Columns" }, readable.map((c, i) => element("label", { class: "chip" }, this.checkbox(`column-${i}`, chosen(c.name), (on) => toggle(c.name, on)), c.name))),
      related.length > 0 && element("div", { class: "checks", role: "group", "aria-label": "Embeds" }, element("span", { class: "hint" }, "Embed"), related.map((r, i) => element("label", { class: "chip", title: joining(r) },
        this.checkbox(`embed-${i}`, embedded(r), (on) => this.change((f) => { f.embeds = on ? [...f.embeds, r] : f.embeds.filter((e) => e.name !== r.name || e.hint !== r.hint); })), r.hint ? `${r.name}!${r.hint}` : r.name, element("small", {}, r.one ? "one" : "many")))));
  }

  functionFields(form) {
    const { item } = this;
    const area = item.wholeBody && element("textarea", { rows: "6", spellcheck: "false", input: (e) => this.change((f) => { f.body = e.target.value; }, false) });
    if (area) area.value = form.body;
    return element("div", { class: "fields" },
      area && field("body", `Body, as ${item.bodyType}`, area),
      item.arguments.map((a, i) => (form.verb === "get" && !a.inQuery ? undefined : this.argumentField(form, a, i))),
      this.moreField(form));
  }

  argumentField(form, argument, i) {
    const given = form.values.has(argument.name);
    const input = element("input", {
      value: form.values.get(argument.name) ?? "", disabled: !given, spellcheck: "false", autocomplete: "off",
      input: (e) => this.change((f) => { f.values.set(argument.name, e.target.value); }, false),
    });
    const hint = element("span", { class: "type" }, ` ${argument["x-type"]}${argument.variadic ? ", any number" : ""}`);
    if (argument.required) return field(`argument-${i}`, [argument.name, hint], input);
    const box = this.checkbox(`give-${i}`, given, (on) => this.change((f) => { if (on) f.values.set(argument.name, typed(argument, argument.examples?.[0] ?? null)); else f.values.delete(argument.name); }));
    box.setAttribute("aria-label", `Give ${argument.name}`);
    return element("div", { class: "optional" }, box, field(`argument-${i}`, [argument.name, hint, element("small", {}, " optional")], input));
  }

  moreField(form) {
    return field("more", "More parameters", element("input", {
      value: form.more, placeholder: this.kind === "relation" && form.verb === "get" ? "or=(a.eq.1,b.is.null)" : "select=a,b", spellcheck: "false", autocomplete: "off",
      input: (e) => this.change((f) => { f.more = e.target.value; }, false),
    }));
  }

  // preview shows the request, as it is sent and as code.
  preview() {
    const form = this.form(), request = this.request();
    const code = snippet(this.language, this.server, Boolean(currentToken()) || this.api.secured, request, form);
    this.target.replaceChildren(element("span", { class: `verb ${form.verb}` }, request.method), element("code", { id: "target" }, targetOf(request)));
    const chooseLanguage = (language) => {
      this.language = language;
      this.preview();
      document.getElementById(`language-${language}`)?.focus();
    };
    this.code.replaceChildren(element("summary", {}, "As code"),
      element("div", { class: "code-head" }, choice("language", "Language", languages.map(([value, label]) => ({ value, label })), this.language, chooseLanguage, "segments small"), copyButton(() => code, "Copy the code")),
      element("pre", { tabindex: "0", "aria-label": "Code" }, element("code", {}, code)));
    this.sender.disabled = !this.sendable();
  }

  sendable() {
    const form = this.form();
    const unfiltered = this.kind === "relation" && (form.verb === "patch" || form.verb === "delete") && form.filters.length === 0 && !form.all;
    return Boolean(apiAddress) && !unfiltered && !form.filling;
  }

  actions(form) {
    const change = form.verb !== "get" && this.kind === "relation";
    this.sender = button("Send", () => this.send(""), { id: "send", class: `primary ${form.verb}`, title: "Ctrl+Enter" });
    return element("div", { class: "actions" }, this.sender,
      this.item.plans && button("SQL", () => this.send("application/vnd.pgrst.sql"), { id: "sql" }),
      this.item.plans && button("Plan", () => this.send("application/vnd.pgrst.plan+text"), { id: "plan" }),
      (change || this.kind === "function" || form.verb === "get") && button("Example", () => { this.forms.delete(this.verb); this.host(); }, { id: "example", title: "Fill in the example again" }),
      form.filling && element("span", { class: "hint" }, "Looking for an example…"));
  }

  // send sends the request, or asks for what it becomes.
  async send(accept) {
    if (!accept && !this.sendable()) return;
    const request = this.request();
    if (accept) request.headers = { ...request.headers, Accept: accept };
    await this.answers.await(accept, (signal) => send(request, signal), () => this.host());
  }

  number(form, name) {
    return element("input", { type: "number", min: "0", value: form[name], input: (e) => this.change((f) => { f[name] = e.target.value; }, false) });
  }

  checkbox(id, checked, toggle) {
    return element("input", { type: "checkbox", id, checked, change: (e) => toggle(e.target.checked) });
  }

  labelled(id, label, control) {
    control.id = id;
    control.setAttribute("aria-label", label);
    return control;
  }

  remover(id, label, apply) {
    return button("×", () => this.change(apply), { id, class: "remove", "aria-label": label, title: label });
  }
}

// unwritable reports whether an argument that must be given is a row, of whose literal nothing is known.
function unwritable(argument) {
  return argument.required && argument.type === undefined && argument["x-type"].includes(".");
}

// joining says how related rows are found.
function joining(r) {
  if (r.junction) return `${r.cardinality}, through ${r.junction}`;
  const pairs = (r.columns ?? []).map(({ from, to }) => `${quoted(from)} → ${quoted(r.relation)}.${quoted(to)}`).join(", ");
  return [r.cardinality, pairs].filter(Boolean).join(": ");
}
