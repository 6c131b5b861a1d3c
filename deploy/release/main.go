package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	var r release
	to := flag.String("to", "", "the `folder` to write archives into; without it, the gateway is compiled and vetted for each platform")
	flag.StringVar(&r.version, "version", "unknown", "the `version` of the gateway")
	flag.BoolVar(&r.complete, "complete", true,
		"whether there are packages of Debian and RPM and bills of materials; go fetches their tools")
	seconds := flag.Int64("time", 0, "the `time` of all files, in seconds since 1970")
	flag.Parse()
	r.time = time.Unix(*seconds, 0).UTC()
	if err := do(&r, *to); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// do checks all platforms or, if there is a folder, writes the release into it.
func do(r *release, to string) error {
	if to != "" {
		return r.write(".", to, platforms())
	}
	for _, p := range platforms() {
		if err := p.check("."); err != nil {
			return err
		}
	}
	return nil
}
