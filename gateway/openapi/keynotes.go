package openapi

import (
	"slices"
	"strings"

	"trunkline/cache"
)

// keyNotes returns a column's comment followed by sentences on the keys that it is part of.
func keyNotes(r *relation, c *cache.Column) string {
	var notes []string
	if c.Description != "" {
		notes = append(notes, c.Description)
	}
	if isPrimary(r, c) {
		notes = append(notes, "Part of the primary key.")
		if len(r.table.PrimaryKey) == 1 {
			notes[len(notes)-1] = "Primary key."
		}
	}
	if key := foreignKey(c.Name, r.relationships); key != nil {
		notes = append(notes, "Foreign key to `"+key.Foreign.Name+"."+key.Columns[0].To+"`.")
	}
	return strings.Join(notes, "\n\n")
}

func isPrimary(r *relation, c *cache.Column) bool { return slices.Contains(r.table.PrimaryKey, c.Name) }

func foreignKeyNote(key *cache.Relationship) any {
	if key == nil {
		return nil
	}
	return object{{"relation", key.Foreign.Name}, {"column", key.Columns[0].To}}
}
