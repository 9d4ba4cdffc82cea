package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/protocol"
)

func TestDraftOrders(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	draft := s.do(t, "create_draft_order", map[string]any{
		"email": "ana@example.com", "tags": []string{"whatsapp"}, "discount": map[string]any{"kind": "percentage", "value": 10},
		"items": []any{map[string]any{"variant_id": "808950810", "quantity": 2}, map[string]any{"title": "Gift wrap", "price": "0.20"}},
	})
	if draft["ready"] != true || draft["invoice_url"] == nil || fmt.Sprint(draft["total"]) != "map[amount:90.00 currency:EUR]" {
		t.Errorf("got %v", draft)
	}
	if out := s.do(t, "send_draft_order_invoice", map[string]any{"draft_id": draft["id"]}); out["status"] != "INVOICE_SENT" {
		t.Errorf("sent: got %v", out)
	}
	if out := s.do(t, "get_draft_order", map[string]any{"draft_id": draft["id"]}); out["name"] != draft["name"] {
		t.Errorf("read: got %v", out)
	}
	item := []any{map[string]any{"variant_id": "808950810"}}
	nobody := s.do(t, "create_draft_order", map[string]any{"items": item})
	s.refused(t, "send_draft_order_invoice", map[string]any{"draft_id": nobody["id"]}, "", "To can't be blank")
	s.refused(t, "create_draft_order", map[string]any{"items": []any{map[string]any{"variant_id": "7"}}}, "", "Product with ID 7 is no longer available.")
	s.refused(t, "create_draft_order", map[string]any{"items": []any{map[string]any{"title": "Gift wrap"}}}, "items[0]", "a title and a price")
	s.refused(t, "create_draft_order", map[string]any{"items": item, "tags": []string{strings.Repeat("x", 41)}}, "tags[0]", "at most 40 characters")
	s.refused(t, "create_draft_order", map[string]any{"items": item, "customer_id": 1}, "customer_id", "Customer does not exist")
	s.refused(t, "get_draft_order", map[string]any{"draft_id": 1}, "draft_id", "is not a draft order")
}

func TestDiscountCodes(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	order := s.box.PayOrder(sandbox.Order{}, sandbox.OrderOptions{})
	made := map[string]any{"prefix": "WA10-", "kind": "percentage", "value": 10, "uses": 1, "customer_id": order.CustomerID, "ends_at": "2100-01-01T00:00:00Z"}
	first := s.do(t, "create_discount_code", made)
	if code, _ := first["code"].(string); !strings.HasPrefix(code, "WA10-") || len(code) != len("WA10-")+8 || first["status"] != "ACTIVE" {
		t.Errorf("got %v", first)
	}
	if again := s.do(t, "create_discount_code", made); again["admin_graphql_api_id"] != first["admin_graphql_api_id"] {
		t.Errorf("the same step made another: %v, then %v", first, again)
	}
	// Somebody else's code of the same name is not ours.
	s.refused(t, "create_discount_code", map[string]any{"code": first["code"], "title": "Summer", "kind": "fixed_amount", "value": 5}, "code", "is taken; choose another")
	s.refused(t, "create_discount_code", map[string]any{"code": "A\nB", "kind": "fixed_amount", "value": 5}, "code", "newline")
	s.refused(t, "create_discount_code", map[string]any{"kind": "percentage", "value": 101}, "value", "at most 100")
	s.refused(t, "create_discount_code", map[string]any{"kind": "percentage", "value": 5, "ends_at": "2020-01-01T00:00:00Z"}, "ends_at", "later than the beginning")
}

func TestAbandonedCheckouts(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	fetch := func(cursor string, want ...string) (next string) {
		t.Helper()
		page, err := s.Fetch("checkout_abandoned", map[string]any{}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		manifest, _ := connector.Manifest()
		described, _ := manifest.Trigger("checkout_abandoned")
		var got []string
		for _, e := range page.Events {
			got = append(got, e.Contact.Phone)
			for _, p := range described.Output.Check(e.Data, "checkout") {
				t.Errorf("%s %s", p.Path, p.Message)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("after %q: got %v, want %v", cursor, got, want)
		}
		return page.Cursor
	}
	cursor := fetch("")
	s.box.Checkout(sandbox.Checkout{}) // nobody knows whose
	left := s.box.Checkout(sandbox.Checkout{Name: "Ana Ruiz", Phone: "+34600123456"})
	bought := s.box.Checkout(sandbox.Checkout{Phone: "+34600999888"})
	cursor = fetch(cursor) // not yet
	s.box.Advance(time.Hour)
	s.box.PayOrder(sandbox.Order{CheckoutToken: bought.Token}, sandbox.OrderOptions{})
	cursor = fetch(cursor, "+34600123456")

	got := s.do(t, "get_abandoned_checkout", map[string]any{"checkout_id": left.ID})
	if got["completed_at"] != nil || fmt.Sprint(got["total"]) != "map[amount:49.90 currency:EUR]" || !strings.Contains(fmt.Sprint(got), "product:map[id:632910392]") {
		t.Errorf("got %v", got)
	}
	if got := s.do(t, "get_abandoned_checkout", map[string]any{"checkout_id": bought.ID}); got["completed_at"] == nil {
		t.Errorf("got %v", got)
	}
	s.refused(t, "get_abandoned_checkout", map[string]any{"checkout_id": 1}, "checkout_id", "is not an abandoned checkout")

	s.box.Advance(24 * time.Hour)
	s.box.Checkout(sandbox.Checkout{Phone: "+34600777666"})
	s.box.Advance(time.Hour)
	cursor = fetch(cursor, "+34600123456", "+34600777666") // what is looked at again has the same key
	fetch(cursor, "+34600777666")
}

// The pages of one search go on where the last one ended.
func TestAbandonedCheckoutsArePaged(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	for i := range 12 {
		s.box.Checkout(sandbox.Checkout{Phone: fmt.Sprintf("+346000000%02d", i)})
	}
	s.box.Advance(time.Hour)
	first, err := s.Fetch("checkout_abandoned", map[string]any{}, "")
	if err != nil || len(first.Events) != 0 {
		t.Fatalf("got %+v, %v", first, err)
	}
	cursor := `{"floor":"2020-01-01T00:00:00Z","newest":"2020-01-01T00:00:00Z"}`
	keys := map[string]bool{}
	for page := 1; page <= 3; page++ {
		got, err := s.Fetch("checkout_abandoned", map[string]any{}, cursor)
		if err != nil || got.More != (page < 3) {
			t.Fatalf("page %d: got %+v, %v", page, got, err)
		}
		for _, e := range got.Events {
			keys[e.Key] = true
		}
		cursor = got.Cursor
	}
	if len(keys) != 12 {
		t.Errorf("%d checkouts in three pages, want 12", len(keys))
	}
}

func TestMetafields(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	order := s.box.PayOrder(sandbox.Order{}, sandbox.OrderOptions{})
	set := func(metafield, value, typ string) map[string]any {
		return map[string]any{"owner": "order", "owner_id": order.ID, "metafield": metafield, "value": value, "type": typ}
	}
	if out := s.do(t, "set_metafield", set("custom.gift", "yes", "")); out["type"] != "single_line_text_field" || out["value"] != "yes" || out["key"] != "gift" {
		t.Errorf("got %v", out)
	}
	s.refused(t, "set_metafield", set("custom.unknown", "1", ""), "type", "Type can't be blank")
	s.refused(t, "set_metafield", set("custom.rating", "many", ""), "value", "must be an integer")
	s.refused(t, "set_metafield", set("gift", "1", ""), "metafield", "such as custom.gift")
	s.refused(t, "set_metafield", map[string]any{"owner": "customer", "owner_id": 1, "metafield": "custom.size", "value": "1"}, "owner_id", "Owner does not exist.")
}

func TestDropdowns(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	page, err := s.ListOptions("variants", "x-1")
	if err != nil || len(page.Options) != 1 || page.Options[0] != (protocol.Option{Value: "808950810", Label: "Product X · X-1"}) {
		t.Errorf("variants: got %+v, %v", page, err)
	}
	if page, err = s.ListOptions("variants", ""); err != nil || len(page.Options) != 2 || page.Cursor != "" {
		t.Errorf("all variants: got %+v, %v", page, err)
	}
	if page, err = s.ListOptions("variants", "447654529"); err != nil || len(page.Options) != 1 || page.Options[0].Label != "Product Y · Y-1" {
		t.Errorf("the variant that was chosen: got %+v, %v", page, err)
	}
	if page, err = s.ListOptions("metafields", "custom.rating"); err != nil || len(page.Options) != 1 {
		t.Errorf("the metafield that was chosen: got %+v, %v", page, err)
	}
	page, err = s.ListOptions("metafields", "")
	if err != nil || len(page.Options) != 2 || page.Options[0] != (protocol.Option{Value: "custom.gift", Label: "Gift"}) {
		t.Errorf("metafields: got %+v, %v", page, err)
	}
}
