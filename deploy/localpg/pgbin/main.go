// Command pgbin prints the folder of PostgreSQL's programs that tests, demo and benchmarks will use, and fetches
// them first if the machine has none. The environment variable PG chooses the major version.
package main

import (
	"context"
	"fmt"
	"os"

	"trunkline/deploy/localpg"
)

func main() {
	dir, err := localpg.Obtain(context.Background(), 0, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(dir)
}
