package flowtest_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// example compiles the flow of the acceptance table of waits.md against the manifests of the real connectors.
func example(t *testing.T) *flow.Version {
	t.Helper()
	return exampleWith(t, func(source string) string { return source })
}

// withTerms is the example whose question waits with further terms, and has an exit for what does not arrive.
func withTerms(t *testing.T, terms string) *flow.Version {
	t.Helper()
	return exampleWith(t, func(source string) string {
		changed := strings.Replace(source, "customer_response: { within: 2h }", "customer_response: { within: 2h, "+terms+" }", 1)
		changed = strings.Replace(changed, "        no_response:", "        undelivered: []\n        no_response:", 1)
		if strings.Count(changed, "\n") != strings.Count(source, "\n")+1 || !strings.Contains(changed, terms) {
			t.Fatal("the example does not look as expected")
		}
		return changed
	})
}

func exampleWith(t *testing.T, change func(string) string) *flow.Version {
	t.Helper()
	source, err := os.ReadFile("../../../examples/flows/verify-product-x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := flow.Parse([]byte(change(string(source))))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	v, problems := flow.Compile(doc, realConnectors(t))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return v
}

// realConnectors are those of the example.
func realConnectors(t *testing.T) manifests {
	t.Helper()
	types := manifests{connections: map[string]string{"my-shop": "shopify", "wa": "whatsapp", "crm": "activecampaign"}}
	for _, name := range []string{"shopify", "whatsapp", "activecampaign"} {
		b, err := os.ReadFile(filepath.Join("../../../plugins", name, "testdata/manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		var m protocol.Manifest
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		types.connectors = append(types.connectors, m)
	}
	return types
}

// manifests is flow.Types over manifests at hand.
type manifests struct {
	connectors  []protocol.Manifest
	connections map[string]string
}

func (ms manifests) Manifest(name string) (protocol.Manifest, bool) {
	i := slices.IndexFunc(ms.connectors, func(m protocol.Manifest) bool { return m.Name == name })
	if i < 0 {
		return protocol.Manifest{}, false
	}
	return ms.connectors[i], true
}

func (ms manifests) Connectors() []string {
	var names []string
	for _, m := range ms.connectors {
		names = append(names, m.Name)
	}
	return names
}

func (ms manifests) Connections() []string { return slices.Sorted(maps.Keys(ms.connections)) }

func (manifests) Flows() []string            { return nil }
func (manifests) Calendars() []string        { return []string{"office"} }
func (manifests) LongestWait() time.Duration { return 0 }
func (manifests) Lists() []string            { return []string{"newsletter"} }
func (manifests) Fields() []contactfield.Field {
	return []contactfield.Field{{Name: "size", Type: contactfield.Text}, {Name: "age", Type: contactfield.Number}, {Name: "birthday", Type: contactfield.Date}, {Name: "plan", Type: contactfield.Choice, Choices: []string{"gold", "silver"}}}
}

func (ms manifests) Connection(name string) (string, bool) {
	c, ok := ms.connections[name]
	return c, ok
}

func order(products ...int64) json.RawMessage {
	lines := make([]map[string]any, len(products))
	for i, p := range products {
		lines[i] = map[string]any{"id": 866550311766439020 + int64(i), "product_id": p, "title": "A product", "quantity": 1, "price": "49.90"}
	}
	b, _ := json.Marshal(map[string]any{
		"id": 820982911946154508, "name": "#1042", "line_items": lines,
		"customer": map[string]any{"phone": "+34600111222", "email": "lucia@example.com", "first_name": "Lucía"},
	})
	return b
}

const productX, otherProduct = 632910392, 111111111

// TestAX is the acceptance table of waits.md on the virtual clock. AX-7 is about copies of an event, which end before
// a run begins: the engine's tests have it.
func TestAX(t *testing.T) {
	t.Parallel()
	version := example(t)
	const (
		within   = 2 * time.Hour
		reminder = 14 * time.Hour
	)
	say := func(text string) *flowtest.Say { return &flowtest.Say{Text: text} }
	type call struct {
		step string
		at   time.Duration
	}
	answered := func(at time.Duration) []call { return []call{{"verify", 0}, {"guide", at}, {"tag", at}} }
	silent := func(at time.Duration) []call {
		return []call{{"verify", 0}, {"reminder", at + reminder - within}, {"tag", at + reminder - within}}
	}
	defaultPath := []string{"bought_x.then", "verify", "answer.default", "guide", "tag"}
	silentPath := []string{"bought_x.then", "verify", "answer.no_response", "pause", "reminder", "tag"}

	cases := map[string]struct {
		event   json.RawMessage
		answers map[string]flowtest.Answer
		script  []flowtest.Act
		path    []string
		calls   []call
		status  run.Status
		heard   []conversation.Disposition
		latency string
		lastTag string
		reason  string
		grace   time.Duration
	}{
		"AX-1 a reply a second before the deadline takes the default path": {
			script: []flowtest.Act{{At: within - time.Second, Say: say("Sí")}},
			path:   defaultPath, calls: answered(within - time.Second), heard: []conversation.Disposition{conversation.Matched},
			latency: "1h59m59s", lastTag: "reactive",
		},
		"AX-2 silence takes the reminder twelve hours after the deadline": {
			path: silentPath, calls: silent(within), lastTag: "silent",
		},
		"AX-3 a reply at the very deadline is late": {
			script: []flowtest.Act{{At: within, Say: say("Sí")}},
			path:   silentPath, calls: silent(within), heard: []conversation.Disposition{conversation.Late}, lastTag: "silent",
		},
		"AX-4 a reply hours later changes nothing": {
			script: []flowtest.Act{{At: 5 * time.Hour, Say: say("Sí")}},
			path:   silentPath, calls: silent(within), heard: []conversation.Disposition{conversation.Late}, lastTag: "silent",
		},
		"AX-5 without product X nobody is asked": {
			event: order(otherProduct), path: []string{"bought_x.else"},
		},
		"AX-6 product X twice and others are asked about once": {
			event: order(productX, otherProduct, productX), script: []flowtest.Act{{At: time.Minute, Say: say("Sí")}},
			path: defaultPath, calls: answered(time.Minute), heard: []conversation.Disposition{conversation.Matched}, lastTag: "reactive",
		},
		"AX-8 half an hour away within the wait leaves the deadline as it is": {
			script: []flowtest.Act{{At: time.Hour, Away: 30 * time.Minute}}, grace: 2 * time.Minute,
			path: silentPath, calls: silent(within), lastTag: "silent",
		},
		"AX-9 a reply from the time away counts when it is redelivered within the grace": {
			script: []flowtest.Act{
				{At: time.Hour, Away: 2 * time.Hour},
				{At: 3*time.Hour + time.Minute, Say: &flowtest.Say{Text: "Sí", SaidAt: time.Hour + 45*time.Minute}},
			},
			grace: 2 * time.Minute, path: defaultPath, calls: answered(3*time.Hour + time.Minute),
			heard: []conversation.Disposition{conversation.Matched}, latency: "1h45m0s", lastTag: "reactive",
		},
		"AX-10 without one the timeout claims once, after the grace": {
			script: []flowtest.Act{{At: time.Hour, Away: 2 * time.Hour}}, grace: 2 * time.Minute,
			path: silentPath, calls: silent(3*time.Hour + 2*time.Minute), lastTag: "silent",
		},
		"AX-11 somebody else's reply has no effect": {
			script: []flowtest.Act{{At: time.Hour, Say: &flowtest.Say{Text: "Sí", Stranger: true}}},
			path:   silentPath, calls: silent(within), heard: []conversation.Disposition{conversation.NoMatch}, lastTag: "silent",
		},
		"AX-12 a contact who opts out hears nothing more": {
			script: []flowtest.Act{{At: time.Hour, Say: say(" Stop ")}}, heard: []conversation.Disposition{conversation.OptedOut},
			path: []string{"bought_x.then", "verify", "answer"}, calls: []call{{"verify", 0}}, status: run.Cancelled,
			reason: conversation.OptedOutReason,
		},
		"R9 an opt-out before the question has come back is no answer": {
			script: []flowtest.Act{{At: time.Second, Say: say("stop")}}, answers: map[string]flowtest.Answer{"verify": {Takes: 2 * time.Second}},
			path: []string{"bought_x.then", "verify", "answer"}, heard: []conversation.Disposition{conversation.OptedOut}, calls: []call{{"verify", 0}}, status: run.Cancelled,
			reason: conversation.OptedOutReason,
		},
		"R9 an opt-out while nothing is waited for ends the run at its next message": {
			script: []flowtest.Act{{At: within + time.Hour, Say: say("stop")}}, heard: []conversation.Disposition{conversation.OptedOut},
			path: silentPath[:5], calls: []call{{"verify", 0}}, status: run.Cancelled, reason: "The contact wants no more messages.",
		},
		"AX-13 a question that can't be delivered ends the wait at once": {
			script: []flowtest.Act{{At: time.Minute, Undeliver: "verify"}},
			path:   []string{"bought_x.then", "verify", "answer.undelivered"}, calls: []call{{"verify", 0}}, status: run.Failed,
		},
		"AX-14 a reply before the provider has answered the send counts": {
			answers: map[string]flowtest.Answer{"verify": {Takes: time.Second}},
			script:  []flowtest.Act{{At: 50 * time.Millisecond, Say: say("Sí")}},
			path:    defaultPath, calls: answered(time.Second), heard: []conversation.Disposition{conversation.Matched},
			latency: "0s", lastTag: "reactive",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event, status := c.event, c.status
			if event == nil {
				event = order(productX)
			}
			if status == "" {
				status = run.Succeeded
			}
			trace, err := flowtest.Play(version, flowtest.Scenario{
				Event: event, Answers: c.answers, Script: c.script, Grace: c.grace,
				Contact: run.ContactFacts{ID: "cnt_1", Phone: "+34600111222", Email: "lucia@example.com", Name: "Lucía"},
			})
			if err != nil {
				t.Fatal(err)
			}
			if trace.State.Status != status {
				t.Errorf("status %s, want %s (%+v)", trace.State.Status, status, trace.State.Failure)
			}
			if !slices.Equal(trace.Path, c.path) {
				t.Errorf("path\n got %s\nwant %s", trace.Path, c.path)
			}
			var calls []call
			for _, made := range trace.Calls {
				calls = append(calls, call{made.Step, made.At})
			}
			if !slices.Equal(calls, c.calls) {
				t.Errorf("calls\n got %v\nwant %v", calls, c.calls)
			}
			var heard []conversation.Disposition
			for _, h := range trace.Heard {
				heard = append(heard, h.Disposition)
			}
			if !slices.Equal(heard, c.heard) {
				t.Errorf("messages became %v, want %v", heard, c.heard)
			}
			if c.latency != "" {
				var out struct{ Latency string }
				if err := json.Unmarshal(trace.State.Steps["answer"].Output, &out); err != nil || out.Latency != c.latency {
					t.Errorf("latency %q, want %q (%v)", out.Latency, c.latency, err)
				}
			}
			if c.lastTag != "" {
				var in struct{ Tag string }
				if err := json.Unmarshal(trace.State.Steps["tag"].Input, &in); err != nil || in.Tag != c.lastTag {
					t.Errorf("tagged %q, want %q (%v)", in.Tag, c.lastTag, err)
				}
			}
			if trace.State.Reason != c.reason {
				t.Errorf("reason %q, want %q", trace.State.Reason, c.reason)
			}
		})
	}
}

func TestTheFlowSaysWhoTheRunIsAbout(t *testing.T) {
	t.Parallel()
	trace, err := flowtest.Play(example(t), flowtest.Scenario{Event: order(632910392)})
	if err != nil {
		t.Fatal(err)
	}
	if c := trace.State.Facts.Contact; c.Phone == "" || c.ID == "" {
		t.Errorf("contact is %+v", c)
	}
	if len(trace.Waits) != 1 || trace.Waits[0].State != run.WaitNoResponse || trace.Waits[0].Deadline.Sub(trace.Waits[0].OpenedAt) != 2*time.Hour {
		t.Errorf("waits are %+v", trace.Waits)
	}
}
