//go:build profile

package process

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
)

// profileVariable names the file that the CPU profile of a whole run is written to. Only builds with the tag profile,
// such as "make profile" makes, look at it.
const profileVariable = "TRUNKLINE_CPU_PROFILE"

// Profiled runs the gateway and records a CPU profile meanwhile, if a file is named for it.
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
