package sandbox

import (
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
)

// draft is a draft order. Its prices are settled once it was read.
type draft struct {
	id         int64
	number     int
	email      string
	status     string
	ready      bool
	cents      int64
	tags       []string
	customerID int64
}

func (s *shopify) draftGraph(d *draft) object {
	amount := object{"amount": money(d.cents), "currencyCode": "EUR"}
	g := object{
		"__typename": "DraftOrder", "id": toGID("DraftOrder", d.id), "legacyResourceId": strconv.FormatInt(d.id, 10), "name": "#D" + strconv.Itoa(d.number), "status": d.status, "ready": d.ready,
		"email": nullable(d.email), "tags": d.tags, "totalPriceSet": object{"shopMoney": amount, "presentmentMoney": amount}, "currencyCode": "EUR",
		"invoiceUrl": fmt.Sprintf("https://%s/548380009/invoices/%x", s.domain(), d.id),
	}
	if c := s.customer(d.customerID); c != nil {
		g["customer"] = c.graph(s)
	}
	return g
}

func (s *shopify) draft(id int64) *draft {
	i := slices.IndexFunc(s.drafts, func(d *draft) bool { return d.id == id })
	if i < 0 {
		return nil
	}
	return s.drafts[i]
}

func (s *shopify) queryDraft(args map[string]any, _ string) (any, *fieldError) {
	_, id, problem := gid(args["id"], "DraftOrder")
	if problem != nil {
		return nil, problem
	}
	d := s.draft(id)
	if d == nil {
		return nil, nil
	}
	d.ready = true
	return s.draftGraph(d), nil
}

func (s *shopify) draftCreate(args map[string]any, _ string) (any, *fieldError) {
	input, _ := args["input"].(map[string]any)
	refuse := func(message string, field ...string) (any, *fieldError) {
		return userErrors("draftOrder", field, message), nil
	}
	lines, _ := input["lineItems"].([]any)
	if len(lines) == 0 {
		return refuse("Add at least 1 product")
	}
	d := &draft{status: "OPEN", email: text(input["email"]), tags: cleanTags(textList(input["tags"]))}
	if _, err := mail.ParseAddress(d.email); d.email != "" && err != nil {
		return refuse("Email is invalid", "email")
	}
	if slices.ContainsFunc(d.tags, func(tag string) bool { return len([]rune(tag)) > 40 }) {
		return refuse("Tags is invalid", "tags")
	}
	for i, line := range lines {
		item, _ := line.(map[string]any)
		quantity := number(item["quantity"])
		if quantity < 1 {
			return refuse("Quantity must be greater than or equal to 1", "lineItems", strconv.Itoa(i), "quantity")
		}
		cents, message := s.unitPrice(item)
		if message != "" {
			return refuse(message)
		}
		d.cents += cents * int64(quantity)
	}
	if off, ok := input["appliedDiscount"].(map[string]any); ok {
		value, _ := strconv.ParseFloat(fmt.Sprint(off["value"]), 64)
		cut := int64(value * 100)
		if off["valueType"] == "PERCENTAGE" {
			cut = int64(float64(d.cents) * value / 100)
		}
		d.cents = max(0, d.cents-cut)
	}
	if buyer, ok := input["purchasingEntity"].(map[string]any); ok {
		_, id, problem := gid(buyer["customerId"], "Customer")
		if problem != nil {
			return nil, problem
		}
		c := s.customer(id)
		if c == nil {
			return refuse("Customer does not exist", "customerId")
		}
		d.customerID = id
		setDefault(&d.email, c.email)
	}
	d.id, d.number = s.id(), 1+len(s.drafts)
	s.drafts = append(s.drafts, d)
	s.env.changes.notify()
	return object{"draftOrder": s.draftGraph(d), "userErrors": []object{}}, nil
}

// unitPrice is what one of an item costs, or what is wrong with it.
func (s *shopify) unitPrice(item map[string]any) (cents int64, message string) {
	price := ""
	if variant, ok := item["variantId"]; ok {
		_, id, _ := gid(variant, "ProductVariant")
		for _, p := range []Item{productX(1), productY(1)} {
			if p.VariantID == id {
				price = p.Price
			}
		}
		if price == "" {
			return 0, fmt.Sprintf("Product with ID %d is no longer available.", id)
		}
	} else {
		if strings.TrimSpace(text(item["title"])) == "" {
			return 0, "Merchandise title is empty."
		}
		own, _ := item["originalUnitPriceWithCurrency"].(map[string]any)
		price = fmt.Sprint(own["amount"])
	}
	amount, _ := strconv.ParseFloat(price, 64)
	return int64(amount*100 + 0.5), ""
}

func (s *shopify) draftInvoice(args map[string]any, _ string) (any, *fieldError) {
	_, id, problem := gid(args["id"], "DraftOrder")
	if problem != nil {
		return nil, problem
	}
	d := s.draft(id)
	if d == nil {
		return userErrors("draftOrder", []string{"id"}, "Draft order not found"), nil
	}
	email, _ := args["email"].(map[string]any)
	if text(email["to"]) == "" && d.email == "" {
		return userErrors("draftOrder", nil, "To can't be blank"), nil
	}
	d.status = "INVOICE_SENT"
	return object{"draftOrder": s.draftGraph(d), "userErrors": []object{}}, nil
}
