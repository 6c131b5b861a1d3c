package localpg

import "context"

// obtain returns the binaries of a major version (0 for any): those of the machine.
func obtain(_ context.Context, _ account, major int, _ logger) (binaries, error) {
	return find(major)
}
