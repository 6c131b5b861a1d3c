// Package notify listens for notifications on a connection of its own (PostgreSQL manual, LISTEN) and turns them
// into events: reload the schema, reload the configuration, or both. It reconnects with backoff and then asks for a
// full reload, because notifications may have been lost. Bursts are folded: the first event goes out at once, the
// rest once more when they settle.
//
// It also installs and removes the event triggers that make DDL notify by itself. It imports pgx only.
//
//	         connected, LISTEN            notification
//	start ─────────────────▶ listening ◀───────────────▶ event
//	  ▲                          │
//	  │ after 1, 2, 4 … 32 s     │ connection lost
//	  └──────── waiting ◀────────┘
package notify
