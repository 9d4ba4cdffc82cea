package store

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
)

type waitRow struct {
	bun.BaseModel `bun:"table:waits,alias:w"`

	ID           string `bun:",pk"`
	WorkspaceID  string
	RunID        string
	StepID       string
	Iteration    string
	ContactID    string
	ConnectionID string
	State        run.WaitState
	Revision     whole
	OpenedAt     stamp
	SentAt       stamp
	ClockAt      stamp
	Within       time.Duration
	Deadline     stamp
	FireAt       stamp
	SinceSeq     whole
	AskedID      string
	AskedRef     string
	Terms        encoded[flow.Terms]
	Say          encoded[*run.Say]
	Attempts     whole
	Holds        whole
	ClosedAt     stamp
	ClaimedBy    string
	ReplyID      string
	LateID       string
	PausedAt     stamp
}

func waitRowOf(w run.Wait) *waitRow {
	return &waitRow{
		ID: w.ID, WorkspaceID: w.WorkspaceID, RunID: w.RunID, StepID: w.StepID, Iteration: w.Iteration, ContactID: w.ContactID,
		ConnectionID: w.ConnectionID, State: w.State, Revision: whole(w.Revision), OpenedAt: at(w.OpenedAt), SentAt: at(w.SentAt),
		ClockAt: at(w.ClockAt), Within: w.Within, Deadline: at(w.Deadline), FireAt: at(w.FireAt), SinceSeq: whole(w.SinceSeq), AskedID: w.AskedID, AskedRef: w.AskedRef,
		Terms: encode(w.Terms), Say: encode(w.Say), Attempts: whole(w.Attempts), Holds: whole(w.Holds), ClosedAt: at(w.ClosedAt), ClaimedBy: w.ClaimedBy, ReplyID: w.ReplyID,
		LateID: w.LateID, PausedAt: at(w.PausedAt),
	}
}

func (r waitRow) wait() run.Wait {
	return run.Wait{
		ID: r.ID, WorkspaceID: r.WorkspaceID, RunID: r.RunID, StepID: r.StepID, Iteration: r.Iteration, ContactID: r.ContactID,
		ConnectionID: r.ConnectionID, State: r.State, Revision: int64(r.Revision), OpenedAt: r.OpenedAt.Time, SentAt: r.SentAt.Time,
		ClockAt: r.ClockAt.Time, Within: r.Within, Deadline: r.Deadline.Time, FireAt: r.FireAt.Time, SinceSeq: int64(r.SinceSeq), AskedID: r.AskedID, AskedRef: r.AskedRef,
		Terms: r.Terms.value, Say: r.Say.value, Attempts: int(r.Attempts), Holds: int(r.Holds), ClosedAt: r.ClosedAt.Time, ClaimedBy: r.ClaimedBy, ReplyID: r.ReplyID,
		LateID: r.LateID, PausedAt: r.PausedAt.Time,
	}
}

// liveWait is what the partial indexes of waits that can still end hold.
const liveWait = "state IN ('open', 'collecting')"

// InsertWait stores an open wait; see engine.Tx.
func (t *tx) InsertWait(ctx context.Context, w run.Wait, lines ...engine.WaitEvent) error {
	row := waitRowOf(w)
	row.Revision = 1
	fresh, err := t.withLines(ctx, w.ID, t.db.NewInsert().Model(row).On("CONFLICT (run_id, step_id, iteration) DO NOTHING"), lines)
	if err == nil && !fresh {
		err = engine.ErrLost
	}
	return err
}

// SaveWait stores a wait unless another claim came first; see engine.Tx.
func (t *tx) SaveWait(ctx context.Context, w run.Wait, lines ...engine.WaitEvent) (bool, error) {
	saved, err := t.withLines(ctx, w.ID, t.updateWait(w), lines)
	if err != nil || !saved {
		return false, err
	}
	return true, t.carriesOut(ctx, w.ID, false)
}

func (t *tx) updateWait(w run.Wait) *bun.UpdateQuery {
	row := waitRowOf(w)
	row.Revision++
	return t.db.NewUpdate().Model(row).
		Column("state", "revision", "clock_at", "within", "deadline", "fire_at", "terms", "say", "attempts", "holds", "closed_at",
			"claimed_by", "reply_id", "late_id", "paused_at").
		Where("id = ? AND "+liveWait+" AND revision = ?", w.ID, whole(w.Revision))
}

// CloseWait stores a wait that is over unless another claim came first, and loads its run; see engine.Tx. On Postgres it is one
// statement, as in Receive.
func (t *tx) CloseWait(ctx context.Context, w run.Wait, line engine.WaitEvent) (r run.Run, closed bool, err error) {
	if isSQLite(t.db) {
		if closed, err = t.SaveWait(ctx, w, line); err == nil && closed {
			r, err = t.Run(ctx, w.RunID)
		}
		return r, closed, err
	}
	r, err = oneRun(ctx, t.db, t.db.NewRaw("WITH closed AS (?) ? AND EXISTS (SELECT 1 FROM closed)", t.updateWait(w).Returning("w.id"), runQuery(t.db, w.RunID)))
	if errors.Is(err, ErrNotFound) {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	line.WaitID = w.ID
	return r, true, errors.Join(t.AddWaitEvent(ctx, line), t.carriesOut(ctx, w.ID, false))
}

// withLines writes a wait and, if that has hit a row, the lines of its timeline.
func (t *tx) withLines(ctx context.Context, waitID string, write writing, lines []engine.WaitEvent) (written bool, err error) {
	written, err = changed(execute(ctx, t.db, write))
	for i := 0; err == nil && written && i < len(lines); i++ {
		lines[i].WaitID = waitID
		err = t.AddWaitEvent(ctx, lines[i])
	}
	return written, err
}

// SetLate notes a message that came too late; see engine.Tx.
func (t *tx) SetLate(ctx context.Context, waitID, messageID string) error {
	noted, err := changed(t.db.NewRaw(
		"UPDATE waits SET late_id = ?, revision = revision + 1 WHERE id = ?", messageID, waitID).Exec(ctx))
	if err == nil && !noted {
		return ErrNotFound
	}
	return err
}

// Wait loads a wait; see engine.Store.
func (s *Store) Wait(ctx context.Context, id string) (run.Wait, error) {
	return oneWait(ctx, s.read, "id = ?", id)
}

// Wait loads a wait; see engine.Tx.
func (t *tx) Wait(ctx context.Context, id string) (run.Wait, error) {
	return oneWait(ctx, t.db, "id = ?", id)
}

// WaitOfStep loads the wait of a step; ErrNotFound if there is none.
func (s *Store) WaitOfStep(ctx context.Context, runID, stepID string) (run.Wait, error) {
	return oneWait(ctx, s.read, "run_id = ? AND step_id = ?", runID, stepID)
}

// WaitOfStep loads the wait of a step; see engine.Tx.
func (t *tx) WaitOfStep(ctx context.Context, runID, stepID string) (run.Wait, error) {
	return oneWait(ctx, t.db, "run_id = ? AND step_id = ?", runID, stepID)
}

// WaitAskedWith loads the wait whose question is this message; see engine.Tx.
func (t *tx) WaitAskedWith(ctx context.Context, messageID string) (run.Wait, error) {
	return oneWait(ctx, t.db, "asked_id = ? AND asked_id <> ''", messageID)
}

// LastUnanswered loads the newest wait that ended in silence; see engine.Tx.
func (t *tx) LastUnanswered(ctx context.Context, contactID, connectionID string) (run.Wait, error) {
	return oneWait(ctx, t.db, "contact_id = ? AND connection_id = ? AND state = 'no_response'", contactID, connectionID)
}

// LiveWaits returns a contact's live waits, newest first; see engine.Tx.
func (t *tx) LiveWaits(ctx context.Context, contactID string) ([]run.Wait, error) {
	return someWaits(ctx, t.db, 0, "contact_id = ? AND "+liveWait, contactID)
}

func oneWait(ctx context.Context, db bun.IDB, where string, args ...any) (run.Wait, error) {
	waits, err := someWaits(ctx, db, 1, where, args...)
	if err != nil {
		return run.Wait{}, err
	}
	if len(waits) == 0 {
		return run.Wait{}, ErrNotFound
	}
	return waits[0], nil
}

// someWaits returns the newest waits that fit, all of them if limit is 0.
func someWaits(ctx context.Context, db bun.IDB, limit int64, where string, args ...any) ([]run.Wait, error) {
	rows, err := rowsOf[waitRow](ctx, db, db.NewSelect().Model((*waitRow)(nil)).Where(where, args...).OrderExpr("opened_at DESC, id DESC").Limit(limit))
	return convert(rows, waitRow.wait), err
}

type waitEventRow struct {
	bun.BaseModel `bun:"table:wait_events,alias:e"`

	ID        int64 `bun:",pk,autoincrement"`
	WaitID    string
	At        stamp
	Kind      engine.WaitEventKind
	MessageID string
	Detail    string
}

func (r waitEventRow) waitEvent() engine.WaitEvent {
	return engine.WaitEvent{WaitID: r.WaitID, At: r.At.Time, Kind: r.Kind, MessageID: r.MessageID, Detail: r.Detail}
}

// AddWaitEvent appends to a wait's timeline; see engine.Tx.
func (t *tx) AddWaitEvent(ctx context.Context, e engine.WaitEvent) error {
	return t.executeLast(ctx, t.db.NewRaw(`INSERT INTO wait_events (workspace_id, wait_id, at, kind, message_id, detail)
		VALUES ((SELECT workspace_id FROM waits WHERE id = ?), ?, ?, ?, ?, ?)`,
		e.WaitID, e.WaitID, at(e.At), e.Kind, e.MessageID, e.Detail))
}
