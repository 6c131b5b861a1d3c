// Command pgbin prints the directory of the PostgreSQL programs that the tests, the demo and the benchmarks use. It
// downloads them if PostgreSQL is not installed. The environment variable PG selects the major version.
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
