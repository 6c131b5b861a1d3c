package planner

import (
	"iter"
	"slices"
	"strings"

	"trunkline/cache"
)

// suggestTable returns the name of a relation in the same schema that the client may have meant, or "".
func suggestTable(snap *cache.Snapshot, target cache.QualifiedName) string {
	name, _ := closest(target.Name, slices.Values(snap.RelationNames(target.Schema)), nearlyEqual)
	return name
}

// suggestRelationship returns the hint for an embed of child in parent without a relationship: another parent if this
// one has no relationships, otherwise another child, or "".
func suggestRelationship(snap *cache.Snapshot, parent cache.QualifiedName, child, schema string) string {
	wrong, names := parent.Name, slices.Values(snap.RelationshipSources(schema))
	relationships, known := snap.Relationships(parent, schema)
	if known {
		wrong, names = child, foreignNames(relationships)
	}
	name, exact := closest(wrong, names, likeEnough)
	if name == "" || known && exact { // a child with the right name was refused because of its hint
		return ""
	}
	return "Perhaps you meant '" + name + "' instead of '" + wrong + "'."
}

// suggestRoutine returns the hint for a call of target with arguments named keys, sorted, that no overload takes:
// another routine if none has the name, otherwise the arguments of an overload, or "".
func suggestRoutine(
	snap *cache.Snapshot, target cache.QualifiedName, keys []string, overloads []*cache.Routine,
) string {
	suggestion := ""
	if len(overloads) == 0 {
		suggestion, _ = closest(target.Name, slices.Values(snap.RoutineNames(target.Schema)), nearlyEqual)
	} else if signature, _ := closest(argumentList(keys), signatures(overloads), likeEnough); signature != "" {
		suggestion = target.Name + signature
	}
	if suggestion == "" {
		return ""
	}
	return "Perhaps you meant to call the function " + target.Schema + "." + suggestion
}

// foreignNames yields the foreign relations of relationships.
func foreignNames(relationships []*cache.Relationship) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, rel := range relationships {
			if !yield(rel.Foreign.Name) {
				return
			}
		}
	}
}

// signatures yields the parameters of each routine as formatted by argumentList.
func signatures(routines []*cache.Routine) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, r := range routines {
			names := make([]string, len(r.Params))
			for i := range r.Params {
				names[i] = r.Params[i].Name
			}
			slices.Sort(names)
			if !yield(argumentList(names)) {
				return
			}
		}
	}
}

// argumentList formats sorted names as "(a, b)".
func argumentList(names []string) string { return "(" + strings.Join(names, ", ") + ")" }
