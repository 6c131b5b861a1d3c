package process

import (
	"context"
	"reflect"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/notify"
)

// FollowConfig applies each new configuration, and reloads the configuration on request, until ctx ends.
func (p *Process) FollowConfig(ctx context.Context) {
	p.Store.OnChange(func(old, renewed *config.Config) { p.apply(ctx, old, renewed) })
	p.running.Go(func() { p.reloadConfigs(ctx) })
}

// reloadConfigs reloads the configuration on request, and the schema if it depends on what changed.
func (p *Process) reloadConfigs(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.configReload:
		}
		old := p.Store.Current()
		p.service.reloading("Reloading the configuration")
		p.logReload(p.Store.Reload(ctx))
		p.service.reloaded(p.status())
		if !reflect.DeepEqual(schemaOptions(old), schemaOptions(p.Store.Current())) {
			p.schema.Reload(cache.CauseConfig)
		}
	}
}

// requestConfigReload requests a reload of the configuration.
func (p *Process) requestConfigReload() {
	select {
	case p.configReload <- struct{}{}:
	default:
	}
}

func (p *Process) logReload(outcome config.Outcome, err error) {
	p.journal.DatabaseUnread(outcome.Settings, outcome.Roles)
	if err != nil {
		p.journal.ConfigRefused(err)
		return
	}
	p.journal.ConfigReloaded(p.Store.Current().Warnings)
}

// apply applies a new configuration to the parts.
func (p *Process) apply(ctx context.Context, old, renewed *config.Config) {
	p.schema.SetOptions(schemaOptions(renewed))
	p.setLookupRate(renewed)
	p.pool.SetSettings(poolSettings(renewed))
	if authenticator, err := p.keys.authenticator(ctx, renewed); err == nil { // after an error, the old one stays in use
		p.handler.Load().Configure(renewed, authenticator)
	}
	if old.DBChannelEnabled != renewed.DBChannelEnabled || old.DBChannel != renewed.DBChannel {
		p.listening.follow(ctx, renewed)
	}
}

// onNotifications handles notifications that came together. One load takes up all changes among them. With db-config,
// loading all of the schema also reloads the configuration; looking for what was missed does not.
func (p *Process) onNotifications(together []notify.Event) {
	var changes []cache.Change
	for _, e := range together {
		if e.Schema {
			p.announced.Add(1)
			p.schema.AwaitReplay(e.Position)
		}
		switch {
		case e.Schema && e.Change != nil:
			changes = append(changes, changeOf(e.Change))
		case e.Missed:
			p.schema.Missed(cache.CauseReconnect)
		case e.Schema:
			p.schema.Reload(cache.CauseNotify)
		}
		if e.Config && (e.Missed || !e.Schema || !p.Store.Current().DBConfig) {
			p.requestConfigReload()
		}
	}
	p.schema.Changed(changes...)
}

// changeOf returns what a notification tells of a command.
func changeOf(told *notify.Change) cache.Change {
	c := cache.Change{Command: told.Command, Objects: make([]cache.ChangedObject, len(told.Objects))}
	for i, o := range told.Objects {
		c.Objects[i] = cache.ChangedObject{Class: o.Class, Oid: o.Oid, Dropped: o.Dropped, Any: o.Any, Schema: o.Schema}
	}
	return c
}
