// Package cache holds the schema model: what a REST API needs to know about the exposed schemas of a database.
//
// A [Snapshot] is immutable. It is introspected in one read-only REPEATABLE READ transaction by a few set-based queries
// (queries/*.sql), completed by the inference of relationships (pure functions), and published by the [Store] through
// one atomic pointer. A request loads the pointer once and uses that snapshot until its end. After a change of few
// objects, only these are read again, and what depends on them.
//
// The package knows neither HTTP nor URLs nor the SQL of requests.
//
//	           load succeeds                load asked for
//	pending ───────────────────▶ loaded ───────────────────▶ loading
//	   │                         ▲   ▲                        │   │
//	   │ load fails              │   └─── load succeeds ──────┘   │ load fails
//	   ▼                         │                                │
//	retrying ── load succeeds ───┘                                │
//	   ▲ │ after 1, 2, 4 … 32 s, when asked for,                  │
//	   │ │ or when a database that was away is back               │
//	   └─┴────────────────────────────────────────────────────────┘
//
// A store may start from a snapshot that was stored (see [Storage]). It is served from pending or retrying on, until
// the first load succeeds.
//
// Retrying, the last good snapshot is served, if there is one. A load that finds what was there before publishes
// nothing, but is told of by Advance, or by the versions of the relations that it read: what PostgreSQL fixed when a
// statement was prepared may have changed where the catalog, as far as it is read here, has not.
//
// What was announced since a snapshot was loaded is followed to the relations of which it may be wrong, see [Standing].
package cache
