package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Actions are the actions of a connector, of any input and output: values of Action.
type Actions []action

// action hides the type parameters of Action.
type action interface {
	name() string
	describe(p *problems) protocol.Action
	invoke(ctx context.Context, call *Call, input json.RawMessage) (protocol.Result, error)
}

// Action is one thing a connector does for a step. At most one of Reads, Idempotent and Repeatable is set; with
// none the action is never repeated unless it is known not to have happened.
type Action[In, Out any] struct {
	Name    string
	Title   string
	Summary string

	Reads      bool // changes nothing at the provider
	Idempotent bool // the provider honours Idempotency-Key, which the client then sends
	Repeatable bool // the second time changes nothing more
	Sends      bool // sends a message to a person; Out embeds Sent

	// Window, if not zero, is for how long after the person's last message on the connection the action works. Outside of
	// it the gateway fails the step before the call. The field of the input that names the person is then called to.
	Window  time.Duration
	Instead string // name of the action that works outside of the window; people are told of it

	Timeout time.Duration // of one attempt; zero: the gateway's default
	Run     Func[In, Out]
}

// Sent is embedded in the output of actions that send a message, so that a wait can follow its delivery and
// recognise answers that quote it.
type Sent struct {
	MessageID string `json:"message_id" label:"Message id"`
	Recipient string `json:"recipient" label:"Recipient" help:"The person as the provider names them."`
	Text      string `json:"text,omitempty" label:"Text"`
}

func (s Sent) sent() *protocol.SentMessage {
	return &protocol.SentMessage{ID: s.MessageID, Recipient: s.Recipient, Text: s.Text}
}

type sender interface{ sent() *protocol.SentMessage }

func (a Action[In, Out]) name() string { return a.Name }

func (a Action[In, Out]) repeat() protocol.Repeat {
	switch {
	case a.Reads:
		return protocol.RepeatRead
	case a.Idempotent, a.Repeatable:
		return protocol.RepeatIdempotent
	}
	return protocol.RepeatOnce
}

func (a Action[In, Out]) describe(p *problems) protocol.Action {
	p.operation("action", a.Name, a.Title)
	p.require(a.Run != nil, "action %s: Run is missing", a.Name)
	p.require(a.Timeout >= 0, "action %s: Timeout is negative", a.Name)
	set := 0
	for _, b := range []bool{a.Reads, a.Idempotent, a.Repeatable} {
		if b {
			set++
		}
	}
	p.require(set <= 1, "action %s: Reads, Idempotent and Repeatable exclude each other", a.Name)
	_, sends := any(*new(Out)).(sender)
	p.require(sends == a.Sends, "action %s: Sends and an output that embeds sdk.Sent belong together", a.Name)
	p.require(a.Instead == "" || a.Window != 0, "action %s: Instead goes with a Window", a.Name)
	var window *protocol.Window
	if a.Window != 0 {
		window = &protocol.Window{Within: a.Window, Instead: a.Instead}
	}
	return protocol.Action{
		Name: a.Name, Title: a.Title, Summary: a.Summary, Repeat: a.repeat(), Sends: a.Sends, Timeout: a.Timeout, Window: window,
		Input: p.object(typeOf[In](p, "action "+a.Name+" input"), "action "+a.Name+" input"), Output: typeOf[Out](p, "action "+a.Name+" output"),
	}
}

func (a Action[In, Out]) invoke(ctx context.Context, call *Call, input json.RawMessage) (protocol.Result, error) {
	call.HTTP.repeat = a.repeat()
	if a.Idempotent {
		call.HTTP.key = call.IdempotencyKey
	}
	in, err := decodeInput[In](input, nil)
	if err != nil {
		return protocol.Result{}, err
	}
	out, err := a.Run(ctx, call, in)
	if err != nil {
		return protocol.Result{}, err
	}
	result := protocol.Result{}
	if s, ok := any(out).(sender); ok {
		result.Sent = s.sent()
	}
	result.Output, err = encodeOutput(out)
	return result, err
}

// decodeInput tidies, checks and reads what a step or a trigger gives. The fields named in without may be missing.
func decodeInput[In any](input json.RawMessage, without map[string]string) (In, error) {
	var in In
	t, err := schema.For[In]()
	if err != nil {
		return in, err
	}
	if len(input) == 0 {
		input = json.RawMessage("{}")
	}
	if len(without) > 0 {
		t.Fields = slices.Clone(t.Fields) // the description is shared
		for i, f := range t.Fields {
			if _, ok := without[f.Name]; ok {
				t.Fields[i].Required = false
			}
		}
	}
	input = t.Normalize(input)
	if found := t.Check(input, ""); len(found) > 0 {
		return in, invalid(found)
	}
	if err := json.Unmarshal(input, &in); err != nil {
		return in, fmt.Errorf("read the input: %w", err)
	}
	return in, nil
}

// encodeOutput writes an output. A json.RawMessage passes as it stands: the gateway checks it anyway.
func encodeOutput(out any) (json.RawMessage, error) {
	if raw, ok := out.(json.RawMessage); ok {
		return raw, nil
	}
	encoded, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write the output: %w", err)
	}
	return encoded, nil
}
