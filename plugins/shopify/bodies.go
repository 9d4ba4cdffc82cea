package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// Customer is a customer of the shop, on their own or as who ordered. In an order much of it is left out.
type Customer struct {
	_              sdk.Open
	ID             int64      `json:"id" label:"Customer id"`
	Email          *string    `json:"email" label:"E-mail"`
	Phone          *string    `json:"phone" label:"Phone"`
	FirstName      *string    `json:"first_name" label:"First name"`
	LastName       *string    `json:"last_name" label:"Last name"`
	State          *string    `json:"state" label:"State" help:"disabled (has no account), invited, enabled or declined."`
	Note           *string    `json:"note" label:"Note"`
	Tags           *string    `json:"tags" label:"Tags" help:"Separated by commas. Newer versions leave them out where the customer stands alone."`
	Currency       *string    `json:"currency" label:"Currency"`
	VerifiedEmail  bool       `json:"verified_email" label:"E-mail is verified"`
	EmailConsent   *Consent   `json:"email_marketing_consent" label:"Consent to e-mail"`
	SMSConsent     *Consent   `json:"sms_marketing_consent" label:"Consent to SMS"`
	DefaultAddress *Address   `json:"default_address" label:"Address"`
	CreatedAt      *time.Time `json:"created_at" label:"Created"`
	UpdatedAt      *time.Time `json:"updated_at" label:"Updated"`
}

// Consent is whether a person agreed to get marketing.
type Consent struct {
	_         sdk.Open
	State     *string    `json:"state" label:"State" help:"subscribed, not_subscribed, pending, unsubscribed, redacted or invalid."`
	OptIn     *string    `json:"opt_in_level" label:"Opt-in"`
	UpdatedAt *time.Time `json:"consent_updated_at" label:"Since"`
}

func (c Customer) ident() string       { return number(c.ID) }
func (c Customer) changed() *time.Time { return c.UpdatedAt }
func (c Customer) contact() *sdk.Contact {
	return &sdk.Contact{
		Phone: first(c.Phone, deref(c.DefaultAddress).Phone), Email: first(c.Email), Name: first(c.FirstName), ExternalID: number(c.ID),
	}
}

// TagChange says which tags a customer got or lost. It alone writes its names together and gives GraphQL's id.
type TagChange struct {
	_          sdk.Open
	CustomerID string         `json:"customerId" label:"Customer's GraphQL id"`
	Tags       []string       `json:"tags" label:"Tags"`
	OccurredAt *time.Time     `json:"occurredAt" label:"When"`
	Customer   *FoundCustomer `json:"customer" label:"Customer" help:"Read when the event arrived; null where the app may not read it."`
}

func (t TagChange) ident() string         { return t.CustomerID }
func (t TagChange) changed() *time.Time   { return t.OccurredAt }
func (t TagChange) contact() *sdk.Contact { return nil }

// Checkout is a basket on its way to the till. Shopify sends it at each step; e-mail and phone come late.
type Checkout struct {
	_               sdk.Open
	ID              int64          `json:"id" label:"Checkout id"`
	Token           string         `json:"token" label:"Checkout token" help:"The order that comes of it has the same checkout_token."`
	CartToken       *string        `json:"cart_token" label:"Cart"`
	Email           *string        `json:"email" label:"E-mail"`
	Phone           *string        `json:"phone" label:"Phone"`
	SMSPhone        *string        `json:"sms_marketing_phone" label:"Phone for SMS"`
	AcceptsNews     bool           `json:"buyer_accepts_marketing" label:"Accepts marketing"`
	RecoverURL      string         `json:"abandoned_checkout_url" label:"Address to go on at"`
	CreatedAt       *time.Time     `json:"created_at" label:"Created"`
	UpdatedAt       *time.Time     `json:"updated_at" label:"Updated"`
	CompletedAt     *time.Time     `json:"completed_at" label:"Completed" help:"Null while it is no order."`
	Currency        string         `json:"currency" label:"Currency"`
	CustomerLocale  *string        `json:"customer_locale" label:"Language of the customer"`
	TotalPrice      string         `json:"total_price" label:"Total"`
	SubtotalPrice   string         `json:"subtotal_price" label:"Subtotal"`
	TotalDiscounts  string         `json:"total_discounts" label:"Discounts"`
	DiscountCodes   []DiscountCode `json:"discount_codes" label:"Discount codes"`
	NoteAttributes  []NameValue    `json:"note_attributes" label:"Note attributes"`
	Customer        *Customer      `json:"customer" label:"Customer"`
	ShippingAddress *Address       `json:"shipping_address" label:"Shipping address"`
	BillingAddress  *Address       `json:"billing_address" label:"Billing address"`
	LineItems       []CheckoutItem `json:"line_items" label:"Items"`
}

// CheckoutItem is one thing in a basket.
type CheckoutItem struct {
	_            sdk.Open
	ProductID    *int64  `json:"product_id" label:"Product id"`
	VariantID    *int64  `json:"variant_id" label:"Variant id"`
	Title        string  `json:"title" label:"Title"`
	VariantTitle *string `json:"variant_title" label:"Variant"`
	SKU          *string `json:"sku" label:"SKU"`
	Quantity     int64   `json:"quantity" label:"Quantity"`
	Price        string  `json:"price" label:"Price"`
	LinePrice    string  `json:"line_price" label:"Price of the line"`
}

func (c Checkout) ident() string       { return c.Token }
func (c Checkout) changed() *time.Time { return c.UpdatedAt }
func (c Checkout) contact() *sdk.Contact {
	customer, shipping, billing := deref(c.Customer), deref(c.ShippingAddress), deref(c.BillingAddress)
	return &sdk.Contact{
		Phone: first(c.Phone, c.SMSPhone, customer.Phone, shipping.Phone, billing.Phone), Email: first(c.Email, customer.Email),
		Name: first(customer.FirstName, shipping.FirstName, billing.FirstName), ExternalID: number(customer.ID),
	}
}

// Fulfillment is a parcel: some or all items of an order on their way.
type Fulfillment struct {
	_               sdk.Open
	ID              int64      `json:"id" label:"Parcel id"`
	OrderID         int64      `json:"order_id" label:"Order id"`
	Name            string     `json:"name" label:"Name" help:"Such as #1042.1."`
	Status          *string    `json:"status" label:"Status" help:"pending, open, success, cancelled, error or failure."`
	ShipmentStatus  *string    `json:"shipment_status" label:"Where it is" help:"confirmed, in_transit, out_for_delivery, delivered, attempted_delivery or failure; null before."`
	TrackingCompany *string    `json:"tracking_company" label:"Carrier"`
	TrackingNumber  *string    `json:"tracking_number" label:"Tracking number"`
	TrackingNumbers []string   `json:"tracking_numbers" label:"Tracking numbers"`
	TrackingURL     *string    `json:"tracking_url" label:"Tracking address"`
	TrackingURLs    []string   `json:"tracking_urls" label:"Tracking addresses"`
	Email           *string    `json:"email" label:"E-mail"`
	Destination     *Address   `json:"destination" label:"Where it goes"`
	LocationID      *int64     `json:"location_id" label:"Location id"`
	LineItems       []LineItem `json:"line_items" label:"Items"`
	CreatedAt       *time.Time `json:"created_at" label:"Created"`
	UpdatedAt       *time.Time `json:"updated_at" label:"Updated"`
}

func (f Fulfillment) ident() string       { return number(f.ID) }
func (f Fulfillment) changed() *time.Time { return f.UpdatedAt }
func (f Fulfillment) contact() *sdk.Contact {
	to := deref(f.Destination)
	return &sdk.Contact{Phone: first(to.Phone), Email: first(f.Email), Name: first(to.FirstName)}
}

// Refund is money that went back. It names only the order, so that whose it is must be read.
type Refund struct {
	_            sdk.Open
	ID           int64           `json:"id" label:"Refund id"`
	OrderID      int64           `json:"order_id" label:"Order id"`
	Note         *string         `json:"note" label:"Note"`
	CreatedAt    *time.Time      `json:"created_at" label:"Created"`
	ProcessedAt  *time.Time      `json:"processed_at" label:"Processed"`
	UserID       *int64          `json:"user_id" label:"Staff id"`
	Items        []RefundItem    `json:"refund_line_items" label:"Items"`
	Transactions []Transaction   `json:"transactions" label:"Payments"`
	Adjustments  json.RawMessage `json:"order_adjustments" label:"Adjustments"`
	Order        *Buyer          `json:"order" label:"Order and who placed it" help:"Read when the event arrived; null where the app may not read it."`
}

// RefundItem is one thing that came back. Its amounts are numbers, unlike all others.
type RefundItem struct {
	_           sdk.Open
	ID          int64       `json:"id" label:"Id"`
	LineItemID  int64       `json:"line_item_id" label:"Item id"`
	Quantity    int64       `json:"quantity" label:"Quantity"`
	RestockType *string     `json:"restock_type" label:"What became of it"`
	Subtotal    json.Number `json:"subtotal" label:"Subtotal"`
	TotalTax    json.Number `json:"total_tax" label:"Tax"`
	LineItem    *LineItem   `json:"line_item" label:"Item"`
}

// Transaction is one payment back.
type Transaction struct {
	_        sdk.Open
	ID       int64   `json:"id" label:"Id"`
	Kind     string  `json:"kind" label:"Kind"`
	Status   string  `json:"status" label:"Status"`
	Amount   string  `json:"amount" label:"Amount"`
	Currency *string `json:"currency" label:"Currency"`
	Gateway  *string `json:"gateway" label:"Payment method"`
}

func (r Refund) ident() string         { return number(r.ID) }
func (r Refund) changed() *time.Time   { return r.CreatedAt }
func (r Refund) contact() *sdk.Contact { return nil }

// Product is something the shop sells.
type Product struct {
	_           sdk.Open
	ID          int64      `json:"id" label:"Product id"`
	Title       string     `json:"title" label:"Title"`
	Handle      string     `json:"handle" label:"Handle" help:"The last part of its address."`
	Vendor      *string    `json:"vendor" label:"Vendor"`
	Type        *string    `json:"product_type" label:"Type"`
	Status      *string    `json:"status" label:"Status" help:"active, archived or draft."`
	Tags        *string    `json:"tags" label:"Tags" help:"Separated by commas."`
	BodyHTML    *string    `json:"body_html" label:"Description"`
	CreatedAt   *time.Time `json:"created_at" label:"Created"`
	UpdatedAt   *time.Time `json:"updated_at" label:"Updated"`
	PublishedAt *time.Time `json:"published_at" label:"Published"`
	Variants    []Variant  `json:"variants" label:"Variants" help:"At most 100."`
}

// Variant is one size or colour of a product.
type Variant struct {
	_        sdk.Open
	ID       int64   `json:"id" label:"Variant id"`
	Title    *string `json:"title" label:"Title"`
	SKU      *string `json:"sku" label:"SKU"`
	Price    *string `json:"price" label:"Price"`
	Quantity *int64  `json:"inventory_quantity" label:"In stock"`
}

func (p Product) ident() string         { return number(p.ID) }
func (p Product) changed() *time.Time   { return p.UpdatedAt }
func (p Product) contact() *sdk.Contact { return nil }

// Shop is the shop itself.
type Shop struct {
	_      sdk.Open
	ID     int64   `json:"id" label:"Shop id"`
	Name   string  `json:"name" label:"Name"`
	Domain string  `json:"myshopify_domain" label:"Domain"`
	Email  *string `json:"email" label:"E-mail"`
}

func (s Shop) ident() string         { return number(s.ID) }
func (s Shop) changed() *time.Time   { return nil }
func (s Shop) contact() *sdk.Contact { return nil }

// DataRequest is what the law grants a person or a shop: to see their data or to have them erased.
type DataRequest struct {
	_               sdk.Open
	ShopID          int64     `json:"shop_id" label:"Shop id"`
	ShopDomain      string    `json:"shop_domain" label:"Domain of the shop"`
	Customer        *Customer `json:"customer" label:"Customer"`
	OrdersRequested []int64   `json:"orders_requested" label:"Orders asked for"`
	OrdersToRedact  []int64   `json:"orders_to_redact" label:"Orders to erase"`
	Request         *Numbered `json:"data_request" label:"Request"`
}

// Numbered is something of which only the number is known.
type Numbered struct {
	_  sdk.Open
	ID int64 `json:"id" label:"Id"`
}

func (d DataRequest) ident() string {
	if d.ShopID == 0 {
		return ""
	}
	return fmt.Sprintf("%d:%d:%d", d.ShopID, deref(d.Customer).ID, deref(d.Request).ID)
}
func (d DataRequest) changed() *time.Time { return nil }
func (d DataRequest) contact() *sdk.Contact {
	if d.Customer == nil {
		return nil
	}
	return d.Customer.contact()
}
