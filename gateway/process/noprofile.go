//go:build !profile

package process

// Profiled runs the gateway. Builds with the tag profile also record a CPU profile.
func Profiled(run func() error) error { return run() }
