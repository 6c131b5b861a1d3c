// Command site makes a static site of the Markdown in docs/, with a search that works offline. It fails if a link leads
// nowhere. It is not part of the gateway.
//
//	go run ./deploy/site -to .site
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	from := flag.String("from", ".", "the root of the repository")
	to := flag.String("to", ".site", "the folder of the site, whose files are replaced")
	flag.Parse()
	if err := build(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
	fmt.Println(filepath.Join(*to, "index.html"))
}
