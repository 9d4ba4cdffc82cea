package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// oncePerObject are the topics that happen to an object once, so that what a webhook tells and what is found by asking are the same
// event. An order that is paid in full a second time, after an edit, is no event of its own within the days that keys are kept.
var oncePerObject = map[string]bool{"orders/create": true, "orders/paid": true, "orders/cancelled": true}

const catchUpEvery = 10 * time.Minute

// pastOrders are the orders of a search, as a trigger that has lost webhooks asks for them.
const pastOrders = `query PastOrders($q: String!, $first: Int!, $after: String) { orders(first: $first, after: $after, query: $q, sortKey: UPDATED_AT) { pageInfo { hasNextPage endCursor } nodes { ...order transactions(first: 10) { kind status processed_at: processedAt } } } } fragment order on Order ` + orderFields

// pastOrder is an order with its payments.
type pastOrder struct {
	FoundOrder
	Payments []struct {
		Kind        string     `json:"kind"`
		Status      string     `json:"status"`
		ProcessedAt *time.Time `json:"processed_at"`
	} `json:"transactions"`
}

// paidAt is when the last payment went through; the order's own time when it was paid elsewhere.
func (o pastOrder) paidAt() time.Time {
	at := time.Time{}
	for _, p := range o.Payments {
		if p.Status == "SUCCESS" && (p.Kind == "SALE" || p.Kind == "CAPTURE") && deref(p.ProcessedAt).After(at) {
			at = *p.ProcessedAt
		}
	}
	if at.IsZero() {
		at = deref(o.ProcessedAt)
	}
	return at
}

// caughtOrders finds the orders to which a topic happened. They are searched by a time and what else filter says; when is the moment at
// which it happened. An order that was changed later than that is found as well, and left out by LookBack.
func caughtOrders(topic, by, filter string, when func(pastOrder) time.Time) *sdk.CatchUp[sdk.None, Order] {
	happened := func(o Order) time.Time { return o.happened }
	return &sdk.CatchUp[sdk.None, Order]{
		Every: catchUpEvery, OccurredAt: happened, Contact: Order.contact,
		Key: func(o Order) string { return topic + ":" + o.ident() },
		Fetch: sdk.LookBack(changedDelay, happened, func(ctx context.Context, call *sdk.Call, _ sdk.None, from time.Time, page sdk.Cursor) (sdk.Page[Order], error) {
			var found struct {
				Orders struct {
					Nodes nodes[pastOrder] `json:"nodes"`
					Page  pageInfo         `json:"pageInfo"`
				} `json:"orders"`
			}
			q := strings.TrimSpace(notBefore(by, from) + " " + filter)
			err := graphql(ctx, call, pastOrders, map[string]any{"q": q, "first": changedPage, "after": after(page)}, &found)
			out := sdk.Page[Order]{Next: sdk.Cursor(found.Orders.Page.End), More: found.Orders.Page.More}
			for _, o := range found.Orders.Nodes {
				order := o.asSent()
				order.happened = when(o)
				out.Items = append(out.Items, order)
			}
			return out, err
		}),
	}
}

// asSent is the order in the shape of its webhook, with what GraphQL knows of it.
func (o FoundOrder) asSent() Order {
	id := int64(o.ID)
	total, now := deref(o.Total), deref(o.CurrentTotal)
	out := Order{
		ID: id, GID: o.GID, Name: o.Name, ConfirmationNumber: o.ConfirmationNumber, Email: o.Email, ContactEmail: o.Email, Phone: o.Phone, Note: o.Note,
		Tags: strings.Join(o.Tags, ", "), CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, ProcessedAt: o.ProcessedAt, CancelledAt: o.CancelledAt,
		CancelReason: small(o.CancelReason), ClosedAt: o.ClosedAt, Test: o.Test, Confirmed: true, FinancialStatus: small(o.FinancialStatus),
		FulfillmentStatus: sentSoFar(o.FulfillmentStatus), Currency: total.Currency, TotalPrice: total.Amount, CurrentTotalPrice: now.Amount,
		StatusURL: o.StatusURL, CustomerLocale: o.CustomerLocale, SourceName: o.SourceName, ShippingAddress: o.ShippingAddress.asSent(),
		NoteAttributes: []NameValue{}, DiscountCodes: []DiscountCode{}, LineItems: []LineItem{}, ShippingLines: []ShippingLine{},
		TaxLines: json.RawMessage("[]"), Fulfillments: json.RawMessage("[]"), Refunds: json.RawMessage("[]"), PaymentGateways: []string{},
	}
	for _, a := range o.Attributes {
		value, _ := json.Marshal(a.Value) // a text or null
		out.NoteAttributes = append(out.NoteAttributes, NameValue{Name: a.Key, Value: value})
	}
	for _, code := range o.DiscountCodes {
		out.DiscountCodes = append(out.DiscountCodes, DiscountCode{Code: code})
	}
	for _, i := range o.Items {
		item := LineItem{
			ID: numberOf(i.GID), Title: i.Name, Name: i.Name, SKU: i.SKU, Quantity: i.Quantity, CurrentQuantity: i.CurrentQuantity, Price: deref(i.Price).Amount,
			Properties: json.RawMessage("[]"), ProductID: i.Product.number(), VariantID: i.Variant.number(),
		}
		out.LineItems = append(out.LineItems, item)
	}
	if c := o.Customer; c != nil {
		tags := strings.Join(c.Tags, ", ")
		out.Customer = &Customer{
			ID: int64(c.ID), Email: c.Email, Phone: c.Phone, FirstName: c.FirstName, LastName: c.LastName, State: small(c.State), Note: c.Note, Tags: &tags,
			DefaultAddress: c.Address.asSent(), CreatedAt: c.CreatedAt,
		}
	}
	return out
}

// asSent is an address in the shape of webhooks; nil for none.
func (p *Place) asSent() *Address {
	if p == nil {
		return nil
	}
	return &Address{
		FirstName: p.FirstName, LastName: p.LastName, Company: p.Company, Address1: p.Address1, Address2: p.Address2, City: p.City,
		ProvinceCode: p.ProvinceCode, CountryCode: p.CountryCode, Zip: p.Zip, Phone: p.Phone,
	}
}

// small is a word of GraphQL as webhooks write it.
func small(word *string) *string {
	if word == nil {
		return nil
	}
	s := strings.ToLower(*word)
	return &s
}

// sentSoFar is GraphQL's word for what was sent of an order as webhooks have it: null while nothing was.
func sentSoFar(word *string) *string {
	words := map[string]string{"PARTIALLY_FULFILLED": "partial", "FULFILLED": "fulfilled", "RESTOCKED": "restocked"}
	if s, ok := words[deref(word)]; ok {
		return &s
	}
	return nil
}

// numberOf is the number at the end of an id of GraphQL.
func numberOf(gid string) int64 {
	var n gidNumber
	if n.UnmarshalJSON([]byte(gid)) != nil {
		return 0
	}
	return int64(n)
}

// number is the id of something that may be missing.
func (c *Counted) number() *int64 {
	if c == nil {
		return nil
	}
	n := int64(c.ID)
	return &n
}
