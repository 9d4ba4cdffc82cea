package main

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"math"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// NewDiscount is a code that lowers a price.
type NewDiscount struct {
	Code       string     `json:"code,omitempty" label:"Code" help:"Empty: one is made up, another for each run." rule:"max=255"`
	Prefix     string     `json:"prefix,omitempty" label:"Beginning of a code that is made up" help:"Such as WA10-." rule:"max=40"`
	Title      string     `json:"title,omitempty" label:"Title" help:"For the staff; empty for the code." rule:"max=200"`
	Kind       string     `json:"kind" label:"Kind" rule:"required,oneof=percentage fixed_amount"`
	Value      float64    `json:"value" label:"Value" help:"Per cent from 0 to 100, or an amount in the shop's currency." rule:"required,min=0"`
	CustomerID long       `json:"customer_id,omitempty" label:"Only for this customer" help:"The customer's id; empty for everybody." rule:"min=0"`
	StartsAt   *time.Time `json:"starts_at,omitempty" label:"Valid from" help:"Empty for now."`
	EndsAt     *time.Time `json:"ends_at,omitempty" label:"Valid until" help:"Empty for ever."`
	Uses       int64      `json:"uses,omitempty" label:"How often it may be used in all" help:"Empty for any number." rule:"min=0"`
	OnePerHead bool       `json:"once_per_customer,omitempty" label:"Once for each customer"`
	Combines   bool       `json:"combines,omitempty" label:"May be combined with other discounts"`
}

// Discount is a code that may be used.
type Discount struct {
	GID    string  `json:"admin_graphql_api_id" label:"GraphQL id"`
	Code   string  `json:"code" label:"Code"`
	Title  string  `json:"title" label:"Title"`
	Status *string `json:"status" label:"Status" help:"ACTIVE, SCHEDULED or EXPIRED."`
}

const (
	discountCreate = `mutation CreateDiscount($d: DiscountCodeBasicInput!) { discountCodeBasicCreate(basicCodeDiscount: $d) { node: codeDiscountNode { id codeDiscount { ... on DiscountCodeBasic { title status } } } userErrors { field message code } } }`
	discountByCode = `query DiscountByCode($code: String!) { node: codeDiscountNodeByCode(code: $code) { id codeDiscount { ... on DiscountCodeBasic { title status } } } }`
)

type discountNode struct {
	ID       string `json:"id"`
	Discount struct {
		Title  string  `json:"title"`
		Status *string `json:"status"`
	} `json:"codeDiscount"`
}

// Shopify takes each code once. A code that is taken is ours, from an earlier try whose answer was lost, if its title
// carries the mark of this step.
var createDiscount = sdk.Action[NewDiscount, Discount]{
	Name: "create_discount_code", Title: "Create a discount code", Summary: "Makes a code that lowers the price of an order.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in NewDiscount) (Discount, error) {
		sum := sha256.Sum256([]byte(call.IdempotencyKey))
		if in.Code == "" {
			in.Code = in.Prefix + base32.StdEncoding.EncodeToString(sum[:5])
		}
		if in.Title == "" {
			in.Title = in.Code
		}
		in.Title += " (" + hex.EncodeToString(sum[:4]) + ")"
		input, err := in.input()
		if err != nil {
			return Discount{}, err
		}
		var found struct {
			Node *discountNode `json:"node"`
		}
		err = mutate(ctx, call, discountCreate, "discountCodeBasicCreate", map[string]any{"d": input}, map[string]string{
			"code": "code", "title": "title", "startsAt": "starts_at", "endsAt": "ends_at", "usageLimit": "uses", "percentage": "value", "amount": "value", "customers": "customer_id",
		}, &found)
		if f, ok := err.(*sdk.Failure); ok && strings.HasSuffix(f.Detail, " TAKEN") {
			if err := graphql(ctx, call, discountByCode, map[string]any{"code": in.Code}, &found); err != nil {
				return Discount{}, err
			}
			if found.Node == nil || found.Node.Discount.Title != in.Title {
				return Discount{}, say(f, "The code "+in.Code+" is taken; choose another, or leave it empty.")
			}
		} else if err != nil {
			return Discount{}, err
		}
		if found.Node == nil {
			return Discount{}, silent()
		}
		return Discount{GID: found.Node.ID, Code: in.Code, Title: in.Title, Status: found.Node.Discount.Status}, nil
	},
}

// input writes the discount by Shopify's names.
func (in NewDiscount) input() (map[string]any, error) {
	value := map[string]any{"discountAmount": map[string]any{"amount": decimal(in.Value), "appliesOnEachItem": false}}
	if in.Kind == "percentage" {
		if in.Value > 100 {
			return nil, sdk.Invalid("value", "must be at most 100 per cent")
		}
		value = map[string]any{"percentage": math.Round(in.Value*1e4) / 1e6} // Shopify wants a fraction
	}
	starts := time.Now()
	if in.StartsAt != nil {
		starts = *in.StartsAt
	}
	if in.EndsAt != nil && !in.EndsAt.After(starts) {
		return nil, sdk.Invalid("ends_at", "must be later than the beginning")
	}
	whose := map[string]any{"all": "ALL"}
	if in.CustomerID != 0 {
		whose = map[string]any{"customers": map[string]any{"add": []string{in.CustomerID.gid("Customer")}}}
	}
	input := map[string]any{
		"title": in.Title, "code": in.Code, "startsAt": starts.UTC().Format(time.RFC3339), "appliesOncePerCustomer": in.OnePerHead, "context": whose,
		"customerGets": map[string]any{"value": value, "items": map[string]any{"all": true}},
		"combinesWith": map[string]any{"orderDiscounts": in.Combines, "productDiscounts": in.Combines, "shippingDiscounts": in.Combines},
	}
	if in.EndsAt != nil {
		input["endsAt"] = in.EndsAt.UTC().Format(time.RFC3339)
	}
	if in.Uses > 0 {
		input["usageLimit"] = in.Uses
	}
	return input, nil
}
