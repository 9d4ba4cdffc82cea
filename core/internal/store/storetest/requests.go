package storetest

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/retention"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

// newRequest returns a webhook request that is not stored yet.
func (w *world) newRequest() store.NewRequest {
	return store.NewRequest{ID: id.New("req"), WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID,
		Connector: "whatsapp", Method: "POST", Body: []byte("{}")}
}

func (w *world) parse(id string) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx engine.Tx) error { return tx.ParsedRequest(ctx, id, "") })
}

var requestCases = cases{
	"a request comes back as it was received, until it is parsed": func(t *testing.T, w *world) {
		r := w.newRequest()
		for b := range 256 {
			r.Body = append(r.Body, byte(b))
		}
		r.Query = map[string][]string{"a": {"1", "?"}}
		r.Header = map[string][]string{"X-Sig": {"it's"}}
		fresh, receivedAt, err := w.InsertRequest(t.Context(), r)
		if err != nil || !fresh {
			t.Fatalf("fresh %v, %v", fresh, err)
		}
		got := must(w.request(t.Context(), r.ID))(t)
		if !bytes.Equal(got.Body, r.Body) || !reflect.DeepEqual(got.Query, r.Query) || !reflect.DeepEqual(got.Header, r.Header) ||
			!got.ReceivedAt.Equal(receivedAt) || got.Connector != r.Connector {
			t.Errorf("got %+v", got)
		}
		w.parse(r.ID)
		if _, _, err := w.Request(t.Context(), r.ID); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("after parsing: %v", err)
		}
	},
	"of fifty copies of a delivery at once one is stored": func(t *testing.T, w *world) {
		fresh := atOnce(t, 50, func(int) (bool, error) {
			r := w.newRequest()
			r.DeliveryKey = "delivery-1"
			fresh, _, err := w.InsertRequest(t.Context(), r)
			return fresh, err
		})
		if fresh != 1 {
			t.Errorf("%d are fresh", fresh)
		}
	},
	"one delivery at two addresses of a connection is two": func(t *testing.T, w *world) {
		for i, c := range []struct {
			key  string
			want bool
		}{{"", true}, {"queued-1", true}, {"queued-2", true}, {"queued-1", false}, {"", false}} {
			r := w.newRequest()
			r.DeliveryKey, r.EndpointKey = "delivery-1", c.key
			fresh, _, err := w.InsertRequest(t.Context(), r)
			if err != nil || fresh != c.want {
				t.Errorf("copy %d: fresh %t, %v", i+1, fresh, err)
			}
			if fresh {
				if got := must(w.request(t.Context(), r.ID))(t); got.EndpointKey != c.key {
					t.Errorf("copy %d came at %q", i+1, got.EndpointKey)
				}
			}
		}
	},
	"of refused requests the newest of each address are kept, and shown among the others": func(t *testing.T, w *world) {
		ctx := t.Context()
		note := func(connection string, n int) (notes []trigger.Refused) {
			for range n {
				notes = append(notes, trigger.Refused{ID: id.New("req"), WorkspaceID: w.workspace.ID, ConnectionID: connection, Connector: "whatsapp", Method: "POST",
					Header: map[string][]string{"X-A": {"b"}}, Body: []byte("Ana"), Size: 9, Remote: "192.0.2.7", Verdict: trigger.BadSignature, Skipped: 4, ReceivedAt: time.Now()})
			}
			return notes
		}
		keep := func(notes []trigger.Refused) {
			t.Helper()
			if err := w.NoteRefused(ctx, notes, 3); err != nil {
				t.Fatal(err)
			}
		}
		kept := w.newRequest()
		if _, _, err := w.InsertRequest(ctx, kept); err != nil {
			t.Fatal(err)
		}
		other := note("con_other", 2)
		other[1].Verdict = trigger.TooOld
		keep(other)
		first, second := note(w.connection.ID, 5), note(w.connection.ID, 1)
		keep(first)
		keep(second)
		for name, c := range map[string]struct {
			filter inspect.RequestFilter
			page   list.Page
			want   []string
		}{
			"all":           {inspect.RequestFilter{}, page(0), []string{second[0].ID, first[4].ID, first[3].ID, other[1].ID, other[0].ID, kept.ID}},
			"kept":          {inspect.RequestFilter{Verdict: inspect.RequestNew}, page(0), []string{kept.ID}},
			"a verdict":     {inspect.RequestFilter{Verdict: "too_old"}, page(0), []string{other[1].ID}},
			"an address":    {inspect.RequestFilter{ConnectionID: "con_other"}, page(0), []string{other[1].ID, other[0].ID}},
			"the last page": {inspect.RequestFilter{}, list.Page{After: other[1].ID}, []string{other[0].ID, kept.ID}},
		} {
			var got []string
			for _, r := range must(w.ListRequests(ctx, w.workspace.ID, c.filter, c.page))(t) {
				got = append(got, r.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
		if got := must(w.ListRequests(ctx, w.workspace.ID, inspect.RequestFilter{}, list.Page{Limit: 2}))(t); len(got) != 2 {
			t.Errorf("a page holds %d", len(got))
		}
		got := must(w.RequestDetail(ctx, w.workspace.ID, second[0].ID))(t).Request
		if got.Verdict() != "bad_signature" || string(got.Body) != "Ana" || got.Size != 9 || got.Remote != "192.0.2.7" || got.Skipped != 4 || got.Header["X-A"][0] != "b" {
			t.Errorf("got %+v", got)
		}
		if _, err := w.RequestDetail(ctx, "workspace_other", second[0].ID); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("another workspace sees it: %v", err)
		}
		if err := w.EraseContact(ctx, w.workspace.ID, w.contact.ID); err != nil {
			t.Fatal(err)
		}
		got = must(w.RequestDetail(ctx, w.workspace.ID, second[0].ID))(t).Request
		if len(got.Body) != 0 || len(got.Header) != 0 || got.Remote != "" {
			t.Errorf("after somebody was erased: %+v", got)
		}
		w.prunes(retention.Refused, 5)
	},
	"requests without a delivery key are all stored": func(t *testing.T, w *world) {
		fresh := atOnce(t, 10, func(int) (bool, error) {
			fresh, _, err := w.InsertRequest(t.Context(), w.newRequest())
			return fresh, err
		})
		if fresh != 10 {
			t.Errorf("%d are fresh", fresh)
		}
	},
	"R5: the barrier stands while a request from before is unparsed": func(t *testing.T, w *world) {
		r := w.newRequest()
		_, receivedAt, err := w.InsertRequest(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		barrier := func(connectionID string, before time.Time) (stands bool) {
			w.write(func(ctx context.Context, tx engine.Tx) (err error) {
				stands, err = tx.UnparsedBefore(ctx, connectionID, before)
				return err
			})
			return stands
		}
		if !barrier(w.connection.ID, receivedAt.Add(time.Microsecond)) {
			t.Error("it does not stand")
		}
		if barrier(w.connection.ID, receivedAt) {
			t.Error("it stands against what was received at that instant, which is not before")
		}
		if barrier("con_other", receivedAt.Add(time.Hour)) {
			t.Error("it stands for another connection")
		}
		w.parse(r.ID)
		if barrier(w.connection.ID, receivedAt.Add(time.Hour)) {
			t.Error("it stands after parsing")
		}
	},
}

// request loads a request that is not parsed yet.
func (w *world) request(ctx context.Context, id string) (engine.Request, error) {
	r, _, err := w.Request(ctx, id)
	return r, err
}
