package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// acting is the context of a request by usr_ana.
func (w *world) acting() context.Context {
	return access.ActingAs(w.t.Context(), access.Actor{WorkspaceID: w.workspace.ID, ID: "usr_ana", RequestID: "http_1"})
}

// audit returns the log, newest first.
func (w *world) audit(f access.AuditFilter) []access.Entry {
	w.t.Helper()
	return must(w.ListAudit(w.t.Context(), w.workspace.ID, f, list.Page{}))(w.t)
}

// chain checks the log.
func (w *world) chain() access.AuditReport {
	w.t.Helper()
	var c access.Chain
	if err := w.WalkAudit(w.t.Context(), w.workspace.ID, c.Add); err != nil {
		w.t.Fatal(err)
	}
	return c.Report("w")
}

var auditCases = cases{
	"each change is recorded with what it is about": func(t *testing.T, w *world) {
		ctx := w.acting()
		token := must(w.InsertToken(ctx, access.Token{ID: id.New("tok"), WorkspaceID: w.workspace.ID, Name: "ci", Hash: []byte(id.New("h")), Scopes: []access.Scope{access.Read}}))(t)
		user := must(w.InsertUser(ctx, access.User{ID: id.New("usr"), WorkspaceID: w.workspace.ID, Email: id.New("x") + "@example.com", Name: "Bo", Role: access.Viewer}, false))(t)
		change := func(f func(u *access.User)) {
			must(w.ChangeUser(ctx, w.workspace.ID, user.ID, func(u *access.User, _ []access.User, _ time.Time) error { f(u); return nil }))(t)
		}
		change(func(u *access.User) { u.Role, u.PasswordHash = access.Owner, "argon-secret" })
		must(w.InsertSession(ctx, access.Session{ID: id.New("ses"), UserID: user.ID, Hash: []byte(id.New("h"))}))(t)
		f := must(w.SaveDraft(ctx, publish.Draft{WorkspaceID: w.workspace.ID, Name: "fresh", Source: []byte("secret words")}))(t)
		must(w.SaveDraft(ctx, publish.Draft{WorkspaceID: w.workspace.ID, Name: "fresh", Source: []byte("more"), Revision: f.Revision}))(t)
		must(w.SaveDraft(ctx, publish.Draft{WorkspaceID: w.workspace.ID, Name: "fresh", Source: []byte("more")}))(t) // changes nothing
		publication := publish.Publication{WorkspaceID: w.workspace.ID, Name: "fresh", Source: []byte("more")}
		for range 2 { // the second finds it live already
			if _, _, err := w.Publish(ctx, publication); err != nil {
				t.Fatal(err)
			}
		}
		must(w.SetFlowEnabled(ctx, w.workspace.ID, "fresh", false))(t)
		must(w.SetFlowEnabled(ctx, w.workspace.ID, "fresh", true))(t)
		must(w.FileFlow(ctx, w.workspace.ID, "fresh", publish.Filing{Tags: []string{"vip"}}))(t)
		hookID := must(w.EnsureHook(ctx, w.workspace.ID, f.ID, protocol.Inbox{}, 0))(t)
		must(w.SetHookSecret(ctx, trigger.Hook{ID: hookID, WorkspaceID: w.workspace.ID}, seal.Sealed{KeyID: "k", Data: []byte("sealed")}, time.Hour))(t)
		c := must(w.InsertConnection(ctx, connection.Connection{ID: id.New("con"), WorkspaceID: w.workspace.ID, Name: "shop", Connector: "shopify"}))(t)
		e := must(w.CreateEndpoint(ctx, delivery.Endpoint{ID: id.New("end"), WorkspaceID: w.workspace.ID, URL: "https://crm.example.com/t0ken?key=hidden", Events: []string{"*"}, State: delivery.Active, Secret: seal.Sealed{Data: []byte("s")}}))(t)
		for _, f := range []func(e *delivery.Endpoint){func(e *delivery.Endpoint) { e.State = delivery.Disabled }, func(e *delivery.Endpoint) { e.Secret.Data = []byte("s2") }} {
			must(w.ChangeEndpoint(ctx, w.workspace.ID, e.ID, func(e *delivery.Endpoint, _ time.Time) error { f(e); return nil }))(t)
		}
		deliveries := must(w.Announce(ctx, event.Outgoing{ID: id.New("evt"), WorkspaceID: w.workspace.ID, Type: "endpoint.test", Payload: []byte("{}")}, []string{e.ID}))(t)
		if err := errors.Join(
			w.Resend(ctx, w.workspace.ID, deliveries[0]), w.DeleteEndpoint(ctx, w.workspace.ID, e.ID), w.DeleteConnection(ctx, w.workspace.ID, c.ID),
			w.RevokeToken(ctx, w.workspace.ID, token.ID), w.RevokeToken(ctx, w.workspace.ID, token.ID), w.EndSessions(ctx, user.ID, ""), w.EndSessions(ctx, user.ID, ""),
		); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"token.create " + token.ID + ` <> <{"name":"ci","scopes":["read"]}>`,
			"user.create " + user.ID + ` <> <{"email":"` + user.Email + `","name":"Bo","role":"viewer"}>`,
			"user.change " + user.ID + ` <{"role":"viewer"}> <{"password":"set","role":"owner"}>`,
			"session.begin", "flow.create " + f.ID + ` <> <{"name":"fresh","revision":1}>`, `flow.save_draft ` + f.ID + ` <> <{"name":"fresh","revision":2}>`,
			"flow.publish " + f.ID + ` <{"version":0}> <{"name":"fresh","version":1}>`, "flow.disable " + f.ID, "flow.enable " + f.ID,
			"flow.file " + f.ID + ` <{"archived":false,"enabled":true,"name":"fresh","tags":null}> <{"archived":false,"enabled":true,"name":"fresh","tags":["vip"]}>`, "flow.set_webhook_secret " + f.ID,
			"connection.create " + c.ID + ` <> <{"connector":"shopify","name":"shop"}>`,
			"endpoint.create " + e.ID + ` <> <{"events":["*"],"host":"crm.example.com","state":"active"}>`,
			"endpoint.change " + e.ID + ` <{"events":["*"],"host":"crm.example.com","state":"active"}> <{"events":["*"],"host":"crm.example.com","state":"disabled"}>`,
			"endpoint.set_secret " + e.ID + " <> <>", "endpoint.send " + e.ID, "delivery.resend " + deliveries[0], "endpoint.delete " + e.ID,
			"connection.delete " + c.ID + ` <{"connector":"shopify","name":"shop"}> <>`, "token.revoke " + token.ID + ` <{"name":"ci","scopes":["read"]}>`, "session.end_others " + user.ID,
		}
		got := w.audit(access.AuditFilter{})
		slices.Reverse(got)
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) {
				t.Fatalf("%d entries, want %d: %+v", len(got), len(want), got)
			}
			line := fmt.Sprintf("%s %s <%s> <%s>", got[i].Action, got[i].Resource, got[i].Before, got[i].After)
			if !strings.HasPrefix(line, want[i]) {
				t.Errorf("entry %d: %s\nwant %s", i, line, want[i])
			}
			for _, secret := range []string{"argon", "t0ken", "hidden", "secret words", "sealed"} {
				if strings.Contains(line, secret) {
					t.Errorf("entry %d tells %s: %s", i, secret, line)
				}
			}
			if got[i].Actor != "usr_ana" || got[i].RequestID != "http_1" || got[i].At.IsZero() || got[i].Number != int64(i+1) {
				t.Errorf("entry %d: %+v", i, got[i])
			}
		}
		if r := w.chain(); len(r.Problems) > 0 || r.Entries != int64(len(want)) {
			t.Errorf("the chain: %+v", r)
		}
	},
	"what is undone leaves no entry, nor does the gateway's own work": func(t *testing.T, w *world) {
		if _, err := w.InsertConnection(w.acting(), connection.Connection{ID: id.New("con"), WorkspaceID: w.workspace.ID, Name: "wa"}); !errors.Is(err, store.ErrTaken) {
			t.Fatalf("a taken name: %v", err)
		}
		must(w.InsertConnection(t.Context(), connection.Connection{ID: id.New("con"), WorkspaceID: w.workspace.ID, Name: "own"}))(t)
		if got := w.audit(access.AuditFilter{}); len(got) != 0 {
			t.Errorf("got %+v", got)
		}
	},
	"what was asked for is recorded with its transition and only then": func(t *testing.T, w *world) {
		ctx := access.Intending(w.acting(), access.Deed{Action: "run.start", After: map[string]any{"flow": "verify"}})
		r := w.newRun()
		undone := errors.New("undone")
		if err := w.Write(ctx, []string{w.contact.ID}, func(ctx context.Context, tx engine.Tx) error {
			return errors.Join(tx.InsertRun(ctx, r, false), undone)
		}); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		write := func(ctx context.Context, unit func(ctx context.Context, tx engine.Tx) error) {
			t.Helper()
			if err := w.Write(ctx, []string{w.contact.ID}, unit); err != nil {
				t.Fatal(err)
			}
		}
		write(ctx, func(ctx context.Context, tx engine.Tx) error { return nil })
		write(ctx, func(ctx context.Context, tx engine.Tx) error { return tx.InsertRun(ctx, r, false) })
		other := w.newRun()
		write(ctx, func(ctx context.Context, tx engine.Tx) error { return tx.InsertRun(ctx, other, false) }) // that it starts in turn
		r.Revision = 1
		cancel := access.Intending(w.acting(), access.Deed{Action: "run.cancel", Resource: r.ID})
		for range 2 {
			write(cancel, func(ctx context.Context, tx engine.Tx) error { return tx.SaveRun(ctx, r, nil) })
			r.Revision++
		}
		wait := w.insertWait(nil)
		reply := access.Intending(w.acting(), access.Deed{Action: "wait.answer", Resource: wait.ID})
		saved := wait
		saved.State = run.WaitReplied
		for range 2 { // the second comes too late
			write(reply, func(ctx context.Context, tx engine.Tx) error { _, err := tx.SaveWait(ctx, saved); return err })
		}
		got := w.audit(access.AuditFilter{})
		if len(got) != 3 || got[0].Action+got[0].Resource != "wait.answer"+wait.ID || got[1].Action+got[1].Resource != "run.cancel"+r.ID ||
			got[2].Action+got[2].Resource != "run.start"+r.ID || string(got[2].After) != `{"flow":"verify"}` {
			t.Errorf("got %+v", got)
		}
	},
	"entries are found by who, what and when": func(t *testing.T, w *world) {
		for i, actor := range []string{"usr_a", "usr_b", "usr_a"} {
			ctx := access.ActingAs(t.Context(), access.Actor{WorkspaceID: w.workspace.ID, ID: actor})
			must(w.SetFlowEnabled(ctx, w.workspace.ID, "verify", i > 0))(t)
		}
		all := w.audit(access.AuditFilter{})
		numbers := func(f access.AuditFilter) string {
			var out []string
			for _, e := range w.audit(f) {
				out = append(out, fmt.Sprint(e.Number))
			}
			return strings.Join(out, " ")
		}
		for name, c := range map[string]struct {
			filter access.AuditFilter
			want   string
		}{
			"all":           {access.AuditFilter{}, "3 2 1"},
			"an actor":      {access.AuditFilter{Actor: "usr_a"}, "3 1"},
			"an action":     {access.AuditFilter{Action: "flow.enable"}, "3 2"},
			"a resource":    {access.AuditFilter{Resource: all[0].Resource}, "3 2 1"},
			"another":       {access.AuditFilter{Resource: "flow_x"}, ""},
			"since":         {access.AuditFilter{Since: all[1].At}, "3 2"},
			"since then":    {access.AuditFilter{Since: all[0].At.Add(time.Second)}, ""},
			"the next page": {access.AuditFilter{Before: 3, Actor: "usr_a"}, "1"},
		} {
			if got := numbers(c.filter); got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
		if got := must(w.ListAudit(t.Context(), "wsp_other", access.AuditFilter{}, list.Page{}))(t); len(got) != 0 {
			t.Errorf("another workspace sees %+v", got)
		}
	},
	"many at once make one row of entries": func(t *testing.T, w *world) {
		atOnce(t, 20, func(int) (bool, error) {
			_, err := w.InsertToken(w.acting(), access.Token{ID: id.New("tok"), WorkspaceID: w.workspace.ID, Hash: []byte(id.New("h"))})
			return true, err
		})
		if r := w.chain(); r.Entries != 20 || len(r.Problems) > 0 {
			t.Errorf("%+v", r)
		}
	},
}
