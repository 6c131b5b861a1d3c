package process

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/gateway"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
	"trunkline/gateway/metrics"
)

// LoadOnce loads the schema that a configuration serves.
func LoadOnce(ctx context.Context, cfg *config.Config) (*cache.Snapshot, error) {
	conn, err := cfg.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	defer cache.CloseConn(conn)
	return loadOn(ctx, conn, cfg)
}

func loadOn(ctx context.Context, conn *pgx.Conn, cfg *config.Config) (*cache.Snapshot, error) {
	catalog, err := cache.Load(ctx, conn, schemaOptions(cfg))
	if err != nil {
		return nil, fmt.Errorf("loading the schema: %w", err)
	}
	return cache.Build(catalog), nil
}

// LoadTyping loads the schema that a configuration serves, and what else describes its types, with the privileges of a
// role unless that is "".
func LoadTyping(ctx context.Context, cfg *config.Config, role string) (*cache.Snapshot, *cache.Typing, error) {
	conn, err := cfg.Connect(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("connecting: %w", err)
	}
	defer cache.CloseConn(conn)
	snapshot, err := loadOn(ctx, conn, cfg)
	if err != nil {
		return nil, nil, err
	}
	typing, err := cache.LoadTyping(ctx, conn, schemaOptions(cfg), role)
	if err != nil {
		return nil, nil, fmt.Errorf("loading the types: %w", err)
	}
	return snapshot, typing, nil
}

// PrintSQL returns the SQL that would answer a request, or the body of the answer that refuses it.
func PrintSQL(ctx context.Context, cfg *config.Config, j *journal.Journal, q *config.Query) (sql, refusal string, err error) {
	snapshot, err := LoadOnce(ctx, cfg)
	if err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	authenticator, err := newKeys(metrics.New(func() metrics.Pool { return metrics.Pool{} }), j).authenticator(ctx, cfg)
	if err != nil {
		return "", "", err
	}
	sql, refusal = gateway.PrintSQL(cfg, snapshot, authenticator, q)
	return sql, refusal, nil
}
