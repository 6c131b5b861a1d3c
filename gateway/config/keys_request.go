package config

// requestKeys returns the keys of what requests may do in the database.
func requestKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-aggregates-enabled", Default: "false", Reloadable: true, InDatabase: true,
			Meaning: "Allows aggregate functions in `select`. They can make a request expensive: set a " +
				"`statement_timeout` on the roles.",
			field: booleanField(func(c *Config) *bool { return &c.DBAggregatesEnabled }),
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
				"request asks for one that the schema cache does not have: it may have been created a moment ago. Half of them at " +
				"most are for the same name. With 0 such a request is answered with status 404 at once.",
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
