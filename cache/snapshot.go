package cache

import "cmp"

// MediaHandler is a function or aggregate that converts rows to a body of a user-defined media type (PostgREST
// documentation, Media Type Handlers).
type MediaHandler struct {
	// Function is called with the row or value. For a routine that itself returns a media type domain it is the
	// domain, applied as a cast.
	Function QualifiedName `json:"function"`
	// Target is the relation or routine that the handler is for, or the zero name for handlers of anyelement.
	Target QualifiedName `json:"target,omitzero"`
	// Accept is the media type that selects the handler, in lower case; "*/*" for any.
	Accept string `json:"accept"`
	// MediaType is the value of Content-Type.
	MediaType string `json:"media_type"`
}

// Snapshot is the content of the exposed schemas at one moment. It and everything that it refers to is immutable, and
// safe for concurrent use.
type Snapshot struct {
	// Generation counts published snapshots from 1. Data derived from a snapshot is keyed by it.
	Generation uint64
	// ServerVersion is server_version_num, as 150018; ServerVersionText is version(), as "PostgreSQL 15.18 on …".
	ServerVersion     int
	ServerVersionText string
	// Standby is set if the snapshot was read from a standby, which may lag behind what its primary announces.
	Standby bool
	// DynamicSQL is set if a function of the database may run dynamic SQL, and so PREPARE, DEALLOCATE or DISCARD.
	DynamicSQL bool
	// Expressions describes parts of expressions that do not depend on a column.
	Expressions Expressions
	// Schemas are the exposed schemas, in configured order.
	Schemas []string

	tables          layered[QualifiedName, *Table]
	relationships   layered[relationshipKey, []*Relationship]
	routines        map[QualifiedName][]*Routine
	representations map[representationKey]QualifiedName
	handlers        map[handlerKey]MediaHandler
	schemas         map[string]*schemaIndex

	stored *storedSnapshot // what the maps would hold, if the snapshot is a stored one
}

// Expressions describes what PostgreSQL runs for parts of expressions that a request may choose for any column.
type Expressions struct {
	// PureTextSearch is set if text search runs only PostgreSQL's own code.
	PureTextSearch bool `json:"pure_text_search"`
	// PureCasts is set if the same is true for a cast to a type of pg_catalog by its unqualified name, with any search
	// path.
	PureCasts bool `json:"pure_casts"`
	// JSON, JSONB, Text and TSVector describe the operators on values of these types.
	JSON     OperatorUse `json:"json"`
	JSONB    OperatorUse `json:"jsonb"`
	Text     OperatorUse `json:"text"`
	TSVector OperatorUse `json:"tsvector"`
}

type relationshipKey struct {
	table         QualifiedName
	foreignSchema string
}

func (k relationshipKey) compare(o relationshipKey) int {
	return cmp.Or(k.table.Compare(o.table), cmp.Compare(k.foreignSchema, o.foreignSchema))
}

type representationKey struct{ source, target string }

type handlerKey struct {
	target    QualifiedName
	mediaType string
}

// Table returns the relation with this name, or nil.
func (s *Snapshot) Table(name QualifiedName) *Table {
	if s.stored != nil {
		return s.stored.table(name)
	}
	return s.tables.at(name)
}

// unconfirmed reports whether the snapshot is one that was stored, and nothing has been loaded from the database yet:
// it may lack what is there, and have what is not.
func (s *Snapshot) unconfirmed() bool { return s.stored != nil }

// Relationships returns the relationships from table to relations of foreignSchema, and those computed by functions of
// foreignSchema, in a fixed order. The second result reports whether the relation has an entry at all, even an empty
// one.
func (s *Snapshot) Relationships(table QualifiedName, foreignSchema string) ([]*Relationship, bool) {
	key := relationshipKey{table, foreignSchema}
	if s.stored != nil {
		return s.stored.relationshipsOf(key)
	}
	return s.relationships.get(key)
}

// Routines returns the overloads with this name, ordered by the number of parameters.
func (s *Snapshot) Routines(name QualifiedName) []*Routine {
	if s.stored != nil {
		return s.stored.overloads(name)
	}
	return s.routines[name]
}

// Representation returns the function of the implicit cast from type source to type target that represents a domain,
// both as named by format_type ("json", "text" or the domain).
func (s *Snapshot) Representation(source, target string) (QualifiedName, bool) {
	f, ok := s.representations[representationKey{source, target}]
	return f, ok
}

// Handler returns the media type handler for target and a media type in lower case ("*/*" for any). The zero target
// selects handlers of anyelement.
func (s *Snapshot) Handler(target QualifiedName, mediaType string) (MediaHandler, bool) {
	h, ok := s.handlers[handlerKey{target, mediaType}]
	return h, ok
}
