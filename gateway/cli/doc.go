// Package cli is the command line. It parses the arguments, loads the configuration, and runs the commands that end
// immediately. Serving is a function passed to it.
package cli
