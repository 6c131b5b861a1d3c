package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
)

// Options say what to check.
type Options struct {
	// Loader reads the configuration. File is the path of its file, or "".
	Loader *config.Loader
	File   string
	// Load loads the schema of a configuration.
	Load func(context.Context, *config.Config) (*cache.Snapshot, error)
}

// examination is a run of the check.
type examination struct {
	Options
	Report
	config   *config.Config
	mistakes config.Mistakes
	conn     *pgx.Conn
}

// Run checks a configuration and its database.
func Run(ctx context.Context, o Options) *Report {
	x := &examination{Options: o}
	if !x.checkConfiguration() {
		return &x.Report
	}
	if !x.mistakes.Of("db-uri") && x.connect(ctx) {
		defer cache.CloseConn(x.conn)
		x.checkSettings(ctx)
		x.checkRoles(ctx)
		x.checkSchemas(ctx)
		x.checkFunctions(ctx)
		x.checkChanges(ctx)
		x.checkKeys(ctx)
	}
	x.checkTokens(ctx)
	return &x.Report
}

// checkConfiguration reads the sources of the configuration. It reports whether there is a configuration to go on with.
func (x *examination) checkConfiguration() bool {
	g := x.group("Configuration: " + cmp.Or(x.File, "no file") + " and the environment")
	var err error
	x.config, x.mistakes, err = x.Loader.Examine()
	if err != nil {
		g.add(Error, err.Error(), "Correct the file.")
		return false
	}
	g.ok("%s set", counted(x.config.KeysSet(), "value"))
	for _, remark := range x.config.Remarks() {
		g.note("%s", remark)
	}
	g.warnings(x.config.Warnings)
	for _, mistake := range x.mistakes {
		g.add(Error, mistake.String(), "")
	}
	return true
}

// checkSettings adds the database's values to the configuration.
func (x *examination) checkSettings(ctx context.Context) {
	g := x.group("Settings in the database")
	if !x.config.DBConfig {
		g.note("not read, because db-config is off")
		return
	}
	before := x.config.Warnings
	renewed, mistakes, outcome, err := x.Loader.ExamineOn(ctx, x.conn, x.config)
	if err != nil {
		g.add(Error, journal.ErrorText(err), "")
		return
	}
	x.config = renewed
	for _, mistake := range mistakes {
		if !x.mistakes.Has(mistake) {
			g.add(Error, mistake.String(), "")
		}
	}
	for _, err := range []error{outcome.Settings, outcome.Roles} {
		if err != nil {
			g.add(Warning, journal.ErrorText(err), "")
		}
	}
	g.warnings(slices.DeleteFunc(slices.Clone(x.config.Warnings), func(w string) bool { return slices.Contains(before, w) }))
	others, err := config.OtherSettings(ctx, x.conn)
	if err != nil {
		g.add(Warning, journal.ErrorText(err), "")
	}
	for _, other := range others {
		g.add(Warning, other, "")
	}
	if len(g.findings) == 0 {
		g.ok("read, with the settings of %s", counted(len(x.config.Roles.Settings), "role"))
	}
}

// checkTokens looks at the keys that tokens are verified with.
func (x *examination) checkTokens(ctx context.Context) {
	g := x.group("Tokens")
	if x.mistakes.Of("jwt-secret") {
		g.note("jwt-secret is not checked, because it is invalid")
	} else {
		x.checkSecret(g)
	}
	x.checkKeyURLs(ctx, g)
	switch {
	case len(g.findings) > 0:
	case x.config.DBAnonRole != "":
		g.note("there is no key: requests with a token are rejected")
	case x.conn == nil && x.config.DBConfig:
		g.note("neither a key nor db-anon-role is set here; the database may have one")
	default:
		g.add(Error, "there is neither a key nor db-anon-role: every request would be rejected", "Set jwt-secret, db-anon-role or both.")
	}
}

// looked returns the error of looking at something in the database as text.
func looked(what string, err error) string {
	return fmt.Sprintf("%s cannot be checked: %s", what, journal.ErrorText(err))
}
