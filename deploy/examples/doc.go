// Package examples runs the commands that the pages of docs/ show, and compares what they print with what is shown. Only
// tests use it.
//
// Commands are in fenced blocks whose language is console:
//
//	```console
//	$ curl 'http://localhost:3000/genres?limit=1'
//	[{"id":1,"name":"Adventure"}]
//	```
//
// A line that begins with "$ " is a command. It goes on in the next line if it ends with a backslash, and up to the line
// END if it has <<'END' in it. What follows up to the next command is what it prints, errors included. A command that
// fails, other than by an answer of the gateway, is an error. All commands of a page run in one shell, in order, so that
// variables stay set.
//
// What is printed must be what is shown, except that a page cannot show what is different each time: dates with a time,
// UUIDs, tokens, durations, versions. Two of the same form are taken as equal: see [Form]. Space at the end of a line does
// not count, and ports are translated between those that a page shows and those that the test has found free.
package examples
