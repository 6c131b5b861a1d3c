// Package cli is the command line: it reads the arguments, loads the configuration and runs the commands that end at
// once. Serving is handed to it.
package cli
