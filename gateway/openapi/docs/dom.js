// Makes elements. Text from the database only ever becomes text nodes and the values of attributes.

// element makes an element with attributes and children: elements or text. An attribute that is a function is a listener
// for the event of its name.
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

// drawn makes an element of a picture.
export function drawn(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(e, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") e.addEventListener(key, value);
    else if (value !== undefined && value !== false) e.setAttribute(key, value === true ? "" : value);
  }
  e.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== false && child !== null));
  return e;
}

export function section(title, ...children) {
  return element("section", {}, element("h2", {}, title), ...children);
}

export function table(heads, rows, label) {
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, element("table", {},
    element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, rows.map(({ cells, dim }) => element("tr", { class: dim && "dim" }, cells.map((cell) => element("td", {}, cell)))))));
}

export function paragraphs(text) {
  return text && element("div", { class: "lead" }, text.split(/\n{2,}/).map((p) => element("p", {}, p)));
}

// choice makes a group of radio buttons. Options are {value, label, disabled, title}.
export function choice(id, legend, options, chosen, choose, kind = "") {
  return element("fieldset", { class: `choice ${kind}` }, element("legend", {}, legend),
    options.map(({ value, label, disabled, title, look }) => {
      const input = element("input", {
        type: "radio", name: id, id: `${id}-${value}`, value, checked: value === chosen, disabled, change: () => choose(value),
      });
      return element("label", { class: look, title }, input, element("span", {}, label));
    }));
}

// field makes a labelled input, select or text area. Its id identifies it across renderings.
export function field(id, label, control, kind = "") {
  control.id = id;
  return element("div", { class: `field ${kind}` }, element("label", { for: id }, label), control);
}

export function select(options, chosen, choose) {
  const list = element("select", { change: () => choose(list.value) }, options.map(([value, label]) => element("option", { value }, label)));
  list.value = chosen;
  return list;
}

export function button(label, press, attributes = {}) {
  return element("button", { type: "button", click: press, ...attributes }, label);
}

// copyButton copies what text returns.
export function copyButton(text, label = "Copy") {
  const copy = button("Copy", async () => {
    await navigator.clipboard.writeText(text());
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  }, { class: "copy", "aria-label": label });
  return copy;
}
