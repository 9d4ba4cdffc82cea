package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Order is an order of the emulated shop. Zero fields of a new one are filled in by PayOrder.
type Order struct {
	ID         int64     `json:"id"`
	Number     int       `json:"number"`
	Name       string    `json:"name"` // the customer's
	Phone      string    `json:"phone"`
	Email      string    `json:"email"`
	Items      []Item    `json:"items"`
	Note       string    `json:"note"`
	Tags       []string  `json:"tags"`
	Unpaid     bool      `json:"unpaid"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	CustomerID int64     `json:"customer_id"`

	CheckoutToken string `json:"checkout_token,omitempty"` // of the Checkout it came of; empty for one of its own
	Locations     int    `json:"locations,omitempty"`      // how many send its items, one after the other; zero means one

	attributes   []object // custom attributes, {key, value}
	cancelledAt  time.Time
	paidAt       time.Time // of one that was paid later than it was made
	cancelReason string
	groups       []*fulfillmentOrder
	parcels      []parcel
	refunds      []refund
}

// Item is a line of an Order; Price is a decimal string in euro.
type Item struct {
	ID        int64  `json:"id"`
	ProductID int64  `json:"product_id"`
	VariantID int64  `json:"variant_id"`
	Title     string `json:"title"`
	SKU       string `json:"sku"`
	Quantity  int    `json:"quantity"`
	Price     string `json:"price"`
}

// ProductX is the product the example flow asks about.
const ProductX = 632910392

func productX(quantity int) Item {
	return Item{ProductID: ProductX, VariantID: 808950810, Title: "Product X", SKU: "X-1", Quantity: quantity, Price: "49.90"}
}

func productY(quantity int) Item {
	return Item{ProductID: 921728736, VariantID: 447654529, Title: "Product Y", SKU: "Y-1", Quantity: quantity, Price: "19.50"}
}

// shopZone is the shop's offset; bodies carry it instead of Z.
var shopZone = time.FixedZone("", 3600)

// OrderOptions shapes the webhooks of an order; the zero value sends orders/create and orders/paid once.
type OrderOptions struct {
	Topics       []string `json:"topics,omitempty"`        // slash form, instead of orders/create and orders/paid
	Copies       int      `json:"copies,omitempty"`        // identical parallel deliveries; zero means one
	BadSignature bool     `json:"bad_signature,omitempty"` // signs with another secret
}

// PayOrder puts an order into the shop, paid unless it says otherwise, and sends its webhooks. Without items
// it is one Product X; without a customer it is Lucía, +34600111222. An Order with a known ID replaces that
// order and keeps its place.
func (s *Sandbox) PayOrder(o Order, opt OrderOptions) Order { return s.shopify.pay(o, opt) }

// Orders lists the shop's orders, oldest first.
func (s *Sandbox) Orders() []Order {
	s.shopify.mu.Lock()
	defer s.shopify.mu.Unlock()
	list := make([]Order, len(s.shopify.orders))
	for i, o := range s.shopify.orders {
		list[i] = *o
		list[i].Items, list[i].Tags = slices.Clone(o.Items), slices.Clone(o.Tags)
	}
	return list
}

func (s *shopify) pay(o Order, opt OrderOptions) Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.env.clock.now()
	if o.Name == "" && o.Phone == "" && o.Email == "" {
		o.Name, o.Phone, o.Email = "Lucía", "+34600111222", "lucia@example.com"
	}
	if len(o.Items) == 0 {
		o.Items = []Item{productX(1)}
	}
	o.Items = slices.Clone(o.Items)
	for i := range o.Items {
		setDefault(&o.Items[i].ID, 866550311766439019+s.id()%1_000_000)
		setDefault(&o.Items[i].Quantity, 1)
		setDefault(&o.Items[i].Price, "49.90")
		setDefault(&o.Items[i].Title, "Product "+strconv.FormatInt(o.Items[i].ProductID, 10))
	}
	if o.ID == 0 {
		o.ID = s.id()
	}
	setDefault(&o.Number, 1042+len(s.orders))
	setDefault(&o.CreatedAt, now)
	o.UpdatedAt, o.Tags = now, cleanTags(o.Tags)
	o.CustomerID = s.customerOf(o).id
	s.split(&o)
	if i := slices.IndexFunc(s.orders, func(x *Order) bool { return x.ID == o.ID }); i >= 0 {
		s.orders[i] = &o
	} else {
		s.orders = append(s.orders, &o)
	}
	topics := opt.Topics
	if topics == nil {
		topics = []string{"orders/create", "orders/paid"}
		if o.Unpaid {
			topics = topics[:1]
		}
	}
	s.fire(topics, s.orderBody(&o), opt.Copies, opt.BadSignature)
	s.env.changes.notify()
	return o
}

// customerOf finds the customer by e-mail, then by phone, or makes one. The caller holds mu.
func (s *shopify) customerOf(o Order) *customer {
	for _, c := range s.customers {
		if o.Email != "" && strings.EqualFold(c.email, o.Email) || o.Email == "" && o.Phone != "" && c.phone == o.Phone {
			return c
		}
	}
	return s.addCustomer(&customer{name: o.Name, email: o.Email, phone: o.Phone, emailState: "SUBSCRIBED"})
}

func (s *shopify) order(id int64) *Order {
	i := slices.IndexFunc(s.orders, func(o *Order) bool { return o.ID == id })
	if i < 0 {
		return nil
	}
	return s.orders[i]
}

func (s *shopify) customer(id int64) *customer {
	i := slices.IndexFunc(s.customers, func(c *customer) bool { return c.id == id })
	if i < 0 {
		return nil
	}
	return s.customers[i]
}

// cents is the order's total; prices include tax and shipping is free.
func (o *Order) cents() int64 {
	var total int64
	for _, item := range o.Items {
		price, _ := strconv.ParseFloat(item.Price, 64)
		total += int64(price*100+0.5) * int64(item.Quantity)
	}
	return total
}

func money(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// names splits a full name into first and last.
func names(full string) (first, last string) {
	first, last, _ = strings.Cut(strings.TrimSpace(full), " ")
	return first, last
}

// cleanTags splits on commas, trims, drops repeats ignoring case, and sorts.
func cleanTags(tags []string) []string {
	out := []string{}
	for _, t := range tags {
		for part := range strings.SplitSeq(t, ",") {
			part = strings.TrimSpace(part)
			if part != "" && !slices.ContainsFunc(out, func(x string) bool { return strings.EqualFold(x, part) }) {
				out = append(out, part)
			}
		}
	}
	slices.Sort(out)
	return out
}

func shopTime(t time.Time) string { return t.In(shopZone).Format(time.RFC3339) }

// orderBody is the REST shape that webhooks carry. The caller holds mu.
func (s *shopify) orderBody(o *Order) object {
	first, last := names(o.Name)
	total := money(o.cents())
	tax := money(o.cents() * 21 / 121)
	financial := "paid"
	outstanding := "0.00"
	if o.Unpaid {
		financial, outstanding = "pending", total
	}
	notes := []any{}
	for _, a := range o.attributes {
		notes = append(notes, object{"name": a["key"], "value": a["value"]})
	}
	var grams int
	for _, i := range o.Items {
		grams += 800 * i.Quantity
	}
	var sent any
	parcels, refunds := []any{}, []any{}
	for _, p := range o.parcels {
		sent, parcels = "partial", append(parcels, s.parcelBody(o, p))
	}
	if o.sent() {
		sent = "fulfilled"
	}
	for _, r := range o.refunds {
		financial, refunds = "refunded", append(refunds, refundBody(o, r))
	}
	var cancelled any
	if !o.cancelledAt.IsZero() {
		cancelled = shopTime(o.cancelledAt)
	}
	address := s.address(o)
	created, updated, token := shopTime(o.CreatedAt), shopTime(o.UpdatedAt), fmt.Sprintf("%016x", o.ID)
	return object{
		"id": o.ID, "admin_graphql_api_id": toGID("Order", o.ID), "app_id": 580111, "browser_ip": "203.0.113.9", "buyer_accepts_marketing": true, "cancel_reason": nullable(strings.ToLower(o.cancelReason)), "cancelled_at": cancelled,
		"cart_token": "c1-" + token, "checkout_id": o.ID - 7, "checkout_token": o.checkoutToken(), "client_details": object{"accept_language": "es-ES", "browser_ip": "203.0.113.9", "user_agent": "Mozilla/5.0"},
		"closed_at": nil, "confirmation_number": strings.ToUpper(token[:9]), "confirmed": true, "contact_email": nullable(o.Email), "created_at": created, "currency": "EUR",
		"current_subtotal_price": total, "current_total_discounts": "0.00", "current_total_price": total, "current_total_price_set": priceSet(total), "current_total_tax": tax,
		"customer_locale": "es-ES", "discount_codes": []any{}, "discount_applications": []any{}, "email": o.Email, "estimated_taxes": false, "financial_status": financial, "fulfillment_status": sent,
		"landing_site": "/", "location_id": nil, "name": "#" + strconv.Itoa(o.Number), "note": nullable(o.Note), "note_attributes": notes, "number": o.Number - 1000, "order_number": o.Number,
		"order_status_url": "https://" + s.domain() + "/548380009/orders/" + token + "/authenticate?key=k", "payment_gateway_names": []string{"bogus"}, "phone": nullable(o.Phone), "po_number": nil,
		"presentment_currency": "EUR", "processed_at": created, "referring_site": "", "source_name": "web", "subtotal_price": total, "tags": strings.Join(o.Tags, ", "), "taxes_included": true,
		"test": true, "token": token, "total_discounts": "0.00", "total_line_items_price": total, "total_outstanding": outstanding, "total_price": total, "total_price_set": priceSet(total),
		"total_shipping_price_set": priceSet("0.00"), "total_tax": tax, "total_tip_received": "0.00", "total_weight": grams, "updated_at": updated, "user_id": nil,
		"billing_address": address, "shipping_address": address,
		"customer": object{
			"id": o.CustomerID, "admin_graphql_api_id": toGID("Customer", o.CustomerID), "email": nullable(o.Email), "first_name": first, "last_name": last, "phone": nullable(o.Phone),
			"state": "disabled", "note": nil, "verified_email": true, "tax_exempt": false, "currency": "EUR", "created_at": created, "updated_at": updated,
			"tags": strings.Join(s.customer(o.CustomerID).tags, ", "),
		},
		"line_items": s.lineItems(o), "shipping_lines": []any{}, "fulfillments": parcels, "refunds": refunds,
		"tax_lines": []any{object{"title": "IVA", "rate": 0.21, "price": tax}},
	}
}

func (o *Order) checkoutToken() string {
	if o.CheckoutToken != "" {
		return o.CheckoutToken
	}
	return fmt.Sprintf("k%016x", o.ID)
}

func priceSet(amount string) object {
	m := object{"amount": amount, "currency_code": "EUR"}
	return object{"shop_money": m, "presentment_money": m}
}

func (s *shopify) address(o *Order) object {
	first, last := names(o.Name)
	return object{
		"first_name": first, "last_name": last, "name": o.Name, "company": nil, "address1": "Calle Mayor 1", "address2": nil, "city": "Madrid", "province": "Madrid", "province_code": "M",
		"country": "Spain", "country_code": "ES", "zip": "28013", "phone": nullable(o.Phone), "latitude": nil, "longitude": nil,
	}
}

func (s *shopify) lineItems(o *Order) []any {
	items := []any{}
	for _, i := range o.Items {
		var product any
		if i.ProductID != 0 {
			product = i.ProductID
		}
		items = append(items, object{
			"id": i.ID, "admin_graphql_api_id": toGID("LineItem", i.ID), "product_id": product, "variant_id": i.VariantID, "title": i.Title, "variant_title": nil, "name": i.Title,
			"sku": i.SKU, "vendor": "Demo shop", "quantity": i.Quantity, "current_quantity": i.Quantity, "fulfillable_quantity": i.Quantity, "fulfillment_service": "manual",
			"fulfillment_status": nil, "gift_card": false, "grams": 800, "price": i.Price, "price_set": priceSet(i.Price), "product_exists": product != nil, "properties": []any{},
			"requires_shipping": true, "taxable": true, "total_discount": "0.00", "tax_lines": []any{}, "discount_allocations": []any{},
		})
	}
	return items
}
