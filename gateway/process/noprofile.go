//go:build !profile

package process

// Profiled runs the gateway. Builds with the tag profile record a CPU profile meanwhile.
func Profiled(run func() error) error { return run() }
