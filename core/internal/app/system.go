package app

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/seal"
)

// system tells the API how the installation stands.
type system struct{ app *App }

func (s system) System(ctx context.Context) (out api.System, err error) {
	a := s.app
	out = api.System{
		Version: Version, Nodes: []api.Node{}, Keys: []api.SecretKey{},
		Queue: api.SystemQueue{Kind: "embedded", Healthy: a.clock.Healthy() == nil},
		Mail:  api.SystemMail{Sends: a.teller.Mail != nil, From: a.Settings.SMTPFrom},
		Address: api.SystemAddress{
			Console: a.Settings.ConsoleURL(), Hooks: a.Settings.HooksURL(), Allowed: append([]string{}, a.Settings.EgressAllow...),
		},
	}
	if a.Settings.RedisURL.Reveal() != "" {
		out.Queue.Kind = "redis"
	}
	about, err := a.Store.About(ctx)
	if err != nil {
		return out, err
	}
	out.Database = api.SystemDatabase(about)
	nodes, err := a.Store.Nodes(ctx)
	if err != nil {
		return out, err
	}
	for _, n := range nodes {
		out.Nodes = append(out.Nodes, api.Node{ID: n.ID, Current: n.ID == a.node, StartedAt: n.StartedAt.UTC(), SeenAt: n.SeenAt.UTC(), Keys: n.Keys})
	}
	backlog, err := a.Store.Backlog(ctx)
	if err != nil {
		return out, err
	}
	out.Backlog = api.SystemBacklog{
		OpenWaits: backlog.OpenWaits, WaitingRuns: backlog.WaitingRuns, UnreadRequests: backlog.UnreadRequests,
		PendingDeliveries: backlog.PendingDeliveries, Overdue: backlog.OverdueRows,
	}
	out.Keys, err = s.keys(ctx)
	return out, err
}

// keys lists those that this node knows, the one that seals first, and behind them those that it lacks.
func (s system) keys(ctx context.Context) ([]api.SecretKey, error) {
	keys := s.app.People.Keys
	sealed, err := s.app.Store.SealedWith(ctx)
	if err != nil {
		return nil, err
	}
	out := []api.SecretKey{{ID: keys.Fingerprint(), Seals: true, Known: true, Secrets: sealed[keys.Fingerprint()]}}
	for _, id := range keys.Others() {
		out = append(out, api.SecretKey{ID: id, Known: true, Secrets: sealed[id]})
	}
	for _, k := range out {
		delete(sealed, k.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(sealed)) {
		out = append(out, api.SecretKey{ID: id, Secrets: sealed[id]})
	}
	return out, nil
}

func (s system) Reseal(ctx context.Context) (api.Resealed, error) {
	keys := s.app.People.Keys
	out := api.Resealed{Stuck: []string{}}
	r, err := keys.Rotate(ctx, s.app.Store, func(string, int) {})
	out.Secrets, out.Stuck = r.Total(), append(out.Stuck, r.Stuck...)
	var other *seal.OtherKeyError
	if errors.As(err, &other) {
		return out, &api.ConflictError{Detail: "Not yet: " + other.Error() + "."}
	}
	if err != nil {
		return out, err
	}
	return out, s.app.Store.Record(ctx, access.Deed{Action: "secrets.reseal", Resource: keys.Fingerprint(), After: map[string]any{"secrets": out.Secrets, "stuck": len(out.Stuck)}})
}
