// Package metrics is observability: the numbers that the admin server shows, and the form of log lines.
package metrics
