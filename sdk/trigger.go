package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Triggers are the triggers of a connector, of any input and output: values of Webhook and Poll.
type Triggers []trigger

// trigger hides the type parameters of Webhook and Poll.
type trigger interface {
	name() string
	describe(p *problems, c Connector) protocol.Trigger
	fetch(ctx context.Context, call *Call, in protocol.FetchRequest) (protocol.Page, error)
	subscribe(ctx context.Context, call *Call, in protocol.SubscribeRequest) (Subscription, error)
	unsubscribe(ctx context.Context, call *Call, in protocol.UnsubscribeRequest) error
}

// Webhook is a trigger whose events the provider sends to the connector's Inbox. In is what a flow narrows it by: for each
// input that flows have there is a subscription with an address of its own, and a flow gets the events of its own one.
type Webhook[In, Out any] struct {
	Name    string
	Title   string
	Summary string

	// Standing triggers are subscribed as soon as a connection exists, because waits need them: inbound messages
	// and their statuses. Their one subscription is everybody's, so that they are narrowed by Match only.
	Standing bool
	// Match names the fields of In that the gateway compares, for what the provider can't narrow: each with the path in Out
	// at which an event must have the field's value, such as {"queue": "ticket.queue"}. A list allows each of its values;
	// an empty field lets all pass. Subscribe sees these fields empty.
	Match map[string]string
	// Subscribe asks the provider to send webhooks to callbackURL, which is another one for each input; nil where a person
	// does it by hand. Repeating it must be harmless: where there is no Renew it is also asked to renew.
	Subscribe func(ctx context.Context, call *Call, in In, callbackURL string) (Subscription, error)
	// Renew looks after the subscription of that id: ahead of its end, and every few hours. One that the provider has lost
	// it makes anew. nil: Subscribe is called again.
	Renew func(ctx context.Context, call *Call, in In, id, callbackURL string) (Subscription, error)
	// Unsubscribe ends what Subscribe began with the same input; one that is already gone is a success.
	Unsubscribe func(ctx context.Context, call *Call, in In, id string) error
	// CatchUp finds what no webhook told, because we were away or the provider dropped the subscription; nil: what is lost is lost.
	CatchUp *CatchUp[In, Out]
}

// CatchUp asks for the events of a Webhook as a Poll does, for each flow that listens to it, from the moment at which the flow was
// switched on. Its keys are those of the webhook's events: what came by both starts a flow once.
type CatchUp[In, Out any] struct {
	Every time.Duration // rather minutes than seconds, since webhooks are seldom lost
	Key   func(item Out) string
	// Fetch, OccurredAt and Contact are as those of Poll.
	Fetch      func(ctx context.Context, call *Call, in In, since Cursor) (Page[Out], error)
	OccurredAt func(item Out) time.Time
	Contact    func(item Out) *Contact
}

// Event returns an event of this trigger. The key is the same for every copy of it on one connection.
func (w Webhook[In, Out]) Event(key string, at time.Time, data Out) Event {
	return Event{Trigger: w.Name, Key: key, OccurredAt: at, Data: data}
}

// EventJSON is Event with data as the provider sent it, for outputs that are Open and keep their undeclared fields.
func (w Webhook[In, Out]) EventJSON(key string, at time.Time, data json.RawMessage) Event {
	return Event{Trigger: w.Name, Key: key, OccurredAt: at, Data: data}
}

func (w Webhook[In, Out]) name() string { return w.Name }

func (w Webhook[In, Out]) describe(p *problems, c Connector) protocol.Trigger {
	p.operation("trigger", w.Name, w.Title)
	p.require(c.Inbox != nil, "trigger %s: the connector has no Inbox to receive it", w.Name)
	p.require((w.Subscribe == nil) == (w.Unsubscribe == nil), "trigger %s: Subscribe and Unsubscribe belong together", w.Name)
	p.require(w.Renew == nil || w.Subscribe != nil, "trigger %s: Renew is nothing without Subscribe", w.Name)
	every := time.Duration(0)
	if c := w.CatchUp; c != nil {
		p.require(c.Fetch != nil && c.Key != nil && c.Every >= time.Minute, "trigger %s: CatchUp needs Fetch and Key, and an Every of a minute or more", w.Name)
		every = c.Every
	}
	return protocol.Trigger{
		Name: w.Name, Title: w.Title, Summary: w.Summary, Kind: protocol.TriggerWebhook, Every: every, Standing: w.Standing, Subscribes: w.Subscribe != nil, Match: w.Match,
		Input: p.object(typeOf[In](p, "trigger "+w.Name+" input"), "trigger "+w.Name+" input"), Output: typeOf[Out](p, "trigger "+w.Name+" output"),
	}
}

func (w Webhook[In, Out]) fetch(ctx context.Context, call *Call, req protocol.FetchRequest) (protocol.Page, error) {
	c := w.CatchUp
	if c == nil {
		return protocol.Page{}, fmt.Errorf("%s is not a poll", w.Name)
	}
	return Poll[In, Out]{Name: w.Name, Key: c.Key, Fetch: c.Fetch, OccurredAt: c.OccurredAt, Contact: c.Contact}.fetch(ctx, call, req)
}

func (w Webhook[In, Out]) subscribe(ctx context.Context, call *Call, req protocol.SubscribeRequest) (Subscription, error) {
	if w.Subscribe == nil {
		return Subscription{}, fmt.Errorf("%s does not subscribe", w.Name)
	}
	call.HTTP.repeat = protocol.RepeatIdempotent
	in, err := decodeInput[In](req.Input, w.Match)
	if err != nil {
		return Subscription{}, err
	}
	if w.Renew != nil && req.ID != "" {
		return w.Renew(ctx, call, in, req.ID, req.CallbackURL)
	}
	return w.Subscribe(ctx, call, in, req.CallbackURL)
}

func (w Webhook[In, Out]) unsubscribe(ctx context.Context, call *Call, req protocol.UnsubscribeRequest) error {
	if w.Unsubscribe == nil {
		return fmt.Errorf("%s does not subscribe", w.Name)
	}
	call.HTTP.repeat = protocol.RepeatIdempotent
	in, err := decodeInput[In](req.Input, w.Match)
	if err != nil {
		return err
	}
	return w.Unsubscribe(ctx, call, in, req.ID)
}

// Poll is a trigger that asks the provider what is new.
type Poll[In, Out any] struct {
	Name    string
	Title   string
	Summary string

	Every time.Duration
	// Key of an item: the same item never starts two runs.
	Key func(item Out) string
	// Fetch reads one page of what came after since; an empty cursor is the first run, which should yield only what
	// a person would expect to be new. LookBack makes one of a list that can be asked by a time.
	Fetch func(ctx context.Context, call *Call, in In, since Cursor) (Page[Out], error)
	// OccurredAt and Contact say when and whom an item concerns; both may be nil.
	OccurredAt func(item Out) time.Time
	Contact    func(item Out) *Contact
}

// Cursor is how far was read: a page number, a time, whatever the provider takes. The gateway keeps it.
type Cursor string

// Page is one page of a poll.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  Cursor `json:"next"` // where to read on, now or next time; empty: where this page began
	More  bool   `json:"more"` // ask again at once
}

func (w Poll[In, Out]) name() string { return w.Name }

func (w Poll[In, Out]) describe(p *problems, _ Connector) protocol.Trigger {
	p.operation("trigger", w.Name, w.Title)
	p.require(w.Fetch != nil && w.Key != nil, "trigger %s: Fetch or Key is missing", w.Name)
	p.require(w.Every >= time.Second, "trigger %s: Every is shorter than a second", w.Name)
	return protocol.Trigger{
		Name: w.Name, Title: w.Title, Summary: w.Summary, Kind: protocol.TriggerPoll, Every: w.Every,
		Input: p.object(typeOf[In](p, "trigger "+w.Name+" input"), "trigger "+w.Name+" input"), Output: typeOf[Out](p, "trigger "+w.Name+" output"),
	}
}

func (w Poll[In, Out]) fetch(ctx context.Context, call *Call, req protocol.FetchRequest) (protocol.Page, error) {
	call.HTTP.repeat = protocol.RepeatRead
	in, err := decodeInput[In](req.Input, nil)
	if err != nil {
		return protocol.Page{}, err
	}
	page, err := w.Fetch(ctx, call, in, Cursor(req.Cursor))
	if err != nil {
		return protocol.Page{}, err
	}
	out := protocol.Page{Cursor: string(page.Next), More: page.More}
	if out.Cursor == "" {
		out.Cursor = req.Cursor
	}
	for _, item := range page.Items {
		event := Event{Trigger: w.Name, Key: w.Key(item), Data: item}
		if w.OccurredAt != nil {
			event.OccurredAt = w.OccurredAt(item)
		}
		if w.Contact != nil {
			event.Contact = w.Contact(item)
		}
		converted, err := event.protocol()
		if err != nil {
			return protocol.Page{}, err
		}
		out.Events = append(out.Events, converted)
	}
	return out, nil
}

func (w Poll[In, Out]) subscribe(context.Context, *Call, protocol.SubscribeRequest) (Subscription, error) {
	return Subscription{}, errors.New(w.Name + " is not a webhook")
}

func (w Poll[In, Out]) unsubscribe(context.Context, *Call, protocol.UnsubscribeRequest) error {
	return errors.New(w.Name + " is not a webhook")
}
