package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// keptAttempts is how many tries of one step are kept: a provider may ask for patience for days.
const keptAttempts = 100

type runAttemptRow struct {
	bun.BaseModel `bun:"table:step_attempts,alias:a"`

	RunID     string `bun:",pk"`
	StepID    string `bun:",pk"`
	Iteration string `bun:",pk"`
	Number    int    `bun:",pk"`
	Attempt   int
	StartedAt stamp
	EndedAt   stamp
	Outcome   string
	Failure   encoded[*protocol.Failure]
	Exchanges encoded[[]run.Exchange]
}

func (r runAttemptRow) attempt() run.Attempt {
	return run.Attempt{StepID: r.StepID, Iteration: r.Iteration, Number: r.Number, Attempt: r.Attempt, StartedAt: r.StartedAt.Time, EndedAt: r.EndedAt.Time,
		Outcome: r.Outcome, Failure: r.Failure.value, Exchanges: r.Exchanges.value}
}

// AddAttempt stores a try of a step's call; see engine.Tx.
func (t *tx) AddAttempt(ctx context.Context, runID string, a run.Attempt) error {
	err := t.executeLast(ctx, t.db.NewRaw(`INSERT INTO step_attempts (run_id, step_id, iteration, number, attempt, started_at, ended_at, outcome, failure, exchanges)
		SELECT ?0, ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8 FROM step_attempts WHERE run_id = ?0 AND step_id = ?1 AND iteration = ?2`,
		runID, a.StepID, a.Iteration, whole(a.Attempt), at(a.StartedAt), at(a.EndedAt), a.Outcome, encode(a.Failure), encode(a.Exchanges)))
	if err != nil {
		return err
	}
	return t.executeLast(ctx, t.db.NewRaw(`DELETE FROM step_attempts WHERE run_id = ?0 AND step_id = ?1 AND iteration = ?2
		AND number <= (SELECT max(number) FROM step_attempts WHERE run_id = ?0 AND step_id = ?1 AND iteration = ?2) - ?3`,
		runID, a.StepID, a.Iteration, whole(keptAttempts)))
}

// attempts loads the tries of a run's calls, the oldest first.
func attempts(ctx context.Context, db bun.IDB, runID string) ([]run.Attempt, error) {
	var rows []runAttemptRow
	err := db.NewSelect().Model(&rows).Where("run_id = ?", runID).OrderExpr("ended_at, step_id, iteration, number").Scan(ctx)
	return convert(rows, runAttemptRow.attempt), err
}
