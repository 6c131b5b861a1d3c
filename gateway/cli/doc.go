// Package cli is the command line: it reads the arguments, loads the configuration and runs the commands that end at
// once. Serving is handed to it; for that, it has the parts of a process that follow the configuration: the listener
// for notifications, the authenticator's keys, and what the log is told of the schema.
package cli
