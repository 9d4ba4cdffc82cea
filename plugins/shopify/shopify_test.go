package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

func TestConformance(t *testing.T) { sdktest.Conformance(t, connector) }

func setup(t *testing.T, provider http.Handler) *sdktest.Harness {
	t.Helper()
	return sdktest.New(t, connector, map[string]any{
		"shop": "https://Bottega.myshopify.com/admin/", "access_token": "shpat_0123456789", "client_secret": "shpss-test-secret",
	}, provider)
}

// answering gives one answer after the other, the last one for ever.
func answering(bodies ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, bodies[0])
		if len(bodies) > 1 {
			bodies = bodies[1:]
		}
	})
}

func failureOf(t *testing.T, err error) protocol.Failure {
	t.Helper()
	var f *protocol.Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a failure", err)
	}
	return *f
}

func order(t *testing.T) string {
	t.Helper()
	body, err := os.ReadFile("testdata/order.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

var tag = map[string]any{"order_id": int64(820982911946154508), "tags": []string{"reactive"}}

func TestCheckNamesTheShop(t *testing.T) {
	t.Parallel()
	h := setup(t, sdktest.Recorded(t, "testdata/check.json"))
	identity, err := h.Check()
	if err != nil || identity != (protocol.Identity{ID: "bottega.myshopify.com", Label: "Bottega"}) {
		t.Errorf("got %+v, %v", identity, err)
	}
	sent := h.Gateway.Requests()[0]
	if sent.URL != "https://bottega.myshopify.com/admin/api/2026-07/graphql.json" || sent.Header.Get("X-Shopify-Access-Token") != "shpat_0123456789" {
		t.Errorf("asked %s with %v", sent.URL, sent.Header)
	}
}

func TestCheckNamesTheMissingScope(t *testing.T) {
	t.Parallel()
	_, err := setup(t, answering(`{"data":{"shop":{"name":"B"},"currentAppInstallation":{"accessScopes":[{"handle":"read_products"}]}}}`)).Check()
	if f := failureOf(t, err); f.Kind != protocol.Invalid || !strings.Contains(f.Message, "read_orders") {
		t.Errorf("got %+v", f)
	}
}

func TestWhatPeopleTypeAsTheShop(t *testing.T) {
	t.Parallel()
	manifest, err := connector.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		typed string
		want  string // empty: refused
	}{
		"the bare name":                 {"bottega", "bottega"},
		"the domain":                    {"bottega.myshopify.com", "bottega"},
		"the admin's address":           {"https://Bottega.myshopify.com/admin/", "bottega"},
		"a domain that only looks so":   {"bottega.myshopify.com.evil.com", ""},
		"a user in front of the domain": {"bottega@evil.com/", ""},
		"an address of another machine": {"http://127.0.0.1/", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings, _ := json.Marshal(map[string]string{"shop": tt.typed, "access_token": "a", "client_secret": "b"})
			found := manifest.Auth.Fields.Check(manifest.Auth.Fields.Normalize(settings), "")
			if tt.want == "" {
				if len(found) == 0 {
					t.Errorf("%q passes", tt.typed)
				}
				return
			}
			if got := manifest.Auth.Values(settings)["shop"]; len(found) > 0 || got != tt.want {
				t.Errorf("got %q, %v", got, found)
			}
		})
	}
}

func TestTagsKeepAllDigitsOfTheOrder(t *testing.T) {
	t.Parallel()
	result, err := setup(t, sdktest.Recorded(t, "testdata/tags.json")).Invoke("add_order_tags", tag)
	if err != nil || string(result.Output) != `{"tags":["reactive","vip"]}` {
		t.Errorf("got %s, %v", result.Output, err)
	}
}

func TestANoteIsPutBelowTheOldOneOnce(t *testing.T) {
	t.Parallel()
	input := map[string]any{"order_id": int64(820982911946154508), "note": "Wants the blue one"}
	result, err := setup(t, sdktest.Recorded(t, "testdata/note.json")).Invoke("add_order_note", input)
	if err != nil || string(result.Output) != `{"note":"Citofono Bianchi\nWants the blue one"}` {
		t.Errorf("got %s, %v", result.Output, err)
	}
	h := setup(t, answering(`{"data":{"order":{"id":"x","note":"a\nWants the blue one\nb"}}}`))
	if _, err := h.Invoke("add_order_note", input); err != nil || len(h.Gateway.Requests()) != 1 {
		t.Errorf("a repeat made %d requests, %v", len(h.Gateway.Requests()), err)
	}
	_, err = setup(t, answering(`{"data":{"order":null}}`)).Invoke("add_order_note", input)
	if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != "order_id" {
		t.Errorf("an unknown order: got %+v", f)
	}
}

func TestTheFourLayersOfErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer  string
		kind    protocol.FailureKind
		field   string
		message string
		wait    time.Duration
	}{
		"throttled waits for the bucket": {`{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":752,"actualQueryCost":null,
			"throttleStatus":{"maximumAvailable":1000.0,"currentlyAvailable":502,"restoreRate":50.0}}}}`, protocol.RateLimited, "", "slow down", 5 * time.Second},
		"throttled without the cost":     {`{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}`, protocol.RateLimited, "", "slow down", 2 * time.Second},
		"errors beside half-filled data": {`{"errors":[{"message":"Access denied for orders field.","extensions":{"code":"ACCESS_DENIED","requiredAccess":"read_orders"}}],"data":{"tagsAdd":{"node":{"id":"x"},"userErrors":[]}}}`, protocol.Unauthorized, "", "Access denied", 0},
		"errors as a string":             {`{"errors":"Not Found"}`, protocol.Permanent, "", "Not Found", 0},
		"errors as an object":            {`{"errors":{"query":"Required parameter missing"}}`, protocol.Permanent, "", "Required parameter missing", 0},
		"an internal error":              {`{"errors":[{"message":"Internal error.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`, protocol.Retryable, "", "Internal error", 0},
		"a closed shop":                  {`{"errors":[{"message":"x","extensions":{"code":"SHOP_INACTIVE"}}]}`, protocol.Unauthorized, "", "closed", 0},
		"an id of the wrong kind":        {`{"errors":[{"message":"invalid id","extensions":{"code":"RESOURCE_NOT_FOUND"}}],"data":{"tagsAdd":null}}`, protocol.Invalid, "", "invalid id", 0},
		"a document with a mistake":      {`{"errors":[{"message":"Field 'x' doesn't exist","extensions":{"code":"undefinedField"}}]}`, protocol.Permanent, "", "doesn't exist", 0},
		"a user error on our field":      {`{"data":{"tagsAdd":{"node":null,"userErrors":[{"field":["id"],"message":"Order does not exist"}]}}}`, protocol.Invalid, "order_id", "Order does not exist", 0},
		"a user error without a field":   {`{"data":{"tagsAdd":{"node":null,"userErrors":[{"field":null,"message":"No"}]}}}`, protocol.Invalid, "", "No", 0},
		"a user error that passes by":    {`{"data":{"tagsAdd":{"node":null,"userErrors":[{"field":null,"message":"The order is being processed"}]}}}`, protocol.Retryable, "", "being processed", 0},
		"a payload that is null":         {`{"data":{"tagsAdd":null}}`, protocol.Unknown, "", "did not say", 0},
		"no payload":                     {`{"data":{}}`, protocol.Unknown, "", "did not say", 0},
		"neither data nor errors":        {`{}`, protocol.Unknown, "", "could not be read", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := setup(t, answering(tt.answer)).Invoke("add_order_tags", tag)
			f := failureOf(t, err)
			if f.Kind != tt.kind || f.Field != tt.field || f.RetryAfter != tt.wait || !strings.Contains(f.Message, tt.message) {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestStatusesOfShopifyAlone(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		kind   protocol.FailureKind
		wait   time.Duration
	}{
		"a frozen shop":      {402, protocol.Unauthorized, 0},
		"a wrong shop":       {404, protocol.Permanent, 0},
		"a locked shop":      {423, protocol.RateLimited, time.Hour},
		"a security block":   {430, protocol.RateLimited, 10 * time.Minute},
		"a renamed shop":     {301, protocol.Permanent, 0},
		"a status like 540":  {540, protocol.Retryable, 0},
		"a status like 783":  {783, protocol.Retryable, 0},
		"the ordinary limit": {429, protocol.RateLimited, 2 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := setup(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "2.0")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, "<html>no JSON</html>")
			})).Invoke("add_order_tags", tag)
			if f := failureOf(t, err); f.Kind != tt.kind || f.RetryAfter != tt.wait {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestARetiredVersionIsWarnedOf(t *testing.T) {
	t.Parallel()
	h := setup(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Shopify-API-Version", "2026-10")
		_, _ = io.WriteString(w, `{"data":{"tagsAdd":{"node":{"id":"x","tags":[]},"userErrors":[]}}}`)
	}))
	if _, err := h.Invoke("add_order_tags", tag); err != nil {
		t.Fatal(err)
	}
	if logs := h.Logs(); len(logs) != 1 || !strings.Contains(logs[0].Message, "answered=2026-10") {
		t.Errorf("got %v", logs)
	}
}

func headers(topic string) http.Header {
	return http.Header{"X-Shopify-Topic": {topic}, "X-Shopify-Webhook-Id": {"b54557e4"}, "X-Shopify-Triggered-At": {"2026-11-22T09:15:03.123456789Z"}}
}

func TestAnOrderArrivesWhole(t *testing.T) {
	t.Parallel()
	manifest, err := connector.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	for topic, trigger := range map[string]string{"orders/create": "order_created", "orders/paid": "order_paid"} {
		events, err := setup(t, nil).Receive(headers(topic), order(t))
		if err != nil || len(events) != 1 {
			t.Fatalf("got %+v, %v", events, err)
		}
		e := events[0]
		if e.Trigger != trigger || e.Key != topic+":820982911946154508" || !e.OccurredAt.Equal(time.Date(2026, 11, 22, 9, 15, 3, 123456789, time.UTC)) {
			t.Errorf("got %s %s at %s", e.Trigger, e.Key, e.OccurredAt)
		}
		if want := (protocol.Contact{Phone: "+393471234567", Email: "giulia@example.com", Name: "Giulia", ExternalID: "115310627314723954"}); *e.Contact != want {
			t.Errorf("got %+v, want %+v", *e.Contact, want)
		}
		for _, lost := range []string{`"id":820982911946154508`, `"browser_ip"`} {
			if !strings.Contains(string(e.Data), lost) {
				t.Errorf("%s is lost", lost)
			}
		}
		described, _ := manifest.Trigger(trigger)
		for _, p := range described.Output.Check(e.Data, "event") {
			t.Errorf("%s %s", p.Path, p.Message)
		}
	}
}

func TestWhoOrdered(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want protocol.Contact
	}{
		"a guest":                         {`{"id":1,"customer":null,"email":"","phone":null}`, protocol.Contact{}},
		"the order's own phone first":     {`{"id":1,"phone":"+1","customer":{"id":2,"phone":"+2"}}`, protocol.Contact{Phone: "+1", ExternalID: "2"}},
		"then the customer's":             {`{"id":1,"phone":null,"customer":{"id":2,"phone":"+2"},"shipping_address":{"phone":"+3"}}`, protocol.Contact{Phone: "+2", ExternalID: "2"}},
		"then the shipping address's":     {`{"id":1,"shipping_address":{"phone":"+3","first_name":"Ugo"},"billing_address":{"phone":"+4"}}`, protocol.Contact{Phone: "+3", Name: "Ugo"}},
		"then the billing address's":      {`{"id":1,"shipping_address":{"phone":""},"billing_address":{"phone":"+4"}}`, protocol.Contact{Phone: "+4"}},
		"the contact e-mail where needed": {`{"id":1,"email":null,"contact_email":"a@example.com"}`, protocol.Contact{Email: "a@example.com"}},
		"odd shapes elsewhere":            {`{"id":1,"line_items":[{"properties":{}}],"total_weight":"heavy","phone":"+1"}`, protocol.Contact{Phone: "+1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := setup(t, nil).Receive(headers("orders/create"), tt.body)
			if err != nil || len(events) != 1 || *events[0].Contact != tt.want {
				t.Errorf("got %+v, %v", events, err)
			}
		})
	}
}

func TestWhatIsNoOrder(t *testing.T) {
	t.Parallel()
	if events, err := setup(t, nil).Receive(headers("themes/publish"), `{"id":548380009}`); err != nil || len(events) != 0 {
		t.Errorf("another topic: got %+v, %v", events, err)
	}
	for _, body := range []string{``, `[]`, `{"id":null}`, `{"id":82098`} {
		_, err := setup(t, nil).Receive(headers("orders/paid"), body)
		if f := failureOf(t, err); f.Kind != protocol.Permanent {
			t.Errorf("%q: got %+v", body, f)
		}
	}
}

// Without a webhook id, copies of one change must still have one key, however the instant is spelled.
func TestADeliveryWithoutAnID(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, at := range []string{"2026-11-22T10:15:03+01:00", "2026-11-22T09:15:03Z"} {
		events, err := setup(t, nil).Receive(http.Header{"X-Shopify-Topic": {"orders/paid"}}, `{"id":1,"updated_at":"`+at+`"}`)
		if err != nil || len(events) != 1 {
			t.Fatalf("got %+v, %v", events, err)
		}
		keys[events[0].Key] = true
	}
	if len(keys) != 1 {
		t.Errorf("got keys %v", keys)
	}
}

func TestSubscribing(t *testing.T) {
	t.Parallel()
	const taken = `{"data":{"webhookSubscriptionCreate":{"webhookSubscription":null,"userErrors":[{"field":["webhookSubscription","callbackUrl"],"message":"Address for this topic has already been taken"}]}}}`
	tests := map[string]struct {
		answers []string
		id      string
		kind    protocol.FailureKind
	}{
		"anew":                            {[]string{`{"data":{"webhookSubscriptionCreate":{"webhookSubscription":{"id":"gid://1"},"userErrors":[]}}}`}, "gid://1", ""},
		"again, with the same address":    {[]string{taken, `{"data":{"webhookSubscriptions":{"nodes":[{"id":"gid://7"}]}}}`}, "gid://7", ""},
		"again, but it is not to be seen": {[]string{taken, `{"data":{"webhookSubscriptions":{"nodes":[]}}}`}, "", protocol.Invalid},
		"with an address Shopify refuses": {[]string{`{"data":{"webhookSubscriptionCreate":{"webhookSubscription":null,"userErrors":[{"field":["webhookSubscription","callbackUrl"],"message":"Address protocol http:// is not supported"}]}}}`}, "", protocol.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t, answering(tt.answers...))
			subscription, err := h.Subscribe("order_paid", map[string]any{}, "https://hooks.example.com/hooks/connections/con_1")
			if tt.kind != "" {
				if f := failureOf(t, err); f.Kind != tt.kind {
					t.Errorf("got %+v", f)
				}
				return
			}
			if err != nil || subscription.ID != tt.id || !strings.Contains(string(h.Gateway.Requests()[0].Body), `"topic":"ORDERS_PAID"`) {
				t.Errorf("got %+v, %v", subscription, err)
			}
		})
	}
}

func TestUnsubscribingWhatIsGone(t *testing.T) {
	t.Parallel()
	gone := `{"data":{"webhookSubscriptionDelete":{"deletedWebhookSubscriptionId":null,"userErrors":[{"field":["id"],"message":"Webhook subscription does not exist"}]}}}`
	if err := setup(t, answering(gone)).Unsubscribe("order_paid", map[string]any{}, "gid://1"); err != nil {
		t.Error(err)
	}
}
