package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Remove removes the directory of a durable cluster and all its data. It returns [ErrInUse] if the cluster is running,
// and nil if the directory does not exist.
func Remove(ctx context.Context, dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	lock, err := awaitLock(ctx, dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	return nil
}
