// Package metrics holds the numbers that the admin server shows.
package metrics
