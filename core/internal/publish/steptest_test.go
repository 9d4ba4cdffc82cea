package publish_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// outside stands in for connectors and the audit log, and tells what came in which order.
type outside struct {
	happened []string
	calls    []engine.Invocation
	fails    error
	denied   error // by the audit log
}

func (o *outside) Invoke(_ context.Context, in engine.Invocation) (protocol.Result, error) {
	o.happened = append(o.happened, "call")
	o.calls = append(o.calls, in)
	in.Exchanged([]run.Exchange{{Method: "POST", Host: "shop.example.com", Status: 200}})
	return protocol.Result{Output: json.RawMessage(`{"message_id":"m1"}`)}, o.fails
}

func (o *outside) trials() publish.Trials {
	return publish.Trials{
		Calls: o,
		Recognise: func(_ context.Context, _ string, p conversation.Person) (conversation.Contact, error) {
			if p.Phone == "+34600111222" {
				return conversation.Contact{ID: "cnt_1", Phone: p.Phone, Consent: flow.Unsubscribed}, nil
			}
			return conversation.Contact{}, engine.ErrNotFound
		},
		Record: func(_ context.Context, d access.Deed) error {
			o.happened = append(o.happened, d.Action+" "+d.Resource)
			return o.denied
		},
	}
}

const shopping = `name: shopping
trigger: {on: webhook, with: {auth: none}}
steps:
  - {id: note, set: {total: "{{ event.body.price }}"}}
  - id: dear
    if: vars.total > 100
    then:
      - {id: thank, do: shop.write, connection: north, with: {to: "{{ event.body.phone }}"}, on_error: [{id: other, do: shop.write, connection: south, with: {to: "+34600000001"}}]}
  - {id: broken, do: shop.write, connection: north, with: {}}
  - {id: look, http: {url: "https://example.com/{{ event.body.price }}"}}
  - {id: shout, emit: {event: shouted, data: {price: "{{ event.body.price }}"}}}
  - {id: mark, contact: {add_tags: ["{{ event.body.tag }}"]}}
  - id: again
    for_each: {in: event.body.list, as: item, max: 5}
    steps: [{id: inner, set: {got: "{{ item }}"}}]
`

func TestAStepIsTried(t *testing.T) {
	t.Parallel()
	values := func(body string) map[string]any {
		return map[string]any{"event": expr.NewLazy(json.RawMessage(`{"body":` + body + `}`)), "vars": expr.NewLazy(json.RawMessage(`{"total":150}`)), "item": "x"}
	}
	for name, c := range map[string]struct {
		step, body string
		call       bool
		want       string // status, exit, input, output
		happened   []string
		wrong      string
	}{
		"a variable":                         {step: "note", body: `{"price":12}`, want: `succeeded  {"total":12} `},
		"a condition":                        {step: "dear", body: `{}`, want: "succeeded then  "},
		"an item of a loop":                  {step: "inner", body: `{}`, want: `succeeded  {"got":"x"} `},
		"an event is not sent":               {step: "shout", body: `{"price":12}`, call: true, want: `succeeded  {"price":12} `},
		"a contact is not changed":           {step: "mark", body: `{"tag":"vip"}`, call: true, want: `succeeded  {"add_tags":["vip"]} `},
		"what would be sent":                 {step: "thank", body: `{"phone":"+34600000000"}`, want: `active  {"to":"+34600000000"} `},
		"it is called once":                  {step: "thank", body: `{"phone":"+34600000000"}`, call: true, want: `succeeded  {"to":"+34600000000"} {"message_id":"m1"}`, happened: []string{"flow.test_step flow_1", "call"}},
		"to who wants no messages":           {step: "thank", body: `{"phone":"34600111222"}`, call: true, want: `failed  {"to":"34600111222"}  The contact wants no more messages.`},
		"a value is missing":                 {step: "thank", body: `{}`, call: true, want: "failed"},
		"a request":                          {step: "look", body: `{"price":7}`, want: "active  "},
		"a step that is wrong":               {step: "broken", body: `{}`, wrong: "steps[2].with"},
		"a step that is not there":           {step: "other_one", body: `{}`, wrong: "no step"},
		"a loop means nothing by itself":     {step: "again", body: `{}`, wrong: "test bench"},
		"nothing goes on behind the failure": {step: "thank", body: `{"phone":null}`, call: true, want: "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, o := setup(), &outside{}
			b.Trials = o.trials()
			got, err := b.TestStep(t.Context(), publish.StepTest{WorkspaceID: "ws", FlowID: "flow_1", Source: []byte(shopping), Step: c.step, Values: values(c.body), Call: c.call})
			if c.wrong != "" {
				if problems := (flow.Problems)(nil); !errors.As(err, &problems) || len(problems) != 1 || !strings.Contains(err.Error(), c.wrong) {
					t.Errorf("got %v", err)
				}
				return
			}
			text := string(got.Status) + " " + got.Exit + " " + string(got.Input) + " " + string(got.Output)
			if got.Failure != nil {
				text += " " + got.Failure.Message
			}
			if err != nil || !strings.HasPrefix(text, c.want) || !slices.Equal(o.happened, c.happened) {
				t.Errorf("got %q, %v; happened: %q", text, err, o.happened)
			}
		})
	}
}

func TestTheCallOfATest(t *testing.T) {
	t.Parallel()
	test := publish.StepTest{WorkspaceID: "ws", FlowID: "flow_1", Source: []byte(shopping), Step: "look", Call: true, Values: map[string]any{"event": expr.NewLazy(json.RawMessage(`{"body":{"price":7}}`))}}
	b, o := setup(), &outside{}
	b.Trials = o.trials()
	var keys []string
	for range 2 {
		got, err := b.TestStep(t.Context(), test)
		if err != nil || !got.Called || got.Repeat != protocol.RepeatRead || len(got.Exchanges) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		call := o.calls[len(o.calls)-1]
		keys = append(keys, call.IdempotencyKey)
		if call.RunID != "" || call.WorkspaceID != "ws" || call.Connector != flow.HTTPConnector || call.Attempt != 1 || call.Timeout <= 0 || call.Timeout > time.Minute {
			t.Errorf("%+v", call)
		}
	}
	if keys[0] == keys[1] || !strings.HasPrefix(keys[0], "test_") {
		t.Errorf("two tests have the keys %q", keys)
	}
	o.fails = &protocol.Failure{Kind: protocol.Retryable, Message: "later"}
	if got, err := b.TestStep(t.Context(), test); err != nil || got.Status != run.StepFailed || got.Failure.Message != "later" || len(o.calls) != 3 {
		t.Errorf("a call that fails: %+v, %v, %d calls", got, err, len(o.calls))
	}
	o.fails = errors.New("the process died")
	if got, err := b.TestStep(t.Context(), test); err != nil || got.Failure.Kind != protocol.Unknown {
		t.Errorf("a call that broke off: %+v, %v", got, err)
	}
	o.denied = errors.New("the log is away")
	if _, err := b.TestStep(t.Context(), test); err == nil || len(o.calls) != 4 {
		t.Errorf("a call that the audit log does not have: %v, %d calls", err, len(o.calls))
	}
}
