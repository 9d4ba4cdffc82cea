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

var orderCreated = sdk.Webhook[sdk.None, Order]{
	Name: "order_created", Title: "Order created", Summary: "Somebody placed an order.",
	Subscribe: subscribeTo("ORDERS_CREATE"), Unsubscribe: unsubscribe,
}

var orderPaid = sdk.Webhook[sdk.None, Order]{
	Name: "order_paid", Title: "Order paid", Summary: "An order was paid in full.",
	Subscribe: subscribeTo("ORDERS_PAID"), Unsubscribe: unsubscribe,
}

// receive reads one order. Topics that no trigger names yield nothing.
func receive(_ context.Context, _ *sdk.Call, req sdk.Request) ([]sdk.Event, error) {
	var trigger sdk.Webhook[sdk.None, Order]
	topic := req.Header.Get("X-Shopify-Topic")
	switch topic {
	case "orders/create":
		trigger = orderCreated
	case "orders/paid":
		trigger = orderPaid
	default:
		return nil, nil
	}
	var order Order
	if err := json.Unmarshal(req.Body, &order); order.ID == 0 { // a field of another shape than ours does not matter
		return nil, &sdk.Failure{
			Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "The webhook holds no order.", Detail: fmt.Sprint(err),
		}
	}
	at := occurredAt(req, order)
	key := req.Header.Get(webhookID)
	if key == "" {
		key = fmt.Sprintf("%s:%d:%s", topic, order.ID, at.UTC().Format(time.RFC3339Nano))
	}
	event := trigger.EventJSON(key, at, req.Body)
	event.Contact = order.contact()
	return []sdk.Event{event}, nil
}

// occurredAt is when the change was made, which may be well before a repeated delivery.
func occurredAt(req sdk.Request, order Order) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, req.Header.Get("X-Shopify-Triggered-At")); err == nil {
		return at
	}
	if order.UpdatedAt != nil {
		return *order.UpdatedAt
	}
	return req.ReceivedAt
}

const (
	webhookCreate = `mutation WebhookCreate($topic: WebhookSubscriptionTopic!, $w: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: $topic, webhookSubscription: $w) { webhookSubscription { id } userErrors { field message } } }`
	webhookList   = `query WebhookList($uri: String, $topics: [WebhookSubscriptionTopic!]) { webhookSubscriptions(first: 1, uri: $uri, topics: $topics) { nodes { id } } }`
	webhookDelete = `mutation WebhookDelete($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } } }`
)

// Texts of userErrors that are a success here; plain userErrors have no code to go by.
const (
	alreadyTaken = "Address for this topic has already been taken"
	alreadyGone  = "Webhook subscription does not exist"
)

type subscribed struct {
	ID string `json:"id"`
}

// subscribeTo subscribes to a topic. A subscription with the same address that is there already is ours: Shopify
// lists only our own app's.
func subscribeTo(topic string) func(context.Context, *sdk.Call, sdk.None, string) (sdk.Subscription, error) {
	return func(ctx context.Context, call *sdk.Call, _ sdk.None, callbackURL string) (sdk.Subscription, error) {
		var payload struct {
			Subscription subscribed `json:"webhookSubscription"`
		}
		err := mutate(ctx, call, webhookCreate, "webhookSubscriptionCreate",
			map[string]any{"topic": topic, "w": map[string]any{"uri": callbackURL, "format": "JSON"}}, nil, &payload)
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

func unsubscribe(ctx context.Context, call *sdk.Call, id string) error {
	var payload struct{}
	err := mutate(ctx, call, webhookDelete, "webhookSubscriptionDelete", map[string]any{"id": id}, nil, &payload)
	if err != nil && err.Error() == alreadyGone {
		return nil
	}
	return err
}
