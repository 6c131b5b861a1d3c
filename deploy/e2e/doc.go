// Package e2e holds the end-to-end tests. They run the built executable against a real PostgreSQL and talk to it over
// HTTP. They cover what only the whole process can show: a reload that clients do not notice, a database that restarts,
// isolation of users, bounded memory.
package e2e
