// Package storage keeps what a load of the schema has found outside of the process: in a file, and for other processes
// that ask the admin server. It opens what such a file or process has, for a store that starts. What an image is, and
// whether it fits, is for package cache to say.
package storage
