package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// graph is the order as GraphQL answers it.
func (s *shopify) graph(o *Order) object {
	bag := func(amount string) object {
		m := object{"amount": amount, "currencyCode": "EUR"}
		return object{"shopMoney": m, "presentmentMoney": m}
	}
	total := bag(money(o.cents()))
	status, sent := "PAID", "UNFULFILLED"
	if o.Unpaid {
		status = "PENDING"
	}
	if len(o.refunds) > 0 {
		status = "REFUNDED"
	}
	payments := []object{}
	if paid := cmp.Or(o.paidAt, o.CreatedAt); !o.Unpaid {
		payments = append(payments, object{"id": toGID("OrderTransaction", o.ID+1), "kind": "SALE", "status": "SUCCESS", "processedAt": paid.UTC().Format(time.RFC3339)})
	}
	parcels := []object{}
	for _, p := range o.parcels {
		sent = "PARTIALLY_FULFILLED"
		parcels = append(parcels, p.graph())
	}
	if o.sent() {
		sent = "FULFILLED"
	}
	items := []object{}
	for _, i := range o.Items {
		item := object{
			"id": toGID("LineItem", i.ID), "title": i.Title, "name": i.Title, "quantity": i.Quantity, "currentQuantity": i.Quantity, "sku": i.SKU,
			"originalUnitPriceSet": bag(i.Price), "variant": object{"id": toGID("ProductVariant", i.VariantID), "legacyResourceId": strconv.FormatInt(i.VariantID, 10), "sku": i.SKU},
		}
		if i.ProductID != 0 {
			item["product"] = object{"id": toGID("Product", i.ProductID), "title": i.Title, "legacyResourceId": strconv.FormatInt(i.ProductID, 10)}
		}
		items = append(items, item)
	}
	first, last := names(o.Name)
	return object{
		"__typename": "Order", "id": toGID("Order", o.ID), "legacyResourceId": strconv.FormatInt(o.ID, 10), "name": "#" + strconv.Itoa(o.Number), "number": o.Number,
		"email": nullable(o.Email), "phone": nullable(o.Phone), "note": nullable(o.Note), "tags": o.Tags, "confirmed": true, "test": true,
		"cancelledAt": timeOrNil(o.cancelledAt, time.RFC3339), "cancelReason": nullable(strings.ToUpper(o.cancelReason)),
		"createdAt": o.CreatedAt.UTC().Format(time.RFC3339), "updatedAt": o.UpdatedAt.UTC().Format(time.RFC3339), "processedAt": o.CreatedAt.UTC().Format(time.RFC3339),
		"displayFinancialStatus": status, "displayFulfillmentStatus": sent, "fulfillments": parcels, "fulfillmentOrders": pages(o.groupRows()), "fullyPaid": !o.Unpaid, "unpaid": o.Unpaid, "currencyCode": "EUR", "presentmentCurrencyCode": "EUR",
		"totalPriceSet": total, "currentTotalPriceSet": total, "subtotalPriceSet": total, "sourceName": "web", "customerLocale": "es-ES", "customAttributes": o.attributes,
		"statusPageUrl": "https://" + s.domain() + "/orders/status", "discountCodes": []string{}, "transactions": payments, "lineItems": pages(items), "customer": s.customer(o.CustomerID).graph(s),
		"shippingAddress": object{"firstName": first, "lastName": last, "name": o.Name, "address1": "Calle Mayor 1", "city": "Madrid", "country": "Spain", "countryCodeV2": "ES", "zip": "28013", "phone": nullable(o.Phone)},
	}
}

func nullable(v string) any {
	if v == "" {
		return nil
	}
	return v
}

func (s *shopify) queryOrder(args map[string]any, _ string) (any, *fieldError) {
	_, id, problem := gid(args["id"], "Order")
	if problem != nil {
		return nil, problem
	}
	if o := s.order(id); o != nil {
		return s.graph(o), nil
	}
	return nil, nil
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func (s *shopify) queryOrders(args map[string]any, _ string) (any, *fieldError) {
	matches := orderFilter(text(args["query"]))
	found := slices.DeleteFunc(slices.Clone(s.orders), func(o *Order) bool { return !matches(o) })
	slices.SortStableFunc(found, func(a, b *Order) int {
		switch args["sortKey"] {
		case "UPDATED_AT":
			return a.UpdatedAt.Compare(b.UpdatedAt)
		case "CREATED_AT", "PROCESSED_AT":
			return a.CreatedAt.Compare(b.CreatedAt)
		}
		return cmp.Compare(a.ID, b.ID)
	})
	if args["reverse"] == true {
		slices.Reverse(found)
	}
	nodes := make([]object, len(found))
	for i, o := range found {
		nodes[i] = s.graph(o)
	}
	return connectionValue(nodes, args)
}

// orderFilter reads Shopify's search syntax as far as connectors use it: field:value terms that must all
// hold. As at Shopify, a term with an unknown field is ignored and so matches everything.
func orderFilter(query string) func(*Order) bool {
	var tests []func(*Order) bool
	for _, term := range searchTerms(query) {
		field, value, ok := strings.Cut(term, ":")
		if !ok {
			continue
		}
		op := value[:len(value)-len(strings.TrimLeft(value, "<>="))]
		value = unquote(value[len(op):])
		switch field {
		case "name":
			tests = append(tests, func(o *Order) bool { return "#"+strconv.Itoa(o.Number) == value || strconv.Itoa(o.Number) == value })
		case "email":
			tests = append(tests, func(o *Order) bool { return strings.EqualFold(o.Email, value) })
		case "id":
			tests = append(tests, func(o *Order) bool { return strconv.FormatInt(o.ID, 10) == value })
		case "tag":
			tests = append(tests, func(o *Order) bool {
				return slices.ContainsFunc(o.Tags, func(t string) bool { return strings.EqualFold(t, value) })
			})
		case "checkout_token":
			tests = append(tests, func(o *Order) bool { return o.checkoutToken() == value })
		case "status":
			tests = append(tests, func(o *Order) bool { return (value == "cancelled") != o.cancelledAt.IsZero() })
		case "financial_status":
			tests = append(tests, func(o *Order) bool { return (value == "paid") != o.Unpaid })
		case "created_at", "processed_at":
			tests = append(tests, func(o *Order) bool { return holds(o.CreatedAt, op, value) })
		case "updated_at":
			tests = append(tests, func(o *Order) bool { return holds(o.UpdatedAt, op, value) })
		}
	}
	return func(o *Order) bool {
		return !slices.ContainsFunc(tests, func(t func(*Order) bool) bool { return !t(o) })
	}
}

// searchTerms splits at blanks outside quotes; a backslash takes its meaning from the character after it.
func searchTerms(query string) []string {
	var quote rune
	escaped := false
	return strings.FieldsFunc(query, func(r rune) bool {
		switch {
		case escaped:
			escaped = false
			return false
		case r == '\\':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		}
		return quote == 0 && r == ' '
	})
}

// unquote takes a search value out of its quotes.
func unquote(value string) string {
	if len(value) >= 2 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
		value = value[1 : len(value)-1]
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`).Replace(value)
}

// timeOrNil is a time as text; nil for none.
func timeOrNil(t time.Time, layout string) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(layout)
}

func holds(t time.Time, op, value string) bool {
	want, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return true
	}
	switch t = t.Truncate(time.Second); op {
	case ">":
		return t.After(want)
	case ">=":
		return !t.Before(want)
	case "<":
		return t.Before(want)
	case "<=":
		return !t.After(want)
	}
	return t.Equal(want)
}
