package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Shopify repeats a delivery eight times within four hours with the same X-Shopify-Webhook-Id and the same body.
var inbox = &sdk.Inbox{
	Verify:      sdk.HMAC{Secret: "client_secret", Header: "X-Shopify-Hmac-Sha256", Encoding: protocol.Base64},
	DeliveryKey: webhookID,
	Receive:     receive,
}

const webhookID = "X-Shopify-Webhook-Id"

func receive(ctx context.Context, call *sdk.Call, req sdk.Request) ([]sdk.Event, error) {
	read, ok := topics[req.Header.Get("X-Shopify-Topic")]
	if !ok {
		return nil, nil
	}
	event, err := read(ctx, call, req)
	if err != nil {
		return nil, err
	}
	return []sdk.Event{event}, nil
}

// reader makes an event of a webhook.
type reader func(ctx context.Context, call *sdk.Call, req sdk.Request) (sdk.Event, error)

// body is what a webhook carries.
type body interface {
	ident() string         // what tells it from others of its topic; empty: this is no such body
	changed() *time.Time   // nil: it does not say
	contact() *sdk.Contact // nil: it concerns nobody
}

// read reads the webhooks of a trigger. Flows get the body as Shopify sent it; a field of another shape than ours does
// not matter.
func read[B body](trigger sdk.Webhook[sdk.None, B]) reader {
	return func(_ context.Context, _ *sdk.Call, req sdk.Request) (sdk.Event, error) {
		var b B
		topic := req.Header.Get("X-Shopify-Topic")
		if err := json.Unmarshal(req.Body, &b); b.ident() == "" {
			return sdk.Event{}, &sdk.Failure{
				Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "The webhook does not hold what " + topic + " should.", Detail: fmt.Sprint(err),
			}
		}
		at := occurredAt(req, b)
		key := req.Header.Get(webhookID)
		switch {
		case oncePerObject[topic]:
			key = topic + ":" + b.ident()
		case key == "":
			key = fmt.Sprintf("%s:%s:%s", topic, b.ident(), at.UTC().Format(time.RFC3339Nano))
		}
		event := trigger.EventJSON(key, at, req.Body)
		event.Contact = b.contact()
		return event, nil
	}
}

// occurredAt is when the change was made, which may be well before a repeated delivery.
func occurredAt(req sdk.Request, b body) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, req.Header.Get("X-Shopify-Triggered-At")); err == nil {
		return at
	}
	if at := b.changed(); at != nil {
		return *at
	}
	return req.ReceivedAt
}

// complete adds what Shopify knows beside a body to the event, under a name. What may not be read, or is gone, is left
// out, because the event is of use without it; a failure that may pass is returned, and the webhook is read again.
func complete(call *sdk.Call, event sdk.Event, name string, found any, err error) (sdk.Event, error) {
	if f, ok := err.(*sdk.Failure); ok && (f.Kind == protocol.Unauthorized || f.Kind == protocol.Invalid || f.Kind == protocol.Permanent) {
		call.Log.Warn("the event lacks what belongs to it", "missing", name, "because", f.Message)
		return event, nil
	}
	if err != nil {
		return event, err
	}
	var members map[string]json.RawMessage
	raw, ok := event.Data.(json.RawMessage)
	if !ok || json.Unmarshal(raw, &members) != nil {
		return event, nil
	}
	if members[name], err = json.Marshal(found); err != nil {
		return event, fmt.Errorf("write %s: %w", name, err)
	}
	event.Data = members
	return event, nil
}

const (
	webhookCreate = `mutation WebhookCreate($topic: WebhookSubscriptionTopic!, $w: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: $topic, webhookSubscription: $w) { webhookSubscription { id } userErrors { field message } } }`
	webhookList   = `query WebhookList($uri: String, $topics: [WebhookSubscriptionTopic!]) { webhookSubscriptions(first: 1, uri: $uri, topics: $topics) { nodes { id } } }`
	webhookDelete = `mutation WebhookDelete($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } } }`
)

// Texts of userErrors that mean more than a refusal here; plain userErrors have no code to go by.
const (
	alreadyTaken = "Address for this topic has already been taken"
	alreadyGone  = "Webhook subscription does not exist"
	noScope      = "You cannot create a webhook subscription with the specified topic"
)

type subscribed struct {
	ID string `json:"id"`
}

// subscribeTo subscribes to a topic, which needs a scope. A subscription with the same address that is there already is
// ours: Shopify lists only our own app's. One that Shopify deleted, as it does after eight failures, comes back when the
// gateway subscribes again to look after it.
func subscribeTo(topic, scope string) func(context.Context, *sdk.Call, sdk.None, string) (sdk.Subscription, error) {
	return func(ctx context.Context, call *sdk.Call, _ sdk.None, callbackURL string) (sdk.Subscription, error) {
		var payload struct {
			Subscription subscribed `json:"webhookSubscription"`
		}
		err := mutate(ctx, call, webhookCreate, "webhookSubscriptionCreate",
			map[string]any{"topic": topic, "w": map[string]any{"uri": callbackURL, "format": "JSON"}}, nil, &payload)
		if err != nil && err.Error() == noScope {
			return sdk.Subscription{}, say(sdk.Unauthorized(err), "The token lacks the scope "+scope+"; add it to the app and install the app again.")
		}
		if err == nil || err.Error() != alreadyTaken {
			return sdk.Subscription{ID: payload.Subscription.ID}, err
		}
		var list struct {
			Subscriptions struct {
				Nodes []subscribed `json:"nodes"`
			} `json:"webhookSubscriptions"`
		}
		if err := graphql(ctx, call, webhookList, map[string]any{"uri": callbackURL, "topics": []string{topic}}, &list); err != nil {
			return sdk.Subscription{}, err
		}
		if len(list.Subscriptions.Nodes) == 0 {
			return sdk.Subscription{}, err
		}
		return sdk.Subscription{ID: list.Subscriptions.Nodes[0].ID}, nil
	}
}

func unsubscribe(ctx context.Context, call *sdk.Call, _ sdk.None, id string) error {
	var payload struct{}
	err := mutate(ctx, call, webhookDelete, "webhookSubscriptionDelete", map[string]any{"id": id}, nil, &payload)
	if err != nil && err.Error() == alreadyGone {
		return nil
	}
	return err
}
