package pgsql

import (
	"cmp"
	"slices"
	"strings"

	"trunkline/cache"
	"trunkline/planner"
)

// Embedded objects have the text of jsonb: a space behind colons and commas, keys in the order of their length and then
// of their bytes, each once. Making jsonb and then its text costs PostgreSQL a third of a read of 100 rows with one
// embed each. If the names and types of what is selected are known, statements put the same text together themselves:
//
//	concat('[', string_agg(concat('{"id":', coalesce(to_json(pgrst_rows."id"), 'null'), ',"director":', …, '}'), …), ']')
//
// Values are still converted by PostgreSQL: by to_json if the text of its result is that of jsonb, and else by to_jsonb.
// If a column has got another type since the snapshot was made, the text remains JSON. Whatever is in doubt is converted
// as a whole by to_jsonb, whose text has the same form.

// rowForm is what becomes of the rows that are being written.
type rowForm uint8

const (
	// separate rows are taken apart: each value is converted to JSON by itself, embeds to jsonb.
	separate rowForm = iota
	// whole rows are converted to JSON as they are, and embeds remain rows or arrays of rows.
	whole
	// joinedText rows are joined to text. Embeds whose rows can be are text already.
	joinedText
)

// maxName is the length in bytes to which PostgreSQL truncates names.
const maxName = 63

// maxTextFields is the maximum number of fields of an answer whose rows are joined to text. Each takes about 80 bytes of
// the statement, and long statements are not kept prepared.
const maxTextFields = 100

// chooseText finds whether the rows of the answer are joined to text, and which of its embeds. That is worthwhile only
// for embeds: json_agg is as quick for other values.
func (w *writer) chooseText(p *planner.Plan) {
	switch p.Body.Kind {
	case planner.BodyJSON, planner.BodyObject, planner.BodyLines:
	default:
		return
	}
	n := p.Read
	if len(n.Children) == 0 || p.Body.StripNulls || paged(p) || selectedFields(n) > maxTextFields || !textual(n) {
		return
	}
	if w.chooseEmbeds(n); len(w.texts) > 0 {
		w.form = joinedText
	}
}

// chooseEmbeds finds which embeds of a node whose rows are joined to text are text, too.
func (w *writer) chooseEmbeds(n *planner.ReadNode) {
	for _, child := range n.Children {
		if embeddedAsText(n, child) {
			w.texts = append(w.texts, child)
			w.chooseEmbeds(child)
		}
	}
}

// asText reports whether an embed is written as text where the writer is.
func (w *writer) asText(n *planner.ReadNode) bool {
	return w.form == joinedText && slices.Contains(w.texts, n)
}

// selectedFields returns how many fields a node and its embeds select.
func selectedFields(n *planner.ReadNode) int {
	fields := len(n.Select)
	for _, child := range n.Children {
		fields += selectedFields(child)
	}
	return fields
}

// embeddedAsText reports whether an embed of a parent whose rows are joined to text is text, too. Its rows must not be
// needed for anything else.
//
// PostgreSQL computes what a lateral join selects for all rows of the relation if it hashes them, also for those that
// belong to no row of the parent. So the join returns rows, and their text is made where the parent selects it. What is
// embedded in them would have to be converted to jsonb first, which is quicker for all of it at once.
func embeddedAsText(parent, n *planner.ReadNode) bool {
	switch n.Output {
	case planner.EmbedArray:
		return formOf(parent, n) == subselected && textual(n)
	case planner.EmbedObject:
		if formOf(parent, n) == joined && slices.ContainsFunc(n.Children, func(c *planner.ReadNode) bool { return !c.Empty }) {
			return false
		}
		return !orders(parent.Order, n) && !tests(parent.Where, n) && textual(n)
	default:
		return false
	}
}

// textual reports whether the keys of a node's rows and the types of their values are known. Casts in embeds can fail:
// as text, fields would be computed in the order of their keys, and another error could be the first one.
func textual(n *planner.ReadNode) bool {
	if n.Empty || aggregates(n) || len(n.SpreadExtra) > 0 || len(n.Select) == 0 && len(n.Children) == 0 {
		return false
	}
	for i := range n.Select {
		if cast := n.Select[i].Cast; n.Depth > 0 && cast != "" && cast != "text" {
			return false
		}
		if !textualField(&n.Select[i]) || selects(n, i, fieldName(&n.Select[i])) {
			return false
		}
	}
	for i, child := range n.Children {
		switch {
		case child.Output == planner.SpreadOne || child.Output == planner.SpreadMany:
			return false
		case child.Empty:
		case !textualName(child.OutputName()), selects(n, len(n.Select)+i, child.OutputName()):
			return false
		}
	}
	return true
}

func textualField(s *planner.SelectField) bool {
	f := &s.Field
	known := f.BaseType != ""
	if len(f.Path) > 0 {
		known = s.Alias != "" // if the last key is empty, PostgreSQL chooses a name
	}
	return known && (f.Name != "*" || f.Literal) && len(s.Filter) == 0 && textualName(fieldName(s))
}

// textualName reports whether a name is written as it is in a string of JSON and in a string constant of SQL. The order
// of keys that are not ASCII depends on the encoding of the database.
func textualName(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < ' ' || c > '~' || c == '"' || c == '\'' || c == '\\' {
			return false
		}
	}
	return name != "" && len(name) <= maxName
}

// selects reports whether one of the first items that n selects has a name.
func selects(n *planner.ReadNode, items int, name string) bool {
	for i := range min(items, len(n.Select)) {
		if fieldName(&n.Select[i]) == name {
			return true
		}
	}
	for i := range items - len(n.Select) {
		if child := n.Children[i]; !child.Empty && child.OutputName() == name {
			return true
		}
	}
	return false
}

// fieldName returns the name of a field that is not an aggregate in the rows of its node.
func fieldName(s *planner.SelectField) string {
	if s.Alias != "" {
		return s.Alias
	}
	return s.Field.Name
}

// member is a member of the objects that rows are written as.
type member struct {
	name string
	kind memberKind
}

type memberKind uint8

const (
	memberValue  memberKind = iota // to_json has the text of jsonb, or of json_agg for the rows of the answer
	memberOther                    // only to_jsonb has
	memberObject                   // text, or NULL
	memberArray                    // text
)

// members appends the members of a node's rows in the order of their columns.
func (w *writer) members(all []member, n *planner.ReadNode) []member {
	for i := range n.Select {
		m := member{fieldName(&n.Select[i]), memberOther}
		if n.Depth == 0 || sameText(&n.Select[i]) {
			m.kind = memberValue
		}
		all = append(all, m)
	}
	for _, child := range n.Children {
		m := member{child.OutputName(), memberValue}
		switch {
		case child.Empty:
			continue
		case !slices.Contains(w.texts, child): // which is jsonb
		case child.Output == planner.EmbedArray:
			m.kind = memberArray
		default:
			m.kind = memberObject
		}
		all = append(all, m)
	}
	return all
}

// sameText reports whether to_json and to_jsonb convert a field's values to the same text. Floating-point numbers are
// written otherwise, arrays and json with other spaces, and types of the database may have casts to JSON.
func sameText(s *planner.SelectField) bool {
	f := &s.Field
	if s.Cast != "" || f.Transform.Name != "" {
		return false
	}
	if last := len(f.Path) - 1; last >= 0 { // an operator behind text is the database's, and may return anything
		return f.Path[last].AsText && (last == 0 || !f.Path[last-1].AsText)
	}
	name, _, _ := strings.Cut(f.BaseType, "(")
	switch name {
	case "smallint", "integer", "bigint", "numeric", "boolean", "text", "character varying", "character", "uuid", "jsonb",
		"date", "interval", "time without time zone", "time with time zone", "timestamp without time zone",
		"timestamp with time zone":
		return true
	default:
		return false
	}
}

// byKey compares members as jsonb does.
func byKey(a, b member) int {
	return cmp.Or(cmp.Compare(len(a.name), len(b.name)), strings.Compare(a.name, b.name))
}

// maxMembers is the maximum number of members that one call of concat joins. Functions have at most 100 arguments.
const maxMembers = 40

// rowText writes the text of a row of n, whose columns are those of a relation: as json_agg writes it if n is the root,
// and else as jsonb.
func (w *writer) rowText(relation string, n *planner.ReadNode) {
	var space [16]member
	all := w.members(space[:0], n)
	opening, separator, colon := constant("'{\""), constant("',\""), constant("\":'")
	if n.Depth > 0 {
		slices.SortFunc(all, byKey)
		separator, colon = "', \"", "\": '"
	}
	parted := len(all) > maxMembers
	if parted {
		w.text("pg_catalog.concat(")
	}
	for i := range all {
		switch {
		case i == 0:
			w.text("pg_catalog.concat(")
		case i%maxMembers == 0:
			w.text("), pg_catalog.concat(")
		default:
			w.text(", ")
		}
		w.text(opening)
		w.key(all[i].name)
		w.text(colon)
		w.text(", ")
		w.memberText(relation, &all[i])
		opening = separator
	}
	w.text(", '}')")
	if parted {
		w.text(")")
	}
}

// memberText writes the text of a member's value.
func (w *writer) memberText(relation string, m *member) {
	w.text([...]constant{
		memberValue: "coalesce(pg_catalog.to_json(", memberOther: "coalesce(pg_catalog.to_jsonb(",
		memberObject: "coalesce(", memberArray: "",
	}[m.kind])
	w.column(cache.QualifiedName{Name: relation}, m.name)
	w.text([...]constant{
		memberValue: "), 'null')", memberOther: "), 'null')", memberObject: ", 'null')", memberArray: "",
	}[m.kind])
}

// textOfRows writes the text of the array of the rows or, if single is set, of the first row, or null if there is none.
//
// From version 16 on, PostgreSQL can compute string_agg in parallel, part by part. Rows without a requested order would
// then be in another order every time. An aggregate that cannot be computed in parts, of no rows, prevents that.
func (w *writer) textOfRows(p *planner.Plan, single bool) {
	if single {
		w.text("coalesce((pg_catalog.array_agg(")
		w.rowText(rows, p.Read)
		w.text("))[1], 'null')")
		return
	}
	w.text("pg_catalog.concat('[', pg_catalog.string_agg(")
	w.rowText(rows, p.Read)
	w.text(", E', \\n '), ']', pg_catalog.json_agg(1) FILTER (WHERE FALSE))")
}

// embeddedText writes the text of an embed. That of an object is NULL if there is no row.
func (w *writer) embeddedText(parent, n *planner.ReadNode) {
	switch {
	case n.Output == planner.EmbedArray:
		w.text("pg_catalog.concat('[', (SELECT pg_catalog.string_agg(")
		w.rowText(n.JoinAlias, n)
		w.text(", ', ')")
		w.textRowsOf(n)
		w.text("), ']')")
	case formOf(parent, n) != joined:
		w.text("(SELECT ")
		w.rowText(n.JoinAlias, n)
		w.textRowsOf(n)
		w.text(" LIMIT 1)")
	case n.Inner:
		w.rowText(n.JoinAlias, n)
	default:
		w.text("CASE WHEN ")
		w.column(cache.QualifiedName{Name: n.JoinAlias}, foundOf(n))
		w.text(" THEN ")
		w.rowText(n.JoinAlias, n)
		w.text(" END")
	}
}

// textRowsOf writes FROM with the rows of n under its alias, whose embeds may be text.
func (w *writer) textRowsOf(n *planner.ReadNode) {
	w.text(" FROM (")
	w.read(n, nil)
	w.text(") AS ")
	w.ident(n.JoinAlias)
}

// foundRows writes the query of the lateral join of an object that is text. A further column is true in all of its rows,
// so that it is NULL if there is none.
func (w *writer) foundRows(n *planner.ReadNode) {
	w.text("SELECT ")
	w.column(cache.QualifiedName{Name: n.JoinAlias}, planner.AllColumns)
	w.text(", TRUE AS ")
	w.ident(foundOf(n))
	w.text(" FROM (")
	w.joinedObject(n)
	w.text(") AS ")
	w.ident(n.JoinAlias)
}

// foundOf returns the name of that column, which differs from those of the others.
func foundOf(n *planner.ReadNode) string {
	return planner.FreeName("pgrst_found", func(name string) bool {
		return selects(n, len(n.Select)+len(n.Children), name)
	})
}
