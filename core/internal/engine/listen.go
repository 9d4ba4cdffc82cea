package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/flow"
)

// Triggers returns the triggers of the enabled flows that listen to a connection. An error comes with those that could be
// read all the same.
func (e *Engine) Triggers(ctx context.Context, connectionID string) ([]flow.Trigger, error) {
	live, err := e.Store.LiveFlowsOf(ctx, connectionID)
	if err != nil {
		return nil, fmt.Errorf("flows of connection %s: %w", connectionID, err)
	}
	var triggers []flow.Trigger
	var wrong []error
	for _, l := range live {
		v, err := e.version(ctx, l.VersionID)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		triggers = append(triggers, v.flow.Trigger)
	}
	return triggers, errors.Join(wrong...)
}
