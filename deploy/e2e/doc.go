// Package e2e holds the end-to-end tests: they run the built executable as an operator would, with a real PostgreSQL
// behind it, and ask it as clients would. What is tested here is what only the whole process can show: that nobody
// notices a reload, that it outlives its database, that users stay apart, that memory is bounded.
package e2e
