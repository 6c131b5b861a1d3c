package cli

import (
	"context"
	"strconv"
)

// DemoOptions are those of a demo.
type DemoOptions struct {
	// Dir is the folder of the sample database, "" for the default. Reset deletes it, and nothing else is done.
	Dir   string
	Reset bool
	// Port is that of the API. The next one is that of the documentation and the metrics.
	Port int
}

// maxDemoPort leaves a port for the admin server.
const maxDemoPort = maxPort - 1

// demo serves a sample database.
func (c *Command) demo(ctx context.Context, in *invocation) error {
	o := DemoOptions{Dir: in.value("--dir"), Reset: in.given("--reset"), Port: 3000}
	if text := in.value("--port"); text != "" {
		var err error
		if o.Port, err = strconv.Atoi(text); err != nil || o.Port < 1 || o.Port > maxDemoPort {
			return problem("--port wants a number between 1 and " + strconv.Itoa(maxDemoPort))
		}
	}
	return c.Demo(ctx, o)
}
