package process

import (
	"context"
	"io"

	"trunkline/cache"
	"trunkline/gateway"
	"trunkline/gateway/config"
	"trunkline/gateway/storage"
)

const (
	// storedShare is the share of the memory that a part of a stored schema may take: one part of storedShare.
	storedShare = 16
	// maxStored bounds it on large machines. A hundred thousand relations take some 30 MB.
	maxStored = 1 << 30
)

// storage returns where the schema is stored, and what it is started from.
func (p *Process) storage() cache.Storage {
	cfg := p.Store.Current()
	s := cache.Storage{Build: cfg.Version, MaxBytes: min(gateway.MemoryLimit()/storedShare, maxStored)}
	if cfg.SchemaCacheDumpPath != "" || cfg.AdminServerPort != config.NoPort || cfg.AdminServerUnixSocket != "" {
		s.Save = func(i *cache.Image) { p.kept.Save(i) }
	}
	if uri := cfg.SchemaCacheURI; uri != "" {
		s.Open = func(ctx context.Context, wanted func(string) bool) (io.ReadCloser, error) {
			return storage.Open(ctx, uri, wanted)
		}
	}
	return s
}
