package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Inbox receives all webhooks of a connection at its one address. The gateway verifies a request, stores it and
// answers; Receive reads it afterwards, possibly more than once.
type Inbox struct {
	Verify    Verifier
	Challenge *Challenge // how a GET handshake is answered; nil: the provider makes none
	// DeliveryKey is a header that is the same on every copy of one request.
	DeliveryKey string
	// Receive turns a request into events, made with Webhook.Event. What it does not know it leaves out; an error
	// means that the request could not be read at all.
	Receive func(ctx context.Context, call *Call, req Request) ([]Event, error)
}

// Verifier is HMAC or Token.
type Verifier interface{ verification() protocol.Verification }

// HMAC verifies by a header with the HMAC-SHA256 of the exact body.
type HMAC struct {
	Secret   string // name of the secret field
	Header   string
	Prefix   string            // before the signature, such as "sha256="
	Encoding protocol.Encoding // zero: protocol.Hex
}

func (h HMAC) verification() protocol.Verification {
	if h.Encoding == "" {
		h.Encoding = protocol.Hex
	}
	return protocol.Verification{
		Scheme: protocol.SchemeHMACSHA256, Secret: h.Secret, Header: h.Header, Prefix: h.Prefix, Encoding: h.Encoding,
	}
}

// Token verifies by a secret that stands in a header or in a query parameter of the callback address.
type Token struct {
	Secret string // name of the secret field
	Header string
	Query  string // instead of Header; the gateway puts it into the addresses that it gives out
}

func (t Token) verification() protocol.Verification {
	return protocol.Verification{Scheme: protocol.SchemeToken, Secret: t.Secret, Header: t.Header, Query: t.Query}
}

// Request is a verified webhook request as it arrived.
type Request struct {
	Method     string
	Query      url.Values
	Header     http.Header
	Body       []byte // exactly the bytes received
	ReceivedAt time.Time
}

// JSON reads the body. A body that is not JSON is the provider's fault and will not get better.
func (r Request) JSON(v any) error {
	if err := json.Unmarshal(r.Body, v); err != nil {
		return &Failure{Kind: protocol.Permanent, Message: "The webhook's body could not be read.", Detail: err.Error(), Source: protocol.FromProvider}
	}
	return nil
}

// Event is something that happened at the provider. Make it with Webhook.Event, then add what is known of the
// person and of the conversation.
type Event struct {
	Key        string
	Trigger    string
	OccurredAt time.Time
	Data       any // in the shape of the trigger's output
	Contact    *Contact
	Message    *Message
	Status     *Status
}

func (e Event) protocol() (protocol.Event, error) {
	if e.Key == "" {
		return protocol.Event{}, Permanent(fmt.Errorf("the connector made an event of %s without a key, by which its copies are told", e.Trigger))
	}
	data, err := json.Marshal(e.Data)
	if err != nil {
		return protocol.Event{}, fmt.Errorf("write an event of %s: %w", e.Trigger, err)
	}
	return protocol.Event{
		Key: e.Key, Trigger: e.Trigger, OccurredAt: e.OccurredAt, Data: data, Contact: e.Contact, Message: e.Message, Status: e.Status,
	}, nil
}
