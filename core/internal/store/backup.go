package store

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// ErrOwnTools is a database whose backups its own tools make.
var ErrOwnTools = errors.New("backups of Postgres are made with its own tools, such as pg_dump")

// Backup writes all that the database holds at one moment into a new SQLite file, which only its owner may read. Others may
// read and write meanwhile.
func (s *Store) Backup(ctx context.Context, path string) error {
	if !isSQLite(s.write) {
		return ErrOwnTools
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if _, err := s.write.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return errors.Join(fmt.Errorf("backup: %w", err), os.Remove(path))
	}
	return nil
}
