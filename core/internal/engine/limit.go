package engine

import (
	"context"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/retention"
	"github.com/cordboard/cordboard/core/internal/run"
)

// limit tells a run how long its customer responses may take: as long as the workspace keeps runs (R15). Versions whose
// responses take no longer than any workspace keeps runs are not asked about it; v may be nil.
func (e *Engine) limit(ctx context.Context, from keeps, r *run.Run, v *version) error {
	if v == nil || v.flow.LongestWait <= retention.Least {
		return nil
	}
	chosen, err := from.Retention(ctx, r.WorkspaceID)
	if err != nil {
		return fmt.Errorf("limit waits: %w", err)
	}
	r.State.Facts.LongestWait = chosen.Over(retention.Ages{Runs: e.KeepRuns}).Runs
	return nil
}
