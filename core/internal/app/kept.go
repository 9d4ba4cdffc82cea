package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/retention"
	"github.com/cordboard/cordboard/core/internal/store"
)

// kept keeps what flows name, and does not let go of what a live version needs.
type kept struct {
	*store.Store
	types *types
}

func (k kept) DeleteList(ctx context.Context, workspaceID, name string) error {
	if err := k.unused(ctx, workspaceID, "list", func(v *flow.Version) []string { return v.Lists }, name); err != nil {
		return err
	}
	return k.Store.DeleteList(ctx, workspaceID, name)
}

func (k kept) DeleteCalendar(ctx context.Context, workspaceID, name string) error {
	if err := k.unused(ctx, workspaceID, "calendar", func(v *flow.Version) []string { return v.Calendars }, name); err != nil {
		return err
	}
	return k.Store.DeleteCalendar(ctx, workspaceID, name)
}

func (k kept) SaveField(ctx context.Context, workspaceID string, f contactfield.Field) error {
	err := k.Store.SaveField(ctx, workspaceID, f)
	if errors.Is(err, store.ErrFieldType) {
		return api.Conflict("field-type", nil)
	}
	return err
}

func (k kept) DeleteField(ctx context.Context, workspaceID, name string) error {
	named := func(v *flow.Version) []string { return contactfield.Names(v.Fields) }
	if err := k.unused(ctx, workspaceID, "field", named, name); err != nil {
		return err
	}
	return k.Store.DeleteField(ctx, workspaceID, name)
}

// Ages returns what a workspace has chosen for how long things are kept, and what holds where it has not.
func (k kept) Ages(ctx context.Context, workspaceID string) (retention.Chosen, retention.Ages, error) {
	chosen, err := k.Retention(ctx, workspaceID)
	return chosen, k.types.retention.installation, err
}

// SaveRetention does not let runs go before the longest question of a live version is through (waits.md R15).
func (k kept) SaveRetention(ctx context.Context, workspaceID string, c retention.Chosen) error {
	runs := c.Over(k.types.retention.installation).Runs
	ask, err := k.live(ctx, workspaceID, func(v *flow.Version) bool { return v.FixedWait > runs && runs != 0 })
	if err != nil {
		return err
	}
	if len(ask) > 0 {
		return api.Conflict("waits-longer", map[string]any{"flows": strings.Join(ask, ", ")})
	}
	return k.Store.SaveRetention(ctx, workspaceID, c)
}

// retentions says how long a workspace keeps things.
type retentions struct {
	store        *store.Store
	installation retention.Ages
}

func (r retentions) ages(ctx context.Context, workspaceID string) (retention.Ages, error) {
	chosen, err := r.store.Retention(ctx, workspaceID)
	return chosen.Over(r.installation), err
}

// ages are those of workspaces that have chosen none.
func (a *App) ages() retention.Ages {
	s := a.Settings
	return retention.Ages{
		Requests: s.KeepPayloads, Payloads: s.KeepPayloads, Messages: s.KeepPayloads, Runs: s.KeepRuns, Deliveries: s.KeepDeliveries, Audit: s.KeepAudit,
	}
}

// unused returns a conflict with the flows whose live versions name something.
func (k kept) unused(ctx context.Context, workspaceID, what string, named func(*flow.Version) []string, name string) error {
	users, err := k.live(ctx, workspaceID, func(v *flow.Version) bool { return slices.Contains(named(v), name) })
	if err != nil || len(users) == 0 {
		return err
	}
	return &api.ConflictError{Detail: fmt.Sprintf("The %s is named by live flows: %s. Publish them without it first.", what, strings.Join(users, ", "))}
}

// live names the flows, in order, whose live versions are such.
func (k kept) live(ctx context.Context, workspaceID string, such func(*flow.Version) bool) (names []string, err error) {
	for page := (list.Page{Limit: list.MaxLimit}); ; {
		flows, err := k.ListFlows(ctx, workspaceID, page)
		if err != nil {
			return nil, fmt.Errorf("list flows: %w", err)
		}
		for _, f := range flows {
			page.After = f.ID
			if f.LiveVersionID == "" {
				continue
			}
			v, err := k.PublishedVersion(ctx, workspaceID, f.LiveVersionID)
			if err != nil {
				return nil, fmt.Errorf("load the live version of %s: %w", f.Name, err)
			}
			compiled, err := k.types.compile(ctx, engine.Version{WorkspaceID: workspaceID, Source: v.Source})
			if err == nil && such(compiled) { // one that can't be compiled any more does nothing
				names = append(names, f.Name)
			}
		}
		if len(flows) < page.Size() {
			break
		}
	}
	slices.Sort(names)
	return names, nil
}
