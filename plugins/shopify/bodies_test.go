package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// The bodies are Shopify's own shapes.
func TestBodiesOfEachTopic(t *testing.T) {
	t.Parallel()
	manifest, err := connector.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	const customer = `{"id":706405506930370084,"admin_graphql_api_id":"gid://shopify/Customer/706405506930370084","email":"bob@example.com","first_name":"Bob","last_name":"Biller","phone":null,"note":null,"state":"disabled",
		"verified_email":true,"tax_exempt":false,"tags":"a, b","currency":"EUR","addresses":[],"default_address":{"id":1,"phone":"+391"},"email_marketing_consent":{"state":"subscribed","opt_in_level":"single_opt_in","consent_updated_at":"2026-11-22T10:15:03+01:00"},
		"sms_marketing_consent":null,"created_at":"2026-11-22T10:15:03+01:00","updated_at":"2026-11-22T10:15:03+01:00"}`
	const checkout = `{"id":981820079255243537,"token":"123123123","cart_token":"eeafa272","email":null,"phone":null,"sms_marketing_phone":"+392","completed_at":null,"abandoned_checkout_url":"https://x.example.com","currency":"EUR",
		"customer_locale":"it","note_attributes":[],"discount_codes":[],"line_items":[{"key":"k","title":"Borsa","quantity":1,"price":"6.5","line_price":"6.5","sku":"BRS-NE","variant_id":808950810,"product_id":null,"variant_title":"Nera"}],
		"total_price":"6.5","billing_address":null,"shipping_address":{"first_name":"Giulia"},"customer":null}`
	const fulfillment = `{"id":123456,"order_id":820982911946154508,"name":"#1042.1","status":"success","service":"manual","shipment_status":null,"tracking_company":"UPS","tracking_number":"1Z1","tracking_numbers":["1Z1"],"tracking_url":null,
		"tracking_urls":[],"email":"giulia@example.com","destination":{"first_name":"Giulia","phone":"+393471234567"},"line_items":[{"id":1,"properties":{}}],"receipt":{}}`
	const product = `{"id":788032119674292922,"title":"Borsa","handle":"borsa","body_html":null,"vendor":"B","product_type":"","status":"active","tags":"a, b","variants":[{"id":1,"sku":null,"price":"49.90","inventory_quantity":3}],"images":[],"options":[]}`
	const law = `{"shop_id":954889,"shop_domain":"x.myshopify.com","orders_requested":[299938],"customer":{"id":191167,"email":"a@example.com","phone":"+393"},"data_request":{"id":9999}}`
	tests := map[string]struct {
		trigger, body string
		contact       *protocol.Contact
	}{
		"customers/create":           {"customer_created", customer, &protocol.Contact{Phone: "+391", Email: "bob@example.com", Name: "Bob", ExternalID: "706405506930370084"}},
		"customers/update":           {"customer_updated", customer, &protocol.Contact{Phone: "+391", Email: "bob@example.com", Name: "Bob", ExternalID: "706405506930370084"}},
		"checkouts/create":           {"checkout_created", checkout, &protocol.Contact{Phone: "+392", Name: "Giulia"}},
		"checkouts/update":           {"checkout_updated", checkout, &protocol.Contact{Phone: "+392", Name: "Giulia"}},
		"fulfillments/create":        {"fulfillment_created", fulfillment, &protocol.Contact{Phone: "+393471234567", Email: "giulia@example.com", Name: "Giulia"}},
		"fulfillments/update":        {"fulfillment_updated", fulfillment, &protocol.Contact{Phone: "+393471234567", Email: "giulia@example.com", Name: "Giulia"}},
		"products/create":            {"product_created", product, nil},
		"products/update":            {"product_updated", product, nil},
		"app/uninstalled":            {"app_uninstalled", `{"id":548380009,"name":"Bottega","domain":null,"myshopify_domain":"bottega.myshopify.com"}`, nil},
		"customers/data_request":     {"customer_data_requested", law, &protocol.Contact{Phone: "+393", Email: "a@example.com", ExternalID: "191167"}},
		"customers/redact":           {"customer_redacted", law, &protocol.Contact{Phone: "+393", Email: "a@example.com", ExternalID: "191167"}},
		"shop/redact":                {"shop_redacted", `{"shop_id":954889,"shop_domain":"x.myshopify.com"}`, nil},
		"orders/updated":             {"order_updated", `{"id":1,"phone":"+1"}`, &protocol.Contact{Phone: "+1"}},
		"orders/cancelled":           {"order_cancelled", `{"id":1,"phone":"+1"}`, &protocol.Contact{Phone: "+1"}},
		"orders/fulfilled":           {"order_fulfilled", `{"id":1,"phone":"+1"}`, &protocol.Contact{Phone: "+1"}},
		"orders/partially_fulfilled": {"order_partially_fulfilled", `{"id":1,"phone":"+1"}`, &protocol.Contact{Phone: "+1"}},
	}
	for topic, tt := range tests {
		t.Run(topic, func(t *testing.T) {
			t.Parallel()
			events, err := setup(t, nil).Receive(headers(topic), tt.body)
			key := "b54557e4"
			if oncePerObject[topic] {
				key = topic + ":1"
			}
			if err != nil || len(events) != 1 || events[0].Trigger != tt.trigger || events[0].Key != key {
				t.Fatalf("got %+v, %v", events, err)
			}
			if got := events[0].Contact; (got == nil) != (tt.contact == nil) || got != nil && *got != *tt.contact {
				t.Errorf("is about %+v, want %+v", got, tt.contact)
			}
			described, _ := manifest.Trigger(tt.trigger)
			for _, p := range described.Output.Check(events[0].Data, "event") {
				t.Errorf("%s %s", p.Path, p.Message)
			}
			_, err = setup(t, nil).Receive(headers(topic), `{"name":"something else"}`)
			if f := failureOf(t, err); f.Kind != protocol.Permanent || !strings.Contains(f.Message, topic) {
				t.Errorf("another body: got %+v", f)
			}
		})
	}
	if len(tests)+len([]string{"orders/create", "orders/paid", "refunds/create", "customer.tags_added", "customer.tags_removed"}) != len(topics) {
		t.Errorf("%d topics are read", len(topics))
	}
}

// What only names whose it is gets completed by asking; where that is not granted the event is of use without.
func TestWhoseARefundIs(t *testing.T) {
	t.Parallel()
	const refund = `{"id":890088186047892319,"order_id":820982911946154508,"created_at":"2026-11-22T10:15:03+01:00","refund_line_items":[{"id":1,"quantity":1,"subtotal":49.9,"total_tax":9.0}],"transactions":[]}`
	const order = `{"data":{"order":{"id":"820982911946154508","name":"#1042","email":null,"phone":null,"customer":{"id":"115310627314723954","admin_graphql_api_id":"gid","first_name":"Giulia","email":{"emailAddress":"giulia@example.com","marketingState":"SUBSCRIBED"},"phone":null,"tags":[],"orders_count":"3"},"shipping_address":{"phone":"+393471234567"}}}}`
	h := setup(t, answering(order))
	events, err := h.Receive(headers("refunds/create"), refund)
	if err != nil || len(events) != 1 {
		t.Fatalf("got %+v, %v", events, err)
	}
	if want := (protocol.Contact{Phone: "+393471234567", Email: "giulia@example.com", Name: "Giulia", ExternalID: "115310627314723954"}); *events[0].Contact != want {
		t.Errorf("is about %+v, want %+v", events[0].Contact, want)
	}
	for _, kept := range []string{`"id":890088186047892319`, `"order_id":820982911946154508`, `"subtotal":49.9`, `"name":"#1042"`, `"orders_count":3`} {
		if !strings.Contains(string(events[0].Data), kept) {
			t.Errorf("%s is missing in %s", kept, events[0].Data)
		}
	}
	if asked := string(h.Gateway.Requests()[0].Body); !strings.Contains(asked, `"id":"gid://shopify/Order/820982911946154508"`) {
		t.Errorf("asked %s", asked)
	}
	tests := map[string]struct {
		answer string
		kind   protocol.FailureKind // empty: the event comes without
	}{
		"the app may not read it": {`{"errors":[{"message":"Access denied","extensions":{"code":"ACCESS_DENIED"}}],"data":{"order":null}}`, ""},
		"the order is gone":       {`{"data":{"order":null}}`, ""},
		"Shopify asks to wait":    {`{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}`, protocol.RateLimited},
		"Shopify is down":         {`{"errors":[{"message":"Internal error.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`, protocol.Retryable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := setup(t, answering(tt.answer)).Receive(headers("refunds/create"), refund)
			if tt.kind != "" {
				if f := failureOf(t, err); f.Kind != tt.kind {
					t.Errorf("got %+v", f)
				}
				return
			}
			if err != nil || len(events) != 1 || events[0].Contact != nil || !strings.Contains(string(events[0].Data), `"id":890088186047892319`) {
				t.Errorf("got %+v, %v", events, err)
			}
		})
	}
}

// After an internal error a change that must not be made twice has no known outcome.
func TestAnInternalErrorOfWhatMustNotBeRepeated(t *testing.T) {
	t.Parallel()
	const broken = `{"errors":[{"message":"Internal error.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`
	_, err := setup(t, answering(broken)).Invoke("create_draft_order", map[string]any{"items": []any{map[string]any{"variant_id": "1"}}})
	if f := failureOf(t, err); f.Kind != protocol.Unknown {
		t.Errorf("got %+v", f)
	}
}

// The draft is made, so that what goes wrong after it must not say otherwise.
func TestADraftThatCannotBeReadAgain(t *testing.T) {
	t.Parallel()
	const made = `{"data":{"draftOrderCreate":{"draftOrder":{"id":"994118539","admin_graphql_api_id":"gid://shopify/DraftOrder/994118539","name":"#D1","status":"OPEN","ready":false,"invoice_url":"https://early.example.com","total":{"shopMoney":{"amount":"6.5","currencyCode":"EUR"}}},"userErrors":[]}}}`
	h := setup(t, answering(made, `{"errors":"Not Found"}`))
	result, err := h.Invoke("create_draft_order", map[string]any{"items": []any{map[string]any{"variant_id": "gid://shopify/ProductVariant/808950810"}}})
	if err != nil || !strings.Contains(string(result.Output), `"ready":false,"invoice_url":null`) {
		t.Errorf("got %s, %v", result.Output, err)
	}
	if asked := string(h.Gateway.Requests()[0].Body); !strings.Contains(asked, `"variantId":"gid://shopify/ProductVariant/808950810"`) {
		t.Errorf("asked %s", asked)
	}
}

func TestWhatIsSearchedForIsQuoted(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"#1042":         `"q":"name:\"#1042\""`,
		`x" OR email:"`: `"q":"name:\"x\\\" OR email:\\\"\""`,
		`x\`:            `"q":"name:\"x\\\\\""`,
	} {
		h := setup(t, answering(`{"data":{"orders":{"nodes":[]}}}`))
		if _, err := h.Invoke("find_order", map[string]any{"name": typed}); err != nil {
			t.Fatal(err)
		}
		if asked := string(h.Gateway.Requests()[0].Body); !strings.Contains(asked, want) {
			t.Errorf("%s: asked %s, want %s", typed, asked, want)
		}
	}
}

func TestSubscribingWithoutTheScope(t *testing.T) {
	t.Parallel()
	refused := `{"data":{"webhookSubscriptionCreate":{"webhookSubscription":null,"userErrors":[{"field":["webhookSubscription"],"message":"You cannot create a webhook subscription with the specified topic"}]}}}`
	_, err := setup(t, answering(refused)).Subscribe("customer_updated", map[string]any{}, "https://hooks.example.com/")
	if f := failureOf(t, err); f.Kind != protocol.Unauthorized || !strings.Contains(f.Message, "read_customers") {
		t.Errorf("got %+v", f)
	}
}

// A page of a dropdown ends where the form asks to go on.
func TestDropdownsGoOn(t *testing.T) {
	t.Parallel()
	h := setup(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data":{"productVariants":{"nodes":[{"id":"39072856","displayName":"Borsa - Nera","sku":null}],"pageInfo":{"hasNextPage":true,"endCursor":"abc"}}}}`))
	}))
	page, err := h.ListOptions("variants", `a "b"`)
	if err != nil || page.Cursor != "abc" || len(page.Options) != 1 || page.Options[0].Label != "Borsa - Nera" {
		t.Errorf("got %+v, %v", page, err)
	}
	if asked := string(h.Gateway.Requests()[0].Body); !strings.Contains(asked, `title:\"a \\\"b\\\"\"`) {
		t.Errorf("asked %s", asked)
	}
}

// Of an order over two locations the second parcel may fail after the first was made.
func TestAnOrderThatIsSentInPart(t *testing.T) {
	t.Parallel()
	const group = `{"id":"gid://shopify/FulfillmentOrder/%[1]s","status":"%[3]s","assignedLocation":{"location":{"id":"gid://shopify/Location/%[2]s"}},"supportedActions":[{"action":"%[4]s"}]}`
	groups := fmt.Sprintf(group, "1", "1", "OPEN", "CREATE_FULFILLMENT") + "," + fmt.Sprintf(group, "2", "1", "IN_PROGRESS", "CREATE_FULFILLMENT") + "," +
		fmt.Sprintf(group, "3", "2", "OPEN", "CREATE_FULFILLMENT") + "," + fmt.Sprintf(group, "4", "2", "CLOSED", "CREATE_FULFILLMENT") + "," + fmt.Sprintf(group, "5", "2", "OPEN", "MOVE")
	h := setup(t, answering(
		`{"data":{"order":{"fulfillmentOrders":{"nodes":[`+groups+`]}}}}`,
		`{"data":{"fulfillmentCreate":{"fulfillment":{"admin_graphql_api_id":"gid://shopify/Fulfillment/9","status":"SUCCESS","tracking":[]},"userErrors":[]}}}`,
		`{"data":{"fulfillmentCreate":{"fulfillment":null,"userErrors":[{"field":["fulfillment"],"message":"Invalid fulfillment order line item quantity requested."}]}}}`,
	))
	_, err := h.Invoke("fulfill_order", map[string]any{"order_id": 1})
	if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Message != "1 of 2 parcels were made, the next was not: Invalid fulfillment order line item quantity requested." {
		t.Errorf("got %+v", f)
	}
	sent := h.Gateway.Requests()
	for i, want := range []string{"", `"lineItemsByFulfillmentOrder":[{"fulfillmentOrderId":"gid://shopify/FulfillmentOrder/1"},{"fulfillmentOrderId":"gid://shopify/FulfillmentOrder/2"}]`,
		`"lineItemsByFulfillmentOrder":[{"fulfillmentOrderId":"gid://shopify/FulfillmentOrder/3"}]`} {
		if !strings.Contains(string(sent[i].Body), want) {
			t.Errorf("request %d is %s, want %s", i+1, sent[i].Body, want)
		}
	}
}

// The poll looks back from the newest checkout that it saw, but never behind its beginning.
func TestHowFarThePollLooksBack(t *testing.T) {
	t.Parallel()
	for cursor, want := range map[string]string{
		`{"floor":"2026-11-27T10:00:00Z","newest":"2026-11-27T12:00:00Z"}`: "2026-11-27T10:00:00Z",
		`{"floor":"2026-11-20T10:00:00Z","newest":"2026-11-27T12:00:00Z"}`: "2026-11-27T06:00:00Z",
	} {
		h := setup(t, answering(`{"data":{"abandonedCheckouts":{"nodes":[],"pageInfo":{"hasNextPage":false}}}}`))
		page, err := h.Fetch("checkout_abandoned", map[string]any{}, cursor)
		if err != nil || page.Cursor != cursor {
			t.Errorf("got %+v, %v", page, err)
		}
		if asked := string(h.Gateway.Requests()[0].Body); !strings.Contains(asked, "created_at:\\u003e='"+want+"'") {
			t.Errorf("%s: asked %s", cursor, asked)
		}
	}
}

// What a float makes of 33.3 per cent must not be seen.
func TestHowADiscountIsWritten(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		input map[string]any
		want  string
	}{
		"per cent":      {map[string]any{"kind": "percentage", "value": 33.3}, `"value":{"percentage":0.333}`},
		"an amount":     {map[string]any{"kind": "fixed_amount", "value": 6.5}, `"discountAmount":{"amount":"6.5","appliesOnEachItem":false}`},
		"for one":       {map[string]any{"kind": "fixed_amount", "value": 5, "customer_id": int64(115310627314723954)}, `"context":{"customers":{"add":["gid://shopify/Customer/115310627314723954"]}}`},
		"with an end":   {map[string]any{"kind": "fixed_amount", "value": 5, "starts_at": "2026-12-01T01:00:00+01:00", "ends_at": "2026-12-02T00:00:00Z"}, `"endsAt":"2026-12-02T00:00:00Z"`},
		"from a moment": {map[string]any{"kind": "fixed_amount", "value": 5, "starts_at": "2026-12-01T01:00:00+01:00"}, `"startsAt":"2026-12-01T00:00:00Z"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t, answering(`{"data":{"discountCodeBasicCreate":{"node":{"id":"gid://shopify/DiscountCodeNode/1","codeDiscount":{"title":"x","status":"ACTIVE"}},"userErrors":[]}}}`))
			if _, err := h.Invoke("create_discount_code", tt.input); err != nil {
				t.Fatal(err)
			}
			if asked := string(h.Gateway.Requests()[0].Body); !strings.Contains(asked, tt.want) {
				t.Errorf("asked %s, want %s", asked, tt.want)
			}
		})
	}
}
