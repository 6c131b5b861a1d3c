// Package sql holds the SQL that is installed in a database: the event triggers that make DDL notify the gateway.
// The files can be run with psql as they are.
package sql

import _ "embed" // the scripts

// WatchDDL creates the event triggers, or replaces those of an older version. It needs a superuser.
//
//go:embed watch_ddl.sql
var WatchDDL string

// Watched is a query that says whether they are there and as WatchDDL installs them.
//
//go:embed watched.sql
var Watched string

// UnwatchDDL removes them.
//
//go:embed unwatch_ddl.sql
var UnwatchDDL string
