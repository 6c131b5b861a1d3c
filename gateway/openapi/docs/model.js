// Reads the OpenAPI 3.1 document of the gateway: which relations and functions there are, and what can be done.

export const verbs = { get: "read", post: "insert", put: "upsert", patch: "update", delete: "delete" };

// model returns what the page shows, from the document.
export function model(document) {
  const relations = [], functions = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    if (path.startsWith("/rpc/")) functions.push(routine(document, path, operations));
    else if (path !== "/") relations.push(relation(document, path, operations));
  }
  return {
    title: document.info.title,
    description: document.info.description ?? "",
    version: document.info.version,
    server: document.servers[0].url,
    secured: (document.security ?? []).length > 0,
    schemas: document.components.parameters["accept-profile"]?.schema.enum ?? [],
    relations: relations.map((r) => ({ ...r, referencedBy: references(relations, r.name) })),
    functions,
  };
}

// allow marks what a role may do according to the description that it gets, or everything if that is not known. What
// it may not do stays, so that it can be shown as such.
export function allow(api, mine) {
  const allowed = (all, kind) => new Map((all ?? []).map((one) => [one.name, one]));
  const relations = allowed(mine?.relations), functions = allowed(mine?.functions);
  return {
    ...api,
    relations: api.relations.map((r) => {
      const own = mine ? relations.get(r.name) : r;
      const columns = new Map((own?.columns ?? []).map((c) => [c.name, c]));
      return {
        ...r,
        may: Object.fromEntries(Object.keys(verbs).map((method) => [method, Boolean(own?.operations[method])])),
        columns: r.columns.map((c) => ({ ...c, allowed: columns.has(c.name), readable: Boolean(columns.get(c.name)?.readable) })),
        relationships: (own?.relationships ?? []).map((one) => ({ ...one, partial: Boolean((mine ? relations.get(one.relation) : undefined)?.partial) })),
        inserted: own?.inserted, updated: own?.updated, operations: r.operations, partial: Boolean(own?.partial), allRelationships: r.relationships,
      };
    }),
    functions: api.functions.map((f) => ({ ...f, may: !mine || functions.has(f.name) })),
  };
}

function relation(document, path, operations) {
  const schemas = document.components.schemas;
  const row = target(schemas, operations.get?.responses["200"].content["application/json"].schema.items);
  const inserted = target(schemas, operations.post?.requestBody.content["application/json"].schema);
  const updated = target(schemas, operations.patch?.requestBody.content["application/json"].schema);
  const described = row ?? inserted ?? updated;
  return {
    path,
    name: decodeURIComponent(path.slice(1)),
    kind: described?.["x-kind"] ?? "relation",
    description: described?.description ?? "",
    operations,
    columns: columns(row, inserted, updated),
    conditions: conditions(document, operations.get),
    relationships: row?.["x-relationships"] ?? [],
    key: (operations.put?.parameters ?? []).filter((p) => p.in === "query").map((p) => ({ name: p.name, example: p.example })),
    plans: plans(operations),
    partial: Boolean(row?.["x-partial"]),
    inserted, updated,
  };
}

// conditions are the names and examples of filters, by the columns' names.
function conditions(document, operation) {
  const found = new Map();
  for (const { $ref } of operation?.parameters ?? []) {
    if (!$ref?.startsWith("#/components/parameters/filter-")) continue;
    const { name, example } = document.components.parameters[$ref.slice("#/components/parameters/".length)];
    found.set(plainName(name), { key: name, example });
  }
  return found;
}

// plainName is the name of a column whose filter may be in quotes.
function plainName(name) {
  return name.startsWith('"') ? name.slice(1, -1).replace(/\\(.)/g, "$1") : name;
}

// plans reports whether answers show plans and SQL.
function plans(operations) {
  return Object.values(operations).some((o) => "application/vnd.pgrst.sql" in (o.responses?.["200"]?.content ?? {}));
}

// target finds the schema of a row that one refers to: by itself, or as one of several forms of a body.
function target(schemas, schema) {
  const reference = schema?.oneOf?.find((form) => form.$ref) ?? schema;
  return reference && schemas[reference.$ref.slice("#/components/schemas/".length)];
}

// columns merges those that can be read with those that can only be written.
function columns(...schemas) {
  const all = new Map();
  for (const schema of schemas) {
    for (const [name, column] of Object.entries(schema?.properties ?? {})) {
      if (!all.has(name)) all.set(name, { name, ...column });
    }
  }
  const [row, inserted] = schemas;
  return [...all.values()].map((column) => ({
    ...column,
    readable: Boolean(row && Object.hasOwn(row.properties, column.name)),
    required: Boolean(inserted?.required?.includes(column.name)),
    nullable: nullable(column),
  }));
}

function nullable(schema) {
  if ("x-nullable" in schema) return schema["x-nullable"];
  return Array.isArray(schema.type) ? schema.type.includes("null") : schema.type === undefined && !schema.enum;
}

// references lists the columns of other relations that are foreign keys to this one.
function references(relations, name) {
  return relations.flatMap((from) => from.columns
    .filter((c) => c["x-foreign-key"]?.relation === name)
    .map((c) => ({ relation: from.name, column: c.name, to: c["x-foreign-key"].column })));
}

function routine(document, path, operations) {
  const body = operations.post.requestBody.content;
  const [bodyType, { schema }] = Object.entries(body)[0];
  const result = operations.post.responses["200"]?.content["application/json"]; // a function without one may have plans
  const inQuery = new Map((operations.get?.parameters ?? []).filter((p) => p.in === "query").map((p) => [p.name, p]));
  return {
    path,
    name: decodeURIComponent(path.slice("/rpc/".length)),
    description: [operations.post.summary, operations.post.description].filter(Boolean).join("\n\n"),
    operations,
    bodyType,
    wholeBody: schema.properties === undefined,
    bodyExample: schema.examples?.[0],
    arguments: Object.entries(schema.properties ?? {}).map(([name, argument]) => ({
      name, ...argument, required: Boolean(schema.required?.includes(name)), variadic: Boolean(inQuery.get(name)?.["x-variadic"]),
      inQuery: inQuery.has(name),
    })),
    returns: result ? typeName(document, result.schema) : "nothing",
    returnsRows: Boolean(operations.post.responses["206"]),
    plans: plans(operations),
  };
}

// typeName names a schema for people.
export function typeName(document, schema) {
  if (schema.$ref) return target(document.components.schemas, schema).title;
  if (schema.type === "array" || schema.type?.[0] === "array") return `list of ${typeName(document, schema.items)}`;
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  return schema.format ? `${type} (${schema.format})` : type ?? "any JSON";
}
