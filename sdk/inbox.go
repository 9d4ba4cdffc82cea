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

// Verifier is HMAC, StandardWebhooks or Token.
type Verifier interface{ verification() protocol.Verification }

// HMAC verifies by a header with the HMAC of the exact body, or of a text that holds it. Providers write it in many ways:
//
//	sdk.HMAC{Secret: "app_secret", Header: "X-Hub-Signature-256", Prefix: "sha256="}
//	sdk.HMAC{Secret: "secret", Header: "X-Shop-Hmac", Encoding: protocol.Base64}
//	sdk.HMAC{Secret: "secret", Header: "X-Chat-Signature", Prefix: "v0=", Signed: "v0:{header.X-Chat-Time}:{body}", Time: "{header.X-Chat-Time}"}
//	sdk.HMAC{Secret: "secret", Header: "Pay-Signature", Part: "v1", Signed: "{part.t}.{body}", Time: "{part.t}"} // t=1700000000,v1=…
type HMAC struct {
	Secret   string // name of the secret field, which is the key as it is
	Header   string
	Prefix   string            // before the signature, such as "sha256="
	Encoding protocol.Encoding // zero: protocol.Hex, in small letters
	Scheme   protocol.Scheme   // zero: protocol.SchemeHMACSHA256
	Part     string            // of a header "t=1,v1=ab": the name of the part with the signature; there may be several of them
	Signed   string            // with {body}, {header.Name} and {part.name}; zero: "{body}"
	Time     string            // the place in Signed with the time; older and newer than five minutes is refused. Zero: it has none
}

func (h HMAC) verification() protocol.Verification {
	return protocol.Verification{
		Scheme: or(h.Scheme, protocol.SchemeHMACSHA256), Secret: h.Secret, Header: h.Header, Prefix: h.Prefix, Encoding: or(h.Encoding, protocol.Hex),
		Part: h.Part, Signed: h.Signed, Time: h.Time,
	}
}

// StandardWebhooks verifies as standardwebhooks.com says: by an HMAC over id, time and body with a secret whsec_…, or by Ed25519 with
// a public key whpk_…. DeliveryKey is its Webhook-Id.
type StandardWebhooks struct {
	Secret string // name of the secret field
}

func (s StandardWebhooks) verification() protocol.Verification {
	return protocol.Verification{Scheme: protocol.SchemeStandardWebhooks, Secret: s.Secret}
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
