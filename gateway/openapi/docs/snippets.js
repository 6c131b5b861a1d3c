// Writes requests as code: for a POSIX shell, for JavaScript with postgrest-js, and for Python with requests. A token is
// never written, only the variable that has it.

import { quoted, targetOf } from "./request.js";

export const languages = [["curl", "curl"], ["javascript", "JavaScript"], ["python", "Python"]];

// snippet returns code that sends a request to the API at an address.
export function snippet(language, server, secured, request, form) {
  const base = server.replace(/\/$/, "");
  return { curl, javascript, python }[language](base, secured, request, form);
}

function curl(base, secured, request) {
  const words = ["curl", ...(request.method === "GET" ? [] : ["-X", request.method]), shellWord(base + targetOf(request))];
  const options = secured ? ['-H "Authorization: Bearer $TOKEN"'] : [];
  for (const [name, value] of Object.entries(request.headers)) options.push(`-H ${shellWord(`${name}: ${value}`)}`);
  if (request.body !== undefined) options.push(`--data-raw ${shellWord(compact(request.body))}`);
  return [words.join(" "), ...options.map((o) => `  ${o}`)].join(" \\\n");
}

// shellWord makes one word of a POSIX shell.
export function shellWord(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

// compact writes JSON on one line, and leaves anything else.
function compact(body) {
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    return body;
  }
}

// python writes a program with the library requests.
function python(base, secured, request) {
  const lines = ["import requests", ""];
  if (secured) lines[0] = "import os\nimport requests";
  lines.push("answer = requests.request(", `    ${pythonText(request.method)}, ${pythonText(base + request.path)},`);
  if (request.query.length > 0) lines.push(`    params=[${request.query.map(([name, value]) => `(${pythonText(name)}, ${pythonText(String(value))})`).join(", ")}],`);
  const headers = Object.entries(request.headers).map(([name, value]) => `${pythonText(name)}: ${pythonText(value)}`);
  if (secured) headers.unshift('"Authorization": "Bearer " + os.environ["TOKEN"]');
  if (headers.length > 0) lines.push(`    headers={${headers.join(", ")}},`);
  if (request.body !== undefined) lines.push(`    data=${pythonText(compact(request.body))}.encode(),`);
  return [...lines, ")", "answer.raise_for_status()", "print(answer.text)"].join("\n");
}

// pythonText is a string of Python, which reads JSON's escapes as JSON does, except for those of half a character.
const pythonText = (text) => JSON.stringify(text);

// javascript writes a program with @supabase/postgrest-js, or with fetch for what that cannot say.
function javascript(base, secured, request, form) {
  const calls = request.path.startsWith("/rpc/") ? functionCalls(request) : relationCalls(request, form);
  if (!calls) return fetching(base, secured, request);
  const options = secured ? ", {\n  headers: { Authorization: `Bearer ${process.env.TOKEN}` },\n}" : "";
  const profile = request.headers["Accept-Profile"] ?? request.headers["Content-Profile"];
  return [
    'import { PostgrestClient } from "@supabase/postgrest-js";', "",
    `const api = new PostgrestClient(${scriptText(base)}${options});`,
    `const { data, error } = await api${profile ? `.schema(${scriptText(profile)})` : ""}`,
    `${calls.map((c) => `  ${c}`).join("\n")};`,
    "if (error) throw error;", "console.log(data);",
  ].join("\n");
}

function relationCalls(request, form) {
  const { verb } = form;
  if (form.more.trim() || (form.as && form.as !== "text/csv")) return undefined;
  const calls = [`.from(${scriptText(decodeURIComponent(request.path.slice(1)))})`];
  const chosen = new Map(request.query).get("select");
  const count = form.count ? `{ count: ${scriptText(form.count)} }` : "";
  if (verb === "get") calls.push(`.select(${[chosen || count ? scriptText(chosen ?? "*") : "", count].filter(Boolean).join(", ")})`);
  else if (verb === "delete") calls.push(`.delete(${count})`);
  else calls.push(`${writing(form)}`);
  if (verb === "get" || verb === "patch" || verb === "delete") calls.push(...filterCalls(request, form));
  if (verb !== "get" && form.returning) calls.push(`.select(${chosen ? scriptText(chosen) : ""})`);
  if (verb === "get") calls.push(...pageCalls(form));
  if (form.as === "text/csv") calls.push(".csv()");
  return calls;
}

function writing(form) {
  const body = scriptValue(form.body);
  if (form.verb === "patch") return `.update(${body})`;
  if (form.verb === "put" || form.resolution === "merge-duplicates") return `.upsert(${body})`;
  return form.resolution ? `.upsert(${body}, { ignoreDuplicates: true })` : `.insert(${body})`;
}

// filterCalls are the parameters of the request that are neither select nor of the page.
function filterCalls(request, { filters }) {
  const keys = request.query.map(([name]) => name).filter((name) => !["select", "order", "limit", "offset"].includes(name));
  return filters.filter((f) => f.column).map(({ negated, operator, value }, i) =>
    `.${negated ? "not" : "filter"}(${[keys[i], operator, value].map(scriptText).join(", ")})`);
}

function pageCalls({ order, limit, offset }) {
  const calls = order.map(({ column, direction }) => {
    const options = [`ascending: ${!direction.startsWith("desc")}`];
    if (direction.includes("nulls")) options.push(`nullsFirst: ${direction.endsWith("nullsfirst")}`);
    return `.order(${scriptText(quoted(column))}, { ${options.join(", ")} })`;
  });
  if (offset !== "") calls.push(`.range(${offset}, ${Number(offset) + Number(limit || 1000) - 1})`);
  else if (limit !== "") calls.push(`.limit(${limit})`);
  return calls;
}

function functionCalls(request) {
  const name = scriptText(decodeURIComponent(request.path.slice("/rpc/".length)));
  if (request.method === "GET") {
    if (new Set(request.query.map(([n]) => n)).size < request.query.length || request.headers.Accept) return undefined;
    const values = Object.fromEntries(request.query);
    return [`.rpc(${name}, ${scriptValue(JSON.stringify(values))}, { get: true })`];
  }
  if (request.query.length > 0 || request.headers["Content-Type"] !== "application/json" || request.headers.Accept) return undefined;
  return [`.rpc(${name}${request.body === "{}" ? "" : `, ${scriptValue(request.body)}`})`];
}

function fetching(base, secured, request) {
  const headers = Object.entries(request.headers).map(([name, value]) => `    ${scriptText(name)}: ${scriptText(value)},`);
  if (secured) headers.unshift("    Authorization: `Bearer ${process.env.TOKEN}`,");
  return [
    `const answer = await fetch(${scriptText(base + targetOf(request))}, {`,
    `  method: ${scriptText(request.method)},`,
    ...(headers.length > 0 ? ["  headers: {", ...headers, "  },"] : []),
    ...(request.body !== undefined ? [`  body: ${scriptText(compact(request.body))},`] : []),
    "});",
    "if (!answer.ok) throw new Error(await answer.text());", "console.log(await answer.text());",
  ].join("\n");
}

const scriptText = (text) => JSON.stringify(text);

// scriptValue writes JSON as an expression. A member called __proto__ would mean something else there.
function scriptValue(body) {
  let value;
  try {
    value = JSON.parse(body);
  } catch {
    return `JSON.parse(${scriptText(body)})`;
  }
  const text = JSON.stringify(value, null, 2).replaceAll("\n", "\n  ");
  return text.includes('"__proto__"') ? `JSON.parse(${scriptText(JSON.stringify(value))})` : text;
}
