//go:build !profile

package cli

// profiled runs the gateway. Builds with the tag profile record a CPU profile meanwhile.
func profiled(run func() error) error { return run() }
