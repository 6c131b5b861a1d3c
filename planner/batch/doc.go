// Package batch parses batches: several requests of the API in one body, which are executed in one transaction.
//
//	[{"id": "new", "method": "POST", "path": "/orders", "headers": {"Prefer": "return=representation"}, "body": {"note": "x"}},
//	 {"method": "POST", "path": "/items", "body": [{"order_id": {"$ref": "/new/0/id"}, "sku": "A1"}]}]
//
// A reference stands for a value in the answer of an earlier operation. It is a JSON Pointer (RFC 6901) whose first
// token is the id of that operation. In a body, it is an object with the only key $ref; in the query of a path, it is
// {$ref:POINTER} in the place of a filter's value.
//
// The package does no I/O and does not know what the operations mean.
package batch
