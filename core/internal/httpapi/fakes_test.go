package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/erasure"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/retention"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// gateway stands in for all services, with one workspace's things in memory. What another workspace owns is in
// there too, to be kept from callers.
type gateway struct {
	mu          sync.Mutex
	runs        []inspect.RunDetail
	contacts    []conversation.Contact
	messages    []conversation.Message
	events      []event.Event
	flows       []inspect.Flow
	versions    []inspect.PublishedVersion
	connections []api.Connection
	starts      int // runs that were begun
	retries     int // that were asked for
	ages        retention.Chosen
}

func newGateway() *gateway {
	facts := run.Facts{FlowName: "verify", FlowVersion: 2, Contact: run.ContactFacts{ID: "cnt_1", Phone: "+34600000000"}}
	g := &gateway{
		ages: retention.Chosen{Runs: new(30)},
		flows: []inspect.Flow{
			{ID: "flow_1", WorkspaceID: "ws_1", Name: "verify", Title: "Verify", Enabled: true, Draft: []byte("name: verify\n"), LiveVersionID: "ver_2", CreatedAt: noon, UpdatedAt: noon},
			{ID: "flow_9", WorkspaceID: "ws_2", Name: "theirs"},
		},
		versions: []inspect.PublishedVersion{{ID: "ver_2", FlowID: "flow_1", Number: 2, Live: true, EventType: "shop.order_paid", CreatedAt: noon}, {ID: "ver_1", FlowID: "flow_1", Number: 1, CreatedAt: noon}},
		contacts: []conversation.Contact{{ID: "cnt_1", WorkspaceID: "ws_1", Phone: "+34600000000", CreatedAt: noon}, {ID: "cnt_9", WorkspaceID: "ws_2"}},
		messages: []conversation.Message{
			{ID: "msg_2", WorkspaceID: "ws_1", ContactID: "cnt_1", Direction: protocol.Inbound, Kind: "text", Text: "yes", Status: conversation.Received, ReceivedAt: noon},
			{ID: "msg_1", WorkspaceID: "ws_1", ContactID: "cnt_2", Direction: protocol.Outbound, Kind: "text", Text: "?", Status: conversation.Sent, ReceivedAt: noon},
		},
		events:      []event.Event{{ID: "evt_1", WorkspaceID: "ws_1", Type: "shop.order_paid", Key: "k", ReceivedAt: noon, Data: []byte(`{"n":9007199254740993}`)}, {ID: "evt_9", WorkspaceID: "ws_2"}},
		connections: []api.Connection{{ID: "con_1", Name: "wa", Connector: "whatsapp", Health: "good", CreatedAt: noon}},
	}
	for i, status := range []run.Status{run.Waiting, run.Succeeded, run.Failed} {
		r := run.Run{ID: "run_" + string(rune('3'-i)), WorkspaceID: "ws_1", FlowID: "flow_1", EventID: "evt_1", ContactID: "cnt_1", CreatedAt: noon, State: run.State{Status: status, Facts: facts}}
		g.runs = append(g.runs, inspect.RunDetail{Run: r})
	}
	g.runs[0].Waits = []run.Wait{{ID: "wait_1", WorkspaceID: "ws_1", RunID: "run_3", StepID: "answer", ContactID: "cnt_1", State: run.WaitOpen, OpenedAt: noon, Deadline: noon.Add(2 * time.Hour)}}
	g.runs[0].WaitEvents = []engine.WaitEvent{{WaitID: "wait_1", At: noon, Kind: engine.WaitOpened}}
	theirs := run.Run{ID: "run_9", WorkspaceID: "ws_2", State: run.State{Status: run.Waiting}}
	g.runs = append(g.runs, inspect.RunDetail{Run: theirs, Waits: []run.Wait{{ID: "wait_9", WorkspaceID: "ws_2", RunID: "run_9"}}})
	return g
}

// page returns those of a workspace that come after, newest first as they are kept.
func page[T any](all []T, p list.Page, keep func(T) bool, id func(T) string) []T {
	var out []T
	for _, v := range all {
		if keep(v) && (p.After == "" || cmp.Less(id(v), p.After)) && len(out) < p.Size() {
			out = append(out, v)
		}
	}
	return out
}

func find[T any](all []T, is func(T) bool) (T, error) {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], nil
	}
	var zero T
	return zero, engine.ErrNotFound
}

func (g *gateway) ListRuns(_ context.Context, ws string, f inspect.RunFilter, p list.Page) ([]inspect.ListedRun, error) {
	var runs []inspect.ListedRun
	for _, d := range g.runs {
		runs = append(runs, inspect.ListedRun{Run: d.Run})
	}
	return page(runs, p, func(r inspect.ListedRun) bool {
		return r.WorkspaceID == ws && (f.Longer == 0 || f.Longer == 90*time.Second && f.Phase == "asking" && f.Version == 2 && f.Failure == "permanent" && f.Since.Equal(noon) && f.Until.Equal(noon.Add(time.Hour)) && r.ID == "run_1") && (f.Status == "" || r.State.Status == f.Status) && (f.FlowID == "" || r.FlowID == f.FlowID) && (f.ContactID == "" || r.ContactID == f.ContactID)
	}, func(r inspect.ListedRun) string { return r.ID }), nil
}

func (g *gateway) RunDetail(_ context.Context, ws, id string) (inspect.RunDetail, error) {
	return find(g.runs, func(d inspect.RunDetail) bool { return d.Run.WorkspaceID == ws && d.Run.ID == id })
}

func (g *gateway) allWaits() []run.Wait {
	var waits []run.Wait
	for _, d := range g.runs {
		waits = append(waits, d.Waits...)
	}
	return waits
}

func (g *gateway) ListWaits(_ context.Context, ws string, f inspect.WaitFilter, p list.Page) ([]run.Wait, error) {
	return page(g.allWaits(), p, func(w run.Wait) bool {
		return w.WorkspaceID == ws && (f.State == "" || w.State == f.State) && (f.ContactID == "" || w.ContactID == f.ContactID)
	}, func(w run.Wait) string { return w.ID }), nil
}

func (g *gateway) Wait(_ context.Context, id string) (run.Wait, error) {
	return find(g.allWaits(), func(w run.Wait) bool { return w.ID == id })
}

func (g *gateway) ListMessages(_ context.Context, ws, contact string, p list.Page) ([]conversation.Message, error) {
	return page(g.messages, p, func(m conversation.Message) bool {
		return m.WorkspaceID == ws && (contact == "" || m.ContactID == contact)
	}, func(m conversation.Message) string { return m.ID }), nil
}

func (g *gateway) SearchContacts(_ context.Context, ws string, f inspect.ContactFilter, p list.Page) ([]conversation.Contact, error) {
	return page(g.contacts, p, func(c conversation.Contact) bool { return c.WorkspaceID == ws && strings.Contains(c.Phone, f.Search) }, func(c conversation.Contact) string { return c.ID }), nil
}

func (g *gateway) ContactByID(_ context.Context, ws, id string) (conversation.Contact, error) {
	return find(g.contacts, func(c conversation.Contact) bool { return c.WorkspaceID == ws && c.ID == id })
}

func (g *gateway) Identities(context.Context, string) ([]string, error) {
	return []string{"phone  +34600111222"}, nil
}

func (g *gateway) Tombstones(context.Context, string, list.Page) ([]erasure.Tombstone, error) {
	return []erasure.Tombstone{{ID: "ers_1", Marks: []string{}}}, nil
}

func (g *gateway) EraseAgain(context.Context, string, []erasure.Tombstone) (int, error) {
	return 1, nil
}

func (g *gateway) EraseContact(ctx context.Context, ws, id string) error {
	_, err := g.ContactByID(ctx, ws, id)
	return err
}

func (g *gateway) AddContact(_ context.Context, ws string, c protocol.Contact, change run.ContactChange) (conversation.Contact, error) {
	found, err := find(g.contacts, func(k conversation.Contact) bool { return k.WorkspaceID == ws && k.Phone == c.Phone })
	return found.With(change), err
}

func (g *gateway) MergeContacts(ctx context.Context, ws, id, _ string, _ bool) (engine.Merge, error) {
	c, err := g.ContactByID(ctx, ws, id)
	return engine.Merge{Contact: c}, err
}

func (g *gateway) ChangeContact(ctx context.Context, ws, id string, change run.ContactChange) (conversation.Contact, error) {
	c, err := g.ContactByID(ctx, ws, id)
	return c.With(change), err
}

func (g *gateway) ListEvents(_ context.Context, ws string, p list.Page) ([]event.Event, error) {
	return page(g.events, p, func(e event.Event) bool { return e.WorkspaceID == ws }, func(e event.Event) string { return e.ID }), nil
}

func (g *gateway) Event(_ context.Context, ws, id string) (event.Event, error) {
	return find(g.events, func(e event.Event) bool { return e.WorkspaceID == ws && e.ID == id })
}

func (g *gateway) ListFlows(_ context.Context, ws string, p list.Page) ([]inspect.Flow, error) {
	return page(g.flows, p, func(f inspect.Flow) bool { return f.WorkspaceID == ws }, func(f inspect.Flow) string { return f.ID }), nil
}

func (g *gateway) Activity(_ context.Context, _ string, ids []string, _ time.Time) (map[string]inspect.Activity, error) {
	activity := map[string]inspect.Activity{}
	for _, id := range ids {
		activity[id] = inspect.Activity{Trigger: "shop.order_paid", LiveVersion: 2, ChangedBy: "Ana", LastRun: run.Run{ID: "run_3", CreatedAt: noon, State: run.State{Status: run.Failed}},
			Recent: map[run.Status]int{run.Succeeded: 200, run.Failed: 40, run.Waiting: 30, run.Running: 20, run.Cancelled: 10}}
	}
	return activity, nil
}

func (g *gateway) Flow(_ context.Context, ws, name string) (inspect.Flow, error) {
	return find(g.flows, func(f inspect.Flow) bool { return f.WorkspaceID == ws && f.Name == name })
}

func (g *gateway) ListVersions(ctx context.Context, ws, name string, p list.Page) ([]inspect.PublishedVersion, error) {
	f, err := g.Flow(ctx, ws, name)
	return page(g.versions, p, func(v inspect.PublishedVersion) bool { return v.FlowID == f.ID }, func(v inspect.PublishedVersion) string { return v.ID }), err
}

func (g *gateway) VersionNumbered(ctx context.Context, ws, name string, number int) (inspect.PublishedVersion, error) {
	f, err := g.Flow(ctx, ws, name)
	if err != nil {
		return inspect.PublishedVersion{}, err
	}
	return find(g.versions, func(v inspect.PublishedVersion) bool { return v.FlowID == f.ID && v.Number == number })
}

// SaveDraft knows the flow verify at revision 1.
func (g *gateway) SaveDraft(ctx context.Context, d publish.Draft) (publish.Saved, error) {
	_, err := g.Flow(ctx, d.WorkspaceID, d.Name)
	if d.New == (err == nil) || !d.New && d.Revision != 1 {
		return publish.Saved{}, engine.ErrStale
	}
	saved := publish.Saved{Flow: inspect.Flow{Name: d.Name, Revision: d.Revision + 1, UpdatedAt: noon}}
	switch string(d.Source) {
	case "broken":
		saved.Problems = flow.Problems{{Line: 12, Column: 7, Path: "steps[0].with.to", Message: "there is no such field"}}
	case "daring":
		saved.Warnings = flow.Problems{{Line: 12, Column: 7, Path: "steps[0].do", Message: "nothing says that the contact has written"}}
	}
	return saved, nil
}

// Play returns a run that heard the script.
func (g *gateway) Play(_ context.Context, _ string, source []byte, sc flowtest.Scenario) (flowtest.Trace, error) {
	if string(source) == "broken" {
		return flowtest.Trace{}, flow.Problems{{Line: 12, Column: 7, Path: "steps[0].with.to", Message: "there is no such field"}}
	}
	if !bytes.Contains(sc.Event, []byte("phone")) && string(source) == "needs a phone" {
		return flowtest.Trace{}, fmt.Errorf("contact: %w", &expr.EvalError{Message: "no such key: phone"})
	}
	t := flowtest.Trace{Ended: time.Minute, State: run.State{Status: run.Succeeded}, Steps: []run.StepRun{
		{StepID: "a", Number: 1, Kind: "do", StartedAt: flowtest.Epoch}, {StepID: "b", Number: 2, Kind: "do", StartedAt: flowtest.Epoch.Add(3 * time.Second)}}}
	for _, act := range sc.Script {
		if act.Takeover != "" || act.Resume != "" {
			if act.Takeover != "" {
				t.Waits = append(t.Waits, run.Wait{ID: "wait", StepID: "b", State: run.WaitOpen, OpenedAt: flowtest.Epoch, Deadline: flowtest.Epoch.Add(time.Hour)})
				t.Pauses = append(t.Pauses, flowtest.Pause{Wait: "wait", From: act.At, To: -1})
			} else {
				t.Pauses[len(t.Pauses)-1].To = act.At
			}
			continue
		}
		t.Heard = append(t.Heard, flowtest.Heard{At: act.At, Text: act.Say.Text, Disposition: conversation.Matched})
	}
	return t, nil
}

// Preview finds a mistake in every expression that says so.
func (g *gateway) Preview(_ context.Context, in publish.Preview) (any, error) {
	switch in.Text {
	case "wrong":
		return nil, &expr.Error{Message: "there is no wrong", Remedy: "did you mean event?"}
	case "null.x":
		return nil, fmt.Errorf("evaluate: %w", &expr.EvalError{Message: "x is null"})
	}
	return map[string]any{"step": in.Step, "template": in.Template, "event": in.Values["event"]}, nil
}

// TestStep calls what it is told to, and fails where the step says so.
func (g *gateway) TestStep(_ context.Context, in publish.StepTest) (publish.StepTested, error) {
	if in.Step == "broken" {
		return publish.StepTested{}, flow.Problems{{Path: "steps[0].with.to", Message: "is missing"}}
	}
	out := publish.StepTested{StepRun: run.StepRun{StepID: in.Step, Kind: "do", Status: run.StepActive, Input: json.RawMessage(`{"source":"` + strings.TrimSpace(string(in.Source)) + `"}`)}, Repeat: protocol.RepeatOnce}
	if in.Call {
		g.starts++
		out.Called, out.Took, out.Status, out.Output = true, 1500*time.Microsecond, run.StepSucceeded, json.RawMessage(`{"id":7}`)
	}
	return out, nil
}

// Apply finds a problem in every document that says so.
func (g *gateway) Apply(_ context.Context, in publish.Document) (publish.Result, error) {
	if string(in.Source) == "broken" {
		return publish.Result{}, flow.Problems{{Line: 12, Column: 7, Path: "steps[0].with.to", Message: "there is no such field", Remedy: "did you mean phone?"}}
	}
	if in.DryRun {
		return publish.Result{}, nil
	}
	return publish.Result{Version: inspect.PublishedVersion{Number: 3}, Changed: true}, nil
}

func (g *gateway) SetEnabled(ctx context.Context, ws, name string, enabled bool) (inspect.Flow, error) {
	f, err := g.Flow(ctx, ws, name)
	f.Enabled = enabled
	return f, err
}

func (g *gateway) File(ctx context.Context, ws, name string, filing publish.Filing) (inspect.Flow, error) {
	f, err := g.Flow(ctx, ws, name)
	f.Tags, f.Archived = filing.Tags, filing.Archived != nil && *filing.Archived
	return f, err
}

// Retry takes up runs that have failed.
func (g *gateway) Resume(ctx context.Context, ws, id string) error {
	_, err := g.RunDetail(ctx, ws, id)
	return err
}

func (g *gateway) Retry(ctx context.Context, ws, id string) error {
	g.mu.Lock()
	g.retries++
	g.mu.Unlock()
	d, err := g.RunDetail(ctx, ws, id)
	if id == "run_3" {
		return errors.New("the database is gone")
	}
	if err == nil && d.Run.State.Status != run.Failed {
		return &api.ConflictError{Detail: "The run has not failed."}
	}
	return err
}

func (g *gateway) Cancel(ctx context.Context, ws, id, _ string) error {
	d, err := g.RunDetail(ctx, ws, id)
	if err == nil && d.Run.State.Status.Ended() {
		return &api.ConflictError{Detail: "The run has ended."}
	}
	return err
}

func (g *gateway) Replay(ctx context.Context, ws, id, key string, same bool) (string, error) {
	_, err := g.RunDetail(ctx, ws, id)
	return fmt.Sprint("run_4 ", key, " ", same), err
}

// Settle knows of no call whose outcome is not known.
func (g *gateway) Settle(ctx context.Context, ws, id string, _ run.Settle) error {
	if _, err := g.RunDetail(ctx, ws, id); err != nil {
		return err
	}
	return &run.RefusedError{Reason: "The outcome of its call is known."}
}

func (g *gateway) TimeOut(ctx context.Context, ws, id string) (run.Wait, error) {
	return find(g.allWaits(), func(w run.Wait) bool { return w.WorkspaceID == ws && w.ID == id })
}

// PlanRepair and StartRepair say what they were asked as the detail and the reason.
func (g *gateway) PlanRepair(_ context.Context, ws string, in api.RepairPlanRequest) (engine.Plan, error) {
	return engine.Plan{Total: len(in.Runs), Done: len(in.Runs), Reasons: []engine.Reason{{Text: ws + " " + in.Action, Count: 1}}}, nil
}

func (g *gateway) StartRepair(_ context.Context, ws string, in api.RepairRequest) (engine.Repair, error) {
	return engine.Repair{ID: "rep_1", WorkspaceID: ws, Action: engine.RepairAction(in.Action), State: engine.RepairRunning, Total: len(in.Runs), CreatedAt: noon}, nil
}

func (g *gateway) Repair(_ context.Context, ws, id string) (engine.Repair, error) {
	if ws != "ws_1" || id != "rep_1" {
		return engine.Repair{}, engine.ErrNotFound
	}
	return engine.Repair{ID: id, Action: engine.RepairCancel, State: engine.RepairDone, Total: 2, Done: 1, Skipped: 1, CreatedAt: noon, EndedAt: noon}, nil
}

func (g *gateway) ListRepairs(ctx context.Context, ws string, _ list.Page) ([]engine.Repair, error) {
	r, err := g.Repair(ctx, ws, "rep_1")
	return []engine.Repair{r}, err
}

func (g *gateway) RepairedRuns(context.Context, string, string, list.Page) ([]engine.Repaired, error) {
	return []engine.Repaired{{ID: "rpr_1", RunID: "run_2", Outcome: engine.RunSkipped, Detail: "It has ended already.", At: noon}}, nil
}

func (g *gateway) StopRepair(ctx context.Context, ws, id string) error {
	_, err := g.Repair(ctx, ws, id)
	return err
}

// Start only counts: its answer tells what was asked.
func (g *gateway) Start(ctx context.Context, ws, name, key string, in api.Start) (api.Started, error) {
	f, err := g.Flow(ctx, ws, name)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.starts++
	return api.Started{RunID: f.ID + " " + key + " " + string(in.Data), Fresh: true}, err
}

// Rent says what it was asked as the wait's reference; no connection but wa is known.
func (g *gateway) Rent(_ context.Context, ws, key, by string, in api.RentWait) (api.RentedWait, error) {
	if in.Connection != "wa" {
		return api.RentedWait{}, &publish.RentalError{Problems: flow.Problems{{Path: "connection", Message: "there is no connection", Remedy: "create it"}}}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.starts++
	w := api.Wait{ID: "wait_2", State: "open"}.With(api.Rented{Reference: ws + " " + key + " " + in.Contact.Phone + " " + string(in.Terms), Data: in.Data})
	return api.RentedWait{RunID: "run_5", Status: "waiting", Fresh: by != "", Wait: &w}, nil
}

// Answer says what it was asked as the reply's id; "late" comes too late.
func (g *gateway) Answer(ctx context.Context, ws, waitID, key string, in api.Answer) (run.Wait, error) {
	w, err := g.Wait(ctx, waitID)
	switch {
	case err != nil || w.WorkspaceID != ws:
		return run.Wait{}, engine.ErrNotFound
	case in.Text == "late":
		return w, &api.ConflictError{Detail: "The wait was closed as no_response by timeout."}
	}
	w.State, w.ReplyID = run.WaitReplied, key+" "+in.Text
	return w, nil
}

func (g *gateway) CheckStart(ctx context.Context, ws, name string, in api.Start) error {
	if in.Contact != nil && in.Contact.Phone == "600" {
		return &flow.InputError{Problems: []schema.Problem{{Path: "contact.phone", Message: "is not a phone number"}}}
	}
	_, err := g.Flow(ctx, ws, name)
	return err
}

func (g *gateway) Install(_ context.Context, parcel []byte) (api.Connector, error) {
	return api.Connector{Name: "shop", Version: strconv.Itoa(len(parcel))}, nil
}

func (g *gateway) Choose(_ context.Context, name, version string) (api.Connector, error) {
	return api.Connector{Name: name, Version: version}, nil
}

func (g *gateway) AllowDirect(_ context.Context, name string, allowed bool) (api.Connector, error) {
	return api.Connector{Name: name, Direct: allowed}, nil
}

func (g *gateway) Restart(_ context.Context, name string) (api.Connector, error) {
	return api.Connector{Name: name}, nil
}

func (g *gateway) Connectors(context.Context) ([]api.Connector, error) {
	return []api.Connector{{Name: "whatsapp", Version: "1.0.0", ConnectorHealth: api.ConnectorHealth{Health: "running"}, InstalledAt: noon}}, nil
}

func (g *gateway) CreateConnection(_ context.Context, in NewConnection) (api.Connection, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case in.Connector != "whatsapp":
		return api.Connection{}, &api.InputError{Path: "connector", Message: "is not installed", Remedy: "see cordboard connector list"}
	case string(in.Settings) == "{}":
		return api.Connection{}, &protocol.Failure{Kind: protocol.Invalid, Field: "settings.token", Message: "is required"}
	case slices.ContainsFunc(g.connections, func(c api.Connection) bool { return c.Name == in.Name }):
		return api.Connection{}, &api.ConflictError{Detail: "There is a connection of that name."}
	}
	c := api.Connection{ID: "con_2", Name: in.Name, Connector: in.Connector, Health: "good", CreatedAt: noon, WebhookURL: "https://h/hooks/connections/con_2"}
	g.connections = append(g.connections, c)
	return c, nil
}

func (g *gateway) ChangeConnection(ctx context.Context, ws, name string, settings json.RawMessage) (api.Connection, error) {
	c, err := g.Connection(ctx, ws, name)
	c.Settings = settings
	return c, err
}

func (g *gateway) ListConnections(context.Context, string, list.Page) ([]api.Connection, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.connections, nil
}

func (g *gateway) Connection(_ context.Context, ws, name string) (api.Connection, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return find(g.connections, func(c api.Connection) bool { return ws == "ws_1" && (c.Name == name || c.ID == name) })
}

// Options knows the list templates.
func (g *gateway) Options(_ context.Context, _, _ string, in api.OptionsQuery) (api.Options, error) {
	if in.List != "templates" {
		return api.Options{}, &protocol.Failure{Kind: protocol.Invalid, Field: "list", Message: "There is no such list."}
	}
	return api.Options{Items: []protocol.Option{{Value: "a", Label: in.Search + string(in.Input)}}, Next: "2"}, nil
}

func (g *gateway) TestConnection(ctx context.Context, ws, name string) (api.ConnectionCheck, error) {
	_, err := g.Connection(ctx, ws, name)
	return api.ConnectionCheck{OK: true, Account: "Acme"}, err
}

func (g *gateway) AuthorizeConnection(_ context.Context, _, name, userID, sessionID string) (Authorized, error) {
	if sessionID == "" {
		return Authorized{}, &api.ConflictError{Detail: "A person must consent in a browser."}
	}
	return Authorized{Authorization: api.Authorization{URL: "https://provider.example/" + name + "?by=" + userID}, Cookie: "cordboard_oauth_1", Value: "browser-1", Path: "/oauth", Lives: 10 * time.Minute}, nil
}

func (g *gateway) CompleteConsent(_ context.Context, in ConsentReturn) (string, error) {
	switch {
	case in.State != "state-1" || in.Cookie("cordboard_oauth_1") != "browser-1":
		return "", ErrNoConsent
	case in.Code == "":
		return "<wa>", &api.ConflictError{Detail: "The provider <said> " + in.Error}
	}
	return "<wa>", nil
}

func (g *gateway) DeleteConnection(ctx context.Context, ws, name string) error {
	_, err := g.Connection(ctx, ws, name)
	return err
}

// Of knows the address of the flow verify.
func (g *gateway) Of(ctx context.Context, ws, name string) (trigger.Hook, error) {
	f, err := g.Flow(ctx, ws, name)
	return trigger.Hook{ID: "hook_1", WorkspaceID: ws, FlowID: f.ID, Declared: protocol.Inbox{Verify: protocol.Verification{Scheme: protocol.SchemeToken, Header: "X-Token"}}}, err
}

// SetSecret refuses short ones.
func (g *gateway) SetSecret(ctx context.Context, ws, name, own string) (trigger.Hook, string, error) {
	h, err := g.Of(ctx, ws, name)
	switch own {
	case "":
		own = "made"
	case "short":
		err = &trigger.SecretError{Problem: "must have at least 16 characters"}
	}
	return h, own, err
}

// ListAudit knows three entries; asked for an actor, it says what it was asked.
func (g *gateway) ListAudit(_ context.Context, ws string, f access.AuditFilter, p list.Page) (out []access.Entry, _ error) {
	if f.Actor != "" {
		return []access.Entry{{Number: 1, Action: fmt.Sprint(f.Actor, " ", f.Action, " ", f.Resource, " ", f.Since)}}, nil
	}
	for n := int64(3); n > 0 && len(out) < p.Size(); n-- {
		if ws == "ws_1" && (f.Before == 0 || n < f.Before) {
			out = append(out, access.Entry{Number: n, At: noon, Actor: "usr_1", Action: "token.revoke", Resource: "tok_1", RequestID: "http_1", Before: []byte(`{"name":"ci"}`), Hash: []byte{0xab}})
		}
	}
	return out, nil
}

// Tallies counts as many runs as the span has hours.
func (g *gateway) Tallies(_ context.Context, ws string, spans []inspect.Span) ([]inspect.Tally, error) {
	tallies := make([]inspect.Tally, len(spans))
	for i, s := range spans {
		tallies[i] = inspect.Tally{Span: s, Runs: map[run.Status]int{run.Succeeded: int(s.Until.Sub(s.From).Hours())}, Waits: map[run.WaitState]int{run.WaitCollecting: 1, run.WaitOpen: 2}, Took: []time.Duration{2 * time.Minute, time.Minute}}
	}
	return tallies, nil
}

func (g *gateway) Busy(_ context.Context, ws string, due int) (inspect.Busy, error) {
	return inspect.Busy{Open: due, Runs: map[run.Status]int{run.Waiting: 7}, Due: []inspect.DueWait{{Wait: run.Wait{ID: "wait_" + ws, Deadline: noon}, FlowName: "verify", Contact: run.ContactFacts{ID: "cnt_1", Name: "Ana"}}}}, nil
}

func (g *gateway) FailingFlows(_ context.Context, ws string, _ time.Time) ([]inspect.FailingFlow, error) {
	return []inspect.FailingFlow{{Name: "verify", Failures: 3, Last: run.Run{ID: "run_" + ws, EndedAt: noon, State: run.State{Cursor: "tag", Failure: &protocol.Failure{Message: "no such tag"}}}}}, nil
}

// Asked knows two waits of each flow.
func (g *gateway) Asked(_ context.Context, _ string, f inspect.QuestionFilter, _ int) ([]inspect.Asked, error) {
	w := inspect.Asked{FlowName: "verify" + f.FlowID, StepID: "answer", State: run.WaitReplied, From: noon, Deadline: noon.Add(time.Hour), AnswerAt: noon.Add(time.Minute)}
	silent := w
	silent.State, silent.AnswerAt = run.WaitNoResponse, time.Time{}
	return []inspect.Asked{w, silent}, nil
}

var requests = []inspect.Request{
	{ID: "req_3", ConnectionID: "con_1", Connector: "shop", Method: "POST", Size: 2, ReceivedAt: noon},
	{ID: "req_2", ConnectionID: "con_1", Connector: "shop", Method: "POST", ReceivedAt: noon, ParsedAt: noon, Failure: "is no JSON", Body: []byte{0xff}},
	{ID: "req_1", ConnectionID: "hook_secret", FlowName: "verify", Connector: "webhook", Method: "POST", ReceivedAt: noon, ParsedAt: noon, Body: []byte("{}"), Header: map[string][]string{"X-A": {"b"}}},
}

func (g *gateway) ListRequests(_ context.Context, ws string, f inspect.RequestFilter, p list.Page) ([]inspect.Request, error) {
	return page(requests, p, func(r inspect.Request) bool {
		return ws == "ws_1" && (f.Verdict == "" || r.Verdict() == f.Verdict) && (f.ConnectionID == "" || r.ConnectionID == f.ConnectionID)
	}, func(r inspect.Request) string { return r.ID }), nil
}

func (g *gateway) RequestDetail(_ context.Context, ws, id string) (inspect.RequestDetail, error) {
	r, err := find(requests, func(r inspect.Request) bool { return ws == "ws_1" && r.ID == id })
	return inspect.RequestDetail{Request: r, Events: []event.Event{{ID: "evt_1", ConnectionID: r.ConnectionID}}, Messages: g.messages[:1]}, err
}

func (g *gateway) ReadAgain(ctx context.Context, ws, id string) error {
	d, err := g.RequestDetail(ctx, ws, id)
	if err == nil && d.Request.Verdict() == inspect.RequestNew {
		return &api.ConflictError{Detail: "The request is about to be read."}
	}
	return err
}

func (g *gateway) Ages(context.Context, string) (retention.Chosen, retention.Ages, error) {
	const day = 24 * time.Hour
	return g.ages, retention.Ages{Requests: 30 * day, Payloads: 30 * day, Messages: 30 * day, Runs: 90 * day, Deliveries: 30 * day, Audit: 365 * day}, nil
}

// SaveRetention knows of a flow that waits for ten days.
func (g *gateway) SaveRetention(_ context.Context, _ string, c retention.Chosen) error {
	if c.Runs != nil && *c.Runs != 0 && *c.Runs < 10 {
		return &api.ConflictError{Detail: "Live flows wait for longer: verify."}
	}
	g.ages = c
	return nil
}
