package cli

import (
	"cmp"
	"context"

	"trunkline/gateway/process"
	"trunkline/gateway/typegen"
)

// types prints the types of the schema for clients.
func (c *Command) types(ctx context.Context, in *invocation) error {
	store, err := c.load(in, true)
	if err != nil {
		return err
	}
	if err := c.readDatabase(ctx, store); err != nil {
		return err
	}
	snapshot, typing, err := process.LoadTyping(ctx, store.Current(), in.value("--role"))
	if err != nil {
		return err
	}
	described := &typegen.Input{Snapshot: snapshot, Typing: typing, Schemas: in.values["--schema"]}
	if described.Schemas == nil {
		described.Schemas = snapshot.Schemas
	}
	text, err := typegen.Write(cmp.Or(in.value("--lang"), "ts"), described)
	if err != nil {
		return err
	}
	return c.print(text)
}
