package cache

// effect is what using a relation may do: read settings of the request (the bits of [Settings]), and run code written
// by users of the database.
type effect uint16

const effectCode effect = 1 << 8

// sees returns the settings that may be read.
func (e effect) sees() Settings { return Settings(e) } // the lower eight bits

// pure reports whether only PostgreSQL's own code is run.
func (e effect) pure() bool { return e&effectCode == 0 }

// use is a way to use a relation.
type use uint8

// The uses. useWrite is what inserts and changes have in common: triggers, rules, defaults, checks of policies.
const (
	useRead use = iota
	useInsert
	useChange // update or delete
	useWrite
	uses = 4 // how many there are
)

// link is a reference from a relation to another one that PostgreSQL may use because of it.
type link struct {
	kind     byte // of queries/edges.sql
	cascades bool // of a foreign key
	child    byte // the relation's own kind (pg_class.relkind) if the other is its parent
	other    uint32
}

// The kinds of links, by the query's letters.
const (
	linkView    = 'v' // a view names the other
	linkPolicy  = 'p' // a policy names the other
	linkParent  = 'h' // the other is the parent, by inheritance or partitioning
	linkForeign = 'f' // a foreign key references the other
	linkType    = 't' // the other is the composite type that the table is made of
)

// graph holds, by oid, the links of relations, and the known effects of using them. What its maps lead to is never
// changed when its load has ended.
type graph struct {
	links layered[uint32, []link]
	// users are the relations that have links to a relation, some of them several times.
	users layered[uint32, []uint32]
	// own has the effects of using each relation itself, total those with what the uses need, of all uses that are
	// reached.
	own   layered[uint32, ownEffects]
	total layered[uint32, totalEffects]
}

// ownEffects are the effects of reading and writing one relation, without those of linked relations.
type ownEffects struct{ read, write effect }

// totalEffects are the effects of the uses of one relation that are reached.
type totalEffects struct {
	reached                     uint8 // the uses as bits
	read, insert, change, write effect
}

func newGraph() graph {
	return graph{
		links: newLayered[uint32, []link](), users: newLayered[uint32, []uint32](),
		own: newLayered[uint32, ownEffects](), total: newLayered[uint32, totalEffects](),
	}
}

func (g *graph) clone() graph {
	return graph{g.links.clone(), g.users.clone(), g.own.clone(), g.total.clone()}
}

// addLink adds a link of a relation.
func (g *graph) addLink(relation uint32, l link) {
	appendTo(&g.links, relation, l)
	appendTo(&g.users, l.other, relation)
}

// unlink removes the links of a relation to others.
func (g *graph) unlink(relation uint32) {
	for _, l := range g.links.at(relation) {
		removeFrom(&g.users, l.other, relation)
	}
	g.links.remove(relation)
}

// inside reports whether PostgreSQL may look at a relation for one that is served, or the relation is itself.
func (g *graph) inside(relation uint32) bool { return g.total.at(relation).has(useRead) }

// node is a use of a relation of a web: the place of the relation in the web, and the use.
type node uint32

func (n node) use() use { return use(n % uses) } // less than four

// web is a graph turned into what each use of each relation needs: other uses. Relations have places in it, so that
// what is found of nodes needs no maps.
type web struct {
	places    map[uint32]uint32
	relations []uint32 // by place
	needs     []need
	foreign   []bool // by place: a foreign table that is a child
}

// need says that a use needs another one. That inserts and changes read and write their own relation is not among the
// needs of a web.
type need struct{ user, needed node }

// web returns what the uses of linked relations and of the roots need.
func (g *graph) web(roots []root) *web {
	w := &web{places: make(map[uint32]uint32, len(roots))}
	for _, r := range roots {
		w.place(r.relation)
	}
	for relation, links := range g.links.all() {
		for _, l := range links {
			w.addLink(relation, l)
		}
	}
	return w
}

// place returns the place of a relation, a new one if it has none.
func (w *web) place(relation uint32) uint32 {
	place, ok := w.places[relation]
	if !ok {
		place = uint32(len(w.relations)) // oids have 32 bits
		w.places[relation] = place
		w.relations = append(w.relations, relation)
		w.foreign = append(w.foreign, false)
	}
	return place
}

// neighbors are the nodes at the other ends of needs, one list behind the other: a web may have millions.
type neighbors struct {
	starts []uint32 // by node, where its list begins, and one more
	nodes  []node
}

func (n *neighbors) of(at node) []node { return n.nodes[n.starts[at]:n.starts[at+1]] }

// neighborsOf returns the other ends of needs by the ends that ends returns first. Needs of which it returns false are
// left out.
func (w *web) neighborsOf(ends func(need) (of, other node, ok bool)) neighbors {
	starts := make([]uint32, len(w.relations)*uses+1)
	for _, n := range w.needs {
		if of, _, ok := ends(n); ok {
			starts[of]++
		}
	}
	total := uint32(0)
	for at := range starts {
		total += starts[at]
		starts[at] = total // where the list ends; filled from its end, it begins there
	}
	nodes := make([]node, total)
	for _, n := range w.needs {
		if of, other, ok := ends(n); ok {
			starts[of]--
			nodes[starts[of]] = other
		}
	}
	return neighbors{starts, nodes}
}

// usesItself reports whether a use reads and writes its own relation by itself.
func (w *web) usesItself(n node) bool {
	return (n.use() == useInsert || n.use() == useChange) && !w.foreign[n/uses]
}

// node returns a use of a relation.
func (w *web) node(relation uint32, u use) node { return node(w.place(relation)*uses + uint32(u)) }

// of returns a use of the relation of a node.
func (n node) of(u use) node { return n - node(n.use()) + node(u) }

func (w *web) add(user, needed node) { w.needs = append(w.needs, need{user, needed}) }

func (w *web) addLink(relation uint32, l link) {
	own, other := w.node(relation, 0), w.node(l.other, 0)
	switch l.kind {
	case linkView, linkPolicy:
		w.add(own.of(useRead), other.of(useRead))
	case linkParent:
		for _, u := range []use{useRead, useInsert, useChange} {
			w.add(other.of(u), own.of(u))
		}
		// They are inserted into or changed, as children, without anything of their own being run here.
		w.foreign[own/uses] = w.foreign[own/uses] || !writable(l.child)
	case linkForeign:
		w.add(own.of(useInsert), other.of(useRead))
		w.add(own.of(useChange), other.of(useRead))
		if l.cascades {
			w.add(other.of(useChange), own.of(useChange))
		} else {
			w.add(other.of(useChange), own.of(useRead))
		}
	}
}

// root is a relation whose uses are of interest.
type root struct {
	relation uint32
	kind     byte // pg_class.relkind
}

// writable reports whether inserts and changes are followed for relations of a kind. Other kinds run only code of their
// own.
func writable(kind byte) bool { return kind == 'r' || kind == 'p' }

// reach returns the uses that those of the roots need, themselves among them. The web must have the roots.
func (w *web) reach(roots []root) (reached []node) {
	needs := w.neighborsOf(func(n need) (node, node, bool) { return n.user, n.needed, true })
	seen := make([]bool, len(w.relations)*uses)
	visit := func(n node) {
		if !seen[n] {
			seen[n] = true
			reached = append(reached, n)
		}
	}
	for _, r := range roots {
		visit(w.node(r.relation, useRead))
		if writable(r.kind) {
			visit(w.node(r.relation, useInsert))
			visit(w.node(r.relation, useChange))
		}
	}
	for next := 0; next < len(reached); next++ {
		n := reached[next]
		if w.usesItself(n) {
			visit(n.of(useRead))
			visit(n.of(useWrite))
		}
		for _, needed := range needs.of(n) {
			visit(needed)
		}
	}
	return reached
}

// effects returns, by node, the effects of the uses that are reached: their own and those of all that they need.
func (w *web) effects(own *layered[uint32, ownEffects], reached []node) []effect {
	inside, total := make([]bool, len(w.relations)*uses), make([]effect, len(w.relations)*uses)
	var open []node
	for _, n := range reached {
		inside[n] = true
		if total[n] = own.at(w.relations[n/uses]).of(n.use()); total[n] != 0 {
			open = append(open, n)
		}
	}
	users := w.neighborsOf(func(n need) (node, node, bool) { return n.needed, n.user, inside[n.user] })
	for len(open) > 0 { // until a fixed point: effects only grow
		n := open[len(open)-1]
		open = open[:len(open)-1]
		spread := func(user node) {
			if sum := total[user] | total[n]; sum != total[user] {
				total[user] = sum
				open = append(open, user)
			}
		}
		for _, user := range users.of(n) {
			spread(user)
		}
		if n.use() == useRead || n.use() == useWrite {
			for _, user := range []node{n.of(useInsert), n.of(useChange)} {
				if inside[user] && w.usesItself(user) {
					spread(user)
				}
			}
		}
	}
	return total
}

// of returns the effects of a use by itself.
func (o ownEffects) of(u use) effect {
	switch u {
	case useRead:
		return o.read
	case useWrite:
		return o.write
	default:
		return 0
	}
}

// of returns the effects of a use, with what it needs.
func (t totalEffects) of(u use) effect {
	return [...]effect{useRead: t.read, useInsert: t.insert, useChange: t.change, useWrite: t.write}[u]
}

// has reports whether a use is reached.
func (t totalEffects) has(u use) bool { return t.reached&(1<<u) != 0 }

// with returns t with the effects of a use that is reached.
func (t totalEffects) with(u use, e effect) totalEffects {
	t.reached |= 1 << u
	*[...]*effect{useRead: &t.read, useInsert: &t.insert, useChange: &t.change, useWrite: &t.write}[u] = e
	return t
}
