// Makes requests of what is filled in, and sends them.

import { api, authorization, unreachable } from "./session.js";

// A request is {method, path, query, headers, body}: query is a list of names and values, body is text or undefined.

// relationRequest returns the request that a form describes.
export function relationRequest(relation, form) {
  const read = form.verb === "get", written = form.verb === "post" || form.verb === "put";
  const query = [];
  if (read || form.returning) {
    const chosen = selection(form, relation.partial);
    if (chosen) query.push(["select", chosen]);
  }
  if (form.verb === "put") query.push(...form.key.map(({ name, value }) => [name, `eq.${value}`]));
  if (!written) query.push(...form.filters.filter((f) => relation.conditions.has(f.column)).map((f) => [relation.conditions.get(f.column).key, condition(f)]));
  if (read) {
    if (form.order.length > 0) query.push(["order", form.order.map(ordering).join(",")]);
    for (const name of ["limit", "offset"]) if (form[name] !== "") query.push([name, form[name]]);
  }
  query.push(...moreParameters(form.more));
  return {
    method: form.verb.toUpperCase(), path: relation.path, query,
    headers: headers(form), body: "post put patch".includes(form.verb) ? form.body : undefined,
  };
}

// functionRequest returns the request that calls a function.
export function functionRequest(routine, form) {
  const given = routine.arguments.filter((a) => form.values.has(a.name));
  const get = form.verb === "get";
  const query = get ? given.flatMap((a) => queryValues(a, form.values.get(a.name)).map((v) => [a.name, v])) : [];
  query.push(...moreParameters(form.more));
  const head = headers(form);
  if (get) return { method: "GET", path: routine.path, query, headers: head };
  if (routine.wholeBody) return { method: "POST", path: routine.path, query, headers: { ...head, "Content-Type": routine.bodyType }, body: form.body };
  const body = Object.fromEntries(given.map((a) => [a.name, bodyValue(a, form.values.get(a.name))]));
  return { method: "POST", path: routine.path, query, headers: head, body: JSON.stringify(body) };
}

function headers(form) {
  const all = {}, prefer = [];
  if (form.as) all.Accept = form.as;
  if (form.count) prefer.push(`count=${form.count}`);
  if (form.resolution) prefer.push(`resolution=${form.resolution}`);
  if (form.verb !== "get" && form.returning) prefer.push("return=representation");
  if (prefer.length > 0) all.Prefer = prefer.join(",");
  if ("post put patch".includes(form.verb)) all["Content-Type"] = "application/json";
  if (form.schema) all[form.verb === "get" ? "Accept-Profile" : "Content-Profile"] = form.schema;
  return all;
}

// selection is the value of select, "" for all columns and nothing embedded.
function selection({ columns, embeds }, partial) {
  if (!columns && !partial && embeds.length === 0) return "";
  const star = (some) => (some ? "**" : "*");
  return [
    ...(columns ? columns.map(quoted) : [star(partial)]),
    ...embeds.map((e) => `${quoted(e.name)}${e.hint ? `!${quoted(e.hint)}` : ""}(${star(e.partial)})`),
  ].join(",");
}

const condition = ({ negated, operator, value }) => `${negated ? "not." : ""}${operator}.${value}`;
const ordering = ({ column, direction }) => quoted(column) + (direction ? `.${direction}` : "");

// moreParameters reads what is typed as a query string.
function moreParameters(text) {
  return [...new URLSearchParams(text.trim().replace(/^\?/, ""))];
}

// queryValues are the values of an argument in a query string: several for a variadic one.
function queryValues(argument, text) {
  if (!isType(argument, "array")) return [text];
  const values = parsed(text);
  if (!Array.isArray(values)) return [text];
  return argument.variadic ? values.map(literal) : [literal(values)];
}

// bodyValue is the value of an argument in JSON. Text that is not JSON is a string.
function bodyValue(argument, text) {
  if (isType(argument, "string") && text !== "null") return text;
  const value = parsed(text);
  return value === undefined ? text : value;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isType(schema, type) {
  return (Array.isArray(schema.type) ? schema.type[0] : schema.type) === type;
}

// literal is a value of JSON in a query string. Arrays are as PostgreSQL writes them.
export function literal(value) {
  if (Array.isArray(value)) return `{${value.map(item).join(",")}}`;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

function item(value) {
  if (value === null) return "NULL";
  const text = literal(value);
  if (Array.isArray(value) || typeof value === "number" || typeof value === "boolean") return text;
  return /^\w+$/.test(text) && text.toLowerCase() !== "null" ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

// quoted is a name in select and order, in double quotes if it is no plain word.
export function quoted(name) {
  return /^\w+$/.test(name) ? name : `"${name.replace(/["\\]/g, "\\$&")}"`;
}

// encode leaves those characters readable that mean nothing in a query string's value.
function encode(text) {
  return encodeURIComponent(text).replace(/%(2C|3A|2A|28|29)/g, (c) => decodeURIComponent(c));
}

// targetOf returns path and query.
export function targetOf({ path, query }) {
  const search = query.map(([name, value]) => `${encode(name)}=${encode(String(value))}`).join("&");
  return path + (search && `?${search}`);
}

// send sends a request and returns what is shown of the answer.
export async function send(request, signal) {
  const started = performance.now();
  let answer;
  try {
    answer = await fetch(api + targetOf(request), {
      method: request.method, headers: { ...request.headers, ...authorization() }, body: request.body,
      credentials: "omit", cache: "no-store", redirect: "error", signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error(unreachable());
  }
  const text = await answer.text();
  return {
    status: answer.status, statusText: answer.statusText, ok: answer.ok, text,
    type: answer.headers.get("Content-Type") ?? "", headers: [...answer.headers], took: performance.now() - started,
  };
}

// readRows returns rows, or none if they cannot be read.
export async function readRows(relation, query, schema) {
  try {
    const answer = await send({ method: "GET", path: relation.path, query, headers: schema ? { "Accept-Profile": schema } : {} });
    const rows = answer.ok ? JSON.parse(answer.text) : [];
    return Array.isArray(rows) ? rows : [];
  } catch {
    return [];
  }
}
