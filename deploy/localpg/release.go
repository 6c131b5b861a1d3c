package localpg

import (
	_ "embed"
	"fmt"
	"runtime"
	"strings"
)

//go:embed releases.txt
var releasesText string

// release is a pinned build of PostgreSQL in the npm registry.
type release struct {
	platform, version, integrity string
}

// releaseFor returns the pinned build of a major version (0 for the newest) for this machine.
func releaseFor(major int) (release, error) {
	platform := npmPlatform()
	var best release
	bestMajor := 0
	for line := range strings.Lines(releasesText) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[0] != platform {
			continue
		}
		m, err := parseMajor(fields[1])
		if err != nil {
			return release{}, err
		}
		if m == major || major == 0 && m > bestMajor {
			best, bestMajor = release{fields[0], fields[1], fields[2]}, m
		}
	}
	if bestMajor == 0 {
		return release{}, fmt.Errorf("no build of %s for %s is available", wanted(major), platform)
	}
	return best, nil
}

// npmPlatform returns this machine's platform as npm names it.
func npmPlatform() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	return runtime.GOOS + "-" + arch
}

// url returns the package's address in a registry.
func (r release) url(registry string) string {
	return fmt.Sprintf("%s/@embedded-postgres/%[2]s/-/%[2]s-%[3]s.tgz", strings.TrimSuffix(registry, "/"), r.platform, r.version)
}

// wanted describes a major version (0 for any).
func wanted(major int) string {
	if major == 0 {
		return "PostgreSQL"
	}
	return fmt.Sprintf("PostgreSQL %d", major)
}
