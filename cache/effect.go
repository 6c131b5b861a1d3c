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
)

// graph holds, by oid, the links of relations, and the known effects of using each relation itself.
type graph struct {
	links map[uint32][]link
	own   map[uint32]ownEffects
}

// ownEffects are the effects of reading and writing one relation, without those of linked relations.
type ownEffects struct{ read, write effect }

func newGraph() graph {
	return graph{links: make(map[uint32][]link), own: make(map[uint32]ownEffects)}
}

// node is a use of a relation.
type node struct {
	relation uint32
	use      use
}

// arcs maps each use of a relation to the other uses that it implies.
type arcs map[node][]node

// arcs returns the uses implied by the uses of linked relations.
func (g graph) arcs() arcs {
	needs := make(arcs, len(g.links))
	for relation, links := range g.links {
		for _, l := range links {
			needs.addLink(relation, l)
		}
	}
	return needs
}

func (a arcs) add(from, to node) { a[from] = append(a[from], to) }

func (a arcs) addLink(relation uint32, l link) {
	switch l.kind {
	case linkView, linkPolicy:
		a.add(node{relation, useRead}, node{l.other, useRead})
	case linkParent:
		for _, u := range []use{useRead, useInsert, useChange} {
			a.add(node{l.other, u}, node{relation, u})
		}
	case linkForeign:
		a.add(node{relation, useInsert}, node{l.other, useRead})
		a.add(node{relation, useChange}, node{l.other, useRead})
		if l.cascades {
			a.add(node{l.other, useChange}, node{relation, useChange})
		} else {
			a.add(node{l.other, useChange}, node{relation, useRead})
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

// foreignChildren returns the foreign tables that have parents. They are the only relations that are written as
// children without running code of their own here.
func (g graph) foreignChildren() map[uint32]bool {
	foreign := make(map[uint32]bool)
	for relation, links := range g.links {
		for _, l := range links {
			if l.kind == linkParent && !writable(l.child) {
				foreign[relation] = true
			}
		}
	}
	return foreign
}

// reach adds to needs that inserts and changes read and write their own relation, and returns the uses implied by those
// of the roots, including these.
func (g graph) reach(needs arcs, roots []root) map[node]bool {
	foreign := g.foreignChildren()
	reached := make(map[node]bool)
	var open []node
	visit := func(n node) {
		if !reached[n] {
			reached[n] = true
			open = append(open, n)
		}
	}
	for _, r := range roots {
		visit(node{r.relation, useRead})
		if writable(r.kind) {
			visit(node{r.relation, useInsert})
			visit(node{r.relation, useChange})
		}
	}
	for len(open) > 0 {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		if (n.use == useInsert || n.use == useChange) && !foreign[n.relation] {
			needs.add(n, node{n.relation, useRead})
			needs.add(n, node{n.relation, useWrite})
		}
		for _, needed := range needs[n] {
			visit(needed)
		}
	}
	return reached
}

// effects returns the effects of the reached uses, including those that they imply.
func (g graph) effects(needs arcs, reached map[node]bool) map[node]effect {
	users := make(arcs, len(reached))
	total := make(map[node]effect, len(reached))
	var open []node
	for n := range reached {
		for _, needed := range needs[n] {
			users.add(needed, n)
		}
		if e := g.own[n.relation].of(n.use); e != 0 {
			total[n] = e
			open = append(open, n)
		}
	}
	for len(open) > 0 { // until a fixed point: effects only grow
		n := open[len(open)-1]
		open = open[:len(open)-1]
		for _, user := range users[n] {
			if sum := total[user] | total[n]; sum != total[user] {
				total[user] = sum
				open = append(open, user)
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
