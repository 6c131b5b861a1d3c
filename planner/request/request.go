package request

import "strings"

// Input is what the front end knows of a request. Strings and slices are only read.
type Input struct {
	Method string
	// Path is the request's path before percent-decoding, without the query string.
	Path string
	// RawQuery is the query string without the question mark, undecoded.
	RawQuery string
	Body     []byte

	// Values of single headers; absent is "" except where noted.
	ContentType string
	Range       string
	// Accept, AcceptProfile and ContentProfile distinguish absent from empty.
	Accept, AcceptProfile, ContentProfile Header
	// Prefer holds every Prefer header, in order.
	Prefer []string
}

// Header is a header's value and whether it was sent at all.
type Header struct {
	Value   string
	Present bool
}

// Options are the settings that parsing depends on, fixed for one configuration.
type Options struct {
	// Schemas are the exposed schemas; the first is the default.
	Schemas []string
	// RootRoutine is db-root-spec's routine, without its schema, "" if unset.
	RootRoutine string
	// OpenAPIDisabled answers the root with PGRST126.
	OpenAPIDisabled bool
	// AllowTxOverride lets clients choose with Prefer: tx=.
	AllowTxOverride bool
	Limits          Limits
}

// Limits bound what one request may ask for. Zero means the default of [DefaultLimits].
type Limits struct {
	// Depth bounds nested embeds and nested logic trees, each on its own.
	Depth int
	// Filters bounds the conditions of the whole request, those in logic trees included.
	Filters int
	// Embeds bounds the embedded relations of the whole request.
	Embeds int
	// Columns bounds the select items, order terms and columns= entries, each list on its own.
	Columns int
}

// Action is what a request does to its resource.
type Action uint8

// The actions.
const (
	ActionRead         Action = iota // GET or HEAD on a relation
	ActionInsert                     // POST
	ActionUpdate                     // PATCH
	ActionUpsert                     // PUT
	ActionDelete                     // DELETE
	ActionCall                       // POST on a routine
	ActionCallRead                   // GET or HEAD on a routine
	ActionRoot                       // GET or HEAD on the root: the API description
	ActionInfoRelation               // OPTIONS
	ActionInfoRoutine                // OPTIONS
	ActionInfoRoot                   // OPTIONS
)

// Mutates tells whether the action writes to a relation.
func (a Action) Mutates() bool { return a >= ActionInsert && a <= ActionDelete }

// Calls tells whether the action calls a routine.
func (a Action) Calls() bool { return a == ActionCall || a == ActionCallRead }

// Request is the typed syntax of one request.
type Request struct {
	Method string
	Action Action
	// HeadersOnly is set for HEAD.
	HeadersOnly bool
	// Schema is the schema that the request works in; ProfileNegotiated tells that the answer must name it in
	// Content-Profile.
	Schema            string
	ProfileNegotiated bool
	// Resource is the relation's or routine's name, percent-decoded; "" for the root.
	Resource string

	Query Query
	// Range is what limit, offset and the Range header together ask for at the top level.
	Range       Range
	Preferences Preferences
	// Accept holds the acceptable media types, best first; never empty.
	Accept      []MediaType
	ContentType MediaType
	accept      [1]MediaType // the place of a single one

	// Payload is the body of a write or a call, nil if the action takes none.
	Payload *Payload
	// Columns are the columns that the write sets or the arguments that the call gets, sorted and without
	// duplicates: those of columns= if it is given and applies, else the payload's keys, or the names of
	// Query.Params.
	Columns []string
}

// Query is the parsed query string. Paths lead from the root through embedded relations, by alias or name.
type Query struct {
	// Select holds the items of select=. If it is absent, that is one SelectField "*"; if it is empty, none, which
	// means every column too.
	Select  []SelectItem
	Filters []PathFilter
	Logic   []PathLogic
	Order   []PathOrder
	// Ranges holds the limits and offsets of embedded relations; the root's is Request.Range.
	Ranges []PathRange
	// FilterKeys holds the keys of all filters as they were sent, sorted, without duplicates: what PUT compares with
	// the primary key. It is set for ActionUpsert only.
	FilterKeys []string
	// Params are the arguments of an ActionCallRead, in order, duplicates included.
	Params []Param
	// OnConflict holds the columns of on_conflict=; nil if absent.
	OnConflict []string
}

// Param is a named argument.
type Param struct{ Name, Value string }

// Path is a path of embedded relations, empty for the root.
type Path []string

// Field is a column and a path into it.
type Field struct {
	Name string // "*" for the whole row
	Path []JSONStep
}

// JSONStep is one arrow of a path into a JSON, composite or array value.
type JSONStep struct {
	AsText bool   // ->> instead of ->
	Index  bool   // Key is an integer: digits after a sign
	Key    string //
}

// SelectKind tells the kinds of select items apart.
type SelectKind uint8

// The kinds.
const (
	SelectField SelectKind = iota
	SelectEmbed
	SelectSpread
)

// SelectItem is an item of select=: a field with optional aggregate and casts, or an embedded or spread relation.
type SelectItem struct {
	Kind  SelectKind
	Alias string // "" if none

	// SelectField.
	Field         Field
	Cast          string // "" if none; letters, digits, space, underscore and dollar only
	Aggregate     Aggregate
	AggregateCast string

	// SelectEmbed and SelectSpread.
	Relation string // relation, foreign key, column or computed relationship
	Hint     string // "" if none
	Join     Join
	Items    []SelectItem
}

// Aggregate is an aggregate function.
type Aggregate uint8

// The aggregate functions.
const (
	NoAggregate Aggregate = iota
	Sum
	Avg
	Count
	Max
	Min
)

// String returns the name in lower case, as in a URL and as PostgreSQL names the column.
func (a Aggregate) String() string { return [...]string{"", "sum", "avg", "count", "max", "min"}[a] }

// Join is how an embed joins.
type Join uint8

// The joins. An embed without a choice joins left.
const (
	JoinDefault Join = iota
	JoinLeft
	JoinInner
)

// PathFilter is a filter on the relation at Path.
type PathFilter struct {
	Path   Path
	Filter Filter
}

// PathLogic is a logic tree on the relation at Path.
type PathLogic struct {
	Path Path
	Tree Logic
}

// PathOrder is an ordering of the relation at Path.
type PathOrder struct {
	Path  Path
	Terms []OrderTerm
}

// PathRange is a limit and offset on the relation at Path.
type PathRange struct {
	Path  Path
	Range Range
}

// Filter is one condition on a field.
type Filter struct {
	Field Field
	Not   bool
	Op    Operator
	Quant Quantifier // of OpEq to OpImatch
	// Value is the operand of all operators except OpIn and OpIs, wildcards not yet translated.
	Value string
	// List is the operand of OpIn. No elements means the empty set.
	List []string
	// Is is the operand of OpIs.
	Is IsValue
	// Config is the text search configuration of the OpFts family; HasConfig tells "" from absent.
	Config    string
	HasConfig bool
}

// Operator is a filter's operator.
type Operator uint8

// The operators, as URLs name them. Those up to OpImatch take a [Quantifier].
const (
	OpEq Operator = iota
	OpGte
	OpGt
	OpLte
	OpLt
	OpLike
	OpIlike
	OpMatch
	OpImatch
	OpNeq
	OpCs
	OpCd
	OpOv
	OpSl
	OpSr
	OpNxr
	OpNxl
	OpAdj
	OpIn
	OpIs
	OpIsDistinct
	OpFts
	OpPlfts
	OpPhfts
	OpWfts
)

// FullText tells whether the operator is of the full-text search family.
func (o Operator) FullText() bool { return o >= OpFts }

// Quantifier compares with any or all elements of an array literal.
type Quantifier uint8

// The quantifiers.
const (
	NoQuantifier Quantifier = iota
	QuantAny
	QuantAll
)

// IsValue is what IS compares with.
type IsValue uint8

// The values.
const (
	IsNull IsValue = iota
	IsNotNull
	IsTrue
	IsFalse
	IsUnknown
)

// Logic is a node of a boolean tree: a condition, or a conjunction or disjunction of subtrees.
type Logic struct {
	Op LogicOp
	// Not negates an And or Or; a condition carries its own.
	Not    bool
	Filter Filter // LogicFilter only
	Terms  []Logic
}

// LogicOp tells the kinds of logic nodes apart.
type LogicOp uint8

// The kinds.
const (
	LogicFilter LogicOp = iota
	LogicAnd
	LogicOr
)

// OrderTerm is one term of an ordering.
type OrderTerm struct {
	// Relation is the to-one embed that Field belongs to, "" for the relation itself.
	Relation  string
	Field     Field
	Direction Direction
	Nulls     NullsOrder
}

// Direction is ASC or DESC, or neither written.
type Direction uint8

// The directions.
const (
	DirectionDefault Direction = iota
	Asc
	Desc
)

// NullsOrder is NULLS FIRST or LAST, or neither written.
type NullsOrder uint8

// The orders of nulls.
const (
	NullsDefault NullsOrder = iota
	NullsFirst
	NullsLast
)

// Range is a window of rows: Limit rows after skipping Offset.
type Range struct {
	// Offset is negative only for an embedded relation; PostgreSQL refuses it then.
	Offset int64
	// Limit is the number of rows, NoLimit or NegativeLimit.
	Limit int64
}

const (
	// NoLimit as Range.Limit asks for every row.
	NoLimit int64 = -1
	// NegativeLimit as Range.Limit stands for any limit below zero, which only an embedded relation may have.
	// PostgreSQL refuses it.
	NegativeLimit int64 = -2
)

// AllRows is the range without limit and offset.
var AllRows = Range{Limit: NoLimit} //nolint:gochecknoglobals // a constant in all but syntax

// All tells whether the range excludes nothing.
func (r Range) All() bool { return r == AllRows }

// PayloadKind tells the kinds of body apart.
type PayloadKind uint8

// The kinds.
const (
	// PayloadJSON is a JSON object or array of objects with the same keys, or JSON made of a form or CSV.
	PayloadJSON PayloadKind = iota
	// PayloadJSONUnchecked is JSON whose keys were not looked at, because columns= names them.
	PayloadJSONUnchecked
	// PayloadForm is a form for a routine.
	PayloadForm
	// PayloadRaw is one value of type text, xml or bytea for a routine.
	PayloadRaw
)

// Payload is the body of a write or call.
type Payload struct {
	Kind PayloadKind
	// Raw is the body, or the JSON made of it. It is one parameter of the statement.
	Raw []byte
	// Object tells that Raw is a JSON object rather than an array.
	Object bool
	// Form holds the fields of a PayloadForm in order, duplicates included.
	Form []Param
}

// String joins the path as a URL writes it.
func (p Path) String() string { return strings.Join(p, ".") }
