package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var messageCases = cases{
	"a message comes back as it was stored": func(t *testing.T, w *world) {
		m := w.newSend("key")
		m.Media, m.NotReply, m.Text = json.RawMessage(`{ "id":"1" }`), true, "it's ? ?0 \\ \" ñ"
		m.Failure = &protocol.Failure{Kind: protocol.Permanent, Message: "no"}
		w.insertMessage(m)
		var got conversation.Message
		w.write(func(ctx context.Context, tx engine.Tx) (err error) {
			got, err = tx.SentMessage(ctx, w.connection.ID, "", "key")
			return err
		})
		if !reflect.DeepEqual(got, m) {
			t.Errorf("got  %+v\nwant %+v", got, m)
		}
	},
	"a text that no database can hold is stored as far as it can be": func(t *testing.T, w *world) {
		m := w.newMessage("wamid.\x00")
		m.Text, m.Payload = "a\x00b' ñ", "\xffé"
		w.insertMessage(m)
		again, fresh := w.insertMessage(m)
		if fresh || again.Text != "a\uFFFDb' ñ" || again.Payload != "\uFFFDé" || again.Duplicates != 1 {
			t.Errorf("fresh %v, text %q, payload %q", fresh, again.Text, again.Payload)
		}
	},
	"inbound messages are numbered without gaps": func(t *testing.T, w *world) {
		won := atOnce(t, 20, func(i int) (fresh bool, err error) {
			err = w.Write(t.Context(), []string{w.contact.ID}, func(ctx context.Context, tx engine.Tx) (err error) {
				_, fresh, err = tx.InsertMessage(ctx, w.newMessage(id.New("wamid")))
				return err
			})
			return fresh, err
		})
		w.write(func(ctx context.Context, tx engine.Tx) error {
			list := must(tx.UnclaimedInbound(ctx, w.contact.ID, w.connection.ID, 0))(t)
			for i, m := range list {
				if m.Seq != int64(i+1) {
					t.Errorf("message %d has number %d", i+1, m.Seq)
				}
			}
			if won != 20 || len(list) != 20 {
				t.Errorf("%d fresh, %d stored; want 20 each", won, len(list))
			}
			return nil
		})
	},
	"R14: of five copies at once one is fresh and four are counted": func(t *testing.T, w *world) {
		won := atOnce(t, 5, func(int) (fresh bool, err error) {
			err = w.Write(t.Context(), []string{w.contact.ID}, func(ctx context.Context, tx engine.Tx) (err error) {
				_, fresh, err = tx.InsertMessage(ctx, w.newMessage("wamid.1"))
				return err
			})
			return fresh, err
		})
		again, fresh := w.insertMessage(w.newMessage("wamid.1"))
		if won != 1 || fresh || again.Duplicates != 5 || again.Seq != 1 {
			t.Errorf("%d fresh; the sixth: fresh %v, %d duplicates, number %d", won, fresh, again.Duplicates, again.Seq)
		}
	},
	"R14: a number is taken once, and by the message that is then stored": func(t *testing.T, w *world) {
		w.write(func(ctx context.Context, tx engine.Tx) error {
			got := w.hear(ctx, tx, w.newMessage("wamid.1"))
			m := got.Message
			if !got.Heard || m.Seq != 1 || m.EventID != got.EventID {
				t.Errorf("numbered %+v", got)
			}
			if offered := must(tx.UnclaimedInbound(ctx, w.contact.ID, "", 0))(t); len(offered) != 0 {
				t.Errorf("offered before it is stored: %+v", offered)
			}
			stored, fresh, err := tx.InsertMessage(ctx, m)
			if err != nil || !fresh || stored.Seq != 1 {
				t.Errorf("stored with %d, fresh %v, %v", stored.Seq, fresh, err)
			}
			if again := w.hear(ctx, tx, w.newMessage("wamid.1")); again.Heard || again.Message.ID != m.ID || again.Message.Duplicates != 1 {
				t.Errorf("a copy: %+v", again)
			}
			return nil
		})
		if next, _ := w.insertMessage(w.newMessage("wamid.2")); next.Seq != 2 {
			t.Errorf("the next one has number %d", next.Seq)
		}
	},
	"a contact was heard when they last wrote, with the message that is being read": func(t *testing.T, w *world) {
		heard := func(ctx context.Context, tx engine.Tx, connectionID string, want time.Time) {
			t.Helper()
			if got := must(tx.LastHeard(ctx, w.contact.ID, connectionID))(t); !got.Equal(want) {
				t.Errorf("last heard at %s, want %s", got, want)
			}
		}
		at := time.Now().Truncate(time.Millisecond).Add(-time.Hour)
		said := func(id string, at time.Time) conversation.Message {
			m := w.newMessage(id)
			m.EffectiveAt = at
			return m
		}
		w.write(func(ctx context.Context, tx engine.Tx) error {
			heard(ctx, tx, w.connection.ID, time.Time{})
			return nil
		})
		w.insertMessage(said("wamid.1", at))
		w.insertMessage(said("wamid.2", at.Add(-time.Minute))) // it came late
		edit := said("wamid.3", at.Add(time.Minute))
		edit.NotReply = true
		w.insertMessage(edit)
		w.insertMessage(w.newSend("key"))
		w.write(func(ctx context.Context, tx engine.Tx) error {
			heard(ctx, tx, w.connection.ID, at)
			heard(ctx, tx, "con_other", time.Time{})
			w.hear(ctx, tx, said("wamid.4", at.Add(2*time.Minute)))
			heard(ctx, tx, w.connection.ID, at.Add(2*time.Minute))
			heard(ctx, tx, "con_other", time.Time{})
			return nil
		})
	},
	"the same call recorded twice is one message": func(t *testing.T, w *world) {
		first, _ := w.insertMessage(w.newSend("key"))
		again, fresh := w.insertMessage(w.newSend("key"))
		if fresh || again.ID != first.ID || again.Duplicates != 0 {
			t.Errorf("got %v, %+v", fresh, again)
		}
	},
	"R1: an intent carries the newest inbound number, and a repeated one keeps the first": func(t *testing.T, w *world) {
		w.insertMessage(w.newMessage("1"))
		w.insertMessage(w.newMessage("2"))
		intend := func() (m conversation.Message) {
			w.write(func(ctx context.Context, tx engine.Tx) (err error) {
				if err = tx.InsertIntent(ctx, w.newSend("key")); err == nil {
					m, err = tx.SentMessage(ctx, w.connection.ID, "", "key")
				}
				return err
			})
			return m
		}
		first := intend()
		w.insertMessage(w.newMessage("3"))
		again := intend()
		if first.Seq != 2 || again.Seq != 2 || again.ID != first.ID {
			t.Errorf("first %s with number %d, then %s with %d; want one message with 2", first.ID, first.Seq, again.ID, again.Seq)
		}
	},
	"an echo that came before the answer of its call is merged into the message": func(t *testing.T, w *world) {
		sent, _ := w.insertMessage(w.newSend("key"))
		echo := w.newMessage("wamid.1")
		echo.Direction, echo.Status = protocol.Outbound, conversation.Delivered
		w.insertMessage(echo)
		sent.ProviderID, sent.Status = "wamid.1", conversation.Sent
		w.write(func(ctx context.Context, tx engine.Tx) error { return tx.UpdateMessage(ctx, sent) })
		w.write(func(ctx context.Context, tx engine.Tx) error {
			got := must(tx.SentMessage(ctx, w.connection.ID, "wamid.1", ""))(t)
			if got.ID != sent.ID || got.Status != conversation.Delivered || got.CallKey != "key" {
				t.Errorf("got %+v", got)
			}
			return nil
		})
	},
	"a provider id that another call's message holds is left out": func(t *testing.T, w *world) {
		first, _ := w.insertMessage(w.newSend("first"))
		second, _ := w.insertMessage(w.newSend("second"))
		for _, m := range []*conversation.Message{&first, &second} {
			m.ProviderID, m.Status = "wamid.1", conversation.Sent
			w.write(func(ctx context.Context, tx engine.Tx) error { return tx.UpdateMessage(ctx, *m) })
		}
		w.write(func(ctx context.Context, tx engine.Tx) error {
			holder := must(tx.SentMessage(ctx, w.connection.ID, "wamid.1", ""))(t)
			other := must(tx.SentMessage(ctx, w.connection.ID, "", "second"))(t)
			if holder.ID != first.ID || other.ProviderID != "" || other.Status != conversation.Sent {
				t.Errorf("%s holds it; the other is %+v", holder.ID, other)
			}
			return nil
		})
	},
	"a sent message is found by provider id before call key": func(t *testing.T, w *world) {
		a, _ := w.insertMessage(w.newSend("a"))
		b, _ := w.insertMessage(w.newSend("b"))
		b.ProviderID, b.Status = "wamid.b", conversation.Sent
		w.write(func(ctx context.Context, tx engine.Tx) error { return tx.UpdateMessage(ctx, b) })
		w.write(func(ctx context.Context, tx engine.Tx) error {
			for _, c := range []struct{ provider, key, want string }{
				{"wamid.b", "", b.ID}, {"", "a", a.ID}, {"wamid.b", "a", b.ID}, {"wamid.x", "a", a.ID},
			} {
				if got := must(tx.SentMessage(ctx, w.connection.ID, c.provider, c.key))(t); got.ID != c.want {
					t.Errorf("SentMessage(%q, %q) = %s, want %s", c.provider, c.key, got.ID, c.want)
				}
			}
			if _, err := tx.SentMessage(ctx, w.connection.ID, "", ""); !errors.Is(err, engine.ErrNotFound) {
				t.Errorf("neither: %v", err)
			}
			return nil
		})
	},
	"R2: what a wait has claimed and what came before the question is not offered": func(t *testing.T, w *world) {
		before, _ := w.insertMessage(w.newMessage("1"))
		claimed, _ := w.insertMessage(w.newMessage("2"))
		late, _ := w.insertMessage(w.newMessage("3"))
		claimed.Disposition, claimed.WaitID = conversation.Matched, "wait_1"
		late.Disposition = conversation.NoMatch
		elsewhere := w.newMessage("4")
		elsewhere.ConnectionID = "con_other"
		w.insertMessage(elsewhere)
		w.insertMessage(w.newSend("key"))
		w.write(func(ctx context.Context, tx engine.Tx) error {
			if err := errors.Join(tx.UpdateMessage(ctx, claimed), tx.UpdateMessage(ctx, late)); err != nil {
				return err
			}
			got := must(tx.UnclaimedInbound(ctx, w.contact.ID, w.connection.ID, before.Seq))(t)
			if len(got) != 1 || got[0].ID != late.ID {
				t.Errorf("got %+v", got)
			}
			return nil
		})
	},
}
