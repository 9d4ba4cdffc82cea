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
	status := "PAID"
	if o.Unpaid {
		status = "PENDING"
	}
	items := []object{}
	for _, i := range o.Items {
		item := object{
			"id": toGID("LineItem", i.ID), "title": i.Title, "name": i.Title, "quantity": i.Quantity, "currentQuantity": i.Quantity, "sku": i.SKU,
			"originalUnitPriceSet": bag(i.Price), "variant": object{"id": toGID("ProductVariant", i.VariantID), "sku": i.SKU},
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
		"createdAt": o.CreatedAt.UTC().Format(time.RFC3339), "updatedAt": o.UpdatedAt.UTC().Format(time.RFC3339), "processedAt": o.CreatedAt.UTC().Format(time.RFC3339),
		"displayFinancialStatus": status, "displayFulfillmentStatus": "UNFULFILLED", "fullyPaid": !o.Unpaid, "unpaid": o.Unpaid, "currencyCode": "EUR", "presentmentCurrencyCode": "EUR",
		"totalPriceSet": total, "currentTotalPriceSet": total, "subtotalPriceSet": total, "sourceName": "web", "customerLocale": "es-ES", "customAttributes": o.attributes,
		"statusPageUrl": "https://" + s.domain() + "/orders/status", "discountCodes": []string{}, "lineItems": pages(items), "customer": s.customer(o.CustomerID).graph(s),
		"shippingAddress": object{"firstName": first, "lastName": last, "name": o.Name, "address1": "Calle Mayor 1", "city": "Madrid", "country": "Spain", "countryCodeV2": "ES", "zip": "28013", "phone": nullable(o.Phone)},
	}
}

func nullable(v string) any {
	if v == "" {
		return nil
	}
	return v
}

func (c *customer) graph(s *shopify) object {
	if c == nil {
		return nil
	}
	orders := 0
	for _, o := range s.orders {
		if o.CustomerID == c.id {
			orders++
		}
	}
	first, last := names(c.name)
	g := object{
		"__typename": "Customer", "id": toGID("Customer", c.id), "legacyResourceId": strconv.FormatInt(c.id, 10), "firstName": nullable(first), "lastName": nullable(last), "displayName": c.name,
		"email": nullable(c.email), "phone": nullable(c.phone), "tags": c.tags, "locale": "es", "numberOfOrders": strconv.Itoa(orders), "createdAt": c.createdAt.UTC().Format(time.RFC3339),
		"updatedAt": c.createdAt.UTC().Format(time.RFC3339), "verifiedEmail": true, "state": "DISABLED",
	}
	if c.email != "" {
		g["defaultEmailAddress"] = object{"emailAddress": c.email, "marketingState": "SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"}
	}
	if c.phone != "" {
		g["defaultPhoneNumber"] = object{"phoneNumber": c.phone, "marketingState": "NOT_SUBSCRIBED"}
	}
	return g
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

func (s *shopify) queryCustomer(args map[string]any, _ string) (any, *fieldError) {
	_, id, problem := gid(args["id"], "Customer")
	if problem != nil {
		return nil, problem
	}
	if c := s.customer(id); c != nil {
		return c.graph(s), nil
	}
	return nil, nil
}

func (s *shopify) queryCustomerByIdentifier(args map[string]any, _ string) (any, *fieldError) {
	want, _ := args["identifier"].(map[string]any)
	for _, c := range s.customers {
		if want["id"] == toGID("Customer", c.id) ||
			c.email != "" && strings.EqualFold(c.email, text(want["emailAddress"])) ||
			c.phone != "" && c.phone == text(want["phoneNumber"]) {
			return c.graph(s), nil
		}
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
		value = strings.Trim(value[len(op):], `'"`)
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

// searchTerms splits at blanks outside quotes.
func searchTerms(query string) []string {
	var quote rune
	return strings.FieldsFunc(query, func(r rune) bool {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		}
		return quote == 0 && r == ' '
	})
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
