package run

import (
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// scope is what the flow's expressions see at this moment. Steps that have not run are absent and read as null.
func (m *machine) scope() expr.Vars {
	if m.given != nil {
		return m.given
	}
	vars := m.state.scope(m.version, m.now)
	if step := m.step(); step != nil && step.Handling != "" {
		vars["error"] = m.errorOf(step.Handling)
	}
	return vars
}

// errorOf is what the steps of an on_error read of the failure that they handle.
func (m *machine) errorOf(stepID string) map[string]any {
	sr, _ := m.state.step(stepID)
	out := map[string]any{"step": stepID, "kind": "", "message": "", "detail": ""}
	if f := sr.Failure; f != nil {
		out["kind"], out["message"], out["detail"] = string(f.Kind), f.Message, f.Detail
	}
	return out
}

func (s State) scope(v *flow.Version, now time.Time) expr.Vars {
	f := s.Facts
	steps := make(map[string]any, len(s.Steps))
	for id, sr := range s.Steps {
		if sr.Output != nil && !s.stale(v.Steps[id], sr) {
			steps[id] = sr.Output
		}
	}
	vars := make(map[string]any, len(s.Vars))
	for name, value := range s.Vars {
		vars[name] = value
	}
	all := expr.Vars{
		"event":     rawOrNil(f.Event),
		"contact":   f.Contact.scope(),
		"steps":     steps,
		"vars":      vars,
		"run":       map[string]any{"id": f.RunID, "started_at": f.StartedAt},
		"flow":      map[string]any{"name": f.FlowName, "version": int64(f.FlowVersion)},
		"workspace": map[string]any{"id": f.WorkspaceID, "name": f.WorkspaceName, "time_zone": f.TimeZone},
		"now":       now,
	}
	s.loopVars(v, all)
	return all
}

func (c ContactFacts) scope() map[string]any {
	fields := c.Fields
	if fields == nil {
		fields = json.RawMessage("{}")
	}
	return map[string]any{
		"id": c.ID, "phone": c.Phone, "email": c.Email, "name": c.Name, "language": c.Language, "time_zone": c.TimeZone,
		"consent": string(c.Consent), "blocked": c.Blocked, "tags": anys(c.Tags), "lists": anys(c.Lists), "fields": fields,
	}
}

func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}

// Contact says who a run will be about, as the flow's mapping reads it from the event; ok is false when the flow
// has no mapping.
func Contact(v *flow.Version, f Facts, now time.Time) (c protocol.Contact, ok bool, err error) {
	if v.Contact.IsZero() {
		return c, false, nil
	}
	scope := State{Facts: f}.scope(v, now)
	for _, field := range []struct {
		template *expr.Template
		to       *string
	}{{v.Contact.Phone, &c.Phone}, {v.Contact.Email, &c.Email}, {v.Contact.Name, &c.Name}} {
		if field.template == nil {
			continue
		}
		if *field.to, err = field.template.EvalText(background, scope); err != nil {
			return c, true, err
		}
	}
	return c, true, nil
}

func rawOrNil(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	return raw
}
