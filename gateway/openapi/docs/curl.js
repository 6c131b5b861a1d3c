// Writes requests as curl lines that can be pasted into a POSIX shell.

// relationExamples returns what can be done with a relation, as titles and lines.
export function relationExamples(api, relation) {
  const key = keyFilter(relation), { operations } = relation;
  const examples = [];
  const add = (title, request) => examples.push({ title, method: request.method ?? "GET", line: line(api, request) });
  if (operations.get) {
    add("Read a page, newest or highest first", {
      path: relation.path, query: { order: `${keyColumn(relation)}.desc`, limit: 10 }, prefer: "count=exact",
    });
    add("Choose columns and rows", {
      path: relation.path, query: { select: relation.columns.filter((c) => c.readable).slice(0, 3).map((c) => quoted(c.name)).join(","), ...condition(relation) },
    });
    for (const column of relation.columns.filter((c) => c["x-foreign-key"] && c.readable).slice(0, 2)) {
      add(`Embed ${column["x-foreign-key"].relation}`, {
        path: relation.path, query: { select: `*,${quoted(column["x-foreign-key"].relation)}(*)`, limit: 10 },
      });
    }
  }
  if (operations.post) {
    add("Insert a row", { method: "POST", path: relation.path, body: sample(relation.inserted), prefer: "return=representation" });
  }
  if (operations.put) {
    add("Insert or replace the row with a key", {
      method: "PUT", path: relation.path, query: putKey(operations.put), body: sample(relation.inserted, true), prefer: "return=representation",
    });
  }
  if (operations.patch) {
    add("Update rows", { method: "PATCH", path: relation.path, query: key, body: firstMember(relation.updated), prefer: "return=representation" });
  }
  if (operations.delete) add("Delete rows", { method: "DELETE", path: relation.path, query: key });
  return examples;
}

// functionExamples returns how a function is called.
export function functionExamples(api, routine) {
  const examples = [];
  const values = Object.fromEntries(routine.arguments.map((a) => [a.name, value(a)]));
  if (routine.operations.get) {
    const query = Object.fromEntries(Object.entries(values).map(([name, v]) => [name, literal(v)]));
    examples.push({ title: "Call by GET: the function does not write", method: "GET", line: line(api, { path: routine.path, query }) });
  }
  const body = routine.wholeBody ? { raw: "…", type: routine.bodyType } : values;
  examples.push({ title: "Call", method: "POST", line: line(api, { method: "POST", path: routine.path, body }) });
  return examples;
}

// line writes one request.
function line(api, { method = "GET", path, query = {}, body, prefer }) {
  const search = Object.entries(query).map(([name, v]) => `${encode(name)}=${encode(String(v))}`).join("&");
  const words = ["curl", ...(method === "GET" ? [] : ["-X", method]), quote(api.server.replace(/\/$/, "") + path + (search && `?${search}`))];
  const options = [];
  if (api.secured) options.push('-H "Authorization: Bearer $TOKEN"');
  if (prefer) options.push(`-H ${quote(`Prefer: ${prefer}`)}`);
  if (body !== undefined) {
    options.push(`-H ${quote(`Content-Type: ${body.type && body.raw ? body.type : "application/json"}`)}`);
    options.push(`-d ${quote(body.raw ?? JSON.stringify(body))}`);
  }
  return [words.join(" "), ...options.map((o) => `  ${o}`)].join(" \\\n");
}

// quote makes one word of a POSIX shell.
export function quote(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

// encode leaves those characters readable that mean nothing in a query string's value.
function encode(text) {
  return encodeURIComponent(text).replace(/%(2C|3A|2A|28|29)/g, (c) => decodeURIComponent(c));
}

// quoted is a name in select and order, in double quotes if it is no plain word.
function quoted(name) {
  return /^\w+$/.test(name) ? name : `"${name.replace(/["\\]/g, "\\$&")}"`;
}

function keyColumn(relation) {
  const readable = relation.columns.filter((c) => c.readable);
  return quoted((readable.find((c) => c["x-primary-key"]) ?? readable[0])?.name ?? "id");
}

function keyFilter(relation) {
  const keys = relation.columns.filter((c) => c["x-primary-key"] && c.readable);
  if (keys.length === 0) return condition(relation);
  return Object.fromEntries(keys.map((c) => [c.name, `eq.${literal(value(c))}`]));
}

function putKey(operation) {
  return Object.fromEntries(operation.parameters.filter((p) => p.in === "query").map((p) => [p.name, p.example]));
}

// reserved are the query parameters that are no filters, whatever the columns are called.
const reserved = ["select", "order", "limit", "offset", "columns", "on_conflict", "and", "or", "not.and", "not.or"];

// condition is a filter on a column that is no key, where there is one.
function condition(relation) {
  const plain = relation.columns.filter((c) => c.readable && !["array", undefined].includes(type(c)) && !reserved.includes(c.name));
  const column = plain.find((c) => c.enum) ?? plain.find((c) => !c["x-primary-key"]) ?? plain[0];
  return column ? { [column.name]: `eq.${literal(value(column))}` } : {};
}

function type(schema) {
  return Array.isArray(schema.type) ? schema.type[0] : schema.type;
}

// sample is a row to insert: what must be given and a little more, with the key if asked for.
function sample(schema, withKey = false) {
  const entries = Object.entries(schema.properties).filter(([name, c]) => {
    if (c["x-primary-key"]) return withKey || schema.required?.includes(name);
    return schema.required?.includes(name) || (!("default" in c) && !("x-default" in c));
  });
  return Object.fromEntries(entries.slice(0, 8).map(([name, c]) => [name, value(c)]));
}

function firstMember(schema) {
  const members = Object.entries(schema.properties);
  const [name, column] = members.find(([, c]) => !c["x-primary-key"]) ?? members[0];
  return { [name]: value(column) };
}

// value is some value of a schema.
function value(schema) {
  if (schema.enum) return schema.enum[0];
  switch (type(schema)) {
    case "boolean": return true;
    case "integer": case "number": return 1;
    case "array": return [value(schema.items)];
    case "string": return { date: "2024-02-29", "date-time": "2024-02-29T12:00:00Z", "date-time-local": "2024-02-29T12:00:00", "time-local": "12:00:00", uuid: "6f1c0c9e-4b7a-4c55-8f0f-0a4f1d8a2b11" }[schema.format] ?? "text";
    default: return {};
  }
}

// literal is a value in a query string.
function literal(v) {
  if (Array.isArray(v)) return `{${v.map(literal).join(",")}}`;
  return typeof v === "object" ? JSON.stringify(v) : String(v);
}
