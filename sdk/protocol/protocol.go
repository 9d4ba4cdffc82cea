// Package protocol is the contract between the gateway and a connector in plain Go. The wire package carries it
// over gRPC; the sdk package gives authors nicer words for it; the gateway's core speaks it.
//
// A connector keeps no state: settings and input come with each call, results go back and nothing is remembered.
// It holds no secret: secret settings arrive as handles, and its HTTP leaves through the Gateway, which puts the
// secrets in.
package protocol

import (
	"context"
	"encoding/json"
	"time"
)

// Connector is what a plugin process serves. Each method returns a *Failure for a problem of the provider or of
// the input, and any other error when the process or the transport broke.
type Connector interface {
	Describe(ctx context.Context) (Manifest, error)
	// CheckConnection proves that the settings work; it runs behind "Test connection".
	CheckConnection(ctx context.Context, call Call) (Identity, error)
	// Invoke runs an action. Log lines and progress belong to this attempt; log may be called until Invoke returns.
	Invoke(ctx context.Context, in Invocation, log func(LogLine)) (Result, error)
	// Fetch reads one page of a poll trigger.
	Fetch(ctx context.Context, in FetchRequest) (Page, error)
	// Subscribe asks the provider to send a trigger's webhooks to CallbackURL. It is repeated ahead of the end of a
	// subscription, and every few hours to see whether it is still there.
	Subscribe(ctx context.Context, in SubscribeRequest) (Subscription, error)
	Unsubscribe(ctx context.Context, in UnsubscribeRequest) error
	// Receive turns one verified webhook request into events. It runs after the request is stored and answered.
	Receive(ctx context.Context, in Webhook) ([]Event, error)
	// ListOptions fills a dropdown.
	ListOptions(ctx context.Context, in OptionsRequest) (OptionsPage, error)
}

// Gateway is what a connector may ask of the process that runs it.
type Gateway interface {
	// Do sends one HTTP request on behalf of the call that ticket stands for. The gateway adds what the manifest's
	// Auth declares, refuses hosts that are not declared, and replaces secret handles by secrets as the request
	// leaves. Redirects are not followed. An answer of any status is a response, not an error; an error is a
	// *Failure with Source gateway (refused, timed out, no connection).
	Do(ctx context.Context, ticket string, req HTTPRequest) (HTTPResponse, error)
}

// Call says on whose behalf a call is made. IDs are for logs and echoes only; the gateway trusts its own.
type Call struct {
	Ticket         string          // names this call when asking the Gateway for HTTP; worthless once the call ended
	ConnectionID   string          // empty for connectors without auth
	Settings       json.RawMessage // the connection's fields; each secret is a handle
	RunID          string
	StepID         string
	Attempt        int    // from 1
	IdempotencyKey string // the same for every attempt of one step of one run
}

// Invocation asks for one action.
type Invocation struct {
	Call
	Action string
	Input  json.RawMessage
}

// Result is what an action yields.
type Result struct {
	Output json.RawMessage
	Sent   *SentMessage // set by actions that send a message to a person
}

// SentMessage lets a wait follow the delivery of a message and recognise answers that quote it.
type SentMessage struct {
	ID        string // the provider's message id
	Recipient string // the provider's own key of the person, as it will appear in Contact.ExternalID; may differ from what was asked
	Text      string // what was said, for the timeline; may be empty
}

// LogLine is one line that belongs to an attempt.
type LogLine struct {
	Level   string // debug, info, warn, error
	Message string
}

// Identity names whose account a connection opens.
type Identity struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// FetchRequest asks a poll trigger for what is new since Cursor; an empty cursor is the first run.
type FetchRequest struct {
	Call
	Trigger string
	Input   json.RawMessage
	Cursor  string
}

// Page is one page of a poll. The gateway stores Cursor with the events in one transaction.
type Page struct {
	Events []Event
	Cursor string
	More   bool // ask again at once
}

// SubscribeRequest asks for webhooks of one trigger with one input.
type SubscribeRequest struct {
	Call
	Trigger     string
	Input       json.RawMessage // without the fields that the gateway compares; see Trigger.Match
	CallbackURL string          // another one for each input; may hold secret handles
	ID          string          // of the subscription as it was given before; empty the first time
}

// Subscription is what the provider gave us.
type Subscription struct {
	ID        string
	ExpiresAt time.Time // zero: never
}

// UnsubscribeRequest ends a subscription; one that is already gone is a success.
type UnsubscribeRequest struct {
	Call
	Trigger string
	Input   json.RawMessage // as it was subscribed with
	ID      string
}

// Webhook is one request as it arrived, already verified by the scheme that the manifest declares.
type Webhook struct {
	Call
	Method     string
	Query      map[string][]string
	Header     map[string][]string // canonical names
	Body       []byte              // exactly the bytes received
	ReceivedAt time.Time
}

// OptionsRequest asks a loader for the entries of a dropdown.
type OptionsRequest struct {
	Call
	Loader string
	Input  json.RawMessage // the form's other fields, as far as filled
	Search string
	Cursor string
}

// Option is one entry of a dropdown.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// OptionsPage is a page of options; an empty Cursor ends the list.
type OptionsPage struct {
	Options []Option
	Cursor  string
}

// HTTPRequest is a request that a connector hands to the Gateway.
type HTTPRequest struct {
	Method string
	URL    string // absolute, or relative to the base URL that Auth declares
	Header map[string][]string
	Body   []byte
}

// HTTPResponse is the provider's answer. Secrets that a provider echoes come back as handles.
type HTTPResponse struct {
	Status int
	Header map[string][]string
	Body   []byte
}
