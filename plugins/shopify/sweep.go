package main

import (
	"context"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// lookBack reads one page of a poll whose search is sorted by a time. Shopify lists things late, so that older ones may
// come after newer ones: each round looks back from the newest that it saw, but never behind the first round. What was
// seen is known by its key.
func lookBack[T any](since sdk.Cursor, by time.Duration, list func(from time.Time, after string) (nodes[T], pageInfo, error), at func(T) time.Time) (sdk.Page[T], error) {
	if since == "" {
		now := time.Now()
		return sdk.Page[T]{Next: writeCursor(now, now, "")}, nil
	}
	start, newest, after := readCursor(since)
	from := newest.Add(-by)
	if from.Before(start) {
		from = start
	}
	found, info, err := list(from, after)
	if err != nil {
		return sdk.Page[T]{}, err
	}
	if info.More { // the same search goes on, so what it looks back from must stay
		return sdk.Page[T]{Items: found, Next: writeCursor(start, newest, info.End), More: true}, nil
	}
	for _, item := range found {
		if t := at(item); t.After(newest) {
			newest = t
		}
	}
	return sdk.Page[T]{Items: found, Next: writeCursor(start, newest, "")}, nil
}

// writeCursor writes a cursor: when the polling began, the newest that was seen, and where a page ended.
func writeCursor(start, newest time.Time, after string) sdk.Cursor {
	return sdk.Cursor(start.UTC().Format(time.RFC3339) + " " + newest.UTC().Format(time.RFC3339) + " " + after)
}

func readCursor(c sdk.Cursor) (start, newest time.Time, after string) {
	parts := strings.SplitN(string(c), " ", 3)
	for len(parts) < 3 {
		parts = append(parts, "")
	}
	start, _ = time.Parse(time.RFC3339, parts[0])
	newest, _ = time.Parse(time.RFC3339, parts[1])
	return start, newest, parts[2]
}

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
	Fetch: func(ctx context.Context, call *sdk.Call, _ sdk.None, cursor sdk.Cursor) (sdk.Page[FoundOrder], error) {
		return lookBack(cursor, changedDelay, func(from time.Time, next string) (nodes[FoundOrder], pageInfo, error) {
			var found struct {
				Orders struct {
					Nodes nodes[FoundOrder] `json:"nodes"`
					Page  pageInfo          `json:"pageInfo"`
				} `json:"orders"`
			}
			err := graphql(ctx, call, changedOrders, map[string]any{"q": notBefore("updated_at", from), "first": changedPage, "after": after(sdk.Cursor(next))}, &found)
			return found.Orders.Nodes, found.Orders.Page, err
		}, FoundOrder.updatedAt)
	},
}

func (o FoundOrder) updatedAt() time.Time { return deref(o.UpdatedAt) }

func (o FoundOrder) contact() *sdk.Contact {
	b := Buyer{Email: o.Email, Phone: o.Phone, Customer: o.Customer, Shipping: o.ShippingAddress}
	return b.contact()
}
