package publish

import (
	"context"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Saved is a draft that was saved, with what is wrong with it. Only a draft without problems can be published; warnings
// are those of flow.Version, which a draft with problems has none of.
type Saved struct {
	Flow     inspect.Flow
	Problems flow.Problems
	Warnings flow.Problems
}

// SaveDraft keeps a document as a person left it, sound or not, and says what is wrong with it. Nothing that runs
// changes. The error is engine.ErrStale when somebody else has saved the flow since, or when a new flow's name is taken,
// and flow.Problems for a name that can't be one.
func (p *Publisher) SaveDraft(ctx context.Context, d Draft) (Saved, error) {
	if !flow.ValidName(d.Name) {
		return Saved{}, flow.Problems{{Path: "name", Message: fmt.Sprintf("%q can't be a flow's name", d.Name), Remedy: "use lower-case letters, digits and hyphens, as in verify-purchase"}}
	}
	types, err := p.Types(ctx, d.WorkspaceID)
	if err != nil {
		return Saved{}, fmt.Errorf("save draft of %s: %w", d.Name, err)
	}
	doc, version, problems := compile(d.Source, types)
	out := Saved{Problems: problems}
	if doc != nil {
		d.Title = doc.Title
		if doc.Name != d.Name && doc.Name != "" {
			out.Problems = append(out.Problems, misnamed(doc.Name, d.Name))
		}
	}
	if version != nil {
		out.Warnings = version.Warnings()
	}
	out.Flow, err = p.Store.SaveDraft(ctx, d)
	return out, err
}

func misnamed(is, want string) flow.Problem {
	return flow.Problem{Line: 1, Column: 1, Path: "name", Message: fmt.Sprintf("the document is named %q, not %q", is, want), Remedy: "apply it under its own name"}
}

// Play tries a document on a virtual clock: no call leaves the process and nothing is stored. The error is
// flow.Problems when the document is not sound.
func (p *Publisher) Play(ctx context.Context, workspaceID string, source []byte, sc flowtest.Scenario) (flowtest.Trace, error) {
	types, err := p.Types(ctx, workspaceID)
	if err != nil {
		return flowtest.Trace{}, fmt.Errorf("try a flow: %w", err)
	}
	_, version, problems := compile(source, types)
	if err := problems.Err(); err != nil {
		return flowtest.Trace{}, err
	}
	if sc.Calendars, err = p.Calendars(ctx, workspaceID); err != nil {
		return flowtest.Trace{}, fmt.Errorf("try a flow: %w", err)
	}
	return flowtest.Play(version, sc)
}

// Preview is an expression as a person writes it into a step of a document.
type Preview struct {
	WorkspaceID string
	Source      []byte         // the document
	Step        string         // empty for the flow itself
	Text        string         // the expression
	Template    bool           // it is text with {{ expressions }}
	Values      map[string]any // by name in scope, as expr.Vars has them; the others are null
}

// Preview computes an expression with values to try it with, within the limits of a run. The error is flow.Problems
// when the document can't be read, and an *expr.Error or *expr.EvalError for what is wrong with the expression.
func (p *Publisher) Preview(ctx context.Context, in Preview) (any, error) {
	types, err := p.Types(ctx, in.WorkspaceID)
	if err != nil {
		return nil, fmt.Errorf("preview an expression: %w", err)
	}
	doc, problems := flow.Parse(in.Source)
	if doc == nil {
		return nil, problems
	}
	scope, err := flow.Scope(doc, types, in.Step)
	if err != nil {
		return nil, fmt.Errorf("preview an expression: %w", err)
	}
	env, err := expr.NewEnv(scope)
	if err != nil {
		return nil, fmt.Errorf("preview an expression: %w", err)
	}
	anything := schema.Type{Kind: schema.Any}
	if in.Template {
		t, err := env.CompileTemplate(in.Text, anything)
		if err != nil {
			return nil, err
		}
		return t.Eval(ctx, in.Values)
	}
	e, err := env.Compile(in.Text, anything)
	if err != nil {
		return nil, err
	}
	return e.Eval(ctx, in.Values)
}
