package flow

import (
	"encoding/json"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// SchemeNone takes every request: whoever knows the address may start the flow. Only a flow's own address can have it;
// a connector's can't.
const SchemeNone protocol.Scheme = "none"

// WebhookSecret is the name under which a flow's address keeps its secret.
const WebhookSecret = "secret"

// webhookInput is what a person says about a flow's own address.
var webhookInput = object(
	schema.Field{Name: "auth", Type: schema.Type{Kind: schema.String}, Required: true, OneOf: []string{
		string(protocol.SchemeStandardWebhooks), string(protocol.SchemeHMACSHA256), string(protocol.SchemeToken), string(SchemeNone),
	}},
	text("header"), text("query"), text("prefix"),
	schema.Field{Name: "encoding", Type: schema.Type{Kind: schema.String}, OneOf: []string{string(protocol.Hex), string(protocol.Base64)}},
	text("delivery_key"),
	schema.Field{Name: "answer", Type: schema.Type{Kind: schema.String}, OneOf: []string{"at_once", "respond"}},
	of("within", schema.Duration),
)

// WebhookType is what a flow reads of a request: the body as JSON where it is that or a form, else as text; header
// names are in small letters. What proved the sender is left out.
var WebhookType = object(
	text("method"),
	schema.Field{Name: "query", Type: mapOf(schema.String)},
	schema.Field{Name: "headers", Type: mapOf(schema.String)},
	schema.Field{Name: "body", Type: anyType},
)

func mapOf(kind schema.Kind) schema.Type {
	return schema.Type{Kind: schema.Map, Elem: &schema.Type{Kind: kind}}
}

// webhook compiles the trigger of a flow with an address of its own.
func (c *compiler) webhook(n *node) schema.Type {
	if extra := n.get("connection"); extra != nil {
		c.report(extra, "trigger.connection", "leave it out", "a webhook trigger has an address of its own and no connection")
	}
	raw := c.literal(n, "trigger", webhookInput)
	if raw == nil {
		return WebhookType
	}
	var in struct {
		Auth                  protocol.Scheme
		Header, Query, Prefix string
		Encoding              protocol.Encoding
		DeliveryKey           string `json:"delivery_key"`
		Answer                string
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		c.report(n, "trigger.with", "", "%v", err)
		return WebhookType
	}
	refuse := func(field, value string, because string) {
		if value != "" {
			c.report(n.get("with").get(field), "trigger.with."+field, "leave it out", "%s", because)
		}
	}
	switch in.Auth {
	case protocol.SchemeHMACSHA256:
		if in.Header == "" {
			c.report(n.get("with"), "trigger.with.header", "name the header that carries the signature, such as X-Signature", "is missing")
		}
		if in.Encoding == "" {
			in.Encoding = protocol.Hex
		}
		refuse("query", in.Query, "a signature comes in a header")
	case protocol.SchemeToken:
		if (in.Header == "") == (in.Query == "") {
			c.report(n.get("with"), "trigger.with.header", "name either header or query", "a token comes in one header or in one query parameter")
		}
		refuse("encoding", string(in.Encoding), "a token is compared as it is")
	default:
		because := "Standard Webhooks says where the signature is and how it is written"
		if in.Auth == SchemeNone {
			because = "there is nothing to compare"
		}
		refuse("header", in.Header, because)
		refuse("query", in.Query, because)
		refuse("prefix", in.Prefix, because)
		refuse("encoding", string(in.Encoding), because)
	}
	if in.Auth == protocol.SchemeStandardWebhooks {
		refuse("delivery_key", in.DeliveryKey, "Standard Webhooks has webhook-id for it")
		in.DeliveryKey = "Webhook-Id"
	}
	c.version.Trigger = Trigger{On: Webhook, Input: raw, Answers: c.answers(n.get("with"), in.Answer), Hook: &protocol.Inbox{
		Verify: protocol.Verification{
			Scheme: in.Auth, Secret: WebhookSecret, Header: in.Header, Query: in.Query, Prefix: in.Prefix, Encoding: in.Encoding,
		},
		DeliveryKey: in.DeliveryKey,
	}}
	return WebhookType
}
