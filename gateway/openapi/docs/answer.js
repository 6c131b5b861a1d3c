// Shows answers: status, time, headers, and the body as text.

import { choice, copyButton, element } from "./dom.js";

// Answers holds the last answer to a request, its SQL and its plan.
export class Answers {
  constructor() {
    this.current = undefined;
    this.tab = "body";
  }

  // await asks for an answer, and shows that it is asked for. A later question replaces one that has no answer yet.
  async await(accept, ask, show) {
    this.asking?.abort();
    const asking = this.asking = new AbortController();
    this.current = { kind: kinds[accept] ?? "Answer", waiting: true };
    show();
    try {
      this.current = { kind: this.current.kind, ...await ask(asking.signal) };
    } catch (error) {
      if (asking.signal.aborted) return;
      this.current = { kind: this.current.kind, failure: error.message };
    }
    show();
  }
}

const kinds = { "application/vnd.pgrst.sql": "SQL", "application/vnd.pgrst.plan+text": "Plan" };

// shownText bounds what is shown of a body: a browser takes long to lay out megabytes.
const shownText = 200_000;

export function answerView(answers, show) {
  const { current } = answers;
  const place = element("div", { class: "answer", id: "answer", role: "region", "aria-label": "Response", "aria-live": "polite", "aria-busy": String(Boolean(current?.waiting)) });
  if (!current) return place;
  if (current.waiting) place.append(element("p", { class: "hint" }, "Waiting for the response…"));
  else if (current.failure) place.append(element("p", { class: "failure" }, current.failure));
  else place.append(head(current), body(answers, show));
  return place;
}

function head(answer) {
  const range = answer.headers.find(([name]) => name === "content-range")?.[1];
  return element("p", { class: "answer-head" },
    element("span", { class: `status ${answer.ok ? "good" : "bad"}` }, `${answer.status} ${answer.statusText}`.trim()),
    element("span", {}, `${answer.took.toFixed(answer.took < 10 ? 1 : 0)} ms`),
    element("span", {}, size(answer.text)),
    range && element("span", {}, `rows ${range}`),
    answer.kind !== "Answer" && element("span", { class: "badge" }, answer.kind));
}

function size(text) {
  const bytes = new TextEncoder().encode(text).length;
  return bytes < 2000 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KB`;
}

function body(answers, show) {
  const { current } = answers;
  const text = readable(current);
  const tabs = choice("answer-tab", "Part of the response", [{ value: "body", label: "Body" }, { value: "headers", label: `Headers (${current.headers.length})` }], answers.tab, (tab) => { answers.tab = tab; show(); }, "segments small");
  const shown = answers.tab === "headers"
    ? element("dl", { class: "headers" }, current.headers.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]))
    : text === "" ? element("p", { class: "hint" }, "The response has no body.")
      : element("pre", { tabindex: "0", "aria-label": "Response body" }, element("code", {}, text.slice(0, shownText), text.length > shownText && `\n… ${text.length - shownText} more characters`));
  return element("div", {}, element("div", { class: "code-head" }, tabs, copyButton(() => text, "Copy the body")), shown);
}

// readable indents JSON, and leaves every value as it was sent: 1.50 stays 1.50.
export function readable({ text, type }) {
  if (!/^[^;]*[/+]json/.test(type) || text.length > 5 * shownText) return text;
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  return tokens.map((token, i) => {
    const empty = "{[".includes(tokens[i - 1]) && "}]".includes(token);
    switch (token) {
      case "{": case "[":
        depth++;
        return "}]".includes(tokens[i + 1]) ? token : token + line();
      case "}": case "]":
        depth--;
        return empty ? token : line() + token;
      case ",": return token + line();
      case ":": return ": ";
      default: return token;
    }
  }).join("");
}
