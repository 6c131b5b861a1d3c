// Package journal writes the log, in PostgREST's words and format or as JSON, and the access log, and notifies the
// service manager. It also updates the metrics of the events that it logs.
package journal
