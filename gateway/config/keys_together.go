package config

import "time"

// togetherKeys returns the keys of writes that belong together: batches, nested rows, conditions and repeated requests.
func togetherKeys() []keySpec {
	return []keySpec{
		{
			Name: "batch-max-answer", Default: "10485760", Own: true, Reloadable: true,
			Meaning: "The maximum size of the bodies in the answer of a batch, in bytes.",
			field:   amountField(func(c *Config) *int { return &c.BatchMaxAnswer }, 1),
		},
		{
			Name: "batch-max-operations", Default: "100", Own: true, Reloadable: true,
			Meaning: "The maximum number of operations of a batch: [batches.md](batches.md). With 0 there are no batches.",
			field:   amountField(func(c *Config) *int { return &c.BatchMaxOperations }, 0),
		},
		{
			Name: "db-etag", Default: "never", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Which answers have an `ETag`: with `always` all that can have one, with `on-request` those to requests with " +
				"`Prefer: etag` or a condition. With both, `If-Match` and `If-None-Match` count; with `never` they are " +
				"ignored. See [conditional.md](conditional.md).",
			field: choiceField(func(c *Config) *ETags { return &c.DBETag },
				"Invalid db-etag. Check your configuration.", "never", "on-request", "always"),
		},
		{
			Name: "db-idempotency", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Makes the header `Idempotency-Key` of `POST`, `PATCH` and batches count: a request with a key is executed " +
				"once, and its answer is repeated. The table of keys is made by `trunkline idempotency install`. See " +
				"[conditional.md](conditional.md#idempotency-keys).",
			field: booleanField(func(c *Config) *bool { return &c.DBIdempotency }),
		},
		{
			Name: "db-idempotency-expiry", Default: "86400", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "For how many seconds the answer of a request with an `Idempotency-Key` is kept.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.DBIdempotencyExpiry }).with(keptTime),
		},
		{
			Name: "db-idempotency-max-answer", Default: "1048576", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "The maximum size of an answer that is kept, with its headers, in bytes. A request with a larger answer is " +
				"undone and refused.",
			field: amountField(func(c *Config) *int { return &c.DBIdempotencyMaxAnswer }, 1),
		},
		{
			Name: "db-idempotency-max-key", Default: "255", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "The maximum size of an `Idempotency-Key`, in bytes.",
			field:   amountField(func(c *Config) *int { return &c.DBIdempotencyMaxKey }, 1),
		},
		{
			Name: "nested-max-depth", Default: "8", Own: true, Reloadable: true,
			Meaning: "How many levels of related rows a nested write may have: [nested.md](nested.md). With 0 there are no nested " +
				"writes.",
			field: amountField(func(c *Config) *int { return &c.NestedMaxDepth }, 0),
		},
		{
			Name: "nested-max-relations", Default: "50", Own: true, Reloadable: true,
			Meaning: "How many relationships the payload of a nested write may name, on all levels. Each takes one statement or two.",
			field:   amountField(func(c *Config) *int { return &c.NestedMaxRelations }, 1),
		},
		{
			Name: "nested-max-rows", Default: "10000", Own: true, Reloadable: true,
			Meaning: "How many rows the payload of a nested write may have, on all levels.",
			field:   amountField(func(c *Config) *int { return &c.NestedMaxRows }, 1),
		},
	}
}
