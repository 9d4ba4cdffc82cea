package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

// shop is a connection to a sandbox, and where its webhooks arrive.
type shop struct {
	*sdktest.Harness
	box  *sandbox.Sandbox
	hook string
	got  chan webhook
}

type webhook struct {
	header http.Header
	body   string
}

// The sandbox checks our documents against Shopify's own schema: what this connector sends must be valid there.
func openShop(t *testing.T) shop {
	t.Helper()
	box := sandbox.New(sandbox.Config{})
	t.Cleanup(box.Close)
	got := make(chan webhook, 64)
	hooks := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- webhook{r.Header, string(body)}
	}))
	t.Cleanup(hooks.Close)
	h := sdktest.New(t, connector, map[string]any{
		"shop": "demo-shop", "access_token": "shpat_0123456789abcdef0123456789abcdef", "client_secret": "demo-client-secret",
		"base_url": "http://sandbox.test/shopify",
	}, box.Handler())
	return shop{h, box, hooks.URL + "/hooks/in", got}
}

// TestTokensAreGotAsShopifyWantsThem: for the client alone, without scopes, with the secret in the body.
func TestTokensAreGotAsShopifyWantsThem(t *testing.T) {
	t.Parallel()
	m, err := connector.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	o := m.Auth.OAuth
	if o == nil || o.Grant != protocol.GrantClient || o.ClientAuth != protocol.ClientBody || len(o.Scopes) != 0 {
		t.Fatalf("the token is got by %+v", o)
	}
	address, err := protocol.Expand(o.TokenURL, m.Auth.Values(json.RawMessage(`{"shop":"https://Bottega.myshopify.com/admin/"}`)))
	if err != nil || address != "https://bottega.myshopify.com/admin/oauth/access_token" {
		t.Errorf("asked for at %s, %v", address, err)
	}
}

// events waits for n webhooks and returns their events by trigger, each of which must be as the manifest says.
func (s shop) events(t *testing.T, n int) map[string]protocol.Event {
	t.Helper()
	manifest, _ := connector.Manifest()
	events := map[string]protocol.Event{}
	for range n {
		var arrived webhook
		select {
		case arrived = <-s.got:
		case <-time.After(10 * time.Second):
			t.Fatalf("only %d of %d webhooks came", len(events), n)
		}
		read, err := s.Receive(arrived.header, arrived.body)
		if err != nil || len(read) != 1 {
			t.Fatalf("%s: got %+v, %v\n%s", arrived.header.Get("X-Shopify-Topic"), read, err, arrived.body)
		}
		described, _ := manifest.Trigger(read[0].Trigger)
		for _, p := range described.Output.Check(read[0].Data, read[0].Trigger) {
			t.Errorf("%s %s", p.Path, p.Message)
		}
		events[read[0].Trigger] = read[0]
	}
	return events
}

// do runs an action and reads its output, which must be as the manifest says.
func (s shop) do(t *testing.T, action string, input map[string]any) map[string]any {
	t.Helper()
	result, err := s.Invoke(action, input)
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	manifest, _ := connector.Manifest()
	described, _ := manifest.Action(action)
	for _, p := range described.Output.Check(result.Output, action) {
		t.Errorf("%s %s", p.Path, p.Message)
	}
	var out map[string]any
	dec := json.NewDecoder(strings.NewReader(string(result.Output)))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (s shop) refused(t *testing.T, action string, input map[string]any, field, message string) {
	t.Helper()
	_, err := s.Invoke(action, input)
	if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != field || !strings.Contains(f.Message, message) {
		t.Errorf("%s: got %+v, want %q at %q", action, f, message, field)
	}
}

func TestAnOrderInTheSandbox(t *testing.T) {
	t.Parallel()
	h := openShop(t)
	if identity, err := h.Check(); err != nil || identity.ID != "demo-shop.myshopify.com" {
		t.Errorf("check: got %+v, %v", identity, err)
	}
	first, err := h.Subscribe("order_paid", map[string]any{}, h.hook)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := h.Subscribe("order_paid", map[string]any{}, h.hook); err != nil || second.ID != first.ID {
		t.Errorf("subscribing again: got %+v, %v, want %+v", second, err, first)
	}
	placed := httptest.NewRecorder()
	h.box.Handler().ServeHTTP(placed, sandboxRequest(`{"phone":"+34600123456","paid":true}`))
	if placed.Code >= 300 {
		t.Fatalf("placing an order: %d %s", placed.Code, placed.Body)
	}
	paid := h.events(t, 1)["order_paid"]
	if paid.Contact == nil || paid.Contact.Phone != "+34600123456" {
		t.Fatalf("got %+v", paid)
	}
	var order struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal(paid.Data, &order); err != nil {
		t.Fatal(err)
	}
	result, err := h.Invoke("add_order_tags", map[string]any{"order_id": order.ID, "tags": []string{"reactive"}})
	if err != nil || !strings.Contains(string(result.Output), "reactive") {
		t.Errorf("tags: got %s, %v", result.Output, err)
	}
	for range 2 {
		result, err = h.Invoke("add_order_note", map[string]any{"order_id": order.ID, "note": "Wants blue"})
		if err != nil || strings.Count(string(result.Output), "Wants blue") != 1 {
			t.Errorf("note: got %s, %v", result.Output, err)
		}
	}
	for range 2 {
		if err := h.Unsubscribe("order_paid", map[string]any{}, first.ID); err != nil {
			t.Errorf("unsubscribe: %v", err)
		}
	}
}

func sandboxRequest(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/sandbox/shopify/orders", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr = "127.0.0.1:1"
	return r
}

func TestWhatHappensInAShop(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	subscribed := func(triggers ...string) {
		t.Helper()
		for _, trigger := range triggers {
			if _, err := s.Subscribe(trigger, map[string]any{}, s.hook); err != nil {
				t.Fatalf("%s: %v", trigger, err)
			}
		}
	}
	subscribed("order_created", "order_cancelled", "order_fulfilled", "order_partially_fulfilled", "fulfillment_created", "fulfillment_updated", "refund_created",
		"customer_created", "customer_tags_added", "customer_tags_removed", "checkout_created", "checkout_updated", "product_created", "product_updated", "app_uninstalled")

	begun := s.box.Checkout(sandbox.Checkout{})
	began := s.events(t, 1)["checkout_created"]
	s.box.Checkout(sandbox.Checkout{Token: begun.Token, Phone: "+34600123456", Email: "ana@example.com"})
	further := s.events(t, 1)["checkout_updated"]
	if began.Contact.Phone != "" || further.Contact.Phone != "+34600123456" || further.Contact.Email != "ana@example.com" {
		t.Errorf("checkouts: got %+v and %+v", began.Contact, further.Contact)
	}
	if out := s.do(t, "find_order", map[string]any{"checkout_token": begun.Token}); out["found"] != false {
		t.Errorf("an abandoned checkout has an order: %v", out)
	}

	order := s.box.PayOrder(sandbox.Order{Name: "Ana Ruiz", Phone: "+34600123456", Email: "ana@example.com", CheckoutToken: begun.Token}, sandbox.OrderOptions{})
	if got := s.events(t, 2); got["customer_created"].Contact.Email != "ana@example.com" || got["order_created"].Contact.Name != "Ana" {
		t.Errorf("an order: got %+v", got)
	}
	found := s.do(t, "find_order", map[string]any{"checkout_token": begun.Token})
	if id := found["order"].(map[string]any)["id"]; id != json.Number(number(order.ID)) {
		t.Errorf("found %v, want the order %d", id, order.ID)
	}
	for change, want := range map[sandbox.OrderChange][]string{
		"fulfill": {"fulfillment_created", "order_fulfilled"}, "refund": {"refund_created"}, "cancel": {"order_cancelled"},
	} {
		if err := s.box.ChangeOrder(order.ID, change); err != nil {
			t.Fatal(err)
		}
		got := s.events(t, len(want))
		for _, trigger := range want {
			if e := got[trigger]; e.Contact == nil || e.Contact.Phone != "+34600123456" || e.Contact.Email != "ana@example.com" {
				t.Errorf("%s: %s is about %+v", change, trigger, e.Contact)
			}
		}
		if change == "refund" && !strings.Contains(string(got["refund_created"].Data), `"name":"#1042"`) {
			t.Errorf("the refund does not say of which order: %s", got["refund_created"].Data)
		}
	}

	customer := map[string]any{"customer_id": order.CustomerID, "tags": []string{"vip, asked"}}
	s.do(t, "add_customer_tags", customer)
	tagged := s.events(t, 1)["customer_tags_added"]
	if tagged.Contact == nil || tagged.Contact.Phone != "+34600123456" || !strings.Contains(string(tagged.Data), `"tags":["asked","vip"]`) {
		t.Errorf("tagged: got %+v %s", tagged.Contact, tagged.Data)
	}
	if out := s.do(t, "remove_customer_tags", map[string]any{"customer_id": order.CustomerID, "tags": []string{"VIP"}}); len(out["tags"].([]any)) != 1 {
		t.Errorf("untagged: got %v", out)
	}
	s.events(t, 1)

	for topic, body := range map[string]string{
		"products/update": `{"id":788032119674292922,"title":"Borsa","handle":"borsa","body_html":null,"vendor":"B","product_type":"","status":"active","tags":"a, b","variants":[{"id":1,"sku":null,"price":"49.90","inventory_quantity":3}],"updated_at":"2026-11-22T10:15:03+01:00","published_at":null}`,
		"app/uninstalled": `{"id":548380009,"name":"Bottega","domain":null,"myshopify_domain":"bottega.myshopify.com"}`,
	} {
		if err := s.box.ShopifyWebhook(topic, []byte(body), sandbox.OrderOptions{}); err != nil {
			t.Fatal(err)
		}
		s.events(t, 1)
	}
}

func TestReadingAnOrder(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	order := s.box.PayOrder(sandbox.Order{Note: "Ring twice", Tags: []string{"vip"}}, sandbox.OrderOptions{})
	if err := s.box.ChangeOrder(order.ID, "fulfill"); err != nil {
		t.Fatal(err)
	}
	got := s.do(t, "get_order", map[string]any{"order_id": order.ID})
	want := map[string]string{
		"id": number(order.ID), "name": "#1042", "note": "Ring twice", "tags": "[vip]", "financial_status": "PAID", "fulfillment_status": "FULFILLED",
		"total": "map[amount:49.90 currency:EUR]", "phone": "+34600111222",
	}
	for field, value := range want {
		if fmt.Sprint(got[field]) != value {
			t.Errorf("%s is %v, want %s", field, got[field], value)
		}
	}
	text := fmt.Sprint(got)
	for _, part := range []string{"email_consent:SUBSCRIBED", "number:1Z1042", "product:map[id:632910392]", "price:map[amount:49.90 currency:EUR]", "orders_count:1"} {
		if !strings.Contains(text, part) {
			t.Errorf("%s is missing in %s", part, text)
		}
	}
	s.refused(t, "get_order", map[string]any{"order_id": 1}, "order_id", "is not an order of this shop")
	s.refused(t, "remove_order_tags", map[string]any{"order_id": 1, "tags": []string{"a"}}, "order_id", "is not an order of this shop")
	s.refused(t, "add_order_tags", map[string]any{"order_id": 1, "tags": []string{"a"}}, "order_id", "Order does not exist")
	s.refused(t, "find_order", map[string]any{}, "name", "or checkout_token must be filled in")

	for name, want := range map[string]bool{"#1042": true, "1042": true, "#104": false, `1" OR name:"#1042`: false, `#1042\`: false} {
		if out := s.do(t, "find_order", map[string]any{"name": name}); out["found"] != want {
			t.Errorf("looking for %q: got %v", name, out)
		}
	}
}

// Removing heeds the case of an order's tags, although adding does not.
func TestUntaggingAnOrderInAnotherCase(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	order := s.box.PayOrder(sandbox.Order{Tags: []string{"VIP", "Asked", "new"}}, sandbox.OrderOptions{})
	for range 2 {
		if out := s.do(t, "remove_order_tags", map[string]any{"order_id": order.ID, "tags": []string{"vip, asked"}}); fmt.Sprint(out["tags"]) != "[new]" {
			t.Errorf("got %v", out)
		}
	}
	many := make([]string, 249)
	for i := range many {
		many[i] = fmt.Sprint("t", i)
	}
	s.do(t, "add_order_tags", map[string]any{"order_id": order.ID, "tags": many})
	s.refused(t, "add_order_tags", map[string]any{"order_id": order.ID, "tags": []string{"one too many"}}, "tags", "maximum of 250")
}

func TestCancellingAnOrder(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	order := s.box.PayOrder(sandbox.Order{}, sandbox.OrderOptions{})
	input := map[string]any{"order_id": order.ID, "reason": "inventory", "refund": true, "note": "Out of stock"}
	if out := s.do(t, "cancel_order", input); out["done"] != false {
		t.Errorf("got %v", out)
	}
	if out := s.do(t, "cancel_order", input); out["done"] != true {
		t.Errorf("again: got %v", out)
	}
	if got := s.do(t, "get_order", map[string]any{"order_id": order.ID}); got["cancel_reason"] != "INVENTORY" {
		t.Errorf("the reason is %v", got["cancel_reason"])
	}
	s.refused(t, "cancel_order", map[string]any{"order_id": 1}, "order_id", "is not an order")
}

// All that one location sends makes one parcel.
func TestFulfillingAnOrderOfTwoLocations(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	for _, trigger := range []string{"order_partially_fulfilled", "order_fulfilled"} {
		if _, err := s.Subscribe(trigger, map[string]any{}, s.hook); err != nil {
			t.Fatal(err)
		}
	}
	order := s.box.PayOrder(sandbox.Order{Locations: 2}, sandbox.OrderOptions{})
	input := map[string]any{"order_id": order.ID, "tracking_number": "1Z1042", "carrier": "UPS", "notify": true}
	if out := s.do(t, "fulfill_order", input); len(out["parcels"].([]any)) != 2 || !strings.Contains(fmt.Sprint(out), "number:1Z1042") {
		t.Errorf("got %v", out)
	}
	if got := s.events(t, 2); len(got) != 2 {
		t.Errorf("got %v", got)
	}
	if out := s.do(t, "get_order", map[string]any{"order_id": order.ID}); out["fulfillment_status"] != "FULFILLED" {
		t.Errorf("the order is %v", out["fulfillment_status"])
	}
	if out := s.do(t, "fulfill_order", input); len(out["parcels"].([]any)) != 0 {
		t.Errorf("again: got %v", out)
	}
	s.refused(t, "fulfill_order", map[string]any{"order_id": 1}, "order_id", "is not an order")
}

func TestMarkingAsPaid(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	order := s.box.PayOrder(sandbox.Order{Unpaid: true}, sandbox.OrderOptions{})
	for range 2 {
		if out := s.do(t, "mark_order_paid", map[string]any{"order_id": order.ID}); out["financial_status"] != "PAID" {
			t.Errorf("got %v", out)
		}
	}
	s.refused(t, "mark_order_paid", map[string]any{"order_id": 1}, "order_id", "is not an order")
}

func TestCustomers(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	if _, err := s.Subscribe("customer_updated", map[string]any{}, s.hook); err != nil {
		t.Fatal(err)
	}
	order := s.box.PayOrder(sandbox.Order{}, sandbox.OrderOptions{})
	for who, input := range map[string]map[string]any{
		"by e-mail":                   {"email": "Lucia@example.com"},
		"by phone, as people type it": {"phone": "+34 600-111 222"},
		"by phone, after the e-mail":  {"email": "nobody@example.com", "phone": "+34600111222"},
	} {
		out := s.do(t, "find_customer", input)
		if found, ok := out["customer"].(map[string]any); !ok || out["found"] != true || found["id"] != json.Number(number(order.CustomerID)) || found["email"] != "lucia@example.com" {
			t.Errorf("%s: got %v", who, out)
		}
	}
	if out := s.do(t, "find_customer", map[string]any{"email": "nobody@example.com"}); out["found"] != false || out["customer"] != nil {
		t.Errorf("nobody: got %v", out)
	}
	s.refused(t, "find_customer", map[string]any{}, "email", "or phone must be filled in")

	changed := s.do(t, "update_customer", map[string]any{"customer_id": order.CustomerID, "note": "Prefers WhatsApp", "locale": "it"})
	if changed["note"] != "Prefers WhatsApp" || changed["locale"] != "it" || changed["first_name"] != "Lucía" {
		t.Errorf("changed: got %v", changed)
	}
	if e := s.events(t, 1)["customer_updated"]; e.Contact.ExternalID != number(order.CustomerID) {
		t.Errorf("got %+v", e)
	}
	s.refused(t, "update_customer", map[string]any{"customer_id": order.CustomerID}, "customer_id", "fill in what is to change")
	s.refused(t, "update_customer", map[string]any{"customer_id": 1, "note": "x"}, "customer_id", "Customer does not exist")

	ana := map[string]any{"email": "ana@example.com", "first_name": "Ana"}
	first, second := s.do(t, "save_customer", ana), s.do(t, "save_customer", map[string]any{"email": "ana@example.com", "phone": "+34 600 333 444"})
	if first["id"] != second["id"] || second["first_name"] != "Ana" || second["phone"] != "+34600333444" {
		t.Errorf("saved: got %v, then %v", first, second)
	}
	s.refused(t, "save_customer", map[string]any{"email": "eva@example.com", "phone": "+34600111222"}, "phone", "Phone has already been taken")
	s.refused(t, "save_customer", map[string]any{"first_name": "Eva"}, "email", "or phone must be filled in")

	s.do(t, "set_marketing_consent", map[string]any{"customer_id": order.CustomerID, "channel": "sms", "state": "subscribed"})
	agreed := s.do(t, "set_marketing_consent", map[string]any{"customer_id": order.CustomerID, "channel": "email", "state": "unsubscribed"})
	if agreed["email_consent"] != "UNSUBSCRIBED" || agreed["sms_consent"] != "SUBSCRIBED" {
		t.Errorf("consent: got %v", agreed)
	}
}
