package publish_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// memory is a publish.Store of one workspace.
type memory struct {
	flows    map[string]inspect.Flow
	versions map[string][]inspect.PublishedVersion // newest first
	polls    []*publish.Poll                       // of each publication
	rented   []publish.Publication
}

func (m *memory) SaveDraft(_ context.Context, d publish.Draft) (inspect.Flow, error) {
	f := m.flows[d.Name]
	f.Name, f.Title, f.Draft, f.Enabled = d.Name, d.Title, d.Source, true
	m.flows[d.Name] = f
	return f, nil
}

func (m *memory) Publish(_ context.Context, p publish.Publication) (inspect.PublishedVersion, bool, error) {
	m.polls = append(m.polls, p.Poll)
	all := m.versions[p.Name]
	if len(all) > 0 && string(all[0].Source) == string(p.Source) {
		return all[0], false, nil
	}
	for i := range all {
		all[i].Live = false
	}
	v := inspect.PublishedVersion{Number: len(all) + 1, Source: p.Source, Connectors: p.Connectors, EventType: p.EventType, ConnectionID: p.ConnectionID, Live: true, By: p.By}
	m.versions[p.Name] = append([]inspect.PublishedVersion{v}, all...)
	return v, true, nil
}

func (m *memory) ListVersions(_ context.Context, _, name string, _ list.Page) ([]inspect.PublishedVersion, error) {
	if _, ok := m.flows[name]; !ok {
		return nil, engine.ErrNotFound
	}
	return m.versions[name], nil
}

func (m *memory) EnsureHook(_ context.Context, _, flowID string, _ protocol.Inbox, _ time.Duration) (string, error) {
	return "hook_00000000000000000000000000", nil
}

func (m *memory) EnsureRented(_ context.Context, p publish.Publication) (engine.LiveFlow, error) {
	m.rented = append(m.rented, p)
	return engine.LiveFlow{FlowID: "flow_rented", VersionID: string(p.Source)}, nil
}

func (m *memory) SetFlowEnabled(_ context.Context, _, name string, enabled bool) (inspect.Flow, error) {
	f, ok := m.flows[name]
	if !ok {
		return f, engine.ErrNotFound
	}
	f.Enabled = enabled
	m.flows[name] = f
	return f, nil
}

func (m *memory) FileFlow(_ context.Context, _, name string, filing publish.Filing) (inspect.Flow, error) {
	f, ok := m.flows[name]
	if !ok {
		return f, engine.ErrNotFound
	}
	f.Archived = filing.Archived != nil && *filing.Archived
	f.Enabled = f.Enabled && !f.Archived
	m.flows[name] = f
	return f, nil
}

// installed is one connector with two connections.
type installed struct{}

func (installed) Manifest(name string) (protocol.Manifest, bool) {
	object := schema.Type{Kind: schema.Object}
	return protocol.Manifest{Name: "shop", Version: "1.4.0", Auth: protocol.Auth{Kind: protocol.AuthAPIKey, Fields: object}, Triggers: []protocol.Trigger{
		{Name: "order_paid", Kind: protocol.TriggerWebhook, Input: object, Output: object},
		{Name: "order_made", Kind: protocol.TriggerWebhook, Every: time.Minute, Input: object, Output: object},
	}, Actions: []protocol.Action{
		{Name: "write", Repeat: protocol.RepeatOnce, Sends: true, Input: schema.Type{Kind: schema.Object, Fields: []schema.Field{{Name: "to", Type: schema.Type{Kind: schema.String}, Required: true}}}, Output: schema.Type{Kind: schema.Any}},
	}}, name == "shop"
}
func (installed) Connectors() []string { return []string{"shop"} }
func (installed) Connection(name string) (string, bool) {
	return "shop", slices.Contains(installed{}.Connections(), name)
}
func (installed) Connections() []string      { return []string{"north", "south"} }
func (installed) Flows() []string            { return nil }
func (installed) Calendars() []string        { return []string{"office"} }
func (installed) LongestWait() time.Duration { return 0 }
func (installed) Lists() []string            { return []string{"newsletter"} }
func (installed) Fields() []contactfield.Field {
	return []contactfield.Field{{Name: "size", Type: contactfield.Text}, {Name: "age", Type: contactfield.Number}, {Name: "birthday", Type: contactfield.Date}, {Name: "plan", Type: contactfield.Choice, Choices: []string{"gold", "silver"}}}
}

func document(name, connection string) []byte {
	return []byte("name: " + name + "\ntrigger: { on: shop.order_paid, connection: " + connection + " }\nsteps:\n  - id: end\n    stop: {}\n")
}

type bundle struct {
	*publish.Publisher
	store   *memory
	changed []string
}

func setup() *bundle {
	b := &bundle{store: &memory{flows: map[string]inspect.Flow{}, versions: map[string][]inspect.PublishedVersion{}}}
	b.Publisher = &publish.Publisher{
		Store:        b.store,
		Types:        func(context.Context, string) (flow.Types, error) { return installed{}, nil },
		Calendars:    func(context.Context, string) (map[string]calendar.Calendar, error) { return nil, nil },
		ConnectionID: func(_ context.Context, _, name string) (string, error) { return "con_" + name, nil },
		Changed:      func(id string) { b.changed = append(b.changed, id) },
	}
	return b
}

func (b *bundle) apply(t *testing.T, source []byte) publish.Result {
	t.Helper()
	r, err := b.Apply(t.Context(), publish.Document{WorkspaceID: "ws", Name: "greet", Source: source, By: "tok_1"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestApplyPublishes(t *testing.T) {
	t.Parallel()
	b := setup()
	r := b.apply(t, document("greet", "north"))
	if v := r.Version; !r.Changed || v.Number != 1 || v.EventType != "shop.order_paid" || v.ConnectionID != "con_north" || v.By != "tok_1" || v.Connectors["shop"] != "1.4.0" {
		t.Errorf("%+v", r)
	}
	if !slices.Equal(b.changed, []string{"con_north"}) {
		t.Errorf("told of %q", b.changed)
	}
}

// A webhook trigger that is caught up with is also asked for, and any other is not.
func TestWhatIsAskedForBesidesItsWebhooks(t *testing.T) {
	t.Parallel()
	b := setup()
	b.apply(t, document("greet", "north"))
	b.apply(t, []byte(strings.Replace(string(document("greet", "north")), "order_paid", "order_made", 1)))
	if polls := b.store.polls; len(polls) != 2 || polls[0] != nil || polls[1] == nil || polls[1].Trigger != "order_made" || polls[1].Every != time.Minute || string(polls[1].Input) != "{}" {
		t.Errorf("polls: %+v", polls)
	}
}

func TestApplyingAnExportChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup()
	first := b.apply(t, document("greet", "north"))
	if again := b.apply(t, b.store.flows["greet"].Draft); again.Changed || again.Version.Number != 1 || string(again.Version.Source) != string(first.Version.Source) {
		t.Errorf("%+v", again)
	}
}

func TestMovingToAnotherConnectionTellsBoth(t *testing.T) {
	t.Parallel()
	b := setup()
	b.apply(t, document("greet", "north"))
	b.changed = nil
	b.apply(t, document("greet", "south"))
	slices.Sort(b.changed)
	if !slices.Equal(b.changed, []string{"con_north", "con_south"}) {
		t.Errorf("told of %q", b.changed)
	}
}

func TestWhatChangesNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		source  []byte
		dryRun  bool
		problem string // its path; empty: there is none
	}{
		"a dry run":                      {source: document("greet", "north"), dryRun: true},
		"a dry run of a broken document": {source: document("greet", "west"), dryRun: true, problem: "trigger.connection"},
		"a broken document":              {source: document("greet", "west"), problem: "trigger.connection"},
		"another name than the address":  {source: document("other", "north"), problem: "name"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup()
			r, err := b.Apply(t.Context(), publish.Document{WorkspaceID: "ws", Name: "greet", Source: tt.source, DryRun: tt.dryRun})
			var problems flow.Problems
			if tt.problem == "" && err != nil || tt.problem != "" && (!errors.As(err, &problems) || problems[0].Path != tt.problem) {
				t.Errorf("error = %v, want one at %q", err, tt.problem)
			}
			if len(b.store.flows) > 0 || len(b.changed) > 0 || r.Changed {
				t.Errorf("something changed: %+v, told of %q", b.store.flows, b.changed)
			}
		})
	}
}

func TestDisablingAndArchivingTellTheirConnection(t *testing.T) {
	t.Parallel()
	b := setup()
	b.apply(t, document("greet", "north"))
	b.changed = nil
	f, err := b.SetEnabled(t.Context(), "ws", "greet", false)
	if err != nil || f.Enabled || !slices.Equal(b.changed, []string{"con_north"}) {
		t.Errorf("%+v, %v, told of %q", f, err, b.changed)
	}
	b.changed, f.Archived = nil, true
	if got, err := b.File(t.Context(), "ws", "greet", publish.Filing{Archived: &f.Archived}); err != nil || !got.Archived || !slices.Equal(b.changed, []string{"con_north"}) {
		t.Errorf("archived: %+v, %v, told of %q", got, err, b.changed)
	}
	if _, err := b.SetEnabled(t.Context(), "ws", strings.ToUpper("greet"), false); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("error = %v", err)
	}
}

func TestAWebhookTriggerListensOnItsOwnAddress(t *testing.T) {
	t.Parallel()
	b := setup()
	r := b.apply(t, []byte("name: greet\ntrigger: { on: webhook, with: { auth: none } }\nsteps:\n  - id: end\n    stop: {}\n"))
	if r.Version.EventType != "webhook" || r.Version.ConnectionID != "hook_00000000000000000000000000" {
		t.Errorf("%+v", r.Version)
	}
	if _, err := b.SetEnabled(t.Context(), "ws", "greet", false); err != nil || b.changed != nil {
		t.Errorf("told of %q, %v: no provider has to know", b.changed, err)
	}
}
