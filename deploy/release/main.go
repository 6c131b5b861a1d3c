package main

import (
	"fmt"
	"os"
)

func main() {
	for _, p := range platforms() {
		if err := p.check("."); err != nil {
			fmt.Fprintln(os.Stderr, "release:", err)
			os.Exit(1)
		}
	}
}
