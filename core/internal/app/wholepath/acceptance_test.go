//go:build linux

package wholepath_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

// within is the example's two hours, long enough that a test that acts in the middle does.
const within = 5 * time.Second

// TestAcceptance is the acceptance table of the worked example, but for its outages. Each case is a customer of their
// own, all at once at one gateway.
func TestAcceptance(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, within)
		t.Cleanup(func() { g.wouldDoItAgain(t) }) // once all cases have come to their ends
		cases := map[string]struct {
			buy    order
			script func(t *testing.T, p person)
			then   outcome
		}{
			"AX-1 a reply shortly before the deadline takes the default path": {
				script: func(t *testing.T, p person) {
					w := p.asked(t)
					until(w.Deadline.Add(-within / 5))
					p.says(t, "Sí")
				},
				then: outcome{path: answered, sent: guided, tag: "reactive", wait: "replied", heard: []string{"matched"}},
			},
			"AX-2 silence takes the reminder after the pause": {
				then: outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response"},
			},
			"AX-3 a reply past the deadline, before the timeout, is late": {
				script: func(t *testing.T, p person) {
					w := p.asked(t)
					until(w.Deadline.Truncate(time.Second).Add(time.Second)) // WhatsApp's timestamps are whole seconds
					p.says(t, "Sí")
				},
				then: outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response", heard: []string{"late"}},
			},
			"AX-4 a reply after the timeout changes nothing": {
				script: func(t *testing.T, p person) {
					p.asked(t)
					p.reaches(t, "pause")
					p.says(t, "Sí")
				},
				then: outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response", heard: []string{"late"}},
			},
			"AX-5 without product X nobody is asked": {
				buy: order{ProductIDs: []int64{productY}}, then: outcome{path: []string{"bought_x.else"}},
			},
			"AX-6 product X twice and others are asked about once": {
				buy: order{ProductIDs: []int64{productX, productY, productX}},
				script: func(t *testing.T, p person) {
					p.asked(t)
					p.says(t, "Sí")
				},
				then: outcome{path: answered, sent: guided, tag: "reactive", wait: "replied", heard: []string{"matched"}},
			},
			"AX-7 five copies of an order are one run": {
				buy: order{Copies: 5},
				script: func(t *testing.T, p person) {
					p.asked(t)
					p.says(t, "Sí")
				},
				then: outcome{path: answered, sent: guided, tag: "reactive", wait: "replied", heard: []string{"matched"}},
			},
			"AX-11 another number's reply has no effect": {
				script: func(t *testing.T, p person) {
					p.asked(t)
					stranger := person{p.g, strings.Replace(p.phone, "+346", "+347", 1)}
					stranger.says(t, "Sí")
					stranger.isHeard(t, "no_match")
				},
				then: outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response"},
			},
			"AX-12 a contact who opts out hears nothing more": {
				script: func(t *testing.T, p person) {
					p.asked(t)
					p.says(t, "STOP")
				},
				then: outcome{
					status: "cancelled", reason: "The contact opted out.", path: []string{"bought_x.then", "verify", "answer"},
					sent: []string{"verify_purchase"}, wait: "cancelled", heard: []string{"opted_out"},
				},
			},
			"AX-13 a question that can't be delivered ends the wait at once": {
				buy: order{Phone: "+34600990026"}, // the sandbox fails what goes to numbers with this end
				then: outcome{
					status: "failed", path: []string{"bought_x.then", "verify", "answer.undelivered"},
					sent: []string{"verify_purchase"}, wait: "undelivered",
				},
			},
			"AX-14 a reply before the provider has answered the send counts": {
				buy: order{Phone: "+34600990014"},
				script: func(t *testing.T, p person) {
					eventually(t, "the question is on the phone", func() (bool, any) {
						sent := p.g.vendors.sent(t, p.phone)
						return len(sent) == 1, sent
					})
					p.says(t, "Sí")
					p.isHeard(t, "no_match", "matched")
					w, heard := p.asked(t), p.g.heard(t, p.phone)
					if len(heard) != 1 || !heard[0].ReceivedAt.Before(w.OpenedAt) {
						t.Fatalf("heard %+v, want one message from before the wait was opened at %s", heard, w.OpenedAt)
					}
				},
				then: outcome{path: answered, sent: guided, tag: "reactive", wait: "replied", heard: []string{"matched"}},
			},
			"a reply with a wrong signature is refused and changes nothing": {
				script: func(t *testing.T, p person) {
					p.asked(t)
					p.g.vendors.reply(t, reply{From: p.phone, Text: "forged for " + p.phone, BadSignature: true})
					p.isRefused(t, "whatsapp", "forged for "+p.phone)
				},
				then: outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response"},
			},
		}
		g.vendors.post(t, "whatsapp/fail", map[string]any{"to": "+34600990014", "slow_ms": 8000}, nil)
		phones := newPhones()
		for name, c := range cases {
			if c.buy.Phone == "" {
				c.buy.Phone = phones()
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := person{g, c.buy.Phone}
				g.vendors.buy(t, c.buy)
				if c.script != nil {
					c.script(t, p)
				}
				p.endsAs(t, c.then)
			})
		}
	})
}

// TestForgedOrder sends an order with a wrong signature, then a good one of the same customer: the only run is that of
// the second.
func TestForgedOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, within)
		p := person{g, "+34600555001"}
		g.vendors.buy(t, order{Phone: p.phone, BadSignature: true})
		p.isRefused(t, "shopify", emailOf(p.phone))
		if _, known := g.contact(t, p.phone); known {
			t.Error("a forged order made a contact")
		}
		var events api.List[api.Event]
		g.call(t, "GET", "events", nil, &events)
		if len(events.Items) != 0 {
			t.Errorf("a forged order made events: %+v", events.Items)
		}
		g.vendors.buy(t, order{Phone: p.phone, ProductIDs: []int64{productY}})
		p.endsAs(t, outcome{path: []string{"bought_x.else"}})
	})
}

var (
	answered = []string{"bought_x.then", "verify", "answer.default", "guide", "tag"}
	silent   = []string{"bought_x.then", "verify", "answer.no_response", "pause", "reminder", "tag"}
	guided   = []string{"verify_purchase", "text"}
	reminded = []string{"verify_purchase", "reminder"}
)

// outcome is what is left of a customer's order when all is over.
type outcome struct {
	status string // of the run; empty means succeeded
	reason string
	path   []string // each step with the branch it took
	sent   []string // what the phone has received
	tag    string   // in the CRM
	wait   string   // how the wait was closed; empty means that there was none
	heard  []string // what became of the replies
}

// endsAs waits for the end of the customer's one run and judges it.
func (p person) endsAs(t *testing.T, want outcome) {
	t.Helper()
	if want.status == "" {
		want.status = "succeeded"
	}
	var d api.RunDetail
	t.Cleanup(func() { p.tell(t, d) })
	eventually(t, "the run ends", func() (bool, any) {
		var ok bool
		d, ok = p.run(t)
		return ok && d.EndedAt != nil, d.Run
	})
	if d.Status != want.status || d.Reason != want.reason {
		t.Errorf("status %s (%s), want %s (%s)", d.Status, d.Reason, want.status, want.reason)
	}
	var path []string
	for _, s := range d.Steps {
		if s.Exit != "" && s.Kind != "action" {
			path = append(path, s.ID+"."+s.Exit)
		} else {
			path = append(path, s.ID)
		}
	}
	if !slices.Equal(path, want.path) {
		t.Errorf("path\n got %s\nwant %s", path, want.path)
	}
	if sent := p.g.vendors.sent(t, p.phone); !slices.Equal(sent, want.sent) {
		t.Errorf("the phone received %s, want %s", sent, want.sent)
	}
	if tags := p.g.vendors.tags(t, p.phone); want.tag != "" && !slices.Equal(tags, []string{want.tag}) {
		t.Errorf("the CRM has tags %s, want %s", tags, want.tag)
	}
	var heard []string
	for _, m := range p.g.heard(t, p.phone) {
		heard = append(heard, m.Disposition)
	}
	if !slices.Equal(heard, want.heard) {
		t.Errorf("replies became %s, want %s", heard, want.heard)
	}
	if want.wait == "" {
		if len(d.Waits) != 0 {
			t.Errorf("waits %+v, want none", d.Waits)
		}
		return
	}
	if len(d.Waits) != 1 || d.Waits[0].State != want.wait {
		t.Fatalf("waits %+v, want one that is %s", d.Waits, want.wait)
	}
	p.judgeTimes(t, d, d.Waits[0])
}

// judgeTimes compares the times that the gateway recorded with each other. What is late under load is no error, what is
// early always is.
func (p person) judgeTimes(t *testing.T, d api.RunDetail, w api.Wait) {
	t.Helper()
	replies := p.g.heard(t, p.phone)
	switch w.State {
	case "replied":
		if said := *replies[0].EffectiveAt; !said.Before(w.Deadline) {
			t.Errorf("a reply of %s claimed a wait until %s", said, w.Deadline)
		}
		var out struct{ Latency string }
		want := max(replies[0].EffectiveAt.Sub(*w.SentAt), 0)
		if err := json.Unmarshal(step(t, d, "answer"), &out); err != nil || out.Latency != want.String() {
			t.Errorf("latency %q, want %q (%v)", out.Latency, want, err)
		}
	case "no_response":
		if w.ClosedAt.Before(w.Deadline.Add(settle)) {
			t.Errorf("the timeout claimed at %s, the deadline was %s and the settling %s", w.ClosedAt, w.Deadline, settle)
		}
		for _, r := range replies {
			if r.EffectiveAt.Before(w.Deadline) {
				t.Errorf("a reply of %s counted as late after %s", r.EffectiveAt, w.Deadline)
			}
		}
		for _, s := range d.Steps {
			if s.ID == "reminder" && s.StartedAt.Before(w.ClosedAt.Add(pause)) {
				t.Errorf("the reminder went out at %s, %s after the timeout, want %s", s.StartedAt, s.StartedAt.Sub(*w.ClosedAt), pause)
			}
		}
	case "undelivered", "cancelled":
		if w.ClaimedBy == "timeout" {
			t.Errorf("%s at %s by its timeout", w.State, w.ClosedAt)
		}
	}
	if got := w.Deadline.Sub(*w.SentAt); got%time.Second != 0 {
		t.Errorf("the deadline is %s after the question, want whole seconds", got)
	}
}

// step returns the output of a run's step.
func step(t *testing.T, d api.RunDetail, id string) []byte {
	t.Helper()
	for _, s := range d.Steps {
		if s.ID == id {
			out, err := json.Marshal(s.Output)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	t.Errorf("there is no step %s", id)
	return nil
}
