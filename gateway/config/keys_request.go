package config

// requestKeys returns the keys of what requests may do in the database.
func requestKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-aggregates-enabled", Default: "false", Reloadable: true, InDatabase: true,
			Meaning: "Allows aggregate functions in `select`. They can make requests expensive, so set a " +
				"`statement_timeout` for the roles.",
			field: booleanField(func(c *Config) *bool { return &c.DBAggregatesEnabled }),
		},
		{
			Name: "db-max-rows", Aliases: []string{"max-rows"}, Reloadable: true, InDatabase: true,
			Meaning: "The maximum number of rows that a request can get from a table, view or function. If it is not " +
				"set, there is no limit.",
			field: optionalIntegerField(func(c *Config) *int64 { return &c.DBMaxRows }, noMaxRows).with(notNegative),
		},
		{
			Name: "db-plan-enabled", Default: "false", Reloadable: true, InDatabase: true,
			Meaning: "Allows clients to request execution plans with `Accept: application/vnd.pgrst.plan`, and the " +
				"SQL of requests with `Accept: application/vnd.pgrst.sql`.",
			field: booleanField(func(c *Config) *bool { return &c.DBPlanEnabled }),
		},
		{
			Name: "db-role-rate", Own: true, Reloadable: true,
			Meaning: "The maximum rate of requests of each role: `1000/s, web_anon=50/s, reporter=600/m:20`. The " +
				"first value applies to roles without one of their own. A name that begins with `$.` is a claim of " +
				"the token, such as in `$.sub=10/s` (written `$$.sub` in a configuration file): the rate applies to " +
				"each value of the claim, and not to tokens without it. Rates are per second (`s`), minute (`m`) or " +
				"hour (`h`). The number after a colon is the size of a burst; by default it is what the rate allows " +
				"in a second. A request that exceeds the rate gets status 429 and `Retry-After`, before its body is " +
				"received. Each process counts separately.",
			field: ratesField(func(c *Config) *Rates { return &c.DBRoleRate }),
		},
		{
			Name: "db-root-spec", Aliases: []string{"root-spec"}, Reloadable: true, InDatabase: true,
			Meaning: "A function that serves requests to the root instead of the API description.",
			field:   textField(func(c *Config) *string { return &c.DBRootSpec }),
		},
		{
			Name: "db-schema-lookup-rate", Default: "100", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "The maximum number of names to look up in the catalog per second, of which at most half can be " +
				"for the same name. A table, view or function that a request names and that is not in the schema " +
				"snapshot is looked up, because it may have just been created. With `0`, such a request gets status " +
				"404 immediately. It is also the maximum number of notifications per second that the listener sends to " +
				"itself, to wait for earlier ones.",
			field: amountField(func(c *Config) *int { return &c.DBSchemaLookupRate }, 0),
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
			Meaning: "Rejects `PATCH` and `DELETE` without a filter on the table or view itself. Such a request " +
				"would change or delete all rows that the role may change.",
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
