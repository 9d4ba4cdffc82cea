package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// NewDraft is an order that is not paid yet.
type NewDraft struct {
	CustomerID long        `json:"customer_id,omitempty" label:"Customer id" rule:"min=0"`
	Email      string      `json:"email,omitempty" label:"E-mail" rule:"email"`
	Phone      string      `json:"phone,omitempty" label:"Phone" rule:"phone"`
	Items      []DraftItem `json:"items" label:"Items" rule:"required,min=1,max=250"`
	Currency   string      `json:"currency,omitempty" label:"Currency of own prices" help:"Such as EUR; empty for the shop's." rule:"min=3,max=3"`
	Discount   *Off        `json:"discount,omitempty" label:"Discount on all of it"`
	Note       string      `json:"note,omitempty" label:"Note" rule:"max=5000"`
	Tags       []string    `json:"tags,omitempty" label:"Tags" help:"Of at most 40 characters each." rule:"max=250"`
}

// DraftItem is a variant of the shop, or a thing with a name and a price of its own.
type DraftItem struct {
	VariantID string `json:"variant_id,omitempty" label:"Variant" help:"Empty for a thing that is not in the shop." options:"variants"`
	Title     string `json:"title,omitempty" label:"Title" help:"Of a thing that is not in the shop."`
	Price     string `json:"price,omitempty" label:"Price" help:"Of a thing that is not in the shop, such as 49.90."`
	Quantity  int64  `json:"quantity" label:"Quantity" rule:"min=1" default:"1"`
}

// Off is a discount.
type Off struct {
	Kind  string  `json:"kind" label:"Kind" rule:"required,oneof=percentage fixed_amount"`
	Value float64 `json:"value" label:"Value" help:"Per cent, or an amount in the shop's currency." rule:"required,min=0"`
	Title string  `json:"title,omitempty" label:"Title"`
}

// Draft is a draft order.
type Draft struct {
	ID         long    `json:"id" label:"Draft id"`
	GID        string  `json:"admin_graphql_api_id" label:"GraphQL id"`
	Name       string  `json:"name" label:"Name" help:"Such as #D12."`
	Status     string  `json:"status" label:"Status" help:"OPEN, INVOICE_SENT or COMPLETED."`
	Ready      bool    `json:"ready" label:"Prices are settled"`
	InvoiceURL *string `json:"invoice_url" label:"Address to pay at" help:"Null until the prices are settled."`
	Total      *Price  `json:"total" label:"Total"`
}

const (
	draftFields      = `{ id: legacyResourceId admin_graphql_api_id: id name status ready invoice_url: invoiceUrl total: totalPriceSet { shopMoney { amount currencyCode } } }`
	draftOrderCreate = `mutation CreateDraft($input: DraftOrderInput!) { draftOrderCreate(input: $input) { draftOrder ` + draftFields + ` userErrors { field message } } }`
	draftOrder       = `query Draft($id: ID!) { draftOrder(id: $id) ` + draftFields + ` }`
	shopCurrency     = `query Currency { shop { currencyCode } }`
)

// Shopify has no key against doubles here, so a draft is never made again unless it is known not to exist.
var createDraft = sdk.Action[NewDraft, Draft]{
	Name: "create_draft_order", Title: "Create a draft order", Summary: "Prepares an order that somebody can pay by a link.",
	Run: func(ctx context.Context, call *sdk.Call, in NewDraft) (Draft, error) {
		input, err := draftInput(ctx, call, in)
		if err != nil {
			return Draft{}, err
		}
		var payload struct {
			Draft Draft `json:"draftOrder"`
		}
		err = mutate(ctx, call, draftOrderCreate, "draftOrderCreate", map[string]any{"input": input}, map[string]string{
			"lineItems": "items", "customerId": "customer_id", "email": "email", "phone": "phone", "note": "note", "tags": "tags", "appliedDiscount": "discount",
		}, &payload)
		if err != nil {
			return Draft{}, err
		}
		return settled(ctx, call, payload.Draft), nil
	},
}

func draftInput(ctx context.Context, call *sdk.Call, in NewDraft) (map[string]any, error) {
	input, items := map[string]any{}, make([]map[string]any, len(in.Items))
	for i, item := range in.Items {
		line := map[string]any{"quantity": item.Quantity}
		switch {
		case item.VariantID != "":
			line["variantId"] = "gid://shopify/ProductVariant/" + item.VariantID[strings.LastIndex(item.VariantID, "/")+1:]
		case item.Title == "" || item.Price == "":
			return nil, sdk.Invalid(fmt.Sprintf("items[%d]", i), "needs a variant, or a title and a price")
		default:
			if in.Currency == "" {
				var shop struct {
					Shop struct {
						Currency string `json:"currencyCode"`
					} `json:"shop"`
				}
				if err := graphql(ctx, call, shopCurrency, nil, &shop); err != nil {
					return nil, err
				}
				in.Currency = shop.Shop.Currency
			}
			line["title"] = item.Title
			line["originalUnitPriceWithCurrency"] = map[string]any{"amount": item.Price, "currencyCode": strings.ToUpper(in.Currency)}
		}
		items[i] = line
	}
	input["lineItems"] = items
	if in.CustomerID != 0 {
		input["purchasingEntity"] = map[string]any{"customerId": in.CustomerID.gid("Customer")}
	}
	for name, value := range map[string]string{"email": in.Email, "phone": compact(in.Phone), "note": in.Note} {
		if value != "" {
			input[name] = value
		}
	}
	for i, tag := range in.Tags {
		if len([]rune(tag)) > 40 {
			return nil, sdk.Invalid(fmt.Sprintf("tags[%d]", i), "must have at most 40 characters")
		}
	}
	if len(in.Tags) > 0 {
		input["tags"] = in.Tags
	}
	if in.Discount != nil {
		input["appliedDiscount"] = map[string]any{"value": in.Discount.Value, "valueType": strings.ToUpper(in.Discount.Kind), "title": in.Discount.Title}
	}
	return input, nil
}

const (
	settleTries = 5
	settlePause = time.Second
)

// settled waits until Shopify has worked out the prices; before, the address to pay at must not be used. The draft is
// made, whatever happens here.
func settled(ctx context.Context, call *sdk.Call, draft Draft) Draft {
	for try := 0; !draft.Ready && try < settleTries; try++ {
		if try > 0 {
			pause(ctx, settlePause)
		}
		again, err := readDraft(ctx, call, draft.GID)
		if err != nil || again == nil {
			call.Log.Warn("the draft order could not be read again", "draft", draft.Name)
			break
		}
		draft = *again
	}
	if !draft.Ready {
		draft.InvoiceURL = nil
	}
	return draft
}

// pause waits, but no longer than the call may take.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func readDraft(ctx context.Context, call *sdk.Call, gid string) (*Draft, error) {
	var found struct {
		Draft *Draft `json:"draftOrder"`
	}
	err := graphql(ctx, call, draftOrder, map[string]any{"id": gid}, &found)
	return found.Draft, err
}

// DraftRef names a draft order.
type DraftRef struct {
	DraftID long `json:"draft_id" label:"Draft id" rule:"required,min=1"`
}

var getDraft = sdk.Action[DraftRef, Draft]{
	Name: "get_draft_order", Title: "Get a draft order", Summary: "Reads a draft order as it is now.", Reads: true,
	Run: func(ctx context.Context, call *sdk.Call, in DraftRef) (Draft, error) {
		found, err := readDraft(ctx, call, in.DraftID.gid("DraftOrder"))
		if err != nil {
			return Draft{}, err
		}
		if found == nil {
			return Draft{}, sdk.Invalid("draft_id", "is not a draft order of this shop")
		}
		if !found.Ready {
			found.InvoiceURL = nil
		}
		return *found, nil
	},
}

// Invoice is a mail with the address to pay at.
type Invoice struct {
	DraftRef
	To      string `json:"to,omitempty" label:"To" help:"Empty for the draft's own e-mail address." rule:"email"`
	Subject string `json:"subject,omitempty" label:"Subject" rule:"max=255"`
	Message string `json:"message,omitempty" label:"Message" rule:"max=5000"`
}

const invoiceSend = `mutation SendInvoice($id: ID!, $email: EmailInput) { draftOrderInvoiceSend(id: $id, email: $email) { draftOrder ` + draftFields + ` userErrors { field message } } }`

// Each call mails again.
var sendInvoice = sdk.Action[Invoice, Draft]{
	Name: "send_draft_order_invoice", Title: "Send the invoice of a draft order", Summary: "Mails the address to pay a draft order at.",
	Run: func(ctx context.Context, call *sdk.Call, in Invoice) (Draft, error) {
		email := map[string]any{}
		for name, value := range map[string]string{"to": in.To, "subject": in.Subject, "customMessage": in.Message} {
			if value != "" {
				email[name] = value
			}
		}
		variables := map[string]any{"id": in.DraftID.gid("DraftOrder")}
		if len(email) > 0 {
			variables["email"] = email
		}
		var payload struct {
			Draft Draft `json:"draftOrder"`
		}
		err := mutate(ctx, call, invoiceSend, "draftOrderInvoiceSend", variables, map[string]string{"id": "draft_id", "to": "to", "subject": "subject"}, &payload)
		return payload.Draft, err
	},
}
