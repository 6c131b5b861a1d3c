// Package cli is the command line. A table of commands (table.go) has what there is to say of each: parsing, help, the
// manual page and the completions of shells are made from it. The commands that end immediately are here; serving is a
// function passed to the package.
package cli
