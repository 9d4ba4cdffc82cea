// Package publish brings flow documents to life: it checks a document against what is installed, keeps it as the
// flow's draft and makes a version of it that runs. Whoever listens to the outside is told what a flow needs.
package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Document is a flow's document that is to go live.
type Document struct {
	WorkspaceID string
	Name        string // the name under which it is saved; the document says the same
	Source      []byte // YAML or JSON
	DryRun      bool   // check only
	By          string // who does it
}

// Result is what applying a document came to.
type Result struct {
	Version  inspect.PublishedVersion // the live one; zero after a dry run
	Changed  bool                     // whether it is a new one
	Warnings flow.Problems            // as flow.Version has them
}

// Draft is a document as a person left it.
type Draft struct {
	WorkspaceID string
	Name        string
	Title       string
	Source      []byte
	Revision    int64 // of the flow that was edited; 0 saves over whatever is there
	New         bool  // saves only if there is no such flow yet
}

// Filing is how people find a flow again among many; what is nil stays as it is.
type Filing struct {
	Tags     []string
	Archived *bool // a flow in the archive is not enabled
}

// Publication is a document that was checked and is to go live.
type Publication struct {
	WorkspaceID  string
	Name         string            // of the flow, which has a draft
	Source       []byte            // in canonical form
	Connectors   map[string]string // connector name to the version it is pinned to
	EventType    string            // what the trigger listens to
	ConnectionID string            // from where; empty: from anywhere
	Poll         *Poll             // what its trigger asks for; nil when it does not poll
	By           string            // who published it
}

// Poll is what a flow that starts from a poll trigger has to ask its connector for.
type Poll struct {
	Connector string // empty: by a schedule
	Trigger   string
	Input     json.RawMessage // an object
	Every     time.Duration
}

// Store keeps flows.
type Store interface {
	SaveDraft(ctx context.Context, d Draft) (inspect.Flow, error)
	// Publish stores a new version and makes it live. fresh is false when the live one is the same in all respects.
	Publish(ctx context.Context, p Publication) (v inspect.PublishedVersion, fresh bool, err error)
	// ListVersions returns a flow's versions, newest first; engine.ErrNotFound if there is no such flow.
	ListVersions(ctx context.Context, workspaceID, flowName string, p list.Page) ([]inspect.PublishedVersion, error)
	// EnsureHook returns the id of a flow's own address; there is one as soon as a version with a webhook trigger was
	// published.
	EnsureHook(ctx context.Context, workspaceID, flowID string, declared protocol.Inbox, answers time.Duration) (string, error)
	SetFlowEnabled(ctx context.Context, workspaceID, name string, enabled bool) (inspect.Flow, error)
	FileFlow(ctx context.Context, workspaceID, name string, f Filing) (inspect.Flow, error)
	// EnsureRented stores a version of flow.Rented, unless there is one that is the same in all respects. It never goes live.
	EnsureRented(ctx context.Context, p Publication) (engine.LiveFlow, error)
}

// Publisher publishes flows.
type Publisher struct {
	Store Store
	// Types returns what the flows of a workspace may use: the installed connectors and its connections.
	Types func(ctx context.Context, workspaceID string) (flow.Types, error)
	// Calendars returns a workspace's calendars by name.
	Calendars func(ctx context.Context, workspaceID string) (map[string]calendar.Calendar, error)
	// ConnectionID finds a workspace's connection by the name that flows use.
	ConnectionID func(ctx context.Context, workspaceID, name string) (string, error)
	// Trials are what the test of a step needs besides.
	Trials
	// Changed is told when what a connection has to listen to may have changed. It must not block.
	Changed func(connectionID string)
}

// Apply checks a document and, unless it is a dry run, saves it as the flow's draft and publishes it. The error is
// flow.Problems when the document is not sound; then nothing has changed.
func (p *Publisher) Apply(ctx context.Context, in Document) (Result, error) {
	types, err := p.Types(ctx, in.WorkspaceID)
	if err != nil {
		return Result{}, fmt.Errorf("apply %s: %w", in.Name, err)
	}
	doc, version, problems := compile(in.Source, types)
	if err := problems.Err(); err != nil {
		return Result{}, err
	}
	if doc.Name != in.Name {
		return Result{}, flow.Problems{misnamed(doc.Name, in.Name)}
	}
	if in.DryRun {
		return Result{Warnings: version.Warnings()}, nil
	}
	result, err := p.publish(ctx, in, doc, version, types)
	result.Warnings = version.Warnings()
	return result, err
}

// compile checks the form of a document and then its meaning. A document that has no name yet is only checked for
// its form: what else is wrong follows from that.
func compile(source []byte, types flow.Types) (*flow.Document, *flow.Version, flow.Problems) {
	doc, problems := flow.Parse(source)
	if doc == nil {
		return nil, nil, problems
	}
	version, problems := flow.Compile(doc, types)
	return doc, version, problems
}

func (p *Publisher) publish(ctx context.Context, in Document, doc *flow.Document, version *flow.Version, types flow.Types) (Result, error) {
	connectionID := ""
	if name := version.Trigger.Connection; name != "" {
		var err error
		if connectionID, err = p.ConnectionID(ctx, in.WorkspaceID, name); err != nil {
			return Result{}, fmt.Errorf("apply %s: connection %s: %w", in.Name, name, err)
		}
	}
	before, err := p.listensTo(ctx, in.WorkspaceID, in.Name)
	if err != nil {
		return Result{}, fmt.Errorf("apply %s: %w", in.Name, err)
	}
	source := flow.Format(doc)
	saved, err := p.Store.SaveDraft(ctx, Draft{WorkspaceID: in.WorkspaceID, Name: doc.Name, Title: version.Title, Source: source})
	if err != nil {
		return Result{}, fmt.Errorf("save draft of %s: %w", in.Name, err)
	}
	if hook := version.Trigger.Hook; hook != nil {
		// What listens is an address of ours, so nobody has to be told.
		if connectionID, err = p.Store.EnsureHook(ctx, in.WorkspaceID, saved.ID, *hook, version.Trigger.Answers); err != nil {
			return Result{}, fmt.Errorf("address of %s: %w", in.Name, err)
		}
	}
	v, fresh, err := p.Store.Publish(ctx, Publication{
		WorkspaceID: in.WorkspaceID, Name: doc.Name, Source: source, Connectors: pins(version, types),
		EventType: version.Trigger.On, ConnectionID: connectionID, Poll: poll(version.Trigger), By: in.By,
	})
	if err != nil {
		return Result{}, fmt.Errorf("publish %s: %w", in.Name, err)
	}
	p.changed(connectionID)
	if before != connectionID {
		p.changed(before)
	}
	return Result{Version: v, Changed: fresh}, nil
}

// poll returns what a trigger asks for, or nil.
func poll(t flow.Trigger) *Poll {
	if t.On == flow.Schedule || t.On == flow.Date {
		return &Poll{Trigger: t.On, Input: t.Input}
	}
	if t.Declared.Kind != protocol.TriggerPoll && t.Declared.Every <= 0 { // a webhook that has it is caught up with
		return nil
	}
	p := Poll{Connector: t.Connector, Trigger: t.Name, Input: t.Input, Every: t.Declared.Every}
	if p.Input == nil {
		p.Input = json.RawMessage("{}")
	}
	return &p
}

// listensTo returns the connection that a flow's live version listens to; empty if there is none.
func (p *Publisher) listensTo(ctx context.Context, workspaceID, name string) (string, error) {
	versions, err := p.Store.ListVersions(ctx, workspaceID, name, list.Page{})
	if errors.Is(err, engine.ErrNotFound) {
		return "", nil
	}
	for _, v := range versions {
		if v.Live {
			return v.ConnectionID, nil
		}
	}
	return "", err
}

// SetEnabled lets a flow take events or not; one that does leaves the archive. Its runs go on either way.
func (p *Publisher) SetEnabled(ctx context.Context, workspaceID, name string, enabled bool) (inspect.Flow, error) {
	return p.switched(ctx, workspaceID, name, func() (inspect.Flow, error) {
		return p.Store.SetFlowEnabled(ctx, workspaceID, name, enabled)
	})
}

// File changes a flow's tags and puts it into the archive or takes it out. In the archive it takes no events; its runs go
// on.
func (p *Publisher) File(ctx context.Context, workspaceID, name string, f Filing) (inspect.Flow, error) {
	return p.switched(ctx, workspaceID, name, func() (inspect.Flow, error) {
		return p.Store.FileFlow(ctx, workspaceID, name, f)
	})
}

// switched tells who listens for a flow that it may take events now, or none any more.
func (p *Publisher) switched(ctx context.Context, workspaceID, name string, change func() (inspect.Flow, error)) (inspect.Flow, error) {
	f, err := change()
	if err != nil {
		return inspect.Flow{}, err
	}
	connectionID, err := p.listensTo(ctx, workspaceID, name)
	if err != nil {
		return inspect.Flow{}, err
	}
	p.changed(connectionID)
	return f, nil
}

// changed leaves out flows that no connection starts: those with an address of their own have the hook's id there.
func (p *Publisher) changed(connectionID string) {
	if connectionID != "" && !id.Valid("hook", connectionID) {
		p.Changed(connectionID)
	}
}

// pins names the versions of the connectors that a flow uses.
func pins(v *flow.Version, types flow.Types) map[string]string {
	pins := map[string]string{}
	pin := func(connector string) {
		if m, ok := types.Manifest(connector); ok {
			pins[connector] = m.Version
		}
	}
	pin(v.Trigger.Connector)
	for _, step := range v.Steps {
		if step.Do != nil {
			pin(step.Do.Connector)
		}
	}
	return pins
}
