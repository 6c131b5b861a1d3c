// Package process holds the parts of a serving process and what they have to do with each other: what starts, follows
// the configuration, and stops. The order of that is main's.
//
//	signal or notification ─▶ reload of the configuration ─▶ handler, pool, listener
//	                       └▶ reload of the schema ◀─ connection lost while requests failed
package process
