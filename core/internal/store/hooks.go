package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type hookRow struct {
	bun.BaseModel `bun:"table:hooks,alias:h"`

	ID            string `bun:",pk"`
	WorkspaceID   string
	FlowID        string
	Declared      encoded[protocol.Inbox]
	AnswerWithin  time.Duration
	Secret        []byte
	SecretKeyID   string
	Previous      []byte
	PreviousKeyID string
	PreviousUntil stamp
	CreatedAt     stamp
}

func (r hookRow) hook() trigger.Hook {
	return trigger.Hook{ID: r.ID, WorkspaceID: r.WorkspaceID, FlowID: r.FlowID, Declared: r.Declared.value, Answers: r.AnswerWithin,
		Secret: seal.Sealed{KeyID: r.SecretKeyID, Data: r.Secret}, Previous: seal.Sealed{KeyID: r.PreviousKeyID, Data: r.Previous},
		PreviousUntil: r.PreviousUntil.Time}
}

// EnsureHook returns the id of a flow's own address, which it makes if there is none, and notes how its requests are
// verified and answered from now on.
func (s *Store) EnsureHook(ctx context.Context, workspaceID, flowID string, declared protocol.Inbox, answers time.Duration) (string, error) {
	row := hookRow{ID: id.New("hook"), WorkspaceID: workspaceID, FlowID: flowID, Declared: encode(declared), AnswerWithin: answers}
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		row.CreatedAt = at(t.now)
		return t.db.NewInsert().Model(&row).On("CONFLICT (flow_id) DO UPDATE").Set("declared = excluded.declared, answer_within = excluded.answer_within").Returning("id").Scan(ctx)
	})
	return row.ID, err
}

// Hook loads a hook whose flow has a webhook trigger in its live version.
func (s *Store) Hook(ctx context.Context, hookID string) (trigger.Hook, error) {
	var row hookRow
	err := s.read.NewSelect().Model(&row).
		Join("JOIN flows AS f ON f.id = h.flow_id JOIN flow_versions AS v ON v.id = f.live_version_id").
		Where("h.id = ? AND v.event_type = ? AND v.connection_id = h.id", hookID, flow.Webhook).Scan(ctx)
	return row.hook(), found(err)
}

// FlowHook loads the hook of a flow.
func (s *Store) FlowHook(ctx context.Context, workspaceID, flowName string) (trigger.Hook, error) {
	var row hookRow
	err := s.read.NewSelect().Model(&row).Join("JOIN flows AS f ON f.id = h.flow_id").
		Where("f.workspace_id = ? AND f.name = ?", workspaceID, flowName).Scan(ctx)
	return row.hook(), found(err)
}

// SetHookSecret puts a secret in the place of the one before, which stays good for overlap.
func (s *Store) SetHookSecret(ctx context.Context, h trigger.Hook, secret seal.Sealed, overlap time.Duration) (trigger.Hook, error) {
	var row hookRow
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		err := t.db.NewRaw(`UPDATE hooks SET previous = secret, previous_key_id = secret_key_id, previous_until = ?, secret = ?, secret_key_id = ?
			WHERE id = ? AND workspace_id = ? RETURNING *`, at(t.now.Add(overlap)), secret.Data, secret.KeyID, h.ID, h.WorkspaceID).Scan(ctx, &row)
		if err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "flow.set_webhook_secret", Resource: row.FlowID})
	})
	return row.hook(), found(err)
}
