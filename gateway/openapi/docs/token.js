// The dialog for the token, which shows what the gateway says of it.

import { button, element, field } from "./dom.js";
import { currentToken, everything, setToken } from "./session.js";

// tokenDialog opens the dialog. Change applies a token, and returns what the gateway says of it.
export function tokenDialog(state, change) {
  const area = element("textarea", { rows: "5", spellcheck: "false", autocomplete: "off", placeholder: "eyJhbGciOi…" });
  area.value = currentToken();
  const about = element("div", { class: "claims", "aria-live": "polite" }, ...claims(state));
  const apply = async (token) => {
    setToken(token);
    area.value = currentToken();
    about.replaceChildren(...claims(await change()));
  };
  const dialog = element("dialog", { "aria-labelledby": "token-title", close: () => { dialog.remove(); document.getElementById("role")?.focus(); } },
    element("h2", { id: "token-title" }, "Token"),
    field("token", "JSON Web Token for the Authorization header", area),
    element("p", { class: "hint" }, everything ? "It is kept until you close this tab." : "It is kept until you leave or reload this page."),
    element("div", { class: "actions" },
      button("Use", () => apply(area.value), { id: "token-use", class: "primary" }), button("Forget", () => apply(""), { id: "token-forget" }),
      button("Close", () => dialog.close(), { id: "token-close" })),
    about);
  document.body.append(dialog);
  dialog.showModal();
  area.focus();
}

function claims(state) {
  if (state.error) return [element("p", { class: "failure" }, state.error)];
  const role = state.role ?? "that of requests without a token";
  const all = Object.entries(currentToken() ? state.claims ?? {} : {});
  return [
    element("p", {}, "Role: ", element("strong", {}, role), state.anonymous && state.role ? " (anonymous)" : ""),
    all.length > 0 && element("dl", { class: "headers" }, all.map(([name, value]) => [element("dt", {}, name), element("dd", {}, claim(name, value))])),
  ].filter(Boolean);
}

// claim is a claim for people: times are numbers of seconds (RFC 7519, section 4.1).
function claim(name, value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (!["exp", "nbf", "iat"].includes(name) || typeof value !== "number") return text;
  const time = new Date(value * 1000);
  return Number.isNaN(time.getTime()) ? text : `${text} — ${time.toLocaleString()}`;
}
