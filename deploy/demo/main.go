// Command demo serves a sample database through the gateway: it starts a private PostgreSQL, fills it the first time,
// runs the gateway beside it, and prints requests to try. Ctrl-C stops both; the data stay.
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
	// The gateway is told to end when the thread that started it ends: this one, which lasts as long as the demo.
	runtime.LockOSThread()

	var o options
	reset := flag.Bool("reset", false, "forget the sample database and end")
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

// defaultDir is a folder of the checkout, but not for root: the account that runs PostgreSQL for root may not be
// able to enter the checkout.
func defaultDir() string {
	if os.Geteuid() == 0 {
		return "/var/lib/trunkline-demo"
	}
	return ".demo/postgresql"
}
