package exec

import "errors"

// sqlVerify fails if the connection has a prepared statement that was made in SQL: then a function has put it there,
// perhaps in the place of one of this package's, and what it does nobody knows. Such a statement cannot be told from
// the package's own by what it answers, but PostgreSQL knows where it came from.
//
// It has no name, for a statement without a name cannot be replaced, and every name in it is qualified, for the search
// path may have been left by that function too. It costs about 40 µs and 1 µs for each prepared statement, which only
// the job after a dynamic one pays. It comes before all else in that job's flush, so that the server skips the rest.
const sqlVerify = "SELECT 1 OPERATOR(pg_catalog./) CASE WHEN EXISTS " +
	"(SELECT FROM pg_catalog.pg_prepared_statement() WHERE from_sql) THEN 0 ELSE 1 END"

// errTampered is why a connection is closed whose statements may have been replaced.
var errTampered = errors.New("a function has left prepared statements on the connection")
