package openapi

import "trunkline/cache"

// embedNotes lists what can be embedded in a relation's rows: related relations that can be read, with the name and hint
// by which select refers to them, and how they are joined. OpenAPI has no words for it.
func (in *Input) embedNotes(r *relation, readable map[cache.QualifiedName]bool) []object {
	var notes []object
	for _, rel := range r.relationships {
		if in.EmbedName == nil || !readable[rel.Foreign] {
			continue
		}
		if rel.Junction != nil && !readable[rel.Junction.Table] {
			continue
		}
		if target, hint, ok := in.EmbedName(r.relationships, rel); ok {
			notes = append(notes, embedNote(rel, target, hint))
		}
	}
	return notes
}

func embedNote(rel *cache.Relationship, target, hint string) object {
	note := object{
		{"name", target},
		{"hint", text(hint)},
		{"relation", rel.Foreign.Name},
		{"cardinality", rel.Cardinality.String()},
		{"one", onlyTrue(rel.ToOne())},
		{"columns", list(pairNotes(rel.Columns))},
	}
	if rel.Junction != nil {
		note = append(note, member{"junction", rel.Junction.Table.Name})
	}
	return append(note, member{"referenced", onlyTrue(rel.Referenced)}, member{"view", onlyTrue(rel.ForeignIsView)})
}

func pairNotes(pairs []cache.ColumnPair) (notes []object) {
	for _, pair := range pairs {
		notes = append(notes, object{{"from", pair.From}, {"to", pair.To}})
	}
	return notes
}

// readableRelations returns the names of those that can be read.
func readableRelations(relations []*relation) map[cache.QualifiedName]bool {
	readable := make(map[cache.QualifiedName]bool, len(relations))
	for _, r := range relations {
		readable[r.table.Name] = r.readable
	}
	return readable
}
