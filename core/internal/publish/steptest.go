package publish

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Trials are what the test of a step needs besides a document.
type Trials struct {
	Calls interface {
		Invoke(ctx context.Context, in engine.Invocation) (protocol.Result, error)
	}
	// Recognise finds a contact by how they are reached; engine.ErrNotFound if nobody is.
	Recognise func(ctx context.Context, workspaceID string, person conversation.Person) (conversation.Contact, error)
	// Record notes in the audit log what is about to be done.
	Record func(ctx context.Context, d access.Deed) error
}

// StepTest is one step of a document with values to test it with.
type StepTest struct {
	WorkspaceID string
	FlowID      string
	Source      []byte // the document
	Step        string
	Values      map[string]any // by name in scope, as expr.Vars has them; the others are null
	Call        bool           // the step's call is made
}

// StepTested is what came of it.
type StepTested struct {
	run.StepRun                 // without a place in any run
	Repeat      protocol.Repeat // what making its call again means; empty for a step that calls nothing
	Called      bool            // the call was made, however it ended
	Took        time.Duration   // the call
	Exchanges   []run.Exchange  // with the provider
}

// longestTest bounds the call of a test: somebody waits for it.
const longestTest = 45 * time.Second

// TestStep tries one step of a document outside of any run. A call that is made really happens, through the step's
// connection and once: it is never tried again, and the audit log has it before it leaves. A message to a contact who
// wants none is not sent. The error is flow.Problems for what is wrong with the step; how its call fails is in the
// result.
func (p *Publisher) TestStep(ctx context.Context, in StepTest) (StepTested, error) {
	types, err := p.Types(ctx, in.WorkspaceID)
	if err != nil {
		return StepTested{}, fmt.Errorf("test a step: %w", err)
	}
	doc, problems := flow.Parse(in.Source)
	if doc == nil {
		return StepTested{}, problems
	}
	step, problems := flow.CompileStep(doc, types, in.Step)
	if err := problems.Err(); err != nil {
		return StepTested{}, err
	}
	now := time.Now().UTC()
	key := id.New("test")
	facts := run.Facts{RunID: key, StartedAt: now, FlowName: doc.Name, WorkspaceID: in.WorkspaceID, Fields: types.Fields(), Contact: run.ContactFacts{ID: key}}
	if facts.Calendars, err = p.Calendars(ctx, in.WorkspaceID); err != nil {
		return StepTested{}, fmt.Errorf("test a step: %w", err)
	}
	given := map[string]any{"now": now, "run": map[string]any{"id": key, "started_at": now}, "flow": map[string]any{"name": doc.Name, "version": int64(0)}}
	maps.Copy(given, in.Values)
	tried, err := run.Try(step, facts, given, now)
	if errors.Is(err, run.ErrNotTriable) {
		return StepTested{}, flow.Problems{{Path: step.Path, Line: step.Line, Message: "a step of this kind means something only within a run", Remedy: "play the whole flow on the test bench"}}
	}
	if err != nil {
		return StepTested{}, fmt.Errorf("test step %s: %w", in.Step, err)
	}
	out := StepTested{StepRun: tried.Step}
	if step.Do != nil {
		out.Repeat = step.Do.Declared.Repeat
	}
	if tried.Call == nil || !in.Call {
		return out, nil
	}
	return out, p.call(ctx, in, *tried.Call, &out)
}

// call makes the call of a step that is tested.
func (p *Publisher) call(ctx context.Context, in StepTest, c run.Call, out *StepTested) error {
	refused := func(message string) error {
		out.Status, out.Failure = run.StepFailed, &protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromGateway, Message: message}
		return nil
	}
	if why, err := p.unwanted(ctx, in.WorkspaceID, c); err != nil || why != "" {
		if err != nil {
			return fmt.Errorf("test step %s: %w", in.Step, err)
		}
		return refused(why)
	}
	connectionID := ""
	if c.Connection != "" {
		var err error
		if connectionID, err = p.ConnectionID(ctx, in.WorkspaceID, c.Connection); errors.Is(err, engine.ErrNotFound) {
			return refused(fmt.Sprintf("The connection %q does not exist any more. Choose another.", c.Connection))
		} else if err != nil {
			return fmt.Errorf("test step %s: connection %s: %w", in.Step, c.Connection, err)
		}
	}
	deed := access.Deed{Action: "flow.test_step", Resource: in.FlowID, After: map[string]any{"step": in.Step, "calls": c.Connector + "." + c.Action, "connection": c.Connection, "key": c.IdempotencyKey}}
	if err := p.Record(ctx, deed); err != nil {
		return fmt.Errorf("test step %s: %w", in.Step, err)
	}
	began := time.Now()
	result, err := p.Calls.Invoke(ctx, engine.Invocation{
		WorkspaceID: in.WorkspaceID, ConnectionID: connectionID, Connector: c.Connector, Action: c.Action, Input: c.Input, StepID: c.StepID,
		Attempt: 1, IdempotencyKey: c.IdempotencyKey, Hops: 1, Timeout: min(cmp.Or(c.Timeout, longestTest), longestTest),
		Exchanged: func(all []run.Exchange) { out.Exchanges = all },
	})
	out.Called, out.Took, out.Status, out.Output = true, time.Since(began), run.StepSucceeded, result.Output
	if err == nil {
		return nil
	}
	out.Status = run.StepFailed
	if !errors.As(err, &out.Failure) {
		out.Failure = &protocol.Failure{Kind: protocol.Unknown, Source: protocol.FromConnector, Message: "The call broke off, so its outcome is not known.", Detail: err.Error()}
	}
	return nil
}

// unwanted says why a message must not go to whom it is for; empty if it may, or if it is no message. It is the gateway's
// own knowledge that counts, not the values of the test.
func (p *Publisher) unwanted(ctx context.Context, workspaceID string, c run.Call) (string, error) {
	var to struct{ To any }
	if !c.Sends || json.Unmarshal(c.Input, &to) != nil || to.To == nil {
		return "", nil
	}
	text := strings.TrimSpace(fmt.Sprint(to.To))
	phone := "+" + strings.TrimLeft(text, "+0") // some write 00, or nothing, in the place of +
	known, err := p.Recognise(ctx, workspaceID, conversation.Recognise(protocol.Contact{Phone: phone, Email: text}, "", ""))
	if errors.Is(err, engine.ErrNotFound) {
		return "", nil
	}
	return known.Facts().Unwanted(), err
}
