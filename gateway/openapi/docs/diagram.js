// Draws the relations and their foreign keys.

import { button, element, drawn } from "./dom.js";
import { Graph, layout } from "./layout.js";

const rowHeight = 20, headHeight = 28, characterWidth = 7.3, mostColumns = 14;

// Diagram remembers how large the drawing is shown.
export class Diagram {
  constructor(show) {
    this.show = show;
    this.zoom = undefined;
    this.views = false;
  }

  view(api) {
    const relations = api.relations.filter((r) => this.views || r.kind.includes("table") && r.columns.length > 0);
    const picture = draw(relations);
    const place = element("div", { class: "diagram", tabindex: "0", role: "region", "aria-label": "Diagram (scrollable)" }, picture.svg);
    const fit = () => Math.min(1, Math.max(0.25, (place.clientWidth - 2) / picture.width));
    const scale = (by) => {
      picture.svg.setAttribute("width", Math.round(picture.width * by));
      picture.svg.setAttribute("height", Math.round(picture.height * by));
    };
    const zoom = () => (this.zoom === "fit" ? fit() : this.zoom ?? Math.max(0.6, fit())); // so that it can be read at first
    const choose = (chosen) => {
      this.zoom = chosen;
      scale(zoom());
    };
    const step = (by) => choose(Math.min(2, Math.max(0.25, zoom() * by)));
    requestAnimationFrame(() => scale(zoom())); // the place has a width when it is shown
    return [
      element("header", {}, element("h1", {}, "Diagram"), element("span", { class: "badge" }, `${relations.length} relations, ${picture.edges.length} foreign keys`)),
      element("div", { class: "row tools" },
        button("−", () => step(0.8), { id: "zoom-out", "aria-label": "Smaller" }), button("+", () => step(1.25), { id: "zoom-in", "aria-label": "Larger" }),
        button("Fit", () => choose("fit"), { id: "zoom-fit" }),
        element("label", { class: "check" }, element("input", { type: "checkbox", id: "diagram-views", checked: this.views, change: (e) => { this.views = e.target.checked; this.show(); } }), "Views too")),
      place,
      element("details", { class: "group" }, element("summary", {}, "Foreign keys as a list"),
        element("ul", {}, picture.edges.map((e) => element("li", {}, element("code", {}, `${e.from}.${e.columns.map((c) => c.from).join(", ")} → ${e.to}.${e.columns.map((c) => c.to).join(", ")}`))))),
    ];
  }
}

// draw places relations and keys, and returns the picture and its size.
function draw(relations) {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 30, ranksep: 80, edgesep: 14, marginx: 16, marginy: 16 });
  const boxes = new Map(relations.map((r) => [r.name, box(r)]));
  const ids = new Map([...boxes.keys()].map((name, i) => [name, `box ${i}`])); // a name could mean something to the library
  for (const [name, { width, height }] of boxes) graph.setNode(ids.get(name), { width, height });
  const edges = relations.flatMap((r) => keys(r).filter((k) => boxes.has(k.to)));
  for (const [i, edge] of edges.entries()) graph.setEdge(ids.get(edge.from), ids.get(edge.to), { width: 1, height: 1 }, `key ${i}`);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const placed = new Map([...boxes].map(([name, shape]) => {
    const { x, y } = graph.node(ids.get(name));
    return [name, { ...shape, x, y, rowOf: (column) => y - shape.height / 2 + shape.row(column) }];
  }));
  const lines = edges.map((edge, i) => line(edge, placed.get(edge.from), placed.get(edge.to), graph.edge({ v: ids.get(edge.from), w: ids.get(edge.to), name: `key ${i}` }).points));
  const nodes = [...placed.values()].map((shape) => shape.picture(shape.x - shape.width / 2, shape.y - shape.height / 2));
  const svg = drawn("svg", { viewBox: `0 0 ${Math.ceil(width) + 40} ${Math.ceil(height)}`, role: "group", "aria-label": "Relations and foreign keys" }, markers(), lines, nodes);
  return { svg, edges, width: Math.ceil(width) + 40, height: Math.ceil(height) };
}

// keys are the foreign keys of a relation, each once although there are relationships with views of the same.
function keys(relation) {
  const found = new Map();
  for (const r of relation.allRelationships) {
    if (!r.columns || r.referenced || !["many-to-one", "one-to-one"].includes(r.cardinality)) continue;
    found.set(JSON.stringify([r.relation, r.columns]), { from: relation.name, to: r.relation, columns: r.columns, one: r.cardinality === "one-to-one" });
  }
  for (const c of relation.columns.filter((one) => one["x-foreign-key"])) { // also those that no embed can name
    const to = c["x-foreign-key"], columns = [{ from: c.name, to: to.column }], key = JSON.stringify([to.relation, columns]);
    if (!found.has(key)) found.set(key, { from: relation.name, to: to.relation, columns, one: false });
  }
  return [...found.values()];
}

// box is a relation with its columns: the keys and the first of the others.
function box(relation) {
  const keyed = (c) => c["x-primary-key"] || c["x-foreign-key"];
  const columns = relation.columns.length <= mostColumns ? relation.columns
    : relation.columns.filter((c, i) => keyed(c) || i < mostColumns / 2).slice(0, mostColumns);
  const hidden = relation.columns.length - columns.length;
  const name = (c) => shorten(c.name, 28), type = (c) => shorten(c["x-type"].replace("timestamp with time zone", "timestamptz").replace("character varying", "varchar").replace("timestamp without time zone", "timestamp"), 22);
  const widest = Math.max(relation.name.length * 1.12, ...columns.map((c) => name(c).length + type(c).length + 5));
  const width = Math.round(Math.min(440, Math.max(130, widest * characterWidth + 24)));
  const height = headHeight + (columns.length + (hidden > 0 ? 1 : 0)) * rowHeight + 8;
  const picture = (x, y) => drawn("a", { href: `#relation/${encodeURIComponent(relation.name)}`, "aria-label": `${relation.name}, ${relation.kind}`, class: Object.values(relation.may).some(Boolean) ? "box" : "box dim" },
    drawn("rect", { x, y, width, height, rx: 8, class: "frame" }),
    drawn("path", { d: `M${x} ${y + headHeight} V${y + 8} a8 8 0 0 1 8 -8 H${x + width - 8} a8 8 0 0 1 8 8 V${y + headHeight} Z`, class: "box-head" }),
    drawn("text", { x: x + 12, y: y + 19, class: "box-name" }, shorten(relation.name, 52)),
    columns.map((c, i) => {
      const base = y + headHeight + 17 + i * rowHeight;
      return [
        drawn("text", { x: x + 12, y: base, class: keyed(c) ? "box-column keyed" : "box-column" }, c["x-primary-key"] && drawn("tspan", { class: "box-key" }, "● "), c["x-foreign-key"] && !c["x-primary-key"] && drawn("tspan", { class: "box-key" }, "○ "), name(c)),
        drawn("text", { x: x + width - 12, y: base, class: "box-type" }, type(c)),
      ];
    }),
    hidden > 0 && drawn("text", { x: x + 12, y: y + headHeight + 17 + columns.length * rowHeight, class: "box-type more" }, `${hidden} more`));
  const row = (column) => {
    const i = columns.findIndex((c) => c.name === column);
    return i < 0 ? headHeight / 2 : headHeight + 13 + i * rowHeight;
  };
  return { width, height, picture, row };
}

const shorten = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// line is a key, from the column of the many to the one that it refers to. It leaves and reaches the sides of boxes, and
// passes the places between them that the layout found.
function line(edge, from, to, places) {
  const loop = from === to, back = to.x < from.x;
  const start = { x: from.x + (back ? -1 : 1) * from.width / 2, y: from.rowOf(edge.columns[0].from) };
  const end = { x: to.x + (back || loop ? 1 : -1) * to.width / 2, y: to.rowOf(edge.columns[0].to) };
  const stops = loop || places.length <= 3 ? [start, end] : [start, ...places.slice(1, -1), end];
  let d = `M${start.x} ${start.y}`;
  for (let i = 1; i < stops.length; i++) {
    const [a, b] = [stops[i - 1], stops[i]];
    const half = loop ? 46 : Math.max(12, Math.abs(b.x - a.x) / 2) * (back ? -1 : 1);
    d += ` C${a.x + half} ${a.y} ${loop ? b.x + half : b.x - half} ${b.y} ${b.x} ${b.y}`;
  }
  return drawn("path", { d, class: "edge", "marker-start": `url(#${edge.one ? "one" : "many"})`, "marker-end": "url(#one)" },
    drawn("title", {}, `${edge.from}.${edge.columns.map((c) => c.from).join(", ")} → ${edge.to}.${edge.columns.map((c) => c.to).join(", ")}`));
}

// markers are the ends of lines: a crow's foot for many, a bar for one.
function markers() {
  const marker = (id, d, refX) => drawn("marker", { id, viewBox: "0 0 12 12", refX, refY: 6, markerWidth: 12, markerHeight: 12, orient: "auto-start-reverse", markerUnits: "userSpaceOnUse" }, drawn("path", { d, class: "edge" }));
  return drawn("defs", {}, marker("many", "M12 1 L2 6 L12 11 M2 6 H12", 12), marker("one", "M6 1.5 V10.5 M0 6 H12", 12));
}
