package config

import "time"

// togetherKeys returns the keys of writes that belong together: batches, nested rows, conditions and repeated requests.
func togetherKeys() []keySpec {
	return []keySpec{
		{
			Name: "batch-max-answer", Default: "10485760", Own: true, Reloadable: true,
			Meaning: "The maximum total size of the bodies in the response to a batch, in bytes.",
			field:   amountField(func(c *Config) *int { return &c.BatchMaxAnswer }, 1),
		},
		{
			Name: "batch-max-operations", Default: "100", Own: true, Reloadable: true,
			Meaning: "The maximum number of operations in a batch. `0` disables batches. See " +
				"[batches.md](batches.md).",
			field: amountField(func(c *Config) *int { return &c.BatchMaxOperations }, 0),
		},
		{
			Name: "db-etag", Default: "never", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Which responses have an `ETag`: with `always` all that can have one, with `on-request` those " +
				"to requests with `Prefer: etag` or a condition. Both enable `If-Match` and `If-None-Match`; with " +
				"`never` these are ignored. See [conditional.md](conditional.md).",
			field: choiceField(func(c *Config) *ETags { return &c.DBETag },
				"Invalid db-etag. Check your configuration.", "never", "on-request", "always"),
		},
		{
			Name: "db-idempotency", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Enables the header `Idempotency-Key` for `POST`, `PATCH` and batches: a request with a key is " +
				"executed once, and its response is repeated. `trunkline idempotency install` creates the table of " +
				"keys. See [conditional.md](conditional.md#idempotency-keys).",
			field: booleanField(func(c *Config) *bool { return &c.DBIdempotency }),
		},
		{
			Name: "db-idempotency-expiry", Default: "86400", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "How long the response to a request with an `Idempotency-Key` is kept, in seconds.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.DBIdempotencyExpiry }).with(keptTime),
		},
		{
			Name: "db-idempotency-max-answer", Default: "1048576", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "The maximum size of a response that is kept, including headers, in bytes. A request with a " +
				"larger response is rolled back and rejected.",
			field: amountField(func(c *Config) *int { return &c.DBIdempotencyMaxAnswer }, 1),
		},
		{
			Name: "db-idempotency-max-key", Default: "255", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "The maximum size of an `Idempotency-Key`, in bytes.",
			field:   amountField(func(c *Config) *int { return &c.DBIdempotencyMaxKey }, 1),
		},
		{
			Name: "nested-max-depth", Default: "8", Own: true, Reloadable: true,
			Meaning: "The maximum number of levels of related rows in a nested write. `0` disables nested writes. " +
				"See [nested.md](nested.md).",
			field: amountField(func(c *Config) *int { return &c.NestedMaxDepth }, 0),
		},
		{
			Name: "nested-max-relations", Default: "50", Own: true, Reloadable: true,
			Meaning: "The maximum number of relationships in the body of a nested write, on all levels together. " +
				"Each takes one or two statements.",
			field: amountField(func(c *Config) *int { return &c.NestedMaxRelations }, 1),
		},
		{
			Name: "nested-max-rows", Default: "10000", Own: true, Reloadable: true,
			Meaning: "The maximum number of rows in the body of a nested write, on all levels together.",
			field:   amountField(func(c *Config) *int { return &c.NestedMaxRows }, 1),
		},
	}
}
