package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// A merge patch (RFC 7396) is written as nested queries, one for each object in it. o is the object that is there, or
// an empty one in place of anything else:
//
//	(SELECT o - $1::text[] || jsonb_build_object($2::text, $3::jsonb, $4::text, (SELECT … FROM (… p1.o -> $4::text …) p2))
//	FROM (SELECT CASE WHEN jsonb_typeof("doc") = 'object' THEN "doc" ELSE '{}' END AS o) p1)

// patchedColumn writes the new value of a column that is merged with a patch.
func (w *writer) patchedColumn(table cache.QualifiedName, f *planner.Field) {
	w.patched(f.Patch, 1, func() {
		w.attribute(table, f.Name)
		w.text("::pg_catalog.jsonb")
	})
	w.text("::")
	w.sqlType(f.Type)
}

// patched writes the result of merging the value that target writes with a patch.
func (w *writer) patched(p *request.Patch, depth int64, target func()) {
	w.text("(SELECT ")
	w.patchAlias(depth)
	w.text(".o")
	if len(p.Removed) > 0 {
		w.text(" OPERATOR(pg_catalog.-) ")
		w.array(p.Removed)
		w.text("::pg_catalog.text[]")
	}
	for i := range p.Set {
		w.patchMember(p.Set[i].Key, func() {
			w.bytes(p.Set[i].Value, false)
			w.text("::pg_catalog.jsonb")
		})
	}
	for i := range p.Merged {
		w.patchMember(p.Merged[i].Key, func() {
			w.patched(&p.Merged[i], depth+1, func() {
				w.patchAlias(depth)
				w.text(".o OPERATOR(pg_catalog.->) ")
				w.value(p.Merged[i].Key)
				w.text("::pg_catalog.text")
			})
		})
	}
	w.text(" FROM (SELECT CASE WHEN pg_catalog.jsonb_typeof(")
	target()
	w.text(") OPERATOR(pg_catalog.=) 'object' THEN ")
	target()
	w.text(" ELSE '{}'::pg_catalog.jsonb END AS o OFFSET 0) ")
	w.patchAlias(depth)
	w.text(")")
}

func (w *writer) patchMember(key string, value func()) {
	w.text(" OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(")
	w.value(key)
	w.text("::pg_catalog.text, ")
	value()
	w.text(")")
}

func (w *writer) patchAlias(depth int64) {
	w.text("pgrst_patch_")
	w.int(depth)
}
