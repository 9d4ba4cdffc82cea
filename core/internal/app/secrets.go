package app

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/config"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
)

// RotateSecrets seals everything in the database with the first secret key and writes for a person how it goes, and
// whether the other keys are still needed.
func RotateSecrets(ctx context.Context, s config.Settings, out io.Writer) error {
	keys, err := seal.FromSettings(s.SecretKey.Reveal(), s.DataDir)
	if err != nil {
		return err
	}
	return withStore(ctx, s, func(db *store.Store) error {
		if err := db.Ready(ctx); err != nil {
			return err
		}
		began, told := time.Now(), time.Now()
		r, err := keys.Rotate(ctx, db, func(column string, done int) {
			if time.Since(told) >= time.Second {
				told = time.Now()
				_, _ = fmt.Fprintf(out, "%s: %d\n", column, done)
			}
		})
		for _, column := range db.SealedColumns() {
			if n := r.Sealed[column]; n > 0 {
				_, _ = fmt.Fprintf(out, "%s: %d sealed with the key %s\n", column, n, keys.Fingerprint())
			}
		}
		if err != nil {
			return err
		}
		if len(r.Stuck) > 0 {
			return fmt.Errorf("the old keys are still needed, because these secrets could not be opened:\n  %s", strings.Join(r.Stuck, "\n  "))
		}
		_, _ = fmt.Fprintf(out, "Everything is sealed with the key %s; %d secrets were sealed anew in %s.\n", keys.Fingerprint(), r.Total(), time.Since(began).Round(time.Millisecond))
		if others := keys.Others(); len(others) > 0 {
			_, _ = fmt.Fprintf(out, "When a second call finds nothing to do, take %s out of CORDBOARD_SECRET_KEY.\n", strings.Join(others, " and "))
		}
		return nil
	})
}
