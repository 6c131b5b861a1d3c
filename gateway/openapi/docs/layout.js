// The layout of graphs, which others wrote: see vendor/README.md.

export { Graph, layout } from "./vendor/dagre.esm.js";
