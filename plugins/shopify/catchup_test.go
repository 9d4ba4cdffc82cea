package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// What a webhook tells and what is found by asking is the same event, in the same words as far as both know them, so that a flow
// starts once; and only what happened since is found.
func TestWhatNoWebhookToldIsFound(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	for _, trigger := range []string{"order_created", "order_paid", "order_cancelled"} {
		if _, err := s.Subscribe(trigger, map[string]any{}, s.hook); err != nil {
			t.Fatal(err)
		}
	}
	old := s.box.PayOrder(sandbox.Order{Email: "before@example.com"}, sandbox.OrderOptions{})
	unpaid := s.box.PayOrder(sandbox.Order{Email: "later@example.com", Unpaid: true}, sandbox.OrderOptions{})
	s.events(t, 3)
	s.box.Advance(time.Hour)
	cursor := roundOf(s.box.Now().Add(-time.Minute))

	s.do(t, "add_order_tags", map[string]any{"order_id": old.ID, "tags": []string{"vip"}}) // changed, and nothing else
	s.do(t, "mark_order_paid", map[string]any{"order_id": unpaid.ID})
	s.box.PayOrder(sandbox.Order{Name: "Giulia Bianchi", Email: "giulia@example.com", Phone: "+34600000000"}, sandbox.OrderOptions{})
	s.do(t, "cancel_order", map[string]any{"order_id": old.ID, "reason": "customer"})

	told := map[string][]string{}
	data := map[string]json.RawMessage{}
	contacts := map[string]protocol.Contact{}
	for range 4 {
		for trigger, e := range s.events(t, 1) {
			told[trigger] = append(told[trigger], e.Key)
			data[e.Key], contacts[e.Key] = e.Data, *e.Contact
		}
	}
	manifest, _ := connector.Manifest()
	for trigger, n := range map[string]int{"order_created": 1, "order_paid": 2, "order_cancelled": 1} {
		described, _ := manifest.Trigger(trigger)
		page, err := s.Fetch(trigger, map[string]any{}, cursor)
		slices.Sort(told[trigger])
		if err != nil || len(told[trigger]) != n || fmt.Sprint(keys(page.Events)) != fmt.Sprint(told[trigger]) || described.Every != catchUpEvery {
			t.Errorf("%s: found %v, %v, every %s; its webhooks told %v", trigger, keys(page.Events), err, described.Every, told[trigger])
		}
		for _, e := range page.Events {
			for _, p := range described.Output.Check(e.Data, "order") {
				t.Errorf("%s: %s %s", trigger, p.Path, p.Message)
			}
			if e.Trigger != trigger || *e.Contact != contacts[e.Key] || e.OccurredAt.Before(s.box.Now().Add(-time.Minute)) {
				t.Errorf("%s: got %+v of %+v, the webhook %+v", trigger, e, e.Contact, contacts[e.Key])
			}
			for _, field := range []string{"id", "name", "email", "total_price", "currency", "tags", "cancel_reason", "financial_status", "fulfillment_status", "admin_graphql_api_id"} {
				if got, want := member(e.Data, field), member(data[e.Key], field); got != want {
					t.Errorf("%s: %s is %s, in the webhook %s", trigger, field, got, want)
				}
			}
		}
	}
}

// member is a member of an object as it is written.
func member(object json.RawMessage, name string) string {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(object, &members)
	return string(members[name])
}

// An order as GraphQL tells of it, with what an order may lack.
func TestAnOrderInTheShapeOfItsWebhook(t *testing.T) {
	t.Parallel()
	var o pastOrder
	if err := json.Unmarshal([]byte(`{"id":"820982911946154508","admin_graphql_api_id":"gid://shopify/Order/820982911946154508","name":"#1042","email":null,"phone":null,
		"tags":["b2b","vip"],"processed_at":"2026-11-27T10:00:00Z","cancel_reason":"CUSTOMER","financial_status":"PAID","fulfillment_status":"PARTIALLY_FULFILLED",
		"attributes":[{"key":"gift","value":null}],"discount_codes":["SAVE10"],"customer":null,"shipping_address":{"first_name":"Giulia","phone":"+39347"},
		"line_items":{"nodes":[{"admin_graphql_api_id":"gid://shopify/LineItem/866550311766439020","name":"La borsa - red","sku":null,"quantity":2,"current_quantity":1,"price":{"shopMoney":{"amount":"6.5","currencyCode":"EUR"}},"product":null,"variant":{"id":"808950810"}}]},
		"transactions":[{"kind":"AUTHORIZATION","status":"SUCCESS","processed_at":"2026-11-27T13:00:00Z"},{"kind":"CAPTURE","status":"FAILURE","processed_at":"2026-11-27T12:00:00Z"},{"kind":"CAPTURE","status":"SUCCESS","processed_at":"2026-11-27T11:00:00Z"}]}`), &o); err != nil {
		t.Fatal(err)
	}
	order := o.asSent()
	text, _ := json.Marshal(order)
	for _, want := range []string{
		`"id":820982911946154508`, `"tags":"b2b, vip"`, `"customer":null`, `"cancel_reason":"customer"`, `"financial_status":"paid"`, `"fulfillment_status":"partial"`,
		`"note_attributes":[{"name":"gift","value":null}]`, `"discount_codes":[{"code":"SAVE10","amount":"","type":""}]`, `"id":866550311766439020,"product_id":null,"variant_id":808950810`, `"price":"6.5"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if c := order.contact(); c.Phone != "+39347" || c.Name != "Giulia" || c.ExternalID != "" {
		t.Errorf("who ordered is %+v", c)
	}
	if at := o.paidAt(); !at.Equal(time.Date(2026, 11, 27, 11, 0, 0, 0, time.UTC)) {
		t.Errorf("paid at %s", at)
	}
	o.Payments = nil
	if at := o.paidAt(); !at.Equal(time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("paid elsewhere at %s", at)
	}
}
