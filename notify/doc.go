// Package notify listens for notifications on a connection of its own (PostgreSQL manual, LISTEN) and turns them into
// events: reload the schema, reload the configuration, or both. It reconnects with backoff, or as soon as a database
// that was away is back, and then asks for a look at what has changed, because notifications may have been lost.
// Notifications that are received together, as those of a transaction are, are delivered together. Bursts are not
// folded: whoever reloads does that. A connection through a pooler has to prove that notifications arrive, before it
// counts as listening.
//
// The package installs the event triggers that make DDL notify by itself (folder sql). Every two seconds the listener
// proves, on its connection, that they are as they were installed: [Listener.Watched] says since when nothing can have
// been missed. It imports pgx only.
//
// [Listener.Barrier] waits until all notifications that were sent before have been delivered.
//
//	         connected, LISTEN         notification, proof
//	start ─────────────────▶ listening ◀───────────────▶ event
//	  ▲                          │
//	  │ at once, then backoff    │ connection lost
//	  └──────── waiting ◀────────┘
package notify
