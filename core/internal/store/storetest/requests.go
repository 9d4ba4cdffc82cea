package storetest

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/store"
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
