// Package process holds the parts of a serving process and connects them: what starts, follows the configuration, and
// stops. Package main determines their order.
//
//	signal or notification ─▶ reload of the configuration ─▶ handler, pool, listener
//	                       └▶ reload of the schema ◀─ connection lost while requests failed
package process
