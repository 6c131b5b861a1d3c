package planner

import (
	"trunkline/cache"
	"trunkline/planner/request"
)

// Options are the settings that planning depends on, fixed for one configuration.
type Options struct {
	// MaxRows is db-max-rows, or request.NoLimit.
	MaxRows int64
	// Aggregates allows aggregate functions (db-aggregates-enabled).
	Aggregates bool
	// Plans allows execution plans as answers (db-plan-enabled).
	Plans bool
	// LegacyTargetNames lets filters, orders and limits name an aliased embed by its relation
	// (url-use-legacy-target-names).
	LegacyTargetNames bool
	// Extensions lets names mean what PostgREST has not where they are names of columns too (url-extensions).
	Extensions bool
}

// Plan is what a request means.
type Plan struct {
	Action request.Action
	// Target is the relation or routine. Table is the relation; nil for routines and the root.
	Target cache.QualifiedName
	Table  *cache.Table

	// Read shapes the answer of every action on a relation or routine. Mutation and Call are set for writes and
	// calls; Read then reads from their result.
	Read     *ReadNode
	Mutation *Mutation
	Call     *Call

	// Media is the answer's media type and Body how rows become the body.
	Media request.MediaType
	Body  Body
	// Uncounted is set if the rows are sent as they come: how many there are is not known before the first. It is set
	// for BodyLines only, and for the HEAD of what GET answers so.
	Uncounted bool
	// HeadersOnly is set for HEAD.
	HeadersOnly bool
	// ReadOnly asks for a read-only transaction.
	ReadOnly bool
	// Pure is set if the statement runs no code but PostgreSQL's own, so that nothing can be left behind on the connection
	// but, by a write, what currval and lastval return. It is as true as the snapshot is new.
	Pure bool
	// Sees are the settings of the request that the statement may read, and that must be in force before it: all if the
	// plan is not Pure. Not among them are the role and what a role, a routine or the time zone of a request sets.
	Sees cache.Settings
	// RoleBound is set if the statement must not be shared between roles: PostgreSQL decides some of what a role may do
	// and see when it makes the plan of a prepared statement.
	RoleBound bool
	// Quick is set if the rows are found by the primary key's index and few, so that PostgreSQL needs microseconds
	// however large the relation is.
	Quick bool

	Count request.CountMode
	// Range is the top level's window, without MaxRows; it appears in Content-Range.
	Range request.Range
	// MaxRows is Options.MaxRows.
	MaxRows int64

	// Warnings name embeds that were referred to by relation though they have an alias.
	Warnings []Warning
	// Allow is the value of the Allow header, of the info actions only.
	Allow string
}

// Warning is an embed that was referred to by Relation although it has an Alias.
type Warning struct{ Relation, Alias string }

// BodyKind is how rows become a body.
type BodyKind uint8

// The kinds.
const (
	BodyNone BodyKind = iota
	BodyJSON
	BodyObject // a single JSON object
	BodyGeoJSON
	BodyCSV
	BodyCustom
	BodyLines // a JSON text in each line
)

// Body says how rows become a body.
type Body struct {
	Kind       BodyKind
	StripNulls bool // BodyJSON, BodyObject and BodyLines
	// Handler makes the body of BodyCustom.
	Handler cache.MediaHandler
}

// ReadNode reads one relation: the root, or an embedded relation in a lateral join of its parent.
type ReadNode struct {
	// Name is the relation as the request names it; Alias the request's alias, "" if none.
	Name, Alias string
	Depth       int // 0 for the root

	// From is the relation that is read. FromSource reads the result of the mutation or call instead, From then
	// being the relation that its rows are of. FromAlias is the SQL alias, "" if none.
	From       cache.QualifiedName
	FromSource bool
	FromAlias  string

	Select []SelectField
	Where  []Condition
	Order  []OrderTerm
	Range  request.Range // MaxRows included

	// Embedded nodes only.

	Relationship *cache.Relationship
	// ParentAlias is the name under which the parent's row is visible; an argument of computed relationships.
	ParentAlias string
	// JunctionAlias is the SQL alias of a many-to-many relationship's junction, "" if none.
	JunctionAlias string
	JoinOn        []JoinCondition
	Inner         bool
	// JoinAlias is the SQL alias of the lateral join, unique in the statement.
	JoinAlias string
	Output    EmbedKind
	// Empty is set if nothing of the node is selected ("clients()"): it joins and filters only.
	Empty bool
	// SpreadFields are what the parent selects of a spread.
	SpreadFields []SpreadField
	// SpreadOrder orders the arrays of a to-many spread by columns that SpreadExtra selects under aliases. Order is
	// then empty, unless Range has to choose the rows.
	SpreadExtra []SpreadExtra
	SpreadOrder []OrderTerm
	// LegacyMatch is set if the request referred to the node by Name although it has an Alias.
	LegacyMatch bool

	Children []*ReadNode

	// What the node was made of; needed while planning only.
	items []request.SelectItem
	hint  string
	table *cache.Table // nil if the snapshot does not know the relation
}

// OutputName is the key under which an embed appears.
func (n *ReadNode) OutputName() string {
	if n.Alias != "" {
		return n.Alias
	}
	return n.Name
}

// EmbedKind is the form in which a parent's row holds an embedded relation.
type EmbedKind uint8

// The forms.
const (
	EmbedObject EmbedKind = iota
	EmbedArray
	SpreadOne  // columns of the one row
	SpreadMany // one array for each column
)

// Field is a column or other named thing in a context, resolved as far as it is known.
type Field struct {
	Name string // "*" for every column
	Path []request.JSONStep
	// ToJSON wraps the column in to_jsonb before Path is applied.
	ToJSON bool
	// TSVector wraps the field in to_tsvector, with Config if HasConfig.
	TSVector  bool
	Config    string
	HasConfig bool
	// Type is the type as declared, BaseType with domains resolved; "" if unknown. With a Transform, Type is the type
	// that it takes: "text" for the operand of a filter, "json" for a column of a payload, the domain for output.
	Type, BaseType string
	// Transform is the function of a domain representation, the zero name if none. It is applied to the field in a
	// select list, to the operand in a condition, to the payload's value in a mutation.
	Transform cache.QualifiedName
	// Cell is set for a column of a payload of CSV that is read as text and cast to Type, an empty text being NULL.
	Cell bool
	// Default is the column's default expression, "" if none.
	Default string
	// FullRow stands for the whole row of the relation, to be counted.
	FullRow bool
}

// SelectField is an item of a select list: [aggregate(] [cast(] field [)] [)] with casts and alias.
type SelectField struct {
	Field         Field
	Cast          string
	Aggregate     request.Aggregate
	AggregateCast string
	Alias         string // "" if none
}

// SpreadField is a column of a spread relation, selected by its parent.
type SpreadField struct {
	Name          string // the column in the spread subquery, or "*"
	Aggregate     request.Aggregate
	AggregateCast string
	Alias         string // "" if none
}

// SpreadExtra is a column that a to-many spread selects for its order only.
type SpreadExtra struct {
	// Relation is the SQL alias of the to-one embed that the column belongs to, "" for the node's own.
	Relation string
	Field    SelectField
}

// ConditionKind tells the kinds of conditions apart.
type ConditionKind uint8

// The kinds.
const (
	CondFilter ConditionKind = iota
	CondAnd
	CondOr
	CondEmbedNull // whether Embed found no rows
	CondRelated   // whether Embed has a row, whatever its window, for which all Terms are true
)

// Condition is a node of a boolean tree.
type Condition struct {
	Kind ConditionKind
	// Not negates all but filters, which carry their own.
	Not    bool
	Field  Field           // CondFilter
	Filter *request.Filter // CondFilter
	Terms  []Condition     // CondAnd, CondOr, CondRelated
	// Embed is an embed of the node, or with CondRelated maybe a relation of which nothing else is read.
	Embed *ReadNode // CondEmbedNull, CondRelated
}

// JoinCondition equates a column of the embedded relation with one of its parent or junction. Relations are
// SQL names: an alias in Name without a schema, or a relation.
type JoinCondition struct {
	LeftRelation  cache.QualifiedName
	LeftColumn    string
	RightRelation cache.QualifiedName
	RightColumn   string
}

// OrderTerm is a term of ORDER BY.
type OrderTerm struct {
	// Relation is the SQL alias of the to-one embed that Field belongs to, "" for the node's own.
	Relation  string
	Field     Field
	Direction request.Direction
	Nulls     request.NullsOrder
}

// Mutation is a write to a relation.
type Mutation struct {
	Action  request.Action // ActionInsert, ActionUpdate, ActionUpsert or ActionDelete
	Table   cache.QualifiedName
	Columns []Field // what is set, sorted by name
	Payload *request.Payload
	// Where restricts updates and deletes; for an upsert by PUT it holds the key that the payload must repeat.
	Where []Condition
	// Returning are the columns that Read and Location need, sorted; nil for none, "*" alone for all.
	Returning []string
	// Conflict is what an insert does with duplicates; nil if nothing was asked for.
	Conflict   *Conflict
	PrimaryKey []string
	// Defaults fills keys that a row lacks with the columns' defaults.
	Defaults bool
	// Location asks for the new row's location.
	Location bool
}

// Conflict is an ON CONFLICT clause.
type Conflict struct {
	Merge   bool     // DO UPDATE rather than DO NOTHING
	Columns []string // the arbiter; none means that the clause is left out
}

// Call is a call of a routine.
type Call struct {
	Routine *cache.Routine
	// Positional passes the whole payload to the routine's one unnamed parameter.
	Positional bool
	// Args are the arguments by name, in the order of the parameters. With Payload set their values come from it.
	Args []Arg
	// Payload is the JSON, or with Positional the value, that the arguments are taken from; nil if Args hold them.
	Payload *request.Payload
	// Returning are the columns that Read needs, sorted; nil or "*" alone for all. FilterFields are those that its
	// conditions and its order need, "*" among them for all.
	Returning, FilterFields []string
}

// Arg is an argument of a call.
type Arg struct {
	Param cache.Param
	// Value is the argument of a call without payload; Values those of a variadic one.
	Value  string
	Values []string
}
