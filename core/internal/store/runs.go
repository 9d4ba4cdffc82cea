package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type runRow struct {
	bun.BaseModel `bun:"table:runs,alias:r"`

	ID          string `bun:",pk"`
	WorkspaceID string
	FlowID      string
	VersionID   string
	EventID     string
	ContactID   string
	Revision    whole
	Owner       string
	Status      run.Status
	Cursor      string
	Phase       run.Phase
	Attempt     whole
	WakeAt      stamp
	Vars        encoded[map[string]json.RawMessage]
	Loops       encoded[[]run.Frame]
	Failure     encoded[*protocol.Failure]
	Reason      string
	HeldOn      string
	HeldSince   stamp
	CreatedAt   stamp
	EndedAt     stamp
}

func runRowOf(r run.Run) *runRow {
	return &runRow{
		ID: r.ID, WorkspaceID: r.WorkspaceID, FlowID: r.FlowID, VersionID: r.VersionID, EventID: r.EventID,
		ContactID: r.ContactID, Revision: whole(r.Revision), Owner: r.Owner, Status: r.State.Status, Cursor: r.State.Cursor,
		Phase: r.State.Phase, Attempt: whole(r.State.Attempt), WakeAt: at(r.State.WakeAt), Vars: encode(r.State.Vars), Loops: encode(r.State.Loops),
		Failure: encode(r.State.Failure), Reason: r.State.Reason, HeldOn: r.State.HeldOn, HeldSince: at(r.State.HeldSince), CreatedAt: at(r.CreatedAt), EndedAt: at(r.EndedAt),
	}
}

func (r runRow) run() run.Run {
	return run.Run{
		ID: r.ID, WorkspaceID: r.WorkspaceID, FlowID: r.FlowID, VersionID: r.VersionID, EventID: r.EventID,
		ContactID: r.ContactID, Revision: int64(r.Revision), Owner: r.Owner, CreatedAt: r.CreatedAt.Time, EndedAt: r.EndedAt.Time,
		State: run.State{
			Status: r.Status, Cursor: r.Cursor, Phase: r.Phase, Attempt: int(r.Attempt), WakeAt: r.WakeAt.Time,
			Vars: r.Vars.value, Loops: r.Loops.value, Failure: r.Failure.value, Reason: r.Reason, HeldOn: r.HeldOn, HeldSince: r.HeldSince.Time,
		},
	}
}

type stepRunRow struct {
	bun.BaseModel `bun:"table:step_runs,alias:s"`

	RunID       string `bun:",pk"`
	StepID      string `bun:",pk"`
	Iteration   string `bun:",pk"`
	WorkspaceID string
	Number      whole
	Kind        string
	Status      run.StepStatus
	Exit        string
	Input       document
	Output      document
	Failure     encoded[*protocol.Failure]
	Attempt     whole
	StartedAt   stamp
	EndedAt     stamp
}

func stepRunRowOf(r run.Run, s run.StepRun) stepRunRow {
	return stepRunRow{
		RunID: r.ID, StepID: s.StepID, Iteration: s.Iteration, WorkspaceID: r.WorkspaceID, Number: whole(s.Number), Kind: s.Kind, Status: s.Status,
		Exit: s.Exit, Input: document(s.Input), Output: document(s.Output), Failure: encode(s.Failure), Attempt: whole(s.Attempt),
		StartedAt: at(s.StartedAt), EndedAt: at(s.EndedAt),
	}
}

func (r stepRunRow) stepRun() run.StepRun {
	return run.StepRun{
		StepID: r.StepID, Iteration: r.Iteration, Number: int(r.Number), Kind: r.Kind, Status: r.Status, Exit: r.Exit, Input: json.RawMessage(r.Input),
		Output: json.RawMessage(r.Output), Failure: r.Failure.value, Attempt: int(r.Attempt),
		StartedAt: r.StartedAt.Time, EndedAt: r.EndedAt.Time,
	}
}

// InsertRun stores a new run; see engine.Tx. On Postgres it is one statement, as in SaveRun.
func (t *tx) InsertRun(ctx context.Context, r run.Run, delivers bool) error {
	row := runRowOf(r)
	row.Revision = 1
	steps := make([]run.StepRun, 0, len(r.State.Steps))
	for _, s := range r.State.Steps {
		steps = append(steps, s)
	}
	if err := t.carriesOut(ctx, r.ID, true); err != nil {
		return err
	}
	insert := t.db.NewInsert().Model(row)
	apart := isSQLite(t.db)
	if len(steps) > 0 && !apart {
		insert = t.putSteps(r, steps).With("run", insert)
	}
	if delivers && !apart {
		insert.With("delivery", t.deliver(r))
	}
	_, err := execute(ctx, t.db, insert)
	if err == nil && delivers && apart {
		_, err = execute(ctx, t.db, t.deliver(r))
	}
	if err == nil && len(steps) > 0 && apart {
		_, err = execute(ctx, t.db, t.putSteps(r, steps))
	}
	return err
}

// SaveRun stores a transition; see engine.Tx. On Postgres the run and its steps are one statement, because a round
// trip is most of what a transition costs: what is written with a revision that has gone is undone with the unit.
func (t *tx) SaveRun(ctx context.Context, r run.Run, steps []run.StepRun) error {
	row := runRowOf(r)
	row.Revision++
	update := t.db.NewUpdate().Model(row).
		Column("revision", "version_id", "owner", "status", "cursor", "phase", "attempt", "wake_at", "vars", "loops", "failure", "reason", "held_on", "held_since", "ended_at").
		Where("id = ? AND revision = ?", r.ID, whole(r.Revision))
	apart := isSQLite(t.db) && len(steps) > 0
	if len(steps) > 0 && !apart {
		update.With("steps", t.putSteps(r, steps))
	}
	saved, err := changed(execute(ctx, t.db, update))
	if err == nil && !saved {
		err = engine.ErrLost
	}
	if err == nil && apart {
		_, err = execute(ctx, t.db, t.putSteps(r, steps))
	}
	if err != nil {
		return err
	}
	return t.carriesOut(ctx, r.ID, false)
}

// putSteps stores step runs, new or changed.
func (t *tx) putSteps(r run.Run, steps []run.StepRun) *bun.InsertQuery {
	rows := make([]stepRunRow, len(steps))
	for i, s := range steps {
		rows[i] = stepRunRowOf(r, s)
	}
	return t.db.NewInsert().Model(&rows).On("CONFLICT (run_id, step_id, iteration) DO UPDATE")
}

// Run loads a run; see engine.Store.
func (s *Store) Run(ctx context.Context, id string) (run.Run, error) { return loadRun(ctx, s.read, id) }

// Run loads a run; see engine.Tx.
func (t *tx) Run(ctx context.Context, id string) (run.Run, error) { return loadRun(ctx, t.db, id) }

// wholeRun is a run with what its expressions see.
type wholeRun struct {
	runRow `bun:",extend"`

	FlowName      string
	FlowVersion   int
	WorkspaceName string
	TimeZone      string
	Event         document
	Origin        encoded[*event.Origin]
	Phone         string
	Email         string
	ContactName   string
	Language      string
	ContactZone   string
	Tags          encoded[[]string]
	Lists         string
	Fields        document
	Consent       flow.Consent
	Blocked       bool
}

// runColumns goes before the FROM of a query that scans into wholeRun; runTables follows it. The joins are LEFT ones
// although the rows are there: else SQLite begins with a small table, and sorts all runs for one page.
const (
	runColumns = `r.*, f.name AS flow_name, v.number AS flow_version, w.name AS workspace_name, w.time_zone,
		coalesce(c.phone, '') AS phone, coalesce(c.email, '') AS email, coalesce(c.name, '') AS contact_name,
		coalesce(c.language, '') AS language, coalesce(c.time_zone, '') AS contact_zone, c.tags, c.fields, coalesce(c.consent, '') AS consent,
		coalesce(c.blocked, false) AS blocked, ` + listsOf
	runTables = `runs AS r
		LEFT JOIN flow_versions AS v ON v.id = r.version_id
		LEFT JOIN flows AS f ON f.id = r.flow_id
		LEFT JOIN workspaces AS w ON w.id = r.workspace_id
		LEFT JOIN contacts AS c ON c.id = r.contact_id`
)

// runStep is a run with one of its steps; what may be large of the run is in the first row only.
type runStep struct {
	wholeRun `bun:",extend"`

	Step stepRunRow `bun:"embed:s_"`
}

// loadRun loads a run with its steps, of those within loops the newest.
func loadRun(ctx context.Context, db bun.IDB, id string) (run.Run, error) {
	return oneRun(ctx, db, runQuery(db, id))
}

// runQuery reads what oneRun makes a run of. It ends with a condition.
func runQuery(db bun.IDB, id string) *bun.RawQuery {
	return db.NewRaw("SELECT "+runColumns+`, CASE WHEN row_number() OVER () > 1 THEN NULL
			WHEN v.event_type = ? AND e.message IS NOT NULL THEN e.message ELSE e.data END AS event, e.origin AS origin,
			coalesce(s.step_id, '') AS s_step_id, coalesce(s.iteration, '') AS s_iteration, coalesce(s.number, 0) AS s_number, coalesce(s.kind, '') AS s_kind,
			coalesce(s.status, '') AS s_status, coalesce(s.exit, '') AS s_exit, s.input AS s_input, s.output AS s_output, s.failure AS s_failure,
			coalesce(s.attempt, 0) AS s_attempt, s.started_at AS s_started_at, s.ended_at AS s_ended_at
		FROM `+runTables+` LEFT JOIN events AS e ON e.id = r.event_id
		LEFT JOIN step_runs AS s ON s.run_id = r.id AND (s.iteration = '' OR (s.step_id, s.number) IN (
			SELECT step_id, max(number) FROM step_runs WHERE run_id = ? AND iteration <> '' GROUP BY step_id))
		WHERE r.id = ?`, flow.Message, id, id)
}

func oneRun(ctx context.Context, db bun.IDB, q *bun.RawQuery) (run.Run, error) {
	rows, err := rowsOf[runStep](ctx, db, q)
	if err != nil {
		return run.Run{}, err
	}
	if len(rows) == 0 {
		return run.Run{}, ErrNotFound
	}
	r := rows[0].whole()
	r.State.Steps = make(map[string]run.StepRun, len(rows))
	for _, row := range rows {
		if row.Event != nil {
			r.State.Facts.Event = json.RawMessage(row.Event)
		}
		if row.Step.StepID != "" {
			r.State.Steps[row.Step.StepID] = row.Step.stepRun()
		}
	}
	return r, nil
}

// whole returns the run with its facts and without its steps.
func (r wholeRun) whole() run.Run {
	whole := r.run()
	whole.State.Facts = run.Facts{
		RunID: r.ID, StartedAt: r.CreatedAt.Time, FlowName: r.FlowName, FlowVersion: r.FlowVersion,
		WorkspaceID: r.WorkspaceID, WorkspaceName: r.WorkspaceName, TimeZone: r.TimeZone,
		Event: json.RawMessage(r.Event),
		Contact: run.ContactFacts{
			ID: r.ContactID, Phone: r.Phone, Email: r.Email, Name: r.ContactName, Language: r.Language, TimeZone: r.ContactZone,
			Tags: r.Tags.value, Lists: names(r.Lists), Fields: json.RawMessage(r.Fields), Consent: r.Consent, Blocked: r.Blocked,
		},
	}
	if o := r.Origin.value; o != nil {
		whole.State.Facts.Hops = o.Hops
		if o.Waits {
			whole.State.Facts.Parent = o
		}
	}
	return whole
}

// CausedRuns counts the runs of a flow that other runs caused; see engine.Tx. It looks at the newest only, so that a flow with
// many starts of other kinds costs no more.
func (t *tx) CausedRuns(ctx context.Context, workspaceID, flowID string, since time.Time, limit int) (n int, err error) {
	err = t.db.NewRaw(`SELECT count(*) FROM (
			SELECT r.event_id FROM runs AS r WHERE r.workspace_id = ? AND r.flow_id = ? AND r.id > ?
				AND NOT (r.status = 'failed' AND r.cursor = '') ORDER BY r.id DESC LIMIT ?
		) AS newest JOIN events AS e ON e.id = newest.event_id WHERE e.origin IS NOT NULL`,
		workspaceID, flowID, id.At("run", since), 2*limit).Scan(ctx, &n)
	return min(n, limit), err
}

// ContactStarts counts the runs of a flow about a contact that came from outside; see engine.Tx.
func (t *tx) ContactStarts(ctx context.Context, workspaceID, flowID, contactID string, since time.Time, limit int) (n int, err error) {
	return rowOf[int](ctx, t.db, t.db.NewRaw(`SELECT count(*) FROM (
			SELECT 1 FROM runs AS r JOIN events AS e ON e.id = r.event_id
			WHERE r.workspace_id = ? AND r.contact_id = ? AND r.contact_id <> '' AND r.id > ? AND r.flow_id = ?
				AND NOT (r.status = 'failed' AND r.cursor = '') AND e.origin IS NULL LIMIT ?
		) AS newest`,
		workspaceID, contactID, id.At("run", since), flowID, limit))
}

// ActiveRuns lists the runs of a contact that have not ended; see engine.Tx.
func (t *tx) ActiveRuns(ctx context.Context, contactID string) ([]engine.ActiveRun, error) {
	var active []engine.ActiveRun
	err := t.db.NewRaw(`SELECT r.id AS run_id, r.flow_id, f.name AS flow_name, r.status FROM runs AS r JOIN flows AS f ON f.id = r.flow_id
		WHERE r.contact_id = ? AND r.status IN ('queued', 'running', 'waiting') ORDER BY r.id`, contactID).Scan(ctx, &active)
	return active, err
}

// SaveStepOutput replaces what later steps read of a step; see engine.Tx.
func (t *tx) SaveStepOutput(ctx context.Context, runID, stepID, iteration string, output json.RawMessage) error {
	_, err := t.db.NewUpdate().Model((*stepRunRow)(nil)).Set("output = ?", document(output)).
		Where("run_id = ? AND step_id = ? AND iteration = ?", runID, stepID, iteration).Exec(ctx)
	return err
}
