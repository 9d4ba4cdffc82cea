package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// Abandoned is a checkout that somebody left.
type Abandoned struct {
	ID          gidNumber         `json:"id" label:"Checkout id"`
	Name        string            `json:"name" label:"Name"`
	RecoverURL  string            `json:"abandoned_checkout_url" label:"Address to go on at"`
	CreatedAt   time.Time         `json:"created_at" label:"Created"`
	UpdatedAt   time.Time         `json:"updated_at" label:"Updated"`
	CompletedAt *time.Time        `json:"completed_at" label:"Completed" help:"Null while it is no order."`
	Total       *Price            `json:"total" label:"Total"`
	Discounts   []string          `json:"discount_codes" label:"Discount codes"`
	Customer    *FoundCustomer    `json:"customer" label:"Customer"`
	Shipping    *Place            `json:"shipping_address" label:"Shipping address"`
	Items       nodes[LeftBehind] `json:"line_items" label:"Items" help:"The first 50."`
}

// LeftBehind is one thing of an abandoned checkout.
type LeftBehind struct {
	Title    *string  `json:"title" label:"Title"`
	Variant  *string  `json:"variant_title" label:"Variant"`
	SKU      *string  `json:"sku" label:"SKU"`
	Quantity int64    `json:"quantity" label:"Quantity"`
	Price    *Price   `json:"price" label:"Price"`
	Product  *Counted `json:"product" label:"Product"`
}

// gidNumber is the number at the end of GraphQL's id, for objects that give no other.
type gidNumber int64

func (n *gidNumber) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	text, _, _ = strings.Cut(text[strings.LastIndex(text, "/")+1:], "?")
	number, err := strconv.ParseInt(text, 10, 64)
	*n = gidNumber(number)
	return err
}

// These checkouts have no e-mail address and phone number of their own.
func (a Abandoned) contact() *sdk.Contact {
	customer, shipping := deref(a.Customer), deref(a.Shipping)
	return &sdk.Contact{
		Phone: first(customer.Phone, shipping.Phone), Email: first(customer.Email),
		Name: first(customer.FirstName, shipping.FirstName), ExternalID: number(int64(customer.ID)),
	}
}

const abandonedCheckouts = `query Abandoned($q: String!, $first: Int!, $after: String) { abandonedCheckouts(first: $first, after: $after, query: $q, sortKey: CREATED_AT) { pageInfo { hasNextPage endCursor } nodes { id name abandoned_checkout_url: abandonedCheckoutUrl created_at: createdAt updated_at: updatedAt completed_at: completedAt total: totalPriceSet { shopMoney { amount currencyCode } } discount_codes: discountCodes customer ` + customerFields + ` shipping_address: shippingAddress ` + placeFields + ` line_items: lineItems(first: 50) { nodes { title variant_title: variantTitle sku quantity price: originalUnitPriceSet { shopMoney { amount currencyCode } } product { id: legacyResourceId } } } } } }`

const (
	abandonedPage  = 5             // fifty items each: a query may cost 1,000 points
	abandonedDelay = 6 * time.Hour // how late Shopify may list a checkout, generously
)

// Shopify lists a checkout some time after contact data was typed.
var checkoutAbandoned = sdk.Poll[sdk.None, Abandoned]{
	Name: "checkout_abandoned", Title: "Checkout abandoned", Every: 5 * time.Minute,
	Summary:    "Somebody typed who they are and left without buying. Shopify tells of it some time later.",
	Key:        func(a Abandoned) string { return strconv.FormatInt(int64(a.ID), 10) },
	OccurredAt: Abandoned.createdAt,
	Contact:    Abandoned.contact,
	Fetch: sdk.LookBack(abandonedDelay, Abandoned.createdAt, func(ctx context.Context, call *sdk.Call, _ sdk.None, from time.Time, page sdk.Cursor) (sdk.Page[Abandoned], error) {
		found, err := listAbandoned(ctx, call, notBefore("created_at", from), abandonedPage, string(page))
		items := slices.DeleteFunc(found.Nodes, func(a Abandoned) bool { return a.CompletedAt != nil })
		return sdk.Page[Abandoned]{Items: items, Next: sdk.Cursor(found.Page.End), More: found.Page.More}, err
	}),
}

func (a Abandoned) createdAt() time.Time { return a.CreatedAt }

type abandonedList struct {
	Nodes nodes[Abandoned] `json:"nodes"`
	Page  pageInfo         `json:"pageInfo"`
}

func listAbandoned(ctx context.Context, call *sdk.Call, q string, size int, from string) (abandonedList, error) {
	var found struct {
		Checkouts abandonedList `json:"abandonedCheckouts"`
	}
	err := graphql(ctx, call, abandonedCheckouts, map[string]any{"q": q, "first": size, "after": after(sdk.Cursor(from))}, &found)
	return found.Checkouts, err
}

// CheckoutRef names an abandoned checkout.
type CheckoutRef struct {
	CheckoutID long `json:"checkout_id" label:"Checkout id" rule:"required,min=1"`
}

var getAbandoned = sdk.Action[CheckoutRef, Abandoned]{
	Name: "get_abandoned_checkout", Title: "Get an abandoned checkout", Summary: "Reads an abandoned checkout as it is now: completed tells whether it became an order.", Reads: true,
	Run: func(ctx context.Context, call *sdk.Call, in CheckoutRef) (Abandoned, error) {
		found, err := listAbandoned(ctx, call, "id:"+number(int64(in.CheckoutID)), 1, "")
		if err != nil {
			return Abandoned{}, err
		}
		if len(found.Nodes) == 0 || int64(found.Nodes[0].ID) != int64(in.CheckoutID) {
			return Abandoned{}, sdk.Invalid("checkout_id", "is not an abandoned checkout of this shop")
		}
		return found.Nodes[0], nil
	},
}
