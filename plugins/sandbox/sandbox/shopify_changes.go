package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parcel is a fulfilment of a whole order.
type parcel struct {
	id              int64
	company, number string
	createdAt       time.Time
}

// refund gives all of an order's money back.
type refund struct {
	id        int64
	note      string
	createdAt time.Time
}

// OrderChange is what happens to an order after it was placed: "cancel", "fulfill" or "refund".
type OrderChange string

// ChangeOrder cancels an order, sends it or gives its money back, as the shop's staff would, and sends the webhooks.
func (s *Sandbox) ChangeOrder(id int64, change OrderChange) error {
	s.shopify.mu.Lock()
	defer s.shopify.mu.Unlock()
	o := s.shopify.order(id)
	if o == nil {
		return fmt.Errorf("there is no order %d", id)
	}
	switch change {
	case "cancel":
		s.shopify.cancel(o, "customer")
	case "fulfill":
		s.shopify.fulfill(o)
	case "refund":
		s.shopify.refund(o)
	default:
		return fmt.Errorf(`change is %q, want "cancel", "fulfill" or "refund"`, change)
	}
	s.changes.notify()
	return nil
}

func (s *shopify) cancel(o *Order, reason string) {
	o.cancelledAt, o.cancelReason = s.env.clock.now(), reason
	o.UpdatedAt = o.cancelledAt
	s.fire([]string{"orders/cancelled", "orders/updated"}, s.orderBody(o), 1, false)
}

// fulfill sends all that remains of an order in one parcel.
func (s *shopify) fulfill(o *Order) {
	s.send(o, o.groups, parcel{company: "UPS", number: "1Z" + strconv.Itoa(o.Number)})
}

// send makes a parcel of groups and tells of it.
func (s *shopify) send(o *Order, groups []*fulfillmentOrder, p parcel) parcel {
	for _, g := range groups {
		g.closed = true
	}
	p.id, p.createdAt = s.id(), s.env.clock.now()
	o.parcels = append(o.parcels, p)
	o.UpdatedAt = p.createdAt
	s.fire([]string{"fulfillments/create"}, s.parcelBody(o, p), 1, false)
	topic := "orders/partially_fulfilled"
	if o.sent() {
		topic = "orders/fulfilled"
	}
	s.fire([]string{topic, "orders/updated"}, s.orderBody(o), 1, false)
	return p
}

func (s *shopify) refund(o *Order) {
	r := refund{id: s.id(), note: "Devolución", createdAt: s.env.clock.now()}
	o.refunds = append(o.refunds, r)
	o.UpdatedAt = r.createdAt
	s.fire([]string{"refunds/create"}, refundBody(o, r), 1, false)
	s.fire([]string{"orders/updated"}, s.orderBody(o), 1, false)
}

func (s *shopify) parcelBody(o *Order, p parcel) object {
	url := "https://example.com/track/" + p.number
	return object{
		"id": p.id, "admin_graphql_api_id": toGID("Fulfillment", p.id), "order_id": o.ID, "name": fmt.Sprintf("#%d.%d", o.Number, len(o.parcels)), "status": "success", "service": "manual",
		"shipment_status": nil, "location_id": 65, "tracking_company": p.company, "tracking_number": p.number, "tracking_numbers": []string{p.number}, "tracking_url": url, "tracking_urls": []string{url},
		"email": o.Email, "destination": s.address(o), "line_items": s.lineItems(o), "receipt": object{}, "created_at": shopTime(p.createdAt), "updated_at": shopTime(p.createdAt),
	}
}

// refundBody has amounts that are numbers, unlike all others.
func refundBody(o *Order, r refund) object {
	items := []any{}
	for _, i := range o.Items {
		price, _ := strconv.ParseFloat(i.Price, 64)
		items = append(items, object{
			"id": i.ID + 1, "line_item_id": i.ID, "quantity": i.Quantity, "restock_type": "return", "subtotal": price * float64(i.Quantity), "total_tax": 0.0,
			"line_item": object{"id": i.ID, "title": i.Title, "name": i.Title, "product_id": i.ProductID, "quantity": i.Quantity, "price": i.Price, "properties": object{}},
		})
	}
	return object{
		"id": r.id, "admin_graphql_api_id": toGID("Refund", r.id), "order_id": o.ID, "created_at": shopTime(r.createdAt), "processed_at": shopTime(r.createdAt), "note": r.note, "user_id": 548380009,
		"restock": true, "refund_line_items": items, "order_adjustments": []any{},
		"transactions": []any{object{"id": r.id + 1, "kind": "refund", "status": "success", "amount": money(o.cents()), "currency": "EUR", "gateway": "bogus", "parent_id": r.id - 1}},
	}
}

func (s *shopify) orderCancel(args map[string]any, _ string) (any, *fieldError) {
	_, id, problem := gid(args["orderId"], "Order")
	if problem != nil {
		return nil, problem
	}
	refuse := func(field, code, message string) (any, *fieldError) {
		e := object{"field": []string{field}, "message": message, "code": code}
		return object{"job": nil, "orderCancelUserErrors": []object{e}, "userErrors": []object{e}}, nil
	}
	o := s.order(id)
	switch {
	case o == nil:
		return refuse("orderId", "NOT_FOUND", "Order does not exist")
	case len([]rune(text(args["staffNote"]))) > 255:
		return refuse("staffNote", "INVALID", "Staff note is too long. Maximum length is 255 characters.")
	case !o.cancelledAt.IsZero():
		return refuse("orderId", "INVALID", "Order has already been cancelled")
	}
	s.cancel(o, text(args["reason"]))
	s.env.changes.notify()
	return object{"job": object{"__typename": "Job", "id": "gid://shopify/Job/" + newUUID(), "done": false}, "orderCancelUserErrors": []object{}, "userErrors": []object{}}, nil
}

// Checkout is a basket on its way to the till.
type Checkout struct {
	ID        int64     `json:"id"`
	Token     string    `json:"token"` // known: the checkout goes on; empty: one begins
	Name      string    `json:"name"`
	Phone     string    `json:"phone"`
	Email     string    `json:"email"`
	Items     []Item    `json:"items"`
	CreatedAt time.Time `json:"created_at"`
}

// Checkout begins a checkout or takes it a step further, and sends its webhook. PayOrder with the token completes it.
func (s *Sandbox) Checkout(c Checkout) Checkout {
	s.shopify.mu.Lock()
	defer s.shopify.mu.Unlock()
	topic := "checkouts/update"
	i := slices.IndexFunc(s.shopify.checkouts, func(x Checkout) bool { return x.Token == c.Token })
	if i < 0 {
		topic = "checkouts/create"
		c.ID = s.shopify.id()
		setDefault(&c.Token, randomHex(16))
		c.CreatedAt = s.clock.now()
		s.shopify.checkouts = append(s.shopify.checkouts, c)
	} else {
		c.ID, c.CreatedAt = s.shopify.checkouts[i].ID, s.shopify.checkouts[i].CreatedAt
		s.shopify.checkouts[i] = c
	}
	s.shopify.fire([]string{topic}, s.shopify.checkoutBody(c), 1, false)
	s.changes.notify()
	return c
}

func (s *shopify) checkoutBody(c Checkout) object {
	if len(c.Items) == 0 {
		c.Items = []Item{productX(1)}
	}
	total := (&Order{Items: c.Items}).cents()
	items := []any{}
	for n, i := range c.Items {
		items = append(items, object{
			"key": strconv.Itoa(n), "title": i.Title, "quantity": i.Quantity, "price": i.Price, "line_price": i.Price, "sku": i.SKU, "variant_id": i.VariantID, "product_id": i.ProductID, "variant_title": nil,
		})
	}
	return object{
		"id": c.ID, "token": c.Token, "cart_token": "c1-" + c.Token, "name": fmt.Sprintf("#%d", c.ID), "email": nullable(c.Email), "phone": nullable(c.Phone), "gateway": nil,
		"buyer_accepts_marketing": false, "buyer_accepts_sms_marketing": false, "sms_marketing_phone": nil, "created_at": shopTime(c.CreatedAt), "updated_at": shopTime(s.env.clock.now()),
		"completed_at": nil, "closed_at": nil, "abandoned_checkout_url": "https://" + s.domain() + "/1/checkouts/ac/" + c.Token + "/recover?key=k", "currency": "EUR", "presentment_currency": "EUR",
		"customer_locale": "es", "landing_site": "/", "referring_site": "", "source_name": "web", "note": nil, "note_attributes": []any{}, "discount_codes": []any{}, "line_items": items,
		"subtotal_price": money(total), "total_discounts": "0.00", "total_line_items_price": money(total), "total_price": money(total), "total_tax": "0.00", "taxes_included": true, "total_weight": 800,
		"shipping_lines": []any{}, "tax_lines": []any{}, "billing_address": nil, "shipping_address": nil, "customer": nil, "user_id": nil, "location_id": nil, "device_id": nil,
	}
}

// abandonedAfter is how long a checkout with contact data waits until the shop lists it as abandoned.
const abandonedAfter = 10 * time.Minute

// queryAbandoned lists the checkouts that were left, and tells of those that became an order later.
func (s *shopify) queryAbandoned(args map[string]any, _ string) (any, *fieldError) {
	nodes := []object{}
	field, value, _ := strings.Cut(text(args["query"]), ":")
	op := value[:len(value)-len(strings.TrimLeft(value, "<>="))]
	value = unquote(value[len(op):])
	for _, c := range s.checkouts {
		if c.Phone+c.Email == "" || s.env.clock.now().Before(c.CreatedAt.Add(abandonedAfter)) ||
			field == "created_at" && !holds(c.CreatedAt, op, value) || field == "id" && strconv.FormatInt(c.ID, 10) != value {
			continue
		}
		nodes = append(nodes, s.abandonedGraph(c))
	}
	return connectionValue(nodes, args)
}

func (s *shopify) abandonedGraph(c Checkout) object {
	bag := func(amount string) object {
		return object{"shopMoney": object{"amount": amount, "currencyCode": "EUR"}}
	}
	if len(c.Items) == 0 {
		c.Items = []Item{productX(1)}
	}
	items := []object{}
	for _, i := range c.Items {
		items = append(items, object{
			"id": toGID("AbandonedCheckoutLineItem", c.ID), "title": i.Title, "sku": i.SKU, "quantity": i.Quantity, "originalUnitPriceSet": bag(i.Price),
			"product": object{"id": toGID("Product", i.ProductID), "legacyResourceId": strconv.FormatInt(i.ProductID, 10)},
		})
	}
	first, last := names(c.Name)
	g := object{
		"__typename": "AbandonedCheckout", "id": toGID("AbandonedCheckout", c.ID), "name": fmt.Sprintf("#%d", c.ID), "createdAt": c.CreatedAt.UTC().Format(time.RFC3339),
		"updatedAt": c.CreatedAt.UTC().Format(time.RFC3339), "abandonedCheckoutUrl": "https://" + s.domain() + "/1/checkouts/ac/" + c.Token + "/recover?key=k",
		"totalPriceSet": bag(money((&Order{Items: c.Items}).cents())), "discountCodes": []string{}, "lineItems": pages(items),
		"shippingAddress": object{"firstName": nullable(first), "lastName": nullable(last), "countryCodeV2": "ES", "phone": nullable(c.Phone)},
	}
	for _, o := range s.orders {
		if o.CheckoutToken == c.Token {
			g["completedAt"] = o.CreatedAt.UTC().Format(time.RFC3339)
		}
	}
	for _, known := range s.customers {
		if c.Email != "" && strings.EqualFold(known.email, c.Email) {
			g["customer"] = known.graph(s)
		}
	}
	return g
}
