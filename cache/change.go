package cache

import (
	"cmp"
	"slices"
	"strings"
)

// Change is a command that changed the database, and the objects that it touched.
type Change struct {
	Command string // its tag, as "ALTER TABLE"
	Objects []ChangedObject
	cause   Cause // "" for CauseDDL
	// sought is what a request has looked for and found, nil if the change is none.
	sought *sought
}

// sought is a relation that a request named and the snapshot did not have, or functions.
type sought struct {
	relation  QualifiedName
	functions []uint32
}

// servedBy reports whether a load has found what was sought, though it began before.
func (w *sought) servedBy(s *scope) bool {
	if len(w.functions) == 0 {
		_, found := findTable(s.catalog.Tables, w.relation)
		return found
	}
	return !slices.ContainsFunc(w.functions, func(oid uint32) bool { return !s.exposedFunctions[oid] })
}

// ChangedObject is an object of the database that a command touched.
type ChangedObject struct {
	// Class is the oid of the catalog that holds the object, Oid its own; 0 if privileges on several have changed.
	Class, Oid uint32
	Dropped    bool
	// Any is set if it stands for any objects of the catalog, in Schema unless that is "", whatever was done to them.
	Any    bool
	Schema string // its schema, "" if it has none; for a schema its name
}

// PrivilegesChanged returns the change that privileges on any relations and functions are.
func PrivilegesChanged(command string) Change {
	return Change{Command: command, Objects: privileges(), cause: CauseAudit}
}

// privileges are what stands for privileges on any relations and functions.
func privileges() []ChangedObject {
	return []ChangedObject{{Class: classOfRelations}, {Class: classOfFunctions}}
}

// verdict says what a changed object asks for.
type verdict uint8

// The verdicts.
const (
	irrelevant     verdict = iota // the snapshot does not depend on the object
	somePrivileges                // of relations
	someCalls                     // who may call functions
	someRelation
	someFunction
	someType
	everything // what depends on the object is not known
)

// Oids of catalogs of objects that no snapshot depends on, whatever is done to them: default privileges, user mappings,
// publications, their members and schemas, subscriptions, event triggers, large objects.
var unseenClasses = []uint32{826, 1418, 6104, 6106, 6237, 6100, 3466, 2613}

// Oids of catalogs of objects on which nothing depends that is new, and of which nothing has to be known when they are
// gone, because what depended on them is told of by itself: collations, configurations and dictionaries of text search,
// foreign-data wrappers and servers.
var namedClasses = []uint32{3456, 3602, 3600, 2328, 1417}

// classOfConstraints is the oid of pg_constraint. The constraints that are told of are those of domains.
const classOfConstraints = 2606

// classOfSchemas is the oid of pg_namespace.
const classOfSchemas = 2615

// judge says what a changed object asks for.
func (s *scope) judge(command string, o ChangedObject) verdict {
	inside := s.schemas[o.Schema]
	switch {
	case o.Any:
		return s.judgeAny(o, inside)
	case s.typed[object{o.Class, o.Oid}]:
		return everything
	case o.Oid == 0:
		return judgeSeveral(o)
	case o.Class == classOfRelations && (inside || s.hasRelation(o.Oid)):
		return someRelation
	case o.Class == classOfRelations:
		return irrelevant
	case o.Class == classOfFunctions:
		return s.judgeFunction(o, inside)
	case o.Class == classOfTypes:
		return judgeType(command, o, inside)
	case o.Class == classOfSchemas:
		return s.judgeSchema(command, inside)
	case slices.Contains(unseenClasses, o.Class), slices.Contains(namedClasses, o.Class) && !alters(command, o):
		return irrelevant
	case o.Class == classOfConstraints && command == "ALTER DOMAIN":
		return irrelevant // the domain is told of by itself, or a constraint has another name
	default:
		return everything
	}
}

// alters reports whether a command may have changed an object that was there and still is.
func alters(command string, o ChangedObject) bool {
	return !o.Dropped && command != "COMMENT" && !strings.HasPrefix(command, "CREATE ")
}

// judgeAny judges that any objects of a catalog may have been created, dropped or otherwise changed, but not moved
// unless their schema is not told.
func (s *scope) judgeAny(o ChangedObject, inside bool) verdict {
	switch {
	case slices.Contains(unseenClasses, o.Class):
		return irrelevant
	case inside || o.Schema == "":
		return everything
	case o.Class == classOfRelations && !s.placed()[o.Schema], o.Class == classOfTypes, o.Class == classOfSchemas:
		return irrelevant
	default:
		return everything
	}
}

// judgeSeveral judges objects of which is not told which they are: those on which privileges were granted.
func judgeSeveral(o ChangedObject) verdict {
	switch o.Class {
	case classOfRelations:
		return somePrivileges
	case classOfFunctions:
		return someCalls
	default:
		return everything
	}
}

// judgeType judges a type. What uses one that is new or gone is told of by itself.
func judgeType(command string, o ChangedObject, inside bool) verdict {
	switch {
	case o.Oid < firstUserOid:
		return everything
	case !inside && (o.Dropped || command == "CREATE TYPE" || command == "CREATE DOMAIN"):
		return irrelevant
	default:
		return someType
	}
}

// judgeFunction judges a function. One of any schema may be the only one that runs SQL made at run time.
func (s *scope) judgeFunction(o ChangedObject, inside bool) verdict {
	switch {
	case o.Oid < firstUserOid:
		return everything
	case inside, s.hasFunction(o.Oid), s.dynamic[o.Oid], len(s.dynamic) == 0:
		return someFunction
	default:
		return irrelevant
	}
}

// judgeSchema judges a schema. What is in it is told of by itself, unless it has a new name.
func (s *scope) judgeSchema(command string, inside bool) verdict {
	switch {
	case command == "COMMENT", command != "ALTER SCHEMA" && !inside:
		return irrelevant
	default:
		return everything
	}
}

// touched is what has changed, as far as it matters.
type touched struct {
	all bool // it is not known what
	// missed is set if changes may have been missed, which a load has to find.
	missed bool
	// privileges is set if those on relations have changed, calls if those on functions have.
	privileges, calls bool
	relations         map[uint32]bool
	// functions are those that changed; true if they are, or were, of an exposed schema, or casts.
	functions map[uint32]bool
	types     map[uint32]bool
	// unseen are functions on which nothing depended when they changed.
	unseen map[object]bool
	// madeTypes is set if types may have been made on which nothing depended.
	madeTypes bool
	// commands are the tags of the commands that did it, each once.
	commands []string
	// causes are why there is something to load, each once.
	causes []Cause
}

func newTouched() *touched {
	return &touched{
		relations: make(map[uint32]bool), functions: make(map[uint32]bool), types: make(map[uint32]bool),
		unseen: make(map[object]bool),
	}
}

// relevant reports whether there is anything to load.
func (t *touched) relevant() bool {
	return t.all || t.privileges || t.calls || len(t.relations)+len(t.functions)+len(t.types) > 0
}

// add adds a change, judged by a scope, and reports whether it is relevant.
func (t *touched) add(s *scope, c Change) bool {
	if s == nil {
		t.all = true
		t.because(c.why())
		return true
	}
	if c.sought != nil && c.sought.servedBy(s) {
		return false
	}
	relevant, linked := false, false
	for _, o := range c.Objects {
		what := s.judge(c.Command, o)
		relevant = relevant || what != irrelevant
		switch what {
		case somePrivileges:
			t.privileges = true
		case someCalls:
			t.calls = true
		case someRelation:
			linked = true
		case someFunction:
			t.functions[o.Oid] = t.functions[o.Oid] || s.listsFunction(o)
		case someType:
			t.types[o.Oid] = true
		case everything:
			t.all = true
		case irrelevant:
			t.pass(o)
		}
	}
	for _, o := range c.Objects { // one that matters may do so because of a new link from another one
		if linked && o.Class == classOfRelations && o.Oid != 0 {
			t.relations[o.Oid] = true
		}
	}
	if len(t.relations)+len(t.functions)+len(t.types)+len(t.unseen) > maxTouched {
		t.all, relevant = true, true
	}
	if relevant {
		t.because(c.why())
		t.name(c.Command)
	}
	return relevant
}

// pass notes an object on which nothing depends yet, if that may change without its being told of again. A range type
// comes with functions.
func (t *touched) pass(o ChangedObject) {
	switch o.Class {
	case classOfFunctions:
		t.unseen[object{o.Class, o.Oid}] = true
	case classOfTypes:
		t.madeTypes = t.madeTypes || !o.Dropped
	}
}

// maxCommands bounds how many commands are named.
const maxCommands = 10

// name notes a command.
func (t *touched) name(command string) {
	if len(t.commands) == maxCommands {
		command = "others"
	}
	if len(t.commands) <= maxCommands && !slices.Contains(t.commands, command) {
		t.commands = append(t.commands, command)
	}
}

func (c *Change) why() Cause { return cmp.Or(c.cause, CauseDDL) }

// maxTouched bounds how many objects are loaded one by one, and how many changes are remembered.
const maxTouched = 1000

// maxRemembered bounds how many objects those changes have together, which a notification can have hundreds of.
const maxRemembered = 10 * maxTouched

// pending is what has changed since the last load began.
type pending struct {
	scope   *scope // what the last load found to matter; nil if everything does
	touched *touched
	// loading is set while a load runs, or none has: then changes are judged when it has ended.
	loading bool
	changes []Change
	objects int  // of the changes
	heard   bool // changes came while the last load ran
}

// put remembers a change that comes while a load runs.
func (p *pending) put(c Change) {
	p.heard = true
	if p.touched.all {
		return // nothing has to be remembered
	}
	p.changes, p.objects = append(p.changes, c), p.objects+len(c.Objects)
	if len(p.changes) > maxTouched || p.objects > maxRemembered {
		p.touched.all, p.changes, p.objects = true, nil, 0
		p.touched.because(c.why())
	}
}

// doubt returns what the snapshot of a load with a scope may be wrong about, because of what came while it ran.
func (p *pending) doubt(s *scope) doubt {
	d := doubt{all: p.touched.all || p.touched.missed}
	for _, c := range p.changes {
		d = d.with(s, c)
	}
	return d
}

// take returns what the load that begins now is of.
func (p *pending) take() *touched {
	asked := p.touched
	p.touched, p.loading, p.heard = newTouched(), true, false
	return asked
}

// finish judges what came while a load ran, and reports whether there is anything to load.
func (p *pending) finish(s *scope) bool {
	p.scope, p.loading = s, false
	for _, c := range p.changes {
		p.touched.add(s, c)
	}
	p.changes, p.objects = nil, 0
	return p.touched.relevant() || p.touched.missed
}
