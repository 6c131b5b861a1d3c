package config

import (
	"context"
	_ "embed" // the query
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

//go:embed queries/other_settings.sql
var otherSettingsSQL string

// Examine is like Load, but returns a configuration in any case if the sources can be read: mistaken values are replaced
// by the defaults.
func (l *Loader) Examine() (*Config, Mistakes, error) {
	r, err := l.evaluate(nil, databaseValues{})
	if err != nil {
		return nil, nil, err
	}
	return r.config, r.mistakes, nil
}

// ExamineOn is like Examine, but adds the values in the database, which are read on a connection of the caller's as base
// says. conn must be idle, and is idle afterwards.
func (l *Loader) ExamineOn(ctx context.Context, conn *pgx.Conn, base *Config) (*Config, Mistakes, Outcome, error) {
	store := NewStore(l, base)
	outcome := store.readDatabase(ctx, conn, base)
	r, err := l.evaluate(nil, store.database)
	if err != nil {
		return nil, nil, outcome, err
	}
	return r.config, r.mistakes, outcome, nil
}

// Of reports whether one of the mistakes is that of a key.
func (m Mistakes) Of(key string) bool {
	return slices.ContainsFunc(m, func(mistake Mistake) bool { return mistake.key == key })
}

// Has reports whether a mistake is one of some.
func (m Mistakes) Has(mistake Mistake) bool { return slices.Contains(m, mistake) }

// KeysSet returns the number of keys that do not have their defaults, app.settings.* included.
func (c *Config) KeysSet() int { return len(c.sources) }

// Remarks returns what somebody who comes from PostgREST may want to know of the keys that are set: which are not
// PostgREST's, and which have older names.
func (c *Config) Remarks() (remarks []string) {
	for _, key := range allKeys() {
		source, set := c.sources[key.Name]
		if set && key.Own {
			remarks = append(remarks, fmt.Sprintf("%s (%s) is a key that PostgREST does not have", key.Name, source))
		}
		if older := c.olderNames[key.Name]; older != "" {
			remarks = append(remarks, fmt.Sprintf("%s (%s) is an older name of %s, which is accepted", older, source, key.Name))
		}
	}
	return remarks
}

// OtherSettings returns what is wrong with the settings pgrst.* of the login role that have no effect here, because no key
// is called like that or the database cannot set it. conn must be idle, and is idle afterwards.
func OtherSettings(ctx context.Context, conn *pgx.Conn) (wrong []string, err error) {
	var used []string
	for _, key := range allKeys() {
		if key.InDatabase {
			used = append(used, key.Setting())
		}
	}
	rows, err := conn.Query(ctx, otherSettingsSQL, pgx.QueryExecModeExec, used)
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	for _, setting := range names {
		name := strings.ReplaceAll(strings.TrimPrefix(setting, settingPrefix), "_", "-")
		if isKnown(name) {
			wrong = append(wrong, setting+": the database cannot set "+name+", only the file or "+variable(name))
			continue
		}
		wrong = append(wrong, setting+": "+unknownKey(name))
	}
	return wrong, nil
}
