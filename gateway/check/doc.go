// Package check looks at a configuration and its database before a gateway is started with them, and reports what is
// right, what is good to know and what has to be done. It changes nothing.
package check
