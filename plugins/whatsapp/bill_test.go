package main

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// sendBill sends a template whose button shows an order, with these fields changed.
func sendBill(t *testing.T, change map[string]any) (sent string, err error) {
	t.Helper()
	p := openNumber(t, sandbox.Template{Name: "pay", Language: "pt_BR", Status: "APPROVED", Body: "A pagar", Last: "order_details"})
	order := map[string]any{
		"currency": "BRL", "items": []any{map[string]any{"name": "Bolsa", "price": "49.9", "quantity": 2, "id": "BRS"}, map[string]any{"name": "Cinto", "price": "20"}},
		"tax": "1.05", "shipping": "5", "discount": "10.50", "payment_type": "br", "payment": []any{map[string]any{"type": "payment_link", "payment_link": map[string]any{"uri": "https://pay.example.com/1042"}}},
	}
	maps.Copy(order, change)
	_, err = p.Invoke("send_template", map[string]any{"to": "+5511912345678", "template": "pay", "language": "pt_BR", "buttons": []any{map[string]any{"kind": "order_details", "order": order}}})
	if requests := p.Gateway.Requests(); err == nil && len(requests) > 0 {
		sent = string(requests[len(requests)-1].Body)
	}
	return sent, err
}

func TestAnOrderToPayAddsUp(t *testing.T) {
	t.Parallel()
	sent, err := sendBill(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	var message struct {
		Template struct {
			Components []struct {
				Parameters []struct {
					Action struct {
						Order json.RawMessage `json:"order_details"`
					} `json:"action"`
				} `json:"parameters"`
			} `json:"components"`
		} `json:"template"`
	}
	if err := json.Unmarshal([]byte(sent), &message); err != nil || len(message.Template.Components) != 1 {
		t.Fatalf("got %v in %s", err, sent)
	}
	order := string(message.Template.Components[0].Parameters[0].Action.Order)
	_, after, _ := strings.Cut(order, `"reference_id":"`)
	name, rest, _ := strings.Cut(after, `"`)
	const want = `,"type":"physical-goods","payment_type":"br","payment_settings":[{"payment_link":{"uri":"https://pay.example.com/1042"},"type":"payment_link"}],"currency":"BRL",` +
		`"total_amount":{"value":11535,"offset":100},"order":{"status":"pending","items":[{"retailer_id":"BRS","name":"Bolsa","amount":{"value":4990,"offset":100},"quantity":2},` +
		`{"name":"Cinto","amount":{"value":2000,"offset":100},"quantity":1}],"subtotal":{"value":11980,"offset":100},"tax":{"value":105,"offset":100},"shipping":{"value":500,"offset":100},"discount":{"value":1050,"offset":100}}}`
	if rest != want || len(name) != 32 {
		t.Errorf("reference %q, then\n%s\nwant\n%s", name, rest, want)
	}
}

func TestOrdersThatCannotBePaid(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change map[string]any
		field  string
	}{
		"a price of three decimals": {map[string]any{"items": []any{map[string]any{"name": "Bolsa", "price": "49.905"}}}, "buttons[0].order.items[0].price"},
		"a price with a comma":      {map[string]any{"items": []any{map[string]any{"name": "Bolsa", "price": "49,90"}}}, "buttons[0].order.items[0].price"},
		"a tax in words":            {map[string]any{"tax": "none"}, "buttons[0].order.tax"},
		"more off than there is":    {map[string]any{"discount": "500"}, "buttons[0].order.discount"},
		"a reference with a blank":  {map[string]any{"reference": "order 1042"}, "buttons[0].order.reference"},
		"no way to pay":             {map[string]any{"payment": []any{}}, "buttons[0].order.payment"},
		"nothing":                   {map[string]any{"items": []any{}}, "buttons[0].order.items"},
		"euros":                     {map[string]any{"currency": "EUR"}, "buttons[0].order.currency"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sendBill(t, tt.change)
			if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != tt.field {
				t.Errorf("got %+v", f)
			}
		})
	}
	p := openNumber(t)
	for field, button := range map[string]any{
		"buttons[0].order": map[string]any{"kind": "order_details"},
		"buttons[1].order": map[string]any{"kind": "url", "value": "a", "order": map[string]any{"currency": "BRL", "items": []any{map[string]any{"name": "a", "price": "1"}}, "payment": []any{map[string]any{}}}},
	} {
		buttons := []any{map[string]any{"kind": "catalog"}, button}
		if field == "buttons[0].order" {
			buttons = []any{button}
		}
		_, err := p.Invoke("send_template", map[string]any{"to": "+5511912345678", "template": "pay", "language": "pt_BR", "buttons": buttons})
		if f := failureOf(t, err); f.Field != field {
			t.Errorf("%s: got %+v", field, f)
		}
	}
}
