package store

import (
	"context"

	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/run"
)

// Backlog is how much is waiting to be done, in all workspaces.
type Backlog struct {
	OpenWaits         int64
	WaitingRuns       int64
	UnreadRequests    int64
	PendingDeliveries int64
	OverdueRows       int64 // runs and waits whose time has come
}

// Backlog counts what is waiting. Each count reads a partial index and no row.
func (s *Store) Backlog(ctx context.Context) (b Backlog, err error) {
	now, err := s.Now(ctx)
	if err != nil {
		return b, err
	}
	err = s.read.NewRaw(`SELECT (SELECT count(*) FROM waits WHERE `+liveWait+`) AS open_waits,
		(SELECT count(*) FROM runs WHERE status = ? AND wake_at IS NOT NULL) AS waiting_runs,
		(SELECT count(*) FROM raw_requests WHERE parsed_at IS NULL) AS unread_requests,
		(SELECT count(*) FROM outgoing_deliveries WHERE state = ?) AS pending_deliveries,
		(SELECT count(*) FROM waits WHERE `+liveWait+` AND fire_at < ?) + (SELECT count(*) FROM runs WHERE status = ? AND wake_at < ?) AS overdue_rows`,
		run.Waiting, delivery.Pending, at(now), run.Waiting, at(now)).Scan(ctx, &b)
	return b, err
}
