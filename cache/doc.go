// Package cache holds the schema model: what the exposed schemas of a database contain, as far as a REST API
// needs to know it.
//
// A [Snapshot] is immutable. It is introspected in one read-only REPEATABLE READ transaction by a handful of
// set-based queries (queries/*.sql), completed by relationship inference (pure functions), and published by the
// [Store] through one atomic pointer. A request loads the pointer once and works on that snapshot to its end.
//
// The package knows nothing of HTTP, of URLs or of the SQL that requests become.
//
//	           load succeeds                load asked for
//	pending ───────────────────▶ loaded ───────────────────▶ loading
//	   │                         ▲   ▲                        │   │
//	   │ load fails              │   └─── load succeeds ──────┘   │ load fails
//	   ▼                         │                                │
//	retrying ── load succeeds ───┘                                │
//	   ▲ │ after 1, 2, 4 … 32 s, or when asked for                │
//	   └─┴────────────────────────────────────────────────────────┘
//
// Retrying, the last good snapshot is served, if there is one. A load that finds what was there before publishes
// nothing, but is told of by Advance like every other that succeeded: what PostgreSQL fixed when a statement was
// prepared may have changed where the catalog, as far as it is read here, has not.
package cache
