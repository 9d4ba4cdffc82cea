package catalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// memory is a Store.
type memory struct {
	saved  []Connector
	direct map[string]bool
	err    error
}

func (m *memory) SaveConnector(_ context.Context, c Connector) error {
	if m.err == nil {
		m.saved = append(m.saved, c)
	}
	return m.err
}

func (m *memory) DirectConnectors(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(m.direct)), m.err
}

func (m *memory) SetDirect(_ context.Context, name string, allowed bool) error {
	if m.direct == nil {
		m.direct = map[string]bool{}
	}
	if delete(m.direct, name); allowed {
		m.direct[name] = true
	}
	return m.err
}

func (m *memory) ListConnectors(context.Context) ([]Connector, error) { return m.saved, m.err }

func sound() protocol.Manifest {
	return protocol.Manifest{
		Name: "desk", Title: "Acme Desk", Version: "1.2.0",
		Auth: protocol.Auth{
			Kind: protocol.AuthAPIKey, BaseURL: "https://{site}.desk.example",
			Fields: schema.Type{Kind: schema.Object, Fields: []schema.Field{
				{Name: "site", Type: schema.Type{Kind: schema.String}},
				{Name: "key", Type: schema.Type{Kind: schema.String}, Secret: true},
			}},
		},
		Inbox:    &protocol.Inbox{Verify: protocol.Verification{Scheme: protocol.SchemeToken, Query: "token", Secret: "key"}},
		Actions:  []protocol.Action{{Name: "create_ticket", Repeat: protocol.RepeatOnce}},
		Triggers: []protocol.Trigger{{Name: "ticket_opened", Kind: protocol.TriggerPoll, Every: time.Minute}},
	}
}

func TestInstalledConnectorsSurvive(t *testing.T) {
	t.Parallel()
	store := &memory{}
	before, err := New(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, version := range []string{"1.2.0", "1.3.0"} {
		m := sound()
		m.Version = version
		in := Connector{Name: "desk", Version: version, SHA256: "ab", Manifest: m, InstalledAt: start.AddDate(0, 0, i)}
		if err := before.Install(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	after, err := New(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Catalog{before, after} {
		if m, ok := c.Manifest("desk"); !ok || m.Version != "1.3.0" {
			t.Errorf("manifest = %s, %v, want the version installed last", m.Version, ok)
		}
		if _, ok := c.Action("desk.create_ticket"); !ok {
			t.Error("the action is not found")
		}
		if tr, ok := c.Trigger("desk.ticket_opened"); !ok || tr.Every != time.Minute {
			t.Error("the trigger is not found")
		}
		for _, name := range []string{"desk.nothing", "nothing.create_ticket", "desk", ""} {
			if _, ok := c.Action(name); ok {
				t.Errorf("%q is an action", name)
			}
		}
		if list := c.List(); len(list) != 1 || list[0].Name != "desk" {
			t.Errorf("list = %v", list)
		}
	}
}

func TestWhatIsNotStoredIsNotInstalled(t *testing.T) {
	t.Parallel()
	store := &memory{}
	c, err := New(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	store.err = errors.New("disk full")
	if err := c.Install(t.Context(), Connector{Name: "desk", Manifest: sound()}); !errors.Is(err, store.err) {
		t.Errorf("error = %v", err)
	}
	if _, ok := c.Manifest("desk"); ok {
		t.Error("it is installed")
	}
	if _, err := New(t.Context(), store); !errors.Is(err, store.err) {
		t.Errorf("load: error = %v", err)
	}
}

func TestUnsoundManifestsAreRefused(t *testing.T) {
	t.Parallel()
	if err := Check(sound()); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		spoil func(*protocol.Manifest)
		want  string
	}{
		"a name with a slash":          {func(m *protocol.Manifest) { m.Name = "../desk" }, "name"},
		"no title":                     {func(m *protocol.Manifest) { m.Title = "" }, "title"},
		"a loose version":              {func(m *protocol.Manifest) { m.Version = "v1" }, "version"},
		"a huge text":                  {func(m *protocol.Manifest) { m.Summary = strings.Repeat("x", maxManifest) }, "larger"},
		"an unknown auth":              {func(m *protocol.Manifest) { m.Auth.Kind = "magic" }, "auth.kind"},
		"a token that nobody gets":     {func(m *protocol.Manifest) { m.Auth.Kind = protocol.AuthOAuth2 }, "auth.oauth goes with the kind oauth2"},
		"a template without its field": {func(m *protocol.Manifest) { m.Auth.BaseURL = "https://{sight}.example" }, "sight"},
		"a secret number":              {func(m *protocol.Manifest) { m.Auth.Fields.Fields[1].Type.Kind = schema.Integer }, "must be a string"},
		"a generated plain field":      {func(m *protocol.Manifest) { m.Auth.Fields.Fields[0].Generate = true }, "only a secret"},
		"a list of nothing":            {func(m *protocol.Manifest) { m.Auth.Fields.Fields[0].Type.Kind = schema.List }, "auth.fields.site does not say what its entries are"},
		"an input of nothing":          {func(m *protocol.Manifest) { m.Actions[0].Input.Kind = schema.Map }, "action create_ticket: input does not say"},
		"an output of nothing":         {func(m *protocol.Manifest) { m.Triggers[0].Output.Kind = schema.List }, "trigger ticket_opened: output does not say"},
		"an unknown scheme":            {func(m *protocol.Manifest) { m.Inbox.Verify.Scheme = "none" }, "scheme"},
		"a signature without a header": {func(m *protocol.Manifest) { m.Inbox.Verify.Scheme = protocol.SchemeHMACSHA256 }, "header"},
		"a secret that is none":        {func(m *protocol.Manifest) { m.Inbox.Verify.Secret = "site" }, "not a secret field"},
		"a vague challenge":            {func(m *protocol.Manifest) { m.Inbox.Challenge = &protocol.Challenge{Secret: "key"} }, "challenge"},
		"an action twice":              {func(m *protocol.Manifest) { m.Actions = append(m.Actions, m.Actions[0]) }, "twice"},
		"an action with a dot":         {func(m *protocol.Manifest) { m.Actions[0].Name = "a.b" }, `"a.b"`},
		"an unknown repeat":            {func(m *protocol.Manifest) { m.Actions[0].Repeat = "" }, "repeat"},
		"a webhook without an inbox": {func(m *protocol.Manifest) {
			m.Inbox = nil
			m.Triggers[0].Kind = protocol.TriggerWebhook
		}, "no inbox"},
		"a poll without an interval": {func(m *protocol.Manifest) { m.Triggers[0].Every = 0 }, "how often"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := sound()
			tt.spoil(&m)
			if err := Check(m); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one about %q", err, tt.want)
			}
		})
	}
}

func TestVersionsStandSideBySide(t *testing.T) {
	t.Parallel()
	store := &memory{}
	c, err := New(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for n, version := range []string{"1.0.0", "1.1.0", "2.0.0"} {
		m := sound()
		m.Version = version
		if err := c.Install(t.Context(), Connector{Name: "desk", Version: version, Manifest: m, InstalledAt: start.AddDate(0, 0, n)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Choose(t.Context(), "desk", "1.1.0", start.AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := c.Choose(t.Context(), "desk", "3.0.0", start); !errors.Is(err, ErrUnknownVersion) {
		t.Errorf("error = %v", err)
	}
	again, err := New(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Catalog{c, again} {
		var order []string
		for _, v := range c.Versions("desk") {
			order = append(order, v.Version)
		}
		if strings.Join(order, " ") != "1.1.0 2.0.0 1.0.0" {
			t.Errorf("versions %v", order)
		}
		for pinned, want := range map[string]string{"": "1.1.0", "1.0.0": "1.0.0", "9.9.9": "1.1.0"} {
			if m, ok := c.PinnedManifest("desk", pinned); !ok || m.Version != want {
				t.Errorf("pinned to %q: %s, want %s", pinned, m.Version, want)
			}
			if m, ok := c.With(map[string]string{"desk": pinned}).Manifest("desk"); !ok || m.Version != want {
				t.Errorf("a view with %q: %s, want %s", pinned, m.Version, want)
			}
		}
	}
}

func TestNodesLearnWhoMayDial(t *testing.T) {
	t.Parallel()
	store := &memory{}
	here, err := New(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	there, err := New(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	for _, allowed := range []bool{true, false} {
		if err := here.AllowDirect(t.Context(), "courier", allowed); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"[courier]", "[]"} { // once it is known it is no news
			if news, err := there.FollowDirect(t.Context()); err != nil || fmt.Sprint(news) != want {
				t.Errorf("allowed %t: news %v, %v", allowed, news, err)
			}
		}
		later, err := New(t.Context(), store)
		if err != nil || here.MayDial("courier") != allowed || there.MayDial("courier") != allowed || later.MayDial("courier") != allowed {
			t.Errorf("allowed %t is not what the nodes say: %v", allowed, err)
		}
	}
}
