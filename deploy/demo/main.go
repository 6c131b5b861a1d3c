// Command demo serves a sample database through the gateway. It starts a private PostgreSQL, fills it the first time,
// runs the gateway, and prints requests to try. Ctrl-C stops both; the data is kept.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"trunkline/deploy/localpg"
)

func main() {
	// The gateway is signalled when the thread that started it exits. This thread lives as long as the demo.
	runtime.LockOSThread()

	var o options
	reset := flag.Bool("reset", false, "delete the sample database and exit")
	flag.StringVar(&o.dir, "dir", defaultDir(), "the folder of the database")
	flag.StringVar(&o.gateway, "gateway", "./trunkline", "the gateway's executable")
	flag.IntVar(&o.port, "port", 3000, "the port to serve on")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *reset {
		err = localpg.Remove(ctx, o.dir)
	} else {
		err = run(ctx, o, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// defaultDir returns a directory inside the checkout, except for root: the account that runs PostgreSQL for root may
// not be able to enter the checkout.
func defaultDir() string {
	if os.Geteuid() == 0 {
		return "/var/lib/trunkline-demo"
	}
	return ".demo/postgresql"
}
