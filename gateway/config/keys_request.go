package config

import "time"

// requestKeys returns the keys of what requests may do in the database.
func requestKeys() []keySpec {
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
			Name: "db-aggregates-enabled", Default: "false", Reloadable: true, InDatabase: true,
			Meaning: "Allows aggregate functions in `select`. They can make a request expensive: set a " +
				"`statement_timeout` on the roles.",
			field: booleanField(func(c *Config) *bool { return &c.DBAggregatesEnabled }),
		},
		{
			Name: "db-etag", Default: "never", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Which answers have an `ETag`: with `always` all that can have one, with `on-request` those to requests with " +
				"`Prefer: etag` or a condition. With both, `If-Match` and `If-None-Match` are obeyed; with `never` they are " +
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
			Name: "db-max-rows", Aliases: []string{"max-rows"}, Reloadable: true, InDatabase: true,
			Meaning: "The maximum number of rows that a request gets from a table, view or function. If it is not set, " +
				"there is no limit.",
			field: optionalIntegerField(func(c *Config) *int64 { return &c.DBMaxRows }, noMaxRows).with(notNegative),
		},
		{
			Name: "db-plan-enabled", Default: "false", Reloadable: true, InDatabase: true,
			Meaning: "Allows clients to request execution plans with `Accept: application/vnd.pgrst.plan`, and the SQL of requests with " +
				"`Accept: application/vnd.pgrst.sql`.",
			field: booleanField(func(c *Config) *bool { return &c.DBPlanEnabled }),
		},
		{
			Name: "db-role-rate", Own: true, Reloadable: true,
			Meaning: "How many requests each role may send: `1000/s, web_anon=50/s, reporter=600/m:20`. The first value is for " +
				"roles without one of their own. A name that begins with `$.` is a claim of the token, such as in `$.sub=10/s` " +
				"(`$$.sub` in a configuration file): each of its values has the rate; tokens without the claim do not. Rates " +
				"are per second (`s`), minute (`m`) or hour (`h`); behind a colon stands how many requests may come at once, by " +
				"default as many as in a second. " +
				"Beyond its rate a request is answered with status 429 and `Retry-After`, before its body is received. Each " +
				"process counts for itself.",
			field: ratesField(func(c *Config) *Rates { return &c.DBRoleRate }),
		},
		{
			Name: "db-root-spec", Aliases: []string{"root-spec"}, Reloadable: true, InDatabase: true,
			Meaning: "A function that answers requests to the root instead of the API description.",
			field:   textField(func(c *Config) *string { return &c.DBRootSpec }),
		},
		{
			Name: "db-schema-lookup-rate", Default: "100", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "How many names of tables, views and functions are looked for in the catalog in a second, because a " +
				"request asks for one that the schema cache does not have: it may have been created a moment ago. With 0 such a " +
				"request is answered with status 404 at once.",
			field: amountField(func(c *Config) *int { return &c.DBSchemaLookupRate }, 0),
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

// transactionKeys returns the keys of what belongs to the transaction of a request.
func transactionKeys() []keySpec {
	return []keySpec{
		{
			Name:       "db-hoisted-tx-settings",
			Default:    "statement_timeout,plan_filter.statement_cost_limit,default_transaction_isolation",
			Reloadable: true, InDatabase: true,
			Meaning: "The settings of a function that are applied to the whole transaction which calls it, separated " +
				"by commas.",
			field: listField(func(c *Config) *[]string { return &c.DBHoistedTxSettings }),
		},
		{
			Name: "db-pre-request", Aliases: []string{"pre-request"}, Reloadable: true, InDatabase: true,
			Meaning: "A function that is called in the transaction of each request, before its statement.",
			field:   textField(func(c *Config) *string { return &c.DBPreRequest }),
		},
		{
			Name: "db-safe-update", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Refuses `PATCH` and `DELETE` without a filter on the table or view itself, which would change or delete all " +
				"rows that the role may change.",
			field: booleanField(func(c *Config) *bool { return &c.DBSafeUpdate }),
		},
		{
			Name: "db-tx-end", Default: "commit", Reloadable: true, InDatabase: true,
			Meaning: "How transactions end. With `-allow-override`, clients can choose with `Prefer: tx=commit` or " +
				"`tx=rollback`.",
			field: txEndField{},
		},
	}
}
