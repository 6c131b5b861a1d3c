// Package nested takes apart the payload of a nested write: rows with the rows that are related to them.
//
//	{"note": "x", "customer": {"name": "Ann"}, "items": [{"sku": "A1", "qty": 2}, {"sku": "B2", "qty": 1}]}
//
// Each place of the payload at which there are rows of a relation is a [Place]. All rows of a place are written by one
// statement, whose payload [Place.Payload] makes: the rows' own values, and the keys of the rows that they are related to.
// What is written is a list of [Step]. Rows that others refer to are written before these:
//
//	payload ── New ──▶ tree of places ── Steps ──▶ to-one, then the row, then to-many and junctions
//	                        ▲                          │ one statement each
//	                        └─────── Place.Learn ──────┘ keys of what was written
//
// Values are passed on as the JSON text that they are. The package does no I/O and writes no SQL.
package nested
