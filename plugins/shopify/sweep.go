package main

import (
	"context"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// notBefore is the search for what is not older than a time.
func notBefore(field string, from time.Time) string {
	return field + ":>='" + from.UTC().Format(time.RFC3339) + "'"
}

const changedOrders = `query ChangedOrders($q: String!, $first: Int!, $after: String) { orders(first: $first, after: $after, query: $q, sortKey: UPDATED_AT) { pageInfo { hasNextPage endCursor } nodes ` + orderFields + ` } }`

const (
	changedPage  = 5               // fifty items each: a query may cost 1,000 points
	changedDelay = 2 * time.Minute // how late the search may know of a change
)

// orderChanged finds what no webhook told: Shopify deletes a subscription after eight failures, and sends nothing again.
var orderChanged = sdk.Poll[sdk.None, FoundOrder]{
	Name: "order_changed", Title: "Order changed, by asking", Every: 5 * time.Minute,
	Summary: "An order is new or changed, also when its webhook was lost; later than a webhook, and only its latest state. Changes of our own steps are among them.",
	Key: func(o FoundOrder) string {
		return number(int64(o.ID)) + " " + o.updatedAt().UTC().Format(time.RFC3339Nano)
	},
	OccurredAt: FoundOrder.updatedAt,
	Contact:    FoundOrder.contact,
	Fetch: sdk.LookBack(changedDelay, FoundOrder.updatedAt, func(ctx context.Context, call *sdk.Call, _ sdk.None, from time.Time, page sdk.Cursor) (sdk.Page[FoundOrder], error) {
		var found struct {
			Orders struct {
				Nodes nodes[FoundOrder] `json:"nodes"`
				Page  pageInfo          `json:"pageInfo"`
			} `json:"orders"`
		}
		err := graphql(ctx, call, changedOrders, map[string]any{"q": notBefore("updated_at", from), "first": changedPage, "after": after(page)}, &found)
		return sdk.Page[FoundOrder]{Items: found.Orders.Nodes, Next: sdk.Cursor(found.Orders.Page.End), More: found.Orders.Page.More}, err
	}),
}

func (o FoundOrder) updatedAt() time.Time { return deref(o.UpdatedAt) }

func (o FoundOrder) contact() *sdk.Contact {
	b := Buyer{Email: o.Email, Phone: o.Phone, Customer: o.Customer, Shipping: o.ShippingAddress}
	return b.contact()
}
