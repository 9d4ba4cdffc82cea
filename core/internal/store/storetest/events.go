package storetest

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var eventCases = cases{
	"an event comes back as it was stored, byte for byte": func(t *testing.T, w *world) {
		for name, data := range map[string]string{
			"spaces, order and repeated keys": "{ \"b\": 1,\n\t\"a\": 2, \"b\": 3 }",
			"large and precise numbers":       `{"id":9223372036854775807,"big":12345678901234567890123,"x":1.10}`,
			"escapes and quotes":              `{"a":"\u0000\u00e9<>&' '' \\ \" ? ?0 ?? $1 %s -- ;","b":"ñ😀"}`,
			"null":                            `null`,
		} {
			e := w.newEvent()
			e.Data = json.RawMessage(data)
			e.Contact = &protocol.Contact{Phone: "+34600000001", ExternalID: "9223372036854775807"}
			e.Message = &protocol.Message{ID: "wamid.1", Text: "it's\nme", Media: &protocol.Media{ID: "1"}}
			e.Status = &protocol.Status{MessageID: "wamid.2", State: protocol.StatusRead}
			w.write(func(ctx context.Context, tx engine.Tx) error {
				_, _, err := tx.InsertEvent(ctx, e, false)
				return err
			})
			if got := must(w.Event(t.Context(), w.workspace.ID, e.ID))(t); !reflect.DeepEqual(got, e) {
				t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, e)
			}
		}
	},
	"times keep their microsecond and lose their zone": func(t *testing.T, w *world) {
		e := w.newEvent()
		e.OccurredAt = time.Date(1999, 12, 31, 23, 59, 59, 999999999, time.FixedZone("", -5*3600))
		w.write(func(ctx context.Context, tx engine.Tx) error {
			_, _, err := tx.InsertEvent(ctx, e, false)
			return err
		})
		got := must(w.Event(t.Context(), w.workspace.ID, e.ID))(t)
		if want := time.Date(2000, 1, 1, 4, 59, 59, 999999000, time.UTC); got.OccurredAt != want {
			t.Errorf("got %s, want %s", got.OccurredAt, want)
		}
	},
	"of fifty copies of an event at once one is fresh": func(t *testing.T, w *world) {
		e := w.newEvent()
		fresh := atOnce(t, 50, func(int) (fresh bool, err error) {
			mine := e
			mine.ID = id.New("evt")
			err = w.Write(t.Context(), "", func(ctx context.Context, tx engine.Tx) (err error) {
				_, fresh, err = tx.InsertEvent(ctx, mine, false)
				return err
			})
			return fresh, err
		})
		if fresh != 1 {
			t.Errorf("%d are fresh", fresh)
		}
	},
	"a key is another event's on another connection and for another type": func(t *testing.T, w *world) {
		e := w.newEvent()
		for name, change := range map[string]func(*event.Event){
			"the first":          func(*event.Event) {},
			"another type":       func(e *event.Event) { e.Type = "shop.refund" },
			"another connection": func(e *event.Event) { e.ConnectionID = "con_other" },
			"no connection":      func(e *event.Event) { e.ConnectionID = "" },
		} {
			other := e
			other.ID = id.New("evt")
			change(&other)
			w.write(func(ctx context.Context, tx engine.Tx) error {
				if _, fresh, err := tx.InsertEvent(ctx, other, false); err != nil || !fresh {
					t.Errorf("%s: fresh %v, %v", name, fresh, err)
				}
				return nil
			})
		}
	},
	"an event starts one run of a flow": func(t *testing.T, w *world) {
		e := w.newEvent()
		w.write(func(ctx context.Context, tx engine.Tx) error {
			_, _, err := tx.InsertEvent(ctx, e, false)
			return err
		})
		fresh := atOnce(t, 10, func(int) (fresh bool, err error) {
			err = w.Write(t.Context(), "", func(ctx context.Context, tx engine.Tx) (err error) {
				fresh, err = tx.InsertDelivery(ctx, e.ID, w.version.FlowID, id.New("run"))
				return err
			})
			return fresh, err
		})
		if fresh != 1 {
			t.Errorf("%d are fresh", fresh)
		}
	},
}
