// Reads the OpenAPI 3.1 document of the gateway: which relations and functions there are, and what can be done.

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
    secured: Boolean(document.security),
    relations: relations.map((r) => ({ ...r, referencedBy: references(relations, r.name) })),
    functions,
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
    inserted, updated,
  };
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
    readable: Boolean(row && column.name in row.properties),
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
  return {
    path,
    name: decodeURIComponent(path.slice("/rpc/".length)),
    description: [operations.post.summary, operations.post.description].filter(Boolean).join("\n\n"),
    operations,
    bodyType,
    wholeBody: schema.properties === undefined,
    arguments: Object.entries(schema.properties ?? {}).map(([name, argument]) => ({
      name, ...argument, required: Boolean(schema.required?.includes(name)),
    })),
    returns: result ? typeName(document, result.schema) : "nothing",
    returnsRows: Boolean(operations.post.responses["206"]),
  };
}

// typeName names a schema for people.
export function typeName(document, schema) {
  if (schema.$ref) return target(document.components.schemas, schema).title;
  if (schema.type === "array" || schema.type?.[0] === "array") return `list of ${typeName(document, schema.items)}`;
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  return schema.format ? `${type} (${schema.format})` : type ?? "any JSON";
}
