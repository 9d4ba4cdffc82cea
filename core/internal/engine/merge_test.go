package engine_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

const otherPhone = "+34600111999"

// TestMergedContactsAreOne: what belongs to one is the other's, with their own values first and the stricter wish.
func TestMergedContactsAreOne(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		for _, number := range []string{phone, otherPhone} {
			w.send(wrote("m"+number, number, "hello", time.Now()))
			w.disposition("m" + number)
		}
		ctx, ws := t.Context(), w.workspace.ID
		ana, old := w.contact(phone), w.contact(otherPhone)
		field := func(v string) map[string]json.RawMessage {
			return map[string]json.RawMessage{"size": json.RawMessage(v)}
		}
		_, err := w.engine.ChangeContact(ctx, ws, ana.ID, run.ContactChange{Name: new("Ana"), AddTags: []string{"vip"}, Fields: field(`"M"`), Consent: flow.Subscribed})
		w.check(err)
		theirs := field(`"L"`)
		theirs["birthday"] = json.RawMessage(`"1990-05-17"`)
		_, err = w.engine.ChangeContact(ctx, ws, old.ID, run.ContactChange{Name: new("Anna"), Language: new("es"), AddTags: []string{"new"}, AddLists: []string{"newsletter"}, Fields: theirs, Consent: flow.Unsubscribed})
		w.check(err)
		for _, dry := range []bool{true, false} {
			m, err := w.engine.MergeContacts(ctx, ws, ana.ID, old.ID, dry)
			w.check(err)
			c := m.Contact
			if c.ID != ana.ID || c.Name != "Ana" || c.Phone != phone || c.Language != "es" || c.Consent != flow.Unsubscribed ||
				!slices.Equal(c.Tags, []string{"new", "vip"}) || !slices.Equal(c.Lists, []string{"newsletter"}) || string(c.Fields) != `{"birthday":"1990-05-17","size":"M"}` {
				t.Errorf("dry %v: they become %+v", dry, c)
			}
			if m.Moved.Messages != 1 || len(m.Moved.Identities) == 0 || !slices.Equal(m.Dropped, []string{"phone", "name", "fields.size"}) {
				t.Errorf("dry %v: moved %+v, dropped %v", dry, m.Moved, m.Dropped)
			}
			stored, err := w.store.ContactByID(ctx, ws, old.ID)
			w.check(err)
			if want := map[bool]string{true: old.ID, false: ana.ID}[dry]; stored.ID != want {
				t.Errorf("dry %v: the other one is found as %s", dry, stored.ID)
			}
		}
		all, err := w.store.SearchContacts(ctx, ws, inspect.ContactFilter{}, list.Page{})
		w.check(err)
		if len(all) != 1 {
			t.Errorf("%d contacts are left", len(all))
		}
		w.send(wrote("m3", otherPhone, "me again", time.Now()))
		w.disposition("m3")
		if m := w.messages()["m3"]; m.ContactID != ana.ID {
			t.Errorf("what the other number says is said by %s", m.ContactID)
		}
		if _, err := w.engine.MergeContacts(ctx, ws, ana.ID, old.ID, false); !errors.Is(err, engine.ErrSameContact) {
			t.Errorf("merged twice: %v", err)
		}
		w.check(w.engine.Erase(ctx, ws, old.ID))
		if c, err := w.store.ContactByID(ctx, ws, ana.ID); err != nil || c.Name != "" {
			t.Errorf("erased by the old id: %+v, %v", c, err)
		}
	})
}

// TestR9AWaitIsAnsweredAfterAMerge: by either number, whichever of the two was asked, and not by what was said before.
func TestR9AWaitIsAnsweredAfterAMerge(t *testing.T) {
	for name, c := range map[string]struct{ asked, answers string }{
		"the other one was asked, and answers": {otherPhone, otherPhone}, "the other one was asked, and the first number answers": {otherPhone, phone},
		"the first was asked, and the other number answers": {phone, otherPhone},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, patient, nil)
				for i, number := range []string{phone, otherPhone, otherPhone} {
					key := "m" + string(rune('0'+i))
					w.send(wrote(key, number, "hello", time.Now()))
					w.disposition(key)
				}
				w.send(ordered("o1", c.asked))
				d := w.asked()
				m, err := w.engine.MergeContacts(t.Context(), w.workspace.ID, w.contact(phone).ID, w.contact(otherPhone).ID, false)
				w.check(err)
				if got, err := w.store.Wait(t.Context(), d.Waits[0].ID); err != nil || got.State != run.WaitOpen || got.ContactID != m.Contact.ID {
					t.Fatalf("the wait is %+v, %v", got, err)
				}
				w.send(wrote("m9", c.answers, "yes", time.Now()))
				if got := w.disposition("m9"); got != conversation.Matched {
					t.Errorf("the answer is %s", got)
				}
			})
		})
	}
}

// TestAMergeDuringACall: the outcome is stored, and the wait that follows is the one contact's.
func TestAMergeDuringACall(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, strings.Replace(patient, "  - id: answer", "  - {id: more, do: chat.say, connection: line, with: {text: \"And?\"}}\n  - id: answer", 1), nil)
		calling, release := make(chan struct{}), make(chan struct{})
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if in.StepID == "ask" {
				close(calling)
				<-release
			}
			return said(in), nil
		}
		w.send(wrote("m1", phone, "hello", time.Now()))
		w.disposition("m1")
		w.send(ordered("o1", otherPhone))
		<-calling
		_, err := w.engine.MergeContacts(t.Context(), w.workspace.ID, w.contact(phone).ID, w.contact(otherPhone).ID, false)
		w.check(err)
		close(release)
		w.asked()
		w.send(wrote("m2", phone, "yes", time.Now()))
		if got := w.disposition("m2"); got != conversation.Matched {
			t.Errorf("the answer is %s", got)
		}
	})
}

// TestAMergeWithABlockedContact ends the runs of both.
func TestAMergeWithABlockedContact(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(wrote("m1", otherPhone, "hello", time.Now()))
		w.disposition("m1")
		w.send(ordered("o1", phone))
		w.asked()
		_, err := w.engine.ChangeContact(t.Context(), w.workspace.ID, w.contact(otherPhone).ID, run.ContactChange{Blocked: new(true)})
		w.check(err)
		_, err = w.engine.MergeContacts(t.Context(), w.workspace.ID, w.contact(phone).ID, w.contact(otherPhone).ID, false)
		w.check(err)
		w.untilRuns("ask", run.Cancelled)
	})
}

// known is what a contact said who is known to the provider by these keys.
func known(key string, who protocol.Contact) protocol.Event {
	ev := wrote(key, "", "hello", time.Now())
	ev.Contact = &who
	return ev
}

// TestAPersonWithTwoKeysIsOneContact: known by a user name first and by number from elsewhere, then by both.
func TestAPersonWithTwoKeysIsOneContact(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(known("m1", protocol.Contact{ExternalID: "IT.1349", Name: "Giulia"}))
		w.disposition("m1")
		w.send(ordered("o1", phone))
		d := w.asked()
		w.send(known("m2", protocol.Contact{ExternalID: phone[1:], Phone: phone, OtherID: "IT.1349"}))
		if got := w.disposition("m2"); got != conversation.Matched {
			t.Errorf("the answer is %s", got)
		}
		giulia := w.contact(phone)
		if said := w.messages(); giulia.Name != "Giulia" || said["m1"].ContactID != giulia.ID || said["m2"].ContactID != giulia.ID || d.Waits[0].ContactID != giulia.ID {
			t.Errorf("got %+v, asked %s, who said %v", giulia, d.Waits[0].ContactID, said)
		}
		w.send(known("m3", protocol.Contact{ExternalID: "IT.1349"}))
		w.disposition("m3")
		if got := w.messages()["m3"].ContactID; got != giulia.ID {
			t.Errorf("by the other key alone they are %s, want %s", got, giulia.ID)
		}
	})
}

// TestASharedMailboxMakesNobodyOne: the other key decides before the address, and nobody is merged for it.
func TestASharedMailboxMakesNobodyOne(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		for key, who := range map[string]protocol.Contact{"m1": {ExternalID: "anna", Email: "rossi@example.com"}, "m2": {ExternalID: "bruno"}} {
			w.send(known(key, who))
			w.disposition(key)
		}
		w.send(known("m3", protocol.Contact{ExternalID: "b2", OtherID: "bruno", Email: "rossi@example.com"}))
		w.disposition("m3")
		if m := w.messages(); m["m3"].ContactID != m["m2"].ContactID || m["m1"].ContactID == m["m2"].ContactID {
			t.Errorf("said by %s, %s and %s", m["m1"].ContactID, m["m2"].ContactID, m["m3"].ContactID)
		}
	})
}

// TestAChangeOfNumberTakesTheWaitAlong: what was asked of the old number is answered from the new one, whether that was known
// before or not, and whoever gets the old number is somebody new.
func TestAChangeOfNumberTakesTheWaitAlong(t *testing.T) {
	for name, before := range map[string]bool{"a new number": false, "a number that was known": true} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, patient, nil)
				old := protocol.Contact{ExternalID: phone[1:], Phone: phone}
				w.send(known("m1", old))
				w.disposition("m1")
				if before {
					w.send(known("m2", protocol.Contact{ExternalID: otherPhone[1:], Phone: otherPhone}))
					w.disposition("m2")
				}
				w.send(ordered("o1", phone))
				asked := w.asked().Waits[0].ContactID
				for _, key := range []string{"m3", "m4"} { // told twice
					notice := known(key, protocol.Contact{ExternalID: otherPhone[1:], Phone: otherPhone, Formerly: &old})
					notice.Message.NotReply = true
					w.send(notice)
					w.disposition(key)
				}
				if c := w.contact(otherPhone); c.ID != asked {
					t.Errorf("the new number is %s, want %s", c.ID, asked)
				}
				w.send(known("m5", protocol.Contact{ExternalID: otherPhone[1:], Phone: otherPhone}))
				if got := w.disposition("m5"); got != conversation.Matched {
					t.Errorf("the answer from the new number is %s", got)
				}
				w.send(known("m6", old))
				w.disposition("m6")
				if stranger := w.messages()["m6"].ContactID; stranger == asked {
					t.Error("whoever has the old number now is taken for the contact")
				}
			})
		})
	}
}
