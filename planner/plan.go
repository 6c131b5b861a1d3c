package planner

import (
	"trunkline/cache"
	"trunkline/planner/request"
)

// Options are the settings that planning depends on. They are fixed for one configuration.
type Options struct {
	// MaxRows is db-max-rows, or request.NoLimit.
	MaxRows int64
	// Aggregates allows aggregate functions (db-aggregates-enabled).
	Aggregates bool
	// Plans allows execution plans as answers (db-plan-enabled).
	Plans bool
	// SafeUpdate refuses updates and deletes without a filter (db-safe-update).
	SafeUpdate bool
	// LegacyTargetNames allows filters, orders and limits to refer to an aliased embed by its relation
	// (url-use-legacy-target-names).
	LegacyTargetNames bool
	// Extensions gives extensions of PostgREST's grammar precedence over columns of the same name (url-extensions).
	Extensions bool
}

// Plan is a resolved request.
type Plan struct {
	Action request.Action
	// Target is the relation or routine. Table is the relation, or nil for routines and the root.
	Target cache.QualifiedName
	Table  *cache.Table

	// Read describes the answer of every action on a relation or routine. Mutation and Call are set for writes and
	// calls; Read then reads from their result.
	Read     *ReadNode
	Keyset   *Keyset // nil unless the request asks for a page behind a cursor
	Mutation *Mutation
	Call     *Call

	// Media is the media type of the answer, and Body how rows are converted to the body.
	Media request.MediaType
	Body  Body
	// Uncounted is set if rows are sent as they arrive, so that their number is not known before the first. It is set
	// only for BodyLines, and for HEAD of the same requests.
	Uncounted bool
	// HeadersOnly is set for HEAD.
	HeadersOnly bool
	// ReadOnly requests a read-only transaction.
	ReadOnly bool
	// Pure is set if the statement runs only PostgreSQL's own code, so that it can leave nothing behind on the
	// connection except, for a write, the values of currval and lastval. It depends on the snapshot being current.
	Pure bool
	// Uses is what the statement uses of the snapshot. It is complete only if the plan is Pure.
	Uses cache.Uses
	// Sees are the settings of the request that the statement may read, and that must be set before it. If the plan is
	// not Pure, all are included. The role, and settings of roles, routines and the request's time zone, are not among
	// them.
	Sees cache.Settings
	// RoleBound is set if the statement must not be shared between roles, because PostgreSQL makes some decisions about
	// a role's privileges when it plans a prepared statement.
	RoleBound bool
	// Quick is set if the rows are few and found by the primary key's index, so that PostgreSQL needs microseconds
	// regardless of the size of the relation.
	Quick bool

	Count request.CountMode
	// Range is the top level's window without MaxRows. It appears in Content-Range.
	Range request.Range
	// MaxRows is Options.MaxRows.
	MaxRows int64

	// Warnings list embeds that were referred to by relation although they have an alias.
	Warnings []Warning
	// Allow is the value of the Allow header. It is set only for the info actions. TakesQuery is set if the resource has
	// the method QUERY too.
	Allow      string
	TakesQuery bool
	// TakesPatch is set if it has the method PATCH.
	TakesPatch bool
}

// Explained returns the media type of the execution plan that the statement returns in place of rows, or nil.
func (p *Plan) Explained() *request.PlanMedia {
	switch m := &p.Media; {
	case m.Kind == request.MediaPlan:
		return m.Plan
	case m.Kind == request.MediaSQL && m.SQL.For.Kind == request.MediaPlan:
		return m.SQL.For.Plan
	default:
		return nil
	}
}

// Warning describes an embed that was referred to by Relation although it has an Alias.
type Warning struct{ Relation, Alias string }

// BodyKind is how rows are converted to a body.
type BodyKind uint8

// The kinds.
const (
	BodyNone BodyKind = iota
	BodyJSON
	BodyObject // a single JSON object
	BodyGeoJSON
	BodyCSV
	BodyCustom
	BodyLines // one line of JSON per row
)

// Body describes how rows are converted to a body.
type Body struct {
	Kind       BodyKind
	StripNulls bool // BodyJSON, BodyObject and BodyLines
	// Handler produces the body of BodyCustom.
	Handler cache.MediaHandler
}

// ReadNode reads one relation: the root, or an embedded relation in a lateral join of its parent.
type ReadNode struct {
	// Name is the relation as named in the request; Alias is the request's alias, or "".
	Name, Alias string
	Depth       int // 0 for the root

	// From is the relation that is read. If FromSource is set, the result of the mutation or call is read instead, and
	// From is the relation to which its rows belong. FromAlias is the SQL alias, or "".
	From       cache.QualifiedName
	FromSource bool
	FromAlias  string

	// One is set if there is probably at most one row: that with a given primary key, or one embedded in such a row. Only
	// the form of the statement may depend on it: other tables that inherit from the row's may have the key, too.
	One bool

	Select []SelectField
	Where  []Condition
	Having []Condition // on groups: at least one of their filters compares an aggregate
	Order  []OrderTerm
	Range  request.Range // includes MaxRows

	// The fields below are for embedded nodes only.

	Relationship *cache.Relationship
	// ParentAlias is the name that refers to the parent's row; it is an argument of computed relationships.
	ParentAlias string
	// JunctionAlias is the SQL alias of the junction of a many-to-many relationship, or "".
	JunctionAlias string
	JoinOn        []JoinCondition
	Inner         bool
	// JoinAlias is the SQL alias of the lateral join, unique in the statement.
	JoinAlias string
	Output    EmbedKind
	// Empty is set if nothing of the node is selected ("clients()"): it only joins and filters.
	Empty bool
	// SpreadFields are the fields that the parent selects from a spread.
	SpreadFields []SpreadField
	// SpreadOrder orders the arrays of a to-many spread by columns that SpreadExtra selects under aliases. Order is
	// then empty, unless Range requires it to choose the rows.
	SpreadExtra []SpreadExtra
	SpreadOrder []OrderTerm
	// LegacyMatch is set if the request referred to the node by Name although it has an Alias.
	LegacyMatch bool

	Children []*ReadNode

	// The fields below are used only during planning.
	items []request.SelectItem
	hint  string
	// judged is set when the code that reading the node runs was judged.
	judged bool
	table  *cache.Table // nil if the snapshot does not contain the relation
	// columnsFirst is set if a test for null on a name that a column and an embed have is one on the column.
	columnsFirst bool
}

// OutputName returns the key of an embed in its parent's row.
func (n *ReadNode) OutputName() string {
	if n.Alias != "" {
		return n.Alias
	}
	return n.Name
}

// EmbedKind is the form of an embedded relation in a parent's row.
type EmbedKind uint8

// The forms.
const (
	EmbedObject EmbedKind = iota
	EmbedArray
	SpreadOne  // columns of the single row
	SpreadMany // one array for each column
)

// Field is a resolved column or other named value.
type Field struct {
	Name string // "*" for every column, unless Literal is set
	Path []request.JSONStep
	// Literal is set in a select list if Name is that of a column, even if it is "*".
	Literal bool
	// ToJSON wraps the column in to_jsonb before Path is applied.
	ToJSON bool
	// TSVector wraps the field in to_tsvector, with Config if HasConfig.
	TSVector  bool
	Config    string
	HasConfig bool
	// Type is the declared type, BaseType the type without domains; "" if unknown. With a Transform, Type is its
	// argument's type: "text" for the operand of a filter, "json" for a column of a payload, the domain for output.
	Type, BaseType string
	// Transform is the function of a domain representation, or the zero name. It is applied to the field in a select
	// list, to the operand in a condition, and to the payload's value in a mutation.
	Transform cache.QualifiedName
	// Cell is set for a column of a CSV payload that is read as text and cast to Type, where empty text is NULL.
	Cell bool
	// Patch is set for a column of a merge patch that is merged with the value that is there.
	Patch *request.Patch
	// Default is the column's default expression, or "".
	Default string
	// FullRow is set if the field is the whole row of the relation, which is counted.
	FullRow bool
}

// SelectField is an item of a select list: [aggregate(] [cast(] field [)] [)] with casts and alias.
type SelectField struct {
	Field         Field
	Cast          string
	Aggregate     request.Aggregate
	AggregateCast string
	// Filter are the conditions on the rows that are aggregated. In a to-one spread, whose aggregates its parent applies,
	// they are conditions on the spread's row, and ParentFilter are those on the parent's.
	Filter, ParentFilter []Condition
	Alias                string // "" if there is none
}

// AllColumns stands for all columns of a relation among the names of its columns, none of which is empty. A column may
// be called "*".
const AllColumns = ""

// SpreadField is a column of a spread relation that its parent selects.
type SpreadField struct {
	Name          string // the column in the spread subquery, or AllColumns
	Aggregate     request.Aggregate
	AggregateCast string
	Filter        []Condition // on the parent's rows that are aggregated
	// Transform is the function of a domain representation, or the zero name. It is applied to what the parent shows, and
	// not to what it groups, orders or aggregates by.
	Transform cache.QualifiedName
	Alias     string // "" if there is none
}

// SpreadExtra is a column that a to-many spread selects only for its order.
type SpreadExtra struct {
	// Relation is the SQL alias of the to-one embed that the column belongs to, or "" for the node itself.
	Relation string
	Embed    *ReadNode // as in OrderTerm
	// Direction is that of the order.
	Direction request.Direction
	Field     SelectField
}

// ConditionKind tells the kinds of conditions apart.
type ConditionKind uint8

// The kinds.
const (
	CondFilter ConditionKind = iota
	CondAnd
	CondOr
	CondEmbedNull // whether Embed has no rows
	CondRelated   // whether Embed has a row, regardless of its window, for which all Terms are true
	CondAmong     // whether the columns have values that are among those of Among
)

// Condition is a node of a boolean tree.
type Condition struct {
	Kind ConditionKind
	// Not negates the condition. Filters have their own negation instead.
	Not    bool
	Field  Field           // CondFilter
	Filter *request.Filter // CondFilter
	// Selected is one more than the index in the node's Select of the aggregate that a filter compares; 0 for Field.
	Selected int
	// Spread is the to-one spread of the node whose aggregate, called Field.Name, a filter compares; nil for others.
	Spread *ReadNode
	Terms  []Condition // CondAnd, CondOr, CondRelated
	// Embed is an embed of the node or, for CondRelated, possibly a relation that is not otherwise read.
	Embed *ReadNode // CondEmbedNull, CondRelated
	Among *Among    // CondAmong
}

// Among are rows of values with which columns are compared.
type Among struct {
	Columns []Field
	// Rows is an array of objects with the values of the columns, which are read as those of a payload. It may be set
	// until the statement is written.
	Rows []byte
}

// JoinCondition equates a column of the embedded relation with one of its parent or junction. Relations are SQL names:
// an alias in Name without a schema, or a relation.
type JoinCondition struct {
	LeftRelation  cache.QualifiedName
	LeftColumn    string
	RightRelation cache.QualifiedName
	RightColumn   string
}

// OrderTerm is a term of ORDER BY.
type OrderTerm struct {
	// Relation is the SQL alias of the to-one embed that Field belongs to, or "" for the node itself.
	Relation string
	Field    Field
	// Embed is the embed that Field belongs to, if it has several rows, or if its row has no such value to order by. The
	// order is then by the least value among the rows of the embed, or with Desc by the greatest. Nulls and the embed's
	// window are ignored.
	Embed *ReadNode
	// Spread is the to-one spread from which the node selects what is ordered by, under the name Field.Name; nil for
	// others.
	Spread *ReadNode
	// Selected is one more than the index in the node's Select of the item that is ordered by, whose field is Field; 0 if
	// it is the field itself.
	Selected  int
	Direction request.Direction
	Nulls     request.NullsOrder
}

// Mutation is a write to a relation.
type Mutation struct {
	// Action is ActionInsert, ActionUpdate, ActionUpsert, ActionDelete, or ActionRead for rows that other statements have
	// written, in the order of the payload, which has their keys. Without Key, they are those that Where selects.
	Action  request.Action
	Table   cache.QualifiedName
	Alias   string  // of Table, "" if it needs none
	Columns []Field // the columns to set, sorted by name
	Payload *request.Payload
	// Key are the columns of the primary key by which an update matches rows with those of the payload; nil if each row
	// that Where selects is updated.
	Key []Field
	// Position is the name under which rows that were written have their positions in the payload, by which the answer is
	// ordered, or "".
	Position string
	// Where restricts updates and deletes. For an upsert by PUT it holds the key that the payload must repeat.
	Where []Condition
	// Returning are the columns that Read and Location need, sorted: nil for none, AllColumns alone for
	// all.
	Returning []string
	// Conflict describes how an insert handles duplicates. It is nil if nothing was requested.
	Conflict   *Conflict
	PrimaryKey []string
	// Defaults fills in missing keys of rows with the columns' defaults.
	Defaults bool
	// Location requests the new row's location. KeyForms are the functions of the representations of the primary key's
	// columns, by column, of which the location shows the results.
	Location bool
	KeyForms map[string]cache.QualifiedName
}

// CountsInserted reports whether the rows that are inserted are counted, in the setting pgrst.inserted, because others
// may be updated instead. There is no mutation if m is nil.
func (m *Mutation) CountsInserted() bool {
	return m != nil && (m.Action == request.ActionUpsert || m.Conflict != nil && m.Conflict.Merge)
}

// Conflict is an ON CONFLICT clause.
type Conflict struct {
	Merge   bool     // DO UPDATE rather than DO NOTHING
	Columns []string // the arbiter; the clause is omitted if it is empty
	// Where is the predicate of the arbiter if that is a partial index.
	Where []Condition
}

// Call is a call of a routine.
type Call struct {
	Routine *cache.Routine
	// Positional passes the whole payload to the routine's single unnamed parameter.
	Positional bool
	// Args are the named arguments in the order of the parameters. If Payload is set, their values are taken from it.
	Args []Arg
	// Payload is the JSON or, with Positional, the value from which arguments are taken. It is nil if Args hold the
	// values.
	Payload *request.Payload
	// Returning are the columns that Read needs, sorted; nil, or AllColumns alone, for all. FilterFields are the columns
	// of its conditions and order, AllColumns among them if all are needed.
	Returning, FilterFields []string
}

// Arg is an argument of a call.
type Arg struct {
	Param cache.Param
	// Value is the argument of a call without payload, Values those of a variadic parameter.
	Value  string
	Values []string
}
