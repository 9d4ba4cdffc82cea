package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var settingsCases = cases{
	"calendars are kept by name, each workspace its own": func(t *testing.T, w *world) {
		office := calendar.Calendar{Name: "office", TimeZone: "Europe/Madrid", Hours: map[string][]string{"mon": {"09:00-14:00"}}}
		for _, zone := range []string{"UTC", office.TimeZone} { // the second in the place of the first
			c := office
			c.TimeZone = zone
			if err := w.SaveCalendar(t.Context(), w.workspace.ID, c); err != nil {
				t.Fatal(err)
			}
		}
		if got := must(w.Calendars(t.Context(), w.workspace.ID))(t); !reflect.DeepEqual(got, map[string]calendar.Calendar{"office": office}) {
			t.Errorf("got %+v", got)
		}
		if got := must(w.Calendars(t.Context(), "ws_other"))(t); len(got) > 0 {
			t.Errorf("another workspace has %+v", got)
		}
		if err := w.DeleteCalendar(t.Context(), "ws_other", "office"); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("another workspace deletes it: %v", err)
		}
		if err := w.DeleteCalendar(t.Context(), w.workspace.ID, "office"); err != nil {
			t.Fatal(err)
		}
		if got := must(w.Calendars(t.Context(), w.workspace.ID))(t); len(got) > 0 {
			t.Errorf("after it was deleted: %+v", got)
		}
	},
	"a workspace is made once": func(t *testing.T, w *world) {
		again := must(w.EnsureWorkspace(t.Context(), w.workspace.Name, "UTC"))(t)
		if again != w.workspace {
			t.Errorf("got %+v, want %+v", again, w.workspace)
		}
	},
	"a connector comes back with its manifest, a version once": func(t *testing.T, w *world) {
		c := catalog.Connector{Name: "shop", Version: "1.0.0", SHA256: "aa", InstalledAt: time.Unix(1, 0).UTC(), ChosenAt: time.Unix(2, 0).UTC(), SignedBy: "acme",
			Manifest: protocol.Manifest{Name: "shop", Version: "1.0.0", Actions: []protocol.Action{{Name: "refund", Repeat: protocol.RepeatOnce}}}}
		for _, sum := range []string{"aa", "bb"} {
			c.SHA256 = sum
			if err := w.SaveConnector(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		if got := must(w.ListConnectors(t.Context()))(t); len(got) != 1 || !reflect.DeepEqual(got[0], c) {
			t.Errorf("got %+v", got)
		}
	},
	"a connection's name is taken once": func(t *testing.T, w *world) {
		_, err := w.InsertConnection(t.Context(), connection.Connection{ID: id.New("con"), WorkspaceID: w.workspace.ID, Name: "wa"})
		if !errors.Is(err, store.ErrTaken) {
			t.Errorf("got %v", err)
		}
	},
	"a connection is updated by one who knows it": func(t *testing.T, w *world) {
		c := must(w.ConnectionByName(t.Context(), w.workspace.ID, "wa"))(t)
		c.Settings, c.Secrets, c.KeyID = json.RawMessage(`{ "site": "x" }`), []byte{0, 1, 255, '\''}, "k1"
		c.Health, c.CheckedAt = connection.HealthBad, time.Unix(2, 3000).UTC()
		c.Failure = &protocol.Failure{Kind: protocol.Unauthorized, Message: "no"}
		updated := must(w.UpdateConnection(t.Context(), c))(t)
		if got := must(w.Connection(t.Context(), c.ID))(t); !reflect.DeepEqual(got, updated) || !bytes.Equal(got.Secrets, c.Secrets) || got.Revision != 2 {
			t.Errorf("got  %+v\nwant %+v", got, updated)
		}
		if _, err := w.UpdateConnection(t.Context(), c); !errors.Is(err, store.ErrStale) {
			t.Errorf("with an old revision: %v", err)
		}
		if err := w.SetHealth(t.Context(), c.ID, connection.HealthGood, nil); err != nil {
			t.Fatal(err)
		}
		if got := must(w.Connection(t.Context(), c.ID))(t); got.Health != connection.HealthGood || got.Failure != nil || got.Revision != 2 {
			t.Errorf("after a good use: %+v", got)
		}
	},
	"a change of a connection is recorded, keeps its id and drops its token where it must": func(t *testing.T, w *world) {
		c := must(w.ConnectionByName(t.Context(), w.workspace.ID, "wa"))(t)
		if err := w.Restore(t.Context(), connection.Tokens{ConnectionID: c.ID, Sealed: []byte{1}, KeyID: "k", ObtainedAt: time.Unix(1, 0)}, nil); err != nil {
			t.Fatal(err)
		}
		c = must(w.Connection(t.Context(), c.ID))(t)
		c.Settings, c.Secrets = json.RawMessage(`{"site":"new"}`), []byte{7}
		changed := must(w.ChangeConnection(t.Context(), c, []string{"key"}, false))(t)
		if got := must(w.Connection(t.Context(), c.ID))(t); !reflect.DeepEqual(got, changed) || got.ID != c.ID || string(got.Settings) != `{"site":"new"}` {
			t.Errorf("got  %+v\nwant %+v", got, changed)
		}
		if k := must(w.Tokens(t.Context(), c.ID))(t); k.Revision == 0 {
			t.Error("its token went")
		}
		if _, err := w.ChangeConnection(t.Context(), c, nil, true); !errors.Is(err, store.ErrStale) {
			t.Errorf("with an old revision: %v", err)
		}
		if k := must(w.Tokens(t.Context(), c.ID))(t); k.Revision == 0 {
			t.Error("its token went although nothing was changed")
		}
		must(w.ChangeConnection(t.Context(), changed, nil, true))(t)
		if k := must(w.Tokens(t.Context(), c.ID))(t); k.Revision != 0 {
			t.Errorf("it still has %+v", k)
		}
		stranger := changed
		stranger.WorkspaceID = "ws_other"
		if _, err := w.ChangeConnection(t.Context(), stranger, nil, false); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("from another workspace: %v", err)
		}
	},
	"a subscription keeps its id over renewals and goes with its connection": func(t *testing.T, w *world) {
		due := time.Unix(100, 0).UTC()
		sub := trigger.Subscription{WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID, Trigger: "message", DueAt: due}
		first := must(w.SaveSubscription(t.Context(), sub))(t)
		if got := must(w.DueSubscriptions(t.Context(), due, 10))(t); len(got) != 1 || got[0].ID != first.ID {
			t.Errorf("due: %+v", got)
		}
		sub.DueAt, sub.ExternalID = due.Add(time.Second), "ext"
		second := must(w.SaveSubscription(t.Context(), sub))(t)
		if second.ID != first.ID || second.ExternalID != "ext" || second.Revision != 2 {
			t.Errorf("renewed: %+v", second)
		}
		if got := must(w.DueSubscriptions(t.Context(), due, 10))(t); len(got) != 0 {
			t.Errorf("due after renewal: %+v", got)
		}
		if err := w.DeleteConnection(t.Context(), w.workspace.ID, w.connection.ID); err != nil {
			t.Fatal(err)
		}
		if got := must(w.SubscriptionsOf(t.Context(), w.connection.ID))(t); len(got) != 0 {
			t.Errorf("after its connection: %+v", got)
		}
	},
	"each input of a trigger has a subscription, which one node looks after": func(t *testing.T, w *world) {
		due := time.Unix(200, 0).UTC()
		save := func(key, input string) trigger.Subscription {
			return must(w.SaveSubscription(t.Context(), trigger.Subscription{WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID,
				Trigger: "queued", EndpointKey: key, Input: json.RawMessage(input), DueAt: due}))(t)
		}
		all, one := save("", ""), save("queued-0", `{"queue":"a"}`)
		if all.ID == one.ID || string(all.Input) != "{}" || string(one.Input) != `{"queue":"a"}` || one.EndpointKey != "queued-0" {
			t.Errorf("kept %+v and %+v", all, one)
		}
		later := due.Add(time.Hour)
		for i, want := range []bool{true, false} {
			if claimed := must(w.ClaimSubscription(t.Context(), one, later))(t); claimed != want {
				t.Errorf("claim %d: %t", i+1, claimed)
			}
		}
		got := must(w.DueSubscriptions(t.Context(), due, 10))(t)
		isDue := func(id string) bool {
			return slices.ContainsFunc(got, func(s trigger.Subscription) bool { return s.ID == id })
		}
		if !isDue(all.ID) || isDue(one.ID) {
			t.Errorf("due: %+v", got)
		}
	},
	"which connectors may dial is kept": func(t *testing.T, w *world) {
		name := "c" + strings.ToLower(id.New("x"))
		may := func() bool { return slices.Contains(must(w.DirectConnectors(t.Context()))(t), name) }
		ctx := access.ActingAs(t.Context(), access.Actor{WorkspaceID: w.workspace.ID, ID: "usr_ana"})
		for _, allowed := range []bool{true, true, false} {
			if err := w.SetDirect(ctx, name, allowed); err != nil || may() != allowed {
				t.Errorf("allowed %t: %t, %v", allowed, may(), err)
			}
		}
	},
	"a token is found by its hash until it is revoked or expires": func(t *testing.T, w *world) {
		now := must(w.Now(t.Context()))(t)
		insert := func(hash string, expires time.Time) access.Token {
			return must(w.InsertToken(t.Context(), access.Token{ID: id.New("tok"), WorkspaceID: w.workspace.ID, Name: "ci",
				Prefix: "cb_", Last4: "abcd", Hash: []byte(hash), Scopes: []access.Scope{"flows:read"}, ExpiresAt: expires}))(t)
		}
		token := insert("a", now.Add(time.Hour))
		insert("b", now.Add(-time.Second))
		if got := must(w.TokenByHash(t.Context(), []byte("a")))(t); !reflect.DeepEqual(got, token) {
			t.Errorf("got %+v, want %+v", got, token)
		}
		if err := w.TouchToken(t.Context(), token.ID); err != nil {
			t.Fatal(err)
		}
		if got := must(w.TokenByHash(t.Context(), []byte("a")))(t); got.UsedAt.Before(now) {
			t.Errorf("used at %s", got.UsedAt)
		}
		if err := w.RevokeToken(t.Context(), w.workspace.ID, token.ID); err != nil {
			t.Fatal(err)
		}
		for _, hash := range []string{"a", "b", "c"} {
			if _, err := w.TokenByHash(t.Context(), []byte(hash)); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("token %s: %v", hash, err)
			}
		}
		if err := w.RevokeToken(t.Context(), "wsp_other", token.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("from another workspace: %v", err)
		}
		if got := must(w.ListTokens(t.Context(), w.workspace.ID, list.Page{}))(t); len(got) != 2 {
			t.Errorf("listed: %+v", got)
		}
	},
}
