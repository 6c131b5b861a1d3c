// Fills in requests that succeed. A value of a column's type comes from the description; what constraints and foreign
// keys demand is not in it, so that rows which are there, as far as the role may read them, serve as patterns.

import { isType, literal, quoted, readRows } from "./request.js";

// forRelation fills in a form for its verb, in place.
export async function forRelation(api, relation, form) {
  const schema = form.schema;
  const keys = relation.columns.filter((c) => c["x-primary-key"] && c.readable);
  if (form.verb === "post" || form.verb === "put") {
    const row = await newRow(api, relation, schema, form.verb === "put");
    form.body = JSON.stringify(row, null, 2);
    if (form.verb === "put") form.key = relation.key.map(({ name }) => ({ name, value: literal(row[name]) }));
    return;
  }
  const column = form.verb === "patch" && updated(relation);
  const names = [...keys.map((c) => c.name), ...(column ? [column.name] : [])].filter((name) => relation.columns.some((c) => c.name === name && c.readable));
  const row = form.verb === "delete"
    ? await childless(relation, names, schema) ?? await absent(relation, keys, schema)
    : await some(relation, names, schema);
  form.filters = keys.filter((c) => relation.conditions.has(c.name)).map((c) => ({ column: c.name, ...split(row ? `eq.${literal(row[c.name])}` : relation.conditions.get(c.name).example) }));
  if (form.filters.length === 0) form.filters = firstCondition(relation);
  if (column) form.body = JSON.stringify(Object.fromEntries([[column.name, row?.[column.name] ?? example(column)]]), null, 2);
}

// updated is the column that an example of an update sets.
function updated(relation) {
  const columns = Object.entries(relation.updated?.properties ?? {}).map(([name, c]) => ({ name, ...c }));
  return columns.find((c) => !c["x-primary-key"] && !c["x-foreign-key"]) ?? columns.find((c) => !c["x-primary-key"]) ?? columns[0];
}

export function example(schema) {
  return schema.examples?.[0] ?? null;
}

// split takes a condition apart.
export function split(condition) {
  const negated = condition.startsWith("not.");
  const rest = negated ? condition.slice(4) : condition;
  const dot = rest.indexOf(".");
  return { negated, operator: rest.slice(0, dot), value: rest.slice(dot + 1) };
}

// rowsLike is a filter that finds rows which are there, on a column that is no key if there is one.
export async function rowsLike(relation, schema) {
  const columns = relation.columns.filter((c) => c.readable && relation.conditions.get(c.name)?.example.startsWith("eq."));
  const column = columns.find((c) => c.enum) ?? columns.find((c) => !c["x-primary-key"]) ?? columns[0];
  if (!column) return firstCondition(relation);
  const row = await some(relation, [column.name], schema);
  const value = row?.[column.name];
  const condition = row === undefined ? relation.conditions.get(column.name).example : value === null ? "is.null" : `eq.${literal(value)}`;
  return [{ column: column.name, ...split(condition) }];
}

// firstCondition is a filter on a column, where there is one.
export function firstCondition(relation) {
  const [first] = relation.columns.filter((c) => c.readable && relation.conditions.has(c.name));
  return first ? [{ column: first.name, ...split(relation.conditions.get(first.name).example) }] : [];
}

// patterns is how many rows serve as patterns.
const patterns = 20;

// several are rows of a relation, or none.
async function several(relation, names, schema, limit = patterns) {
  if (!relation?.may.get || names.length === 0) return [];
  return readRows(relation, [["select", names.map(quoted).join(",")], ["limit", String(limit)]], schema);
}

// some is a row of a relation, or undefined.
async function some(relation, names, schema) {
  const [row] = await several(relation, names, schema, 1);
  return row;
}

// childless is a row that no other refers to, or undefined: only such a row can be deleted in any case.
async function childless(relation, names, schema) {
  if (!relation.may.get || names.length === 0) return undefined;
  return withoutRelated(relation, relation.relationships.filter((r) => !r.one && r.columns && !r.view), names, schema);
}

// absent has a key that no row has, or is undefined if there are no rows: to delete it does no harm.
async function absent(relation, keys, schema) {
  const row = await some(relation, keys.map((c) => c.name), schema);
  if (!row) return undefined;
  return Object.fromEntries(await Promise.all(keys.map(async (c) => [c.name, await newValue(relation, c, [row[c.name]], schema)])));
}

// withoutRelated is a row for which there is nothing at the other end of some relationships, or undefined.
async function withoutRelated(relation, relationships, names, schema) {
  const embeds = relationships.map((r, i) => `e${i}:${quoted(r.name)}${r.hint ? `!${quoted(r.hint)}` : ""}()`);
  const query = [["select", [...names.map(quoted), ...embeds].join(",")], ...relationships.map((_, i) => [`e${i}`, "is.null"]), ["limit", "1"]];
  const [row] = await readRows(relation, query, schema);
  return row;
}

// newRow is a row to insert: what must be given, or else one column, and the key if asked for.
async function newRow(api, relation, schema, withKey) {
  const all = Object.entries(relation.inserted?.properties ?? {}).map(([name, c]) => ({ name, ...c, required: relation.inserted.required?.includes(name) }));
  // What a view's table demands is not known: all that the view shows is given.
  let columns = all.filter((c) => c.required || (c["x-primary-key"] ? withKey : relation.kind === "view"));
  if (columns.length === 0) columns = all.filter((c) => !c["x-primary-key"] && !c["x-foreign-key"]).slice(0, 1);
  const readable = columns.filter((c) => relation.columns.some((own) => own.name === c.name && own.readable));
  const rows = await several(relation, readable.map((c) => c.name), schema);
  const entries = await foreignKeys(api, relation, columns, schema);
  const done = new Set(entries.map(([name]) => name));
  let unique = false; // whether a foreign key of the row is the only one with its value
  for (const column of columns.filter((c) => !done.has(c.name))) {
    const parent = await foreignValue(api, relation, column, schema, !unique);
    if (parent) {
      unique ||= parent.unused;
      entries.push([column.name, parent.value]);
    } else if (isType(column, "integer") && !column["x-base-type"] && isJunction(relation) && entries.length > 0) {
      entries.push([column.name, await numberWithin(relation, column, entries[0], schema)]);
    } else {
      entries.push([column.name, await newValue(relation, column, rows.map((r) => r[column.name]), schema)]);
    }
  }
  return Object.fromEntries(unique ? entries : varied(columns.filter((c) => !done.has(c.name)), entries, rows));
}

// isJunction reports whether a relation's key has several columns, all of them foreign keys.
function isJunction(relation) {
  const keys = relation.columns.filter((c) => c["x-primary-key"]);
  return keys.length > 1 && keys.every((c) => c["x-foreign-key"]);
}

// numberWithin is a number that no row with the same foreign key has: such rows may be numbered.
async function numberWithin(relation, column, [key, value], schema) {
  const condition = relation.conditions.get(key);
  const query = [["select", quoted(column.name)], ...(condition ? [[condition.key, `eq.${literal(value)}`]] : []), ["order", `${quoted(column.name)}.desc.nullslast`], ["limit", "1"]];
  const [last] = await readRows(relation, query, schema);
  return (last?.[column.name] ?? 0) + 1;
}

// varied changes the text that differs most among rows, if the values are those of a row that is there: several columns
// together may have to be unique. Those of the primary key are new already.
function varied(columns, entries, rows) {
  const keys = new Set(columns.filter((c) => c["x-primary-key"]).map((c) => c.name));
  const same = rows.some((row) => entries.every(([name, value]) => keys.has(name) || !Object.hasOwn(row, name) || JSON.stringify(row[name]) === JSON.stringify(value)));
  if (!same || rows.length === 0) return entries;
  const kinds = (name) => new Set(rows.map((r) => r[name])).size;
  const [most] = columns.filter((c) => isText(c) && !keys.has(c.name) && !c["x-foreign-key"] && kinds(c.name) >= Math.min(5, rows.length)).sort((a, b) => kinds(b.name) - kinds(a.name));
  return entries.map(([name, value]) => [name, name === most?.name ? fresh(most, value) : value]);
}

// foreignKeys are the values of foreign keys of several columns: those of a row that is there.
async function foreignKeys(api, relation, columns, schema) {
  const entries = [];
  const several = relation.relationships.filter((r) => r.columns?.length > 1 && r.one && !r.referenced && !r.view);
  for (const r of several.filter((one) => one.columns.some(({ from }) => columns.some((c) => c.name === from)))) {
    const row = await some(api.relations.find((one) => one.name === r.relation), r.columns.map((c) => c.to), schema);
    if (row) entries.push(...r.columns.map(({ from, to }) => [from, row[to]]));
  }
  return entries;
}

// foreignValue is a value that a foreign key may have, one that is not used yet if that can be had, or undefined if the
// column is no foreign key to a relation with rows.
async function foreignValue(api, relation, column, schema, unused) {
  const key = column["x-foreign-key"];
  const parent = key && api.relations.find((r) => r.name === key.relation);
  if (!parent?.may.get) return undefined;
  const back = parent.relationships.find((r) => r.relation === relation.name && r.columns?.length === 1 && r.columns[0].to === column.name && r.columns[0].from === key.column);
  if (unused && back && parent !== relation) {
    const row = await withoutRelated(parent, [back], [key.column], schema);
    if (row) return { value: row[key.column], unused: true };
  }
  const row = await some(parent, [key.column], schema);
  return row && { value: row[key.column], unused: false };
}

// newValue is a value of a column like those of other rows, but not equal to one of them where all of them differ:
// they may have to.
async function newValue(relation, column, values, schema) {
  const [pattern] = values;
  if (pattern === undefined || pattern === null) return made(column);
  const key = column["x-primary-key"], distinct = new Set(values.map((v) => JSON.stringify(v))).size === values.length;
  const number = isType(column, "integer") || isType(column, "number");
  if (number && (key || distinct && values.length === patterns)) {
    const [last] = await readRows(relation, [["select", quoted(column.name)], ["order", `${quoted(column.name)}.desc.nullslast`], ["limit", "1"]], schema);
    return (last?.[column.name] ?? pattern) + 1;
  }
  return key || distinct ? unusedValue(relation, column, pattern, schema) : pattern;
}

// unusedValue is another value of the same form that no row has: of short ones there are few.
async function unusedValue(relation, column, pattern, schema) {
  const condition = relation.conditions.get(column.name);
  let value = fresh(column, pattern);
  for (let tries = 0; tries < 50 && condition; tries++) {
    if (value !== pattern) {
      const rows = await readRows(relation, [["select", quoted(column.name)], [condition.key, `eq.${literal(value)}`], ["limit", "1"]], schema);
      if (rows.length === 0) break;
    }
    value = fresh(column, pattern);
  }
  return value;
}

// made is the example of a type, as different from others as the type permits.
function made(column) {
  const value = example(column);
  return column["x-primary-key"] || column.format === "uuid" ? fresh(column, value) : value;
}

// fresh is another value of the same form: letters stay letters, and digits digits.
function fresh(column, value) {
  if (typeof value !== "string" || column.enum) return value;
  if (column.format === "uuid") return crypto.randomUUID();
  if (!isText(column)) return value;
  let left = 6;
  return [...value].reverse().map((c) => (/[A-Za-z0-9]/.test(c) && left-- > 0 ? other(c) : c)).reverse().join("");
}

const isText = (column) => !column.enum && /^(text|citext|name|character.*|varchar.*)$/.test(baseName(column));

const baseName = (column) => (column["x-base-type"] ?? column["x-type"]).replace(/^.*\./, "").replace(/\(.*$/, "");

function other(character) {
  const range = /\d/.test(character) ? "0123456789" : /[a-z]/.test(character) ? "abcdefghijklmnopqrstuvwxyz" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return range[crypto.getRandomValues(new Uint32Array(1))[0] % range.length];
}

// forFunction fills in the arguments that must be given. An argument that is called like a foreign key has a value of it.
export async function forFunction(api, routine, form) {
  form.values = new Map();
  const get = form.verb === "get";
  for (const argument of routine.arguments.filter((a) => a.required && (!get || a.inQuery))) {
    form.values.set(argument.name, typed(argument, await argumentValue(api, argument, form.schema)));
  }
  if (routine.wholeBody) form.body = typeof routine.bodyExample === "string" ? routine.bodyExample : JSON.stringify(routine.bodyExample ?? null);
}

async function argumentValue(api, argument, schema) {
  for (const relation of api.relations) {
    const column = relation.columns.find((c) => c.name === argument.name && c["x-foreign-key"] && c["x-type"] === argument["x-type"]);
    const value = column && await foreignValue(api, relation, column, schema, false);
    if (value) return value.value;
  }
  return await valueOfType(api, argument["x-type"], schema) ?? example(argument);
}

// valueOfType is a value of a type that was made in the database, which a column has, or undefined: a domain may have
// constraints. The type of an argument may be written without its schema.
async function valueOfType(api, type, schema) {
  for (const relation of api.relations) {
    for (const column of relation.columns.filter((c) => c.readable && c["x-base-type"])) {
      if (column["x-type"] !== type && !column["x-type"].endsWith(`.${type}`)) continue;
      const row = await some(relation, [column.name], schema);
      if (row && row[column.name] !== null) return row[column.name];
    }
  }
  return undefined;
}

// typed is a value as it is typed into the field of an argument.
export function typed(argument, value) {
  return isType(argument, "string") && typeof value === "string" ? value : JSON.stringify(value);
}
