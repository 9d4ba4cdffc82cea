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
		return &api.ConflictError{Detail: "The field is there with another type, which the values of contacts have. Delete it first, or choose another name."}
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

// unused returns an *api.ConflictError with the flows whose live versions name something.
func (k kept) unused(ctx context.Context, workspaceID, what string, named func(*flow.Version) []string, name string) error {
	var users []string
	for page := (list.Page{Limit: list.MaxLimit}); ; {
		flows, err := k.ListFlows(ctx, workspaceID, page)
		if err != nil {
			return fmt.Errorf("list flows: %w", err)
		}
		for _, f := range flows {
			page.After = f.ID
			if f.LiveVersionID == "" {
				continue
			}
			v, err := k.PublishedVersion(ctx, workspaceID, f.LiveVersionID)
			if err != nil {
				return fmt.Errorf("load the live version of %s: %w", f.Name, err)
			}
			compiled, err := k.types.compile(ctx, engine.Version{WorkspaceID: workspaceID, Source: v.Source})
			if err == nil && slices.Contains(named(compiled), name) { // one that can't be compiled any more does nothing
				users = append(users, f.Name)
			}
		}
		if len(flows) < page.Size() {
			break
		}
	}
	if len(users) == 0 {
		return nil
	}
	slices.Sort(users)
	return &api.ConflictError{Detail: fmt.Sprintf("The %s is named by live flows: %s. Publish them without it first.", what, strings.Join(users, ", "))}
}
