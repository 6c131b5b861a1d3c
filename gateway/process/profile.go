//go:build profile

package process

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
)

// profileVariable names the file to which the CPU profile of the whole run is written. Only builds with the tag
// profile, such as those of "make profile", use it.
const profileVariable = "TRUNKLINE_CPU_PROFILE"

// Profiled runs the gateway, and records a CPU profile if profileVariable is set.
func Profiled(run func() error) error {
	name := os.Getenv(profileVariable)
	if name == "" {
		return run()
	}
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("%s: %w", profileVariable, err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", profileVariable, err), file.Close())
	}
	err = run()
	pprof.StopCPUProfile()
	return errors.Join(err, file.Close())
}
