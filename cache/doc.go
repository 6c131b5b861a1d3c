// Package cache holds the schema model: what the exposed schemas of a database contain, as far as a REST API
// needs to know it.
//
// A [Snapshot] is immutable. It is introspected in one read-only REPEATABLE READ transaction by a handful of
// set-based queries (queries/*.sql), completed by relationship inference (pure functions), and published by the
// [Store] through one atomic pointer. A request loads the pointer once and works on that snapshot to its end.
//
// The package knows nothing of HTTP, of URLs or of the SQL that requests become.
//
//	        load ok, changed                load ok, unchanged
//	      ┌──────────────────┐            ┌────────────────────┐
//	      ▼                  │            ▼                    │
//	pending ── load ok ──▶ loaded ── load requested ──▶ loading ┘
//	   │                     ▲                            │ load failed
//	   │ load failed         │ load ok                    ▼
//	   └──────────────▶   retrying  ◀──────────────── stale (last good snapshot is served)
package cache
