package httpapi

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/calendar"
)

// Calendars keeps a workspace's business hours.
type Calendars interface {
	Calendars(ctx context.Context, workspaceID string) (map[string]calendar.Calendar, error)
	SaveCalendar(ctx context.Context, workspaceID string, c calendar.Calendar) error
	// DeleteCalendar removes a calendar. A conflict names the flows that use it.
	DeleteCalendar(ctx context.Context, workspaceID, name string) error
}

// CalendarPath names a calendar.
type CalendarPath struct {
	Name string `path:"name" maxLength:"64"`
}

func (r *rest) calendars() {
	register(r, operation{method: http.MethodGet, path: "/calendars", id: "list-calendars", summary: "List calendars", tag: "Calendars", scope: access.Read},
		func(ctx context.Context, _ *struct{}) (*body[api.List[api.Calendar]], error) {
			all, err := r.Calendars.Calendars(ctx, workspace(ctx))
			items := []api.Calendar{}
			for _, name := range slices.Sorted(maps.Keys(all)) {
				items = append(items, api.CalendarOf(all[name]))
			}
			return answer(api.List[api.Calendar]{Items: items}), err
		})
	register(r, operation{method: http.MethodPut, path: "/calendars/{name}", id: "save-calendar", summary: "Save a calendar", tag: "Calendars", scope: access.Write,
		description: "Business hours, by which flows count the time for an answer and delays. What is under way keeps the times that were worked out."}, r.saveCalendar)
	register(r, operation{method: http.MethodDelete, path: "/calendars/{name}", id: "delete-calendar", summary: "Delete a calendar", tag: "Calendars", scope: access.Write,
		description: "One that live flows name is kept: the answer names them. A run of an older version that goes by it fails at that step, and can be retried when there is one of that name again."},
		func(ctx context.Context, in *CalendarPath) (*struct{}, error) {
			return nil, r.Calendars.DeleteCalendar(ctx, workspace(ctx), in.Name)
		})
}

func (r *rest) saveCalendar(ctx context.Context, in *struct {
	CalendarPath
	Body api.CalendarHours
}) (*body[api.Calendar], error) {
	c := in.Body.Calendar(in.Name)
	var wrong *calendar.Problem
	if err := c.Check(); errors.As(err, &wrong) {
		return nil, &api.InputError{Path: wrong.Path, Message: wrong.Message, Remedy: wrong.Remedy}
	}
	if err := r.Calendars.SaveCalendar(ctx, workspace(ctx), c); err != nil {
		return nil, err
	}
	return answer(api.CalendarOf(c)), nil
}
