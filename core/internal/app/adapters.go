package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/alarm"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/erasure"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/host"
	"github.com/cordboard/cordboard/core/internal/httpstep"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/tracing"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// The types of this file let one package's words pass for another's, where neither should know the other.

// types answers what the flows of a workspace may use.
type types struct {
	catalog     *catalog.Catalog
	connections *connection.Service
	flows       func(ctx context.Context, workspaceID string) ([]string, error)
	calendars   func(ctx context.Context, workspaceID string) (map[string]calendar.Calendar, error)
	lists       func(ctx context.Context, workspaceID string) ([]string, error)
	fields      func(ctx context.Context, workspaceID string) ([]contactfield.Field, error)
	retention   retentions
}

// of reads a workspace's connections and flows once, so that a check sees one state of them.
func (t *types) of(ctx context.Context, workspaceID string) (flow.Types, error) {
	return t.with(ctx, workspaceID, nil)
}

// with is of, with connectors in the versions that a flow is pinned to.
func (t *types) with(ctx context.Context, workspaceID string, pins map[string]string) (flow.Types, error) {
	flows, err := t.flows(ctx, workspaceID)
	if err != nil {
		return nil, fmt.Errorf("list flows: %w", err)
	}
	calendars, err := t.calendars(ctx, workspaceID)
	if err != nil {
		return nil, fmt.Errorf("list calendars: %w", err)
	}
	lists, err := t.lists(ctx, workspaceID)
	if err != nil {
		return nil, fmt.Errorf("list the lists: %w", err)
	}
	fields, err := t.fields(ctx, workspaceID)
	if err != nil {
		return nil, fmt.Errorf("list the fields of contacts: %w", err)
	}
	ages, err := t.retention.ages(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	found := &workspaceTypes{Catalog: t.catalog.With(pins), connections: map[string]string{}, flows: flows, calendars: slices.Sorted(maps.Keys(calendars)), lists: lists, fields: fields, longestWait: ages.Runs}
	for page := (list.Page{Limit: list.MaxLimit}); ; {
		some, err := t.connections.List(ctx, workspaceID, page)
		if err != nil {
			return nil, fmt.Errorf("list connections: %w", err)
		}
		for _, c := range some {
			found.connections[c.Name] = c.Connector
			found.names = append(found.names, c.Name)
			page.After = c.ID
		}
		if len(some) < page.Size() {
			return found, nil
		}
	}
}

// compile makes a stored version executable.
func (t *types) compile(ctx context.Context, v engine.Version) (*flow.Version, error) {
	of, err := t.with(ctx, v.WorkspaceID, v.Connectors)
	if err != nil {
		return nil, err
	}
	doc, problems := flow.Parse(v.Source)
	if len(problems) > 0 {
		return nil, problems
	}
	compiled, problems := flow.Load(doc, of)
	if len(problems) > 0 {
		return nil, problems
	}
	compiled.Connectors = v.Connectors
	return compiled, nil
}

type workspaceTypes struct {
	*catalog.Catalog
	connections map[string]string // name to connector
	names       []string
	flows       []string
	calendars   []string
	lists       []string
	fields      []contactfield.Field
	longestWait time.Duration
}

func (t *workspaceTypes) LongestWait() time.Duration { return t.longestWait }

func (t *workspaceTypes) Calendars() []string { return t.calendars }

func (t *workspaceTypes) Fields() []contactfield.Field { return t.fields }

func (t *workspaceTypes) Lists() []string { return t.lists }

func (t *workspaceTypes) Flows() []string { return t.flows }

func (t *workspaceTypes) Connectors() []string {
	var names []string
	for _, c := range t.List() {
		names = append(names, c.Name)
	}
	return names
}

func (t *workspaceTypes) Connections() []string { return t.names }

func (t *workspaceTypes) Connection(name string) (string, bool) {
	connector, ok := t.connections[name]
	return connector, ok
}

// caller lets the engine use connections.
type caller struct{ *connection.Service }

func (c caller) Invoke(ctx context.Context, in engine.Invocation) (protocol.Result, error) {
	result, exchanges, err := c.Service.Invoke(ctx, connection.Invocation{
		WorkspaceID: in.WorkspaceID, ConnectionID: in.ConnectionID, Connector: in.Connector, Version: in.ConnectorVersion, Action: in.Action, Input: in.Input,
		RunID: in.RunID, StepID: in.StepID, Attempt: in.Attempt, IdempotencyKey: in.IdempotencyKey, Hops: in.Hops, Timeout: in.Timeout,
	})
	if in.Exchanged != nil {
		in.Exchanged(exchanges)
	}
	return result, err
}

func (c caller) Receive(ctx context.Context, r engine.Request) ([]protocol.Event, error) {
	events, _, err := c.Service.Receive(ctx, r.ConnectionID, protocol.Webhook{
		Method: r.Method, Query: r.Query, Header: r.Header, Body: r.Body, ReceivedAt: r.ReceivedAt,
	})
	return events, err
}

// inboxes finds the inbox of a connection or of a flow's own address for the intake.
type inboxes struct {
	connections *connection.Service
	hooks       *trigger.Hooks
}

func (i inboxes) Inbox(ctx context.Context, connectionID string) (trigger.Inbox, error) {
	if id.Valid("hook", connectionID) {
		return i.hooks.Inbox(ctx, connectionID)
	}
	o, err := i.connections.Open(ctx, connectionID)
	if errors.Is(err, engine.ErrNotFound) || err == nil && o.Manifest.Inbox == nil {
		return trigger.Inbox{}, trigger.ErrNoInbox
	}
	if err != nil {
		return trigger.Inbox{}, err
	}
	return trigger.Inbox{
		WorkspaceID: o.WorkspaceID, ConnectionID: o.ID, Connector: o.Connector, Declared: *o.Manifest.Inbox, Secret: o.Secret,
		Previous: o.Former(time.Now()),
	}, nil
}

// due lets the clock find rows that are due.
type due struct {
	store  *store.Store
	unmade func(ctx context.Context) ([]engine.Alarm, error)
}

func (d due) Upcoming(ctx context.Context, after, until time.Time, limit int) ([]alarm.Alarm, error) {
	found, err := d.store.Upcoming(ctx, after, until, limit)
	return clockAlarms(found), err
}

func (d due) Overdue(ctx context.Context, slack time.Duration, limit int) ([]alarm.Alarm, error) {
	found, err := d.store.Overdue(ctx, slack, limit)
	if err != nil {
		return nil, err
	}
	unmade, err := d.unmade(ctx)
	return clockAlarms(append(found, unmade[:min(len(unmade), limit-len(found))]...)), err
}

func clockAlarms(in []engine.Alarm) []alarm.Alarm {
	out := make([]alarm.Alarm, len(in))
	for i, a := range in {
		out[i] = alarm.Alarm{Kind: alarm.Kind(a.Kind), ID: a.ID, Revision: a.Revision, At: a.At}
	}
	return out
}

// requests keeps what the intake takes.
type requests struct {
	store   *store.Store
	tracing *tracing.Tracing // nil: nothing is traced
}

func (r requests) InsertRequest(ctx context.Context, in trigger.Request) (fresh bool, receivedAt time.Time, err error) {
	began := time.Now()
	fresh, receivedAt, err = r.store.InsertRequest(ctx, store.NewRequest{
		ID: in.ID, WorkspaceID: in.WorkspaceID, ConnectionID: in.ConnectionID, EndpointKey: in.EndpointKey, Connector: in.Connector, Method: in.Method,
		Query: in.Query, Header: in.Header, Body: in.Body, DeliveryKey: in.DeliveryKey,
	})
	if r.tracing != nil && fresh && err == nil {
		r.tracing.Received(ctx, in.ID, in.ConnectionID, in.Connector, began)
	}
	return fresh, receivedAt, err
}

// runs lets the API act on runs and their waits.
type runs struct {
	engine *engine.Engine
	store  *store.Store
}

// AddContact finds or makes a contact; see httpapi.Contacts.
func (r runs) AddContact(ctx context.Context, workspaceID string, c protocol.Contact, change run.ContactChange) (conversation.Contact, error) {
	person := conversation.Recognise(c, "", "")
	switch {
	case c.Phone != "" && person.Phone == "":
		return conversation.Contact{}, &api.InputError{Path: "phone", Message: "is no phone number", Remedy: "write it with its country code, such as +34600111222"}
	case c.Email != "" && person.Email == "":
		return conversation.Contact{}, &api.InputError{Path: "email", Message: "is no e-mail address", Remedy: "write one such as ana@example.com"}
	case len(person.Identities) == 0:
		return conversation.Contact{}, &api.InputError{Path: "phone", Message: "is missing", Remedy: "give a phone number or an e-mail address"}
	}
	if err := r.checkChange(ctx, workspaceID, change); err != nil {
		return conversation.Contact{}, err
	}
	// Whoever is known has an id to be named in the audit log; whoever is new gets one with the change.
	known, err := r.store.Recognise(ctx, workspaceID, person)
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		return conversation.Contact{}, err
	}
	ctx = access.Intending(ctx, access.Deed{Action: "contact.change", Resource: known.ID})
	return r.engine.AddContact(ctx, workspaceID, person, change)
}

// checkChange finds what a change names that is not there.
func (r runs) checkChange(ctx context.Context, workspaceID string, change run.ContactChange) error {
	if len(change.Fields) > 0 {
		declared, err := r.store.Fields(ctx, workspaceID)
		if err != nil {
			return fmt.Errorf("list the fields of contacts: %w", err)
		}
		var wrong *run.FieldError
		if err := change.CheckFields(declared); errors.As(err, &wrong) {
			return &api.InputError{Path: "fields." + wrong.Field, Message: wrong.Message, Remedy: wrong.Remedy}
		}
	}
	if len(change.AddLists) == 0 {
		return nil
	}
	lists, err := r.store.ListNames(ctx, workspaceID)
	if err != nil {
		return fmt.Errorf("list the lists: %w", err)
	}
	for i, name := range change.AddLists {
		if !slices.Contains(lists, name) {
			remedy := expr.DidYouMean(name, lists)
			return &api.InputError{Path: fmt.Sprintf("add_lists[%d]", i), Message: fmt.Sprintf("there is no list %q", name), Remedy: cmp.Or(remedy, "make it first")}
		}
	}
	return nil
}

// ChangeContact changes what is known of a contact; see httpapi.Contacts.
func (r runs) ChangeContact(ctx context.Context, workspaceID, contactID string, change run.ContactChange) (conversation.Contact, error) {
	if err := r.checkChange(ctx, workspaceID, change); err != nil {
		return conversation.Contact{}, err
	}
	ctx = access.Intending(ctx, access.Deed{Action: "contact.change", Resource: contactID})
	return r.engine.ChangeContact(ctx, workspaceID, contactID, change)
}

// MergeContacts makes one contact of two; see httpapi.Contacts.
func (r runs) MergeContacts(ctx context.Context, workspaceID, contactID, otherID string, dry bool) (engine.Merge, error) {
	m, err := r.engine.MergeContacts(ctx, workspaceID, contactID, otherID, dry)
	if errors.Is(err, engine.ErrSameContact) {
		err = &api.InputError{Path: "contact", Message: "is the same contact", Remedy: "name another one"}
	}
	return m, err
}

// contacts lets the API act on contacts, and erase them for good.
type contacts struct {
	runs
	erasures *erasure.Keeper
}

// EraseContact takes a contact out of every table; see httpapi.Contacts.
func (c contacts) EraseContact(ctx context.Context, workspaceID, contactID string) error {
	return c.erasures.Erase(ctx, workspaceID, contactID)
}

// Tombstones lists who was erased; see httpapi.Contacts.
func (c contacts) Tombstones(ctx context.Context, workspaceID string, p list.Page) ([]erasure.Tombstone, error) {
	return c.store.Tombstones(ctx, workspaceID, p)
}

// EraseAgain erases once more whom tombstones name; see httpapi.Contacts.
func (c contacts) EraseAgain(ctx context.Context, workspaceID string, all []erasure.Tombstone) (int, error) {
	found, err := c.erasures.Again(ctx, workspaceID, all)
	var key *erasure.KeyError
	if errors.As(err, &key) {
		err = &api.InputError{Path: "erasures", Message: "were made with the secret key " + key.KeyID + ", which this gateway does not have", Remedy: "put it into CORDBOARD_SECRET_KEY behind the others and restart"}
	}
	return found, err
}

// owned loads a run of a workspace.
func (r runs) owned(ctx context.Context, workspaceID, runID string) (run.Run, error) {
	found, err := r.store.Run(ctx, runID)
	if err == nil && found.WorkspaceID != workspaceID {
		err = engine.ErrNotFound
	}
	return found, err
}

func (r runs) Cancel(ctx context.Context, workspaceID, runID, reason string) error {
	if _, err := r.owned(ctx, workspaceID, runID); err != nil {
		return err
	}
	deed := access.Deed{Action: "run.cancel", Resource: runID}
	if reason != "" {
		deed.After = map[string]any{"reason": reason}
	}
	if err := r.engine.Cancel(access.Intending(ctx, deed), runID, reason); errors.Is(err, run.ErrNotExpected) {
		return api.Conflict("run-ended", nil)
	} else if err != nil {
		return err
	}
	return nil
}

func (r runs) Retry(ctx context.Context, workspaceID, runID string) error {
	found, err := r.owned(ctx, workspaceID, runID)
	if err != nil {
		return err
	}
	switch err := r.engine.Retry(access.Intending(ctx, access.Deed{Action: "run.retry", Resource: runID}), runID); {
	case errors.Is(err, run.ErrNotExpected), errors.Is(err, engine.ErrLost):
		return api.Conflict("run-not-failed", nil)
	case errors.Is(err, run.ErrNotRetryable):
		return &api.ConflictError{Detail: "The step " + found.State.Cursor + " can't be done again. Start the flow anew instead."}
	default:
		return err
	}
}

func (r runs) Resume(ctx context.Context, workspaceID, runID string) error {
	found, err := r.owned(ctx, workspaceID, runID)
	if err != nil {
		return err
	}
	w, err := r.store.WaitOfStep(ctx, runID, found.State.Cursor)
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		return err
	}
	err = r.engine.Resume(access.Intending(ctx, access.Deed{Action: "run.resume", Resource: w.ID}), runID)
	if errors.Is(err, engine.ErrNotPaused) {
		return api.Conflict("run-not-paused", nil)
	}
	return err
}

func (r runs) Answer(ctx context.Context, workspaceID, waitID, key string, in api.Answer) (run.Wait, error) {
	ctx = access.Intending(ctx, access.Deed{Action: "wait.answer", Resource: waitID})
	w, err := r.engine.Answer(ctx, engine.Answer{WorkspaceID: workspaceID, WaitID: waitID, Key: key, Text: in.Text, Payload: in.Payload})
	return w, overAsConflict(err)
}

// overAsConflict says of a wait that is over who closed it.
func overAsConflict(err error) error {
	var over *engine.ClosedError
	if !errors.As(err, &over) {
		return err
	}
	detail := over.Error()
	return &api.ConflictError{Detail: strings.ToUpper(detail[:1]) + detail[1:] + "."}
}

func (r runs) Start(ctx context.Context, workspaceID, flowName, key string, in api.Start) (api.Started, error) {
	start, err := r.start(ctx, workspaceID, flowName, in)
	if err != nil {
		return api.Started{}, err
	}
	start.Key = key
	started, err := r.engine.Start(access.Intending(ctx, access.Deed{Action: "run.start", After: map[string]any{"flow": flowName}}), start)
	return api.Started{RunID: started.RunID, Fresh: started.Fresh, Rejected: started.RunID == ""}, err
}

func (r runs) CheckStart(ctx context.Context, workspaceID, flowName string, in api.Start) error {
	start, err := r.start(ctx, workspaceID, flowName, in)
	if err != nil {
		return err
	}
	return r.engine.CheckStart(ctx, start)
}

// start finds the flow that is to be started.
func (r runs) start(ctx context.Context, workspaceID, flowName string, in api.Start) (engine.Start, error) {
	f, err := r.store.Flow(ctx, workspaceID, flowName)
	if err != nil {
		return engine.Start{}, err
	}
	if f.LiveVersionID == "" {
		return engine.Start{}, api.Conflict("no-live-version", nil)
	}
	if !f.Enabled {
		return engine.Start{}, api.Conflict("flow-off", nil)
	}
	v, err := r.store.PublishedVersion(ctx, workspaceID, f.LiveVersionID)
	if err != nil {
		return engine.Start{}, err
	}
	start := engine.Start{WorkspaceID: workspaceID, FlowID: f.ID, VersionID: v.ID, ConnectionID: v.ConnectionID}
	if c := in.Contact; c != nil {
		start.Contact = protocol.Contact{Phone: c.Phone, Email: c.Email, Name: c.Name}
	}
	if start.Data = in.Data; len(start.Data) == 0 {
		start.Data = json.RawMessage("{}")
	}
	return start, nil
}

// connectors finds running connectors, and the one that runs in the gateway itself.
type connectors struct {
	*host.Host
	http httpstep.Connector
}

func (c connectors) Pinned(name, version string) (protocol.Connector, error) {
	if name == flow.HTTPConnector {
		return c.http, nil
	}
	return c.Host.Pinned(name, version)
}

// requestLog shows webhook requests and has them read again.
type requestLog struct {
	*store.Store
	engine *engine.Engine
}

func (l requestLog) ReadAgain(ctx context.Context, workspaceID, requestID string) error {
	d, err := l.RequestDetail(ctx, workspaceID, requestID)
	if err != nil {
		return err
	}
	if !d.Request.Verdict().Kept() {
		return api.Conflict("request-not-kept", nil)
	}
	reopened, err := l.ReopenRequest(ctx, workspaceID, d.Request.ID)
	if err == nil && !reopened {
		return api.Conflict("request-due", nil)
	}
	if err == nil {
		l.engine.Ready(engine.KindRequest, requestID)
	}
	return err
}
