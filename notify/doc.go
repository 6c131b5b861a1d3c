// Package notify listens for notifications on a connection of its own (PostgreSQL manual, LISTEN) and turns them
// into events: reload the schema, reload the configuration, or both. It reconnects with backoff and then asks for a
// full reload, because notifications may have been lost. Bursts are folded: the first event goes out at once, the
// rest once more when they settle.
//
// It also holds the DDL event triggers that make schema changes notify by themselves. It imports pgx only.
package notify
