package storetest

import (
	"context"
	"encoding/json"
	"errors"
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
				_, err := tx.Receive(ctx, engine.Incoming{Event: e})
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
			_, err := tx.Receive(ctx, engine.Incoming{Event: e})
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
			err = w.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) (err error) {
				got, err := tx.Receive(ctx, engine.Incoming{Event: mine})
				fresh = got.Fresh
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
				if got, err := tx.Receive(ctx, engine.Incoming{Event: other}); err != nil || !got.Fresh {
					t.Errorf("%s: fresh %v, %v", name, got.Fresh, err)
				}
				return nil
			})
		}
	},
	"an event starts one run of a flow": func(t *testing.T, w *world) {
		e := w.newEvent()
		w.write(func(ctx context.Context, tx engine.Tx) error {
			_, err := tx.Receive(ctx, engine.Incoming{Event: e})
			return err
		})
		fresh := atOnce(t, 10, func(int) (fresh bool, err error) {
			err = w.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) (err error) {
				fresh, err = tx.InsertDelivery(ctx, e.ID, w.version.FlowID, id.New("run"))
				return err
			})
			return fresh, err
		})
		if fresh != 1 {
			t.Errorf("%d are fresh", fresh)
		}
	},
	"an event brings its contact as they are now": func(t *testing.T, w *world) {
		changed := w.contact
		changed.Name, changed.Tags, changed.Lists = "Ana, later", []string{"vip"}, []string{"news"}
		w.write(func(ctx context.Context, tx engine.Tx) error {
			if err := tx.SaveContact(ctx, changed); err != nil {
				return err
			}
			e := w.newEvent()
			got, err := tx.Receive(ctx, engine.Incoming{Event: e, ContactID: w.contact.ID})
			if want := (engine.Received{EventID: e.ID, Fresh: true, Contact: must(tx.Contact(ctx, w.workspace.ID, w.contact.ID))(t)}); !reflect.DeepEqual(got, want) || got.Contact.Name != changed.Name {
				t.Errorf("\ngot  %+v\nwant %+v", got, want)
			}
			return err
		})
	},
	"R14: what is known of an event is told apart": func(t *testing.T, w *world) {
		e, m := w.newEvent(), w.newMessage("wamid.1")
		w.write(func(ctx context.Context, tx engine.Tx) error {
			first, err := tx.Receive(ctx, engine.Incoming{Event: e, ContactID: w.contact.ID, Says: &m})
			return errors.Join(err, tx.KeepMessage(ctx, first.Message))
		})
		w.write(func(ctx context.Context, tx engine.Tx) error {
			for name, try := range map[string]struct {
				event, message bool // that are new
			}{"both": {}, "the message": {event: true}, "the event": {message: true}} {
				again, says := e, w.newMessage("wamid.1")
				again.ID = id.New("evt")
				if try.event {
					again.Key = again.ID
				}
				if try.message {
					says.ProviderID = "wamid.2"
				}
				got, err := tx.Receive(ctx, engine.Incoming{Event: again, ContactID: w.contact.ID, Says: &says})
				if err != nil {
					return err
				}
				if got.Fresh != try.event || got.Heard != try.message || !try.event && (got.EventID != e.ID || got.Message.EventID != e.ID) {
					t.Errorf("%s: %+v", name, got)
				}
			}
			return nil
		})
	},
	"an event of somebody who is gone is told": func(t *testing.T, w *world) {
		other := w.person("+34600000002")
		gone := errors.New("the unit ends")
		for name, whose := range map[string]string{"a stranger": "cnt_none", "another's": w.contact.ID} {
			err := w.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) error {
				if name == "another's" {
					must(0, tx.MergeContact(ctx, w.contact.ID, other.ID))(t)
				}
				m := w.newMessage("wamid.1")
				m.ContactID = whose
				got, err := tx.Receive(ctx, engine.Incoming{Event: w.newEvent(), ContactID: whose, Says: &m})
				if name == "a stranger" && !errors.Is(err, engine.ErrNotFound) || name == "another's" && (err != nil || got.Contact.ID != other.ID || got.Heard) {
					t.Errorf("%s: %+v, %v", name, got, err)
				}
				return gone
			})
			if !errors.Is(err, gone) {
				t.Fatal(err)
			}
		}
	},
}
