package main

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// Order is the body of an order's webhook, in the shape of the REST API. Flows get it as Shopify sent it, with the
// fields that are not named here; pointers are what may be null. Amounts are decimal strings, not always of two digits.
type Order struct {
	_                    sdk.Open
	ID                   int64           `json:"id" label:"Order id"`
	GID                  string          `json:"admin_graphql_api_id" label:"GraphQL id"`
	Name                 string          `json:"name" label:"Order name" help:"Such as #1042."`
	Number               int64           `json:"number" label:"Number"`
	OrderNumber          int64           `json:"order_number" label:"Order number"`
	ConfirmationNumber   *string         `json:"confirmation_number" label:"Confirmation number"`
	Email                *string         `json:"email" label:"E-mail"`
	ContactEmail         *string         `json:"contact_email" label:"Contact e-mail"`
	Phone                *string         `json:"phone" label:"Phone"`
	Note                 *string         `json:"note" label:"Note"`
	NoteAttributes       []NameValue     `json:"note_attributes" label:"Note attributes"`
	Tags                 string          `json:"tags" label:"Tags" help:"Separated by commas."`
	CreatedAt            *time.Time      `json:"created_at" label:"Created"`
	UpdatedAt            *time.Time      `json:"updated_at" label:"Updated"`
	ProcessedAt          *time.Time      `json:"processed_at" label:"Processed"`
	CancelledAt          *time.Time      `json:"cancelled_at" label:"Cancelled"`
	CancelReason         *string         `json:"cancel_reason" label:"Cancel reason"`
	ClosedAt             *time.Time      `json:"closed_at" label:"Closed"`
	Test                 bool            `json:"test" label:"Test order"`
	Confirmed            bool            `json:"confirmed" label:"Confirmed"`
	FinancialStatus      *string         `json:"financial_status" label:"Payment" help:"pending, authorized, partially_paid, paid, partially_refunded, refunded or voided."`
	FulfillmentStatus    *string         `json:"fulfillment_status" label:"Fulfilment" help:"Null while nothing is sent; partial, fulfilled or restocked."`
	Currency             string          `json:"currency" label:"Currency"`
	PresentmentCurrency  string          `json:"presentment_currency" label:"Customer's currency"`
	TotalPrice           string          `json:"total_price" label:"Total"`
	SubtotalPrice        string          `json:"subtotal_price" label:"Subtotal"`
	TotalTax             string          `json:"total_tax" label:"Tax"`
	TotalDiscounts       string          `json:"total_discounts" label:"Discounts"`
	TotalLineItemsPrice  string          `json:"total_line_items_price" label:"Sum of the items"`
	TotalOutstanding     string          `json:"total_outstanding" label:"Outstanding"`
	TotalTipReceived     string          `json:"total_tip_received" label:"Tip"`
	CurrentTotalPrice    string          `json:"current_total_price" label:"Total now" help:"After edits and refunds."`
	CurrentSubtotalPrice string          `json:"current_subtotal_price" label:"Subtotal now"`
	TotalPriceSet        *MoneySet       `json:"total_price_set" label:"Total in both currencies"`
	TotalShippingSet     *MoneySet       `json:"total_shipping_price_set" label:"Shipping in both currencies"`
	TaxesIncluded        bool            `json:"taxes_included" label:"Taxes included"`
	TotalWeight          int64           `json:"total_weight" label:"Weight" help:"In grams."`
	BuyerAcceptsNews     bool            `json:"buyer_accepts_marketing" label:"Accepts marketing"`
	CustomerLocale       *string         `json:"customer_locale" label:"Language of the customer"`
	DiscountCodes        []DiscountCode  `json:"discount_codes" label:"Discount codes"`
	PaymentGateways      []string        `json:"payment_gateway_names" label:"Payment methods"`
	SourceName           *string         `json:"source_name" label:"Sales channel"`
	LandingSite          *string         `json:"landing_site" label:"Landing page"`
	ReferringSite        *string         `json:"referring_site" label:"Referrer"`
	StatusURL            *string         `json:"order_status_url" label:"Status page"`
	CartToken            *string         `json:"cart_token" label:"Cart"`
	CheckoutID           *int64          `json:"checkout_id" label:"Checkout id"`
	CheckoutToken        *string         `json:"checkout_token" label:"Checkout"`
	Token                *string         `json:"token" label:"Token"`
	LocationID           *int64          `json:"location_id" label:"Location id"`
	UserID               *int64          `json:"user_id" label:"Staff id"`
	Customer             *Customer       `json:"customer" label:"Customer" help:"Null for some guests."`
	BillingAddress       *Address        `json:"billing_address" label:"Billing address"`
	ShippingAddress      *Address        `json:"shipping_address" label:"Shipping address"`
	LineItems            []LineItem      `json:"line_items" label:"Items"`
	ShippingLines        []ShippingLine  `json:"shipping_lines" label:"Shipping"`
	TaxLines             json.RawMessage `json:"tax_lines" label:"Taxes"`
	Fulfillments         json.RawMessage `json:"fulfillments" label:"Fulfilments"`
	Refunds              json.RawMessage `json:"refunds" label:"Refunds"`

	happened time.Time // of one that no webhook told of: when what is told happened to it
}

// Address is where an order goes, or who pays.
type Address struct {
	_            sdk.Open
	FirstName    *string `json:"first_name" label:"First name"`
	LastName     *string `json:"last_name" label:"Last name"`
	Name         *string `json:"name" label:"Name"`
	Company      *string `json:"company" label:"Company"`
	Address1     *string `json:"address1" label:"Address"`
	Address2     *string `json:"address2" label:"Address, second line"`
	City         *string `json:"city" label:"City"`
	Province     *string `json:"province" label:"Province"`
	ProvinceCode *string `json:"province_code" label:"Province code"`
	Country      *string `json:"country" label:"Country"`
	CountryCode  *string `json:"country_code" label:"Country code"`
	Zip          *string `json:"zip" label:"Postcode"`
	Phone        *string `json:"phone" label:"Phone"`
}

// LineItem is one thing that was ordered.
type LineItem struct {
	_                 sdk.Open
	ID                int64           `json:"id" label:"Item id"`
	ProductID         *int64          `json:"product_id" label:"Product id" help:"Null for a product that is gone or was typed by hand."`
	VariantID         *int64          `json:"variant_id" label:"Variant id"`
	Title             string          `json:"title" label:"Title"`
	VariantTitle      *string         `json:"variant_title" label:"Variant"`
	Name              string          `json:"name" label:"Name"`
	SKU               *string         `json:"sku" label:"SKU"`
	Vendor            *string         `json:"vendor" label:"Vendor"`
	Quantity          int64           `json:"quantity" label:"Quantity"`
	CurrentQuantity   int64           `json:"current_quantity" label:"Quantity now"`
	Price             string          `json:"price" label:"Price"`
	TotalDiscount     string          `json:"total_discount" label:"Discount"`
	GiftCard          bool            `json:"gift_card" label:"Gift card"`
	RequiresShipping  bool            `json:"requires_shipping" label:"Is shipped"`
	FulfillmentStatus *string         `json:"fulfillment_status" label:"Fulfilment"`
	Properties        json.RawMessage `json:"properties" label:"Properties" help:"A list of names and values, rarely an empty object."`
}

// ShippingLine is one way of shipping that was paid for.
type ShippingLine struct {
	_     sdk.Open
	ID    *int64  `json:"id" label:"Id"`
	Title *string `json:"title" label:"Title"`
	Code  *string `json:"code" label:"Code"`
	Price string  `json:"price" label:"Price"`
}

// DiscountCode is a code that was used.
type DiscountCode struct {
	_      sdk.Open
	Code   string `json:"code" label:"Code"`
	Amount string `json:"amount" label:"Amount"`
	Type   string `json:"type" label:"Type"`
}

// NameValue is a note attribute.
type NameValue struct {
	_     sdk.Open
	Name  string          `json:"name" label:"Name"`
	Value json.RawMessage `json:"value" label:"Value"`
}

// MoneySet is an amount in the shop's and in the customer's currency.
type MoneySet struct {
	_           sdk.Open
	Shop        *Money `json:"shop_money" label:"Shop"`
	Presentment *Money `json:"presentment_money" label:"Customer"`
}

// Money is an amount.
type Money struct {
	_        sdk.Open
	Amount   string `json:"amount" label:"Amount"`
	Currency string `json:"currency_code" label:"Currency"`
}

func (o Order) ident() string       { return number(o.ID) }
func (o Order) changed() *time.Time { return o.UpdatedAt }

// contact is who ordered, as far as the order says: guests have no customer, and the phone number may stand in one of
// four places.
func (o Order) contact() *sdk.Contact {
	customer, shipping, billing := deref(o.Customer), deref(o.ShippingAddress), deref(o.BillingAddress)
	return &sdk.Contact{
		Phone: first(o.Phone, customer.Phone, shipping.Phone, billing.Phone),
		Email: first(o.Email, o.ContactEmail, customer.Email),
		Name:  first(customer.FirstName, shipping.FirstName, billing.FirstName), ExternalID: number(customer.ID),
	}
}

// number is a number as text; empty for none.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// first returns the first text that is there.
func first(texts ...*string) string {
	for _, t := range texts {
		if t != nil && *t != "" {
			return *t
		}
	}
	return ""
}

func deref[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}
