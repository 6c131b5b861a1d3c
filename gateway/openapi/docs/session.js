// What the page knows of its place: where its files and the API are, the token, and what the gateway says of it.

const { dataset } = document.documentElement;

// everything is set on the page of the admin server, which has a description of all that is exposed.
export const everything = dataset.everything === "true";

// api is the address of the API, without the slash at its end, or "".
export const api = dataset.api && new URL(dataset.api, location.origin + location.pathname).href.replace(/\/$/, "");

const files = new URL(".", import.meta.url);

// The token is kept until the page is closed. The page of the API shares its origin with all that the API answers, which
// could be a page with scripts: there the token is kept nowhere but in this variable, and a reload forgets it.
const kept = "trunkline-token";
let token = everything ? sessionStorage.getItem(kept) ?? "" : "";

export function currentToken() {
  return token;
}

export function setToken(text) {
  token = text.trim().replace(/^Bearer\s+/i, "");
  if (everything) sessionStorage.setItem(kept, token);
}

// authorization returns the headers that identify the user.
export function authorization() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

// readState asks the gateway for the generation of the schema, and for the role and claims of the token. What is wrong
// with the token is in error.
export async function readState() {
  const answer = await fetch(new URL("session.json", files), { headers: authorization(), credentials: "omit", cache: "no-store" });
  const body = await answer.json().catch(() => ({}));
  return answer.ok ? body : { error: body.message ?? `The gateway returned status ${answer.status}`, status: answer.status };
}

const mediaType = "application/vnd.oai.openapi+json;version=3.1";

// readAll returns the description of all that a schema exposes, on the page of the admin server.
export async function readAll(schema) {
  const source = new URL("openapi.json", files);
  if (schema) source.searchParams.set("schema", schema);
  return readDocument(source, {});
}

// readMine returns the description of what the role may use.
export async function readMine(schema) {
  if (!api) throw new Error("The API listens on a socket that browsers cannot reach. Set openapi-server-proxy-uri to its public URL.");
  try {
    return await readDocument(new URL(`${api}/`), { ...authorization(), ...(schema ? { "Accept-Profile": schema } : {}) });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error(unreachable());
  }
}

// unreachable says why a request may have got no answer.
export function unreachable() {
  if (new URL(api).origin === location.origin) return `${api} does not respond.`;
  return `${api} does not respond to this page. Perhaps it does not run there (openapi-server-proxy-uri), or does not allow ${location.origin} (server-cors-allowed-origins).`;
}

async function readDocument(source, headers) {
  const answer = await fetch(source, { headers: { Accept: mediaType, ...headers }, credentials: "omit", cache: "no-store" });
  const document = await answer.json().catch(() => undefined);
  if (!answer.ok) throw new Error(document?.message ?? `${source.pathname} returned status ${answer.status}`);
  if (!document?.openapi?.startsWith("3.1")) throw new Error(`${source.pathname} is no description in OpenAPI 3.1.`);
  return document;
}
