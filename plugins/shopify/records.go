package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// long is a whole number, such as the id of an object, which GraphQL gives as text and webhooks as a number. It exceeds
// 2^53, so it must never pass through a float.
type long int64

// gid is the id of such an object in GraphQL.
func (id long) gid(kind string) string { return fmt.Sprintf("gid://shopify/%s/%d", kind, int64(id)) }

func (id *long) UnmarshalJSON(data []byte) error {
	return json.Unmarshal([]byte(strings.Trim(string(data), `"`)), (*int64)(id))
}

// nodes is a connection of GraphQL, without its wrapping.
type nodes[T any] []T

func (n *nodes[T]) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(string(data), "[") {
		return json.Unmarshal(data, (*[]T)(n))
	}
	var connection struct {
		Nodes []T `json:"nodes"`
	}
	err := json.Unmarshal(data, &connection)
	*n = connection.Nodes
	return err
}

// Price is an amount in the shop's currency.
type Price struct {
	Amount   string `json:"amount" label:"Amount" help:"A decimal number as text, not always of two digits."`
	Currency string `json:"currency" label:"Currency"`
}

func (p *Price) UnmarshalJSON(data []byte) error {
	type money struct {
		Amount   string `json:"amount"`
		Currency string `json:"currencyCode"`
	}
	var set struct {
		money
		Shop *money `json:"shopMoney"`
	}
	err := json.Unmarshal(data, &set)
	if set.Shop != nil {
		set.money = *set.Shop
	}
	*p = Price(set.money)
	return err
}

// FoundCustomer is a customer as GraphQL knows them; the documents name the fields as they stand here.
type FoundCustomer struct {
	ID           long       `json:"id" label:"Customer id"`
	GID          string     `json:"admin_graphql_api_id" label:"GraphQL id"`
	FirstName    *string    `json:"first_name" label:"First name"`
	LastName     *string    `json:"last_name" label:"Last name"`
	Email        *string    `json:"email" label:"E-mail"`
	EmailConsent *string    `json:"email_consent" label:"Consent to e-mail" help:"SUBSCRIBED, NOT_SUBSCRIBED, PENDING, UNSUBSCRIBED, REDACTED or INVALID."`
	Phone        *string    `json:"phone" label:"Phone"`
	SMSConsent   *string    `json:"sms_consent" label:"Consent to SMS" help:"The same words."`
	Locale       *string    `json:"locale" label:"Language"`
	Note         *string    `json:"note" label:"Note"`
	Tags         []string   `json:"tags" label:"Tags"`
	State        *string    `json:"state" label:"Account" help:"DISABLED (has none), INVITED, ENABLED or DECLINED."`
	Orders       long       `json:"orders_count" label:"Number of orders"`
	Spent        *Price     `json:"total_spent" label:"Spent in all"`
	Address      *Place     `json:"default_address" label:"Address"`
	CreatedAt    *time.Time `json:"created_at" label:"Created"`
}

// Place is an address as GraphQL gives it.
type Place struct {
	FirstName    *string `json:"first_name" label:"First name"`
	LastName     *string `json:"last_name" label:"Last name"`
	Company      *string `json:"company" label:"Company"`
	Address1     *string `json:"address1" label:"Address"`
	Address2     *string `json:"address2" label:"Address, second line"`
	City         *string `json:"city" label:"City"`
	ProvinceCode *string `json:"province_code" label:"Province code"`
	CountryCode  *string `json:"country_code" label:"Country code"`
	Zip          *string `json:"zip" label:"Postcode"`
	Phone        *string `json:"phone" label:"Phone"`
}

func (c *FoundCustomer) UnmarshalJSON(data []byte) error {
	type plain FoundCustomer
	var wrapped struct {
		*plain
		Email *struct {
			Address *string `json:"emailAddress"`
			State   *string `json:"marketingState"`
		} `json:"email"`
		Phone *struct {
			Number *string `json:"phoneNumber"`
			State  *string `json:"marketingState"`
		} `json:"phone"`
	}
	wrapped.plain = (*plain)(c)
	if err := json.Unmarshal(data, &wrapped); err != nil {
		return err
	}
	if wrapped.Email != nil {
		c.Email, c.EmailConsent = wrapped.Email.Address, wrapped.Email.State
	}
	if wrapped.Phone != nil {
		c.Phone, c.SMSConsent = wrapped.Phone.Number, wrapped.Phone.State
	}
	return nil
}

func (c *FoundCustomer) contact() *sdk.Contact {
	return &sdk.Contact{
		Phone: first(c.Phone, deref(c.Address).Phone), Email: first(c.Email), Name: first(c.FirstName), ExternalID: number(int64(c.ID)),
	}
}

// FoundOrder is an order as GraphQL knows it.
type FoundOrder struct {
	ID                 long               `json:"id" label:"Order id"`
	GID                string             `json:"admin_graphql_api_id" label:"GraphQL id"`
	Name               string             `json:"name" label:"Order name" help:"Such as #1042."`
	ConfirmationNumber *string            `json:"confirmation_number" label:"Confirmation number"`
	Email              *string            `json:"email" label:"E-mail"`
	Phone              *string            `json:"phone" label:"Phone"`
	Note               *string            `json:"note" label:"Note"`
	Tags               []string           `json:"tags" label:"Tags"`
	CreatedAt          *time.Time         `json:"created_at" label:"Created"`
	UpdatedAt          *time.Time         `json:"updated_at" label:"Updated"`
	ProcessedAt        *time.Time         `json:"processed_at" label:"Processed"`
	CancelledAt        *time.Time         `json:"cancelled_at" label:"Cancelled"`
	CancelReason       *string            `json:"cancel_reason" label:"Cancel reason"`
	ClosedAt           *time.Time         `json:"closed_at" label:"Closed"`
	Test               bool               `json:"test" label:"Test order"`
	FinancialStatus    *string            `json:"financial_status" label:"Payment" help:"PENDING, AUTHORIZED, PARTIALLY_PAID, PAID, PARTIALLY_REFUNDED, REFUNDED, VOIDED or EXPIRED."`
	FulfillmentStatus  *string            `json:"fulfillment_status" label:"Fulfilment" help:"UNFULFILLED, PARTIALLY_FULFILLED, FULFILLED, RESTOCKED, ON_HOLD and others."`
	StatusURL          *string            `json:"status_url" label:"Status page"`
	CustomerLocale     *string            `json:"customer_locale" label:"Language of the customer"`
	DiscountCodes      []string           `json:"discount_codes" label:"Discount codes"`
	SourceName         *string            `json:"source_name" label:"Sales channel"`
	Total              *Price             `json:"total" label:"Total when it was placed"`
	CurrentTotal       *Price             `json:"current_total" label:"Total now" help:"After edits and refunds."`
	Attributes         []Attribute        `json:"attributes" label:"Note attributes"`
	Customer           *FoundCustomer     `json:"customer" label:"Customer" help:"Null for some guests."`
	ShippingAddress    *Place             `json:"shipping_address" label:"Shipping address"`
	Items              nodes[FoundItem]   `json:"line_items" label:"Items" help:"The first 50."`
	Fulfillments       []FoundFulfillment `json:"fulfillments" label:"Parcels" help:"The first 10."`
}

// Attribute is a note attribute of an order.
type Attribute struct {
	Key   string  `json:"key" label:"Name"`
	Value *string `json:"value" label:"Value"`
}

// FoundItem is one thing that was ordered.
type FoundItem struct {
	GID             string   `json:"admin_graphql_api_id" label:"GraphQL id"`
	Name            string   `json:"name" label:"Name"`
	SKU             *string  `json:"sku" label:"SKU"`
	Quantity        int64    `json:"quantity" label:"Quantity"`
	CurrentQuantity int64    `json:"current_quantity" label:"Quantity now"`
	Price           *Price   `json:"price" label:"Price"`
	Product         *Counted `json:"product" label:"Product" help:"Null for a product that is gone or was typed by hand."`
	Variant         *Counted `json:"variant" label:"Variant"`
}

// Counted is something of which only the number matters.
type Counted struct {
	ID long `json:"id" label:"Id"`
}

// FoundFulfillment is a parcel of an order.
type FoundFulfillment struct {
	GID       string     `json:"admin_graphql_api_id" label:"GraphQL id"`
	Status    string     `json:"status" label:"Status"`
	Where     *string    `json:"display_status" label:"Where it is"`
	CreatedAt *time.Time `json:"created_at" label:"Created"`
	Tracking  []Tracking `json:"tracking" label:"Tracking"`
}

// Tracking tells where a parcel may be followed.
type Tracking struct {
	Number  *string `json:"number" label:"Number"`
	URL     *string `json:"url" label:"Address"`
	Company *string `json:"company" label:"Carrier"`
}

// Buyer is an order in short and who placed it.
type Buyer struct {
	ID       long           `json:"id" label:"Order id"`
	Name     string         `json:"name" label:"Order name"`
	Email    *string        `json:"email" label:"E-mail"`
	Phone    *string        `json:"phone" label:"Phone"`
	Customer *FoundCustomer `json:"customer" label:"Customer" help:"Null for some guests."`
	Shipping *Place         `json:"shipping_address" label:"Shipping address"`
}

func (b *Buyer) contact() *sdk.Contact {
	customer, shipping := deref(b.Customer), deref(b.Shipping)
	return &sdk.Contact{
		Phone: first(b.Phone, customer.Phone, shipping.Phone), Email: first(b.Email, customer.Email),
		Name: first(customer.FirstName, shipping.FirstName), ExternalID: number(int64(customer.ID)),
	}
}

// The fields of the documents, named as the structs have them.
const (
	placeFields    = `{ first_name: firstName last_name: lastName company address1 address2 city province_code: provinceCode country_code: countryCodeV2 zip phone }`
	customerFields = `{ id: legacyResourceId admin_graphql_api_id: id first_name: firstName last_name: lastName email: defaultEmailAddress { emailAddress marketingState } phone: defaultPhoneNumber { phoneNumber marketingState } locale note tags state orders_count: numberOfOrders total_spent: amountSpent { amount currencyCode } default_address: defaultAddress ` + placeFields + ` created_at: createdAt }`
	orderFields    = `{ id: legacyResourceId admin_graphql_api_id: id name confirmation_number: confirmationNumber email phone note tags created_at: createdAt updated_at: updatedAt processed_at: processedAt cancelled_at: cancelledAt cancel_reason: cancelReason closed_at: closedAt test financial_status: displayFinancialStatus fulfillment_status: displayFulfillmentStatus status_url: statusPageUrl customer_locale: customerLocale discount_codes: discountCodes source_name: sourceName total: totalPriceSet { shopMoney { amount currencyCode } } current_total: currentTotalPriceSet { shopMoney { amount currencyCode } } attributes: customAttributes { key value } customer ` + customerFields + ` shipping_address: shippingAddress ` + placeFields + ` line_items: lineItems(first: 50) { nodes { admin_graphql_api_id: id name sku quantity current_quantity: currentQuantity price: originalUnitPriceSet { shopMoney { amount currencyCode } } product { id: legacyResourceId } variant { id: legacyResourceId } } } fulfillments(first: 10) { admin_graphql_api_id: id status display_status: displayStatus created_at: createdAt tracking: trackingInfo(first: 5) { number url company } } }`

	getBuyer    = `query Buyer($id: ID!) { order(id: $id) { id: legacyResourceId name email phone customer ` + customerFields + ` shipping_address: shippingAddress ` + placeFields + ` } }`
	getCustomer = `query Customer($id: ID!) { customer(id: $id) ` + customerFields + ` }`
)

// withBuyer adds the order and who placed it to an event that names only the order.
func withBuyer(read reader) reader {
	return func(ctx context.Context, call *sdk.Call, req sdk.Request) (sdk.Event, error) {
		event, err := read(ctx, call, req)
		if err != nil {
			return event, err
		}
		var named struct {
			OrderID long `json:"order_id"`
		}
		if err := req.JSON(&named); err != nil {
			return event, err
		}
		var found struct {
			Order *Buyer `json:"order"`
		}
		err = graphql(ctx, call, getBuyer, map[string]any{"id": named.OrderID.gid("Order")}, &found)
		if found.Order != nil {
			event.Contact = found.Order.contact()
		}
		return complete(call, event, "order", found.Order, err)
	}
}

// withCustomer adds the customer to an event that names only their id.
func withCustomer(read reader) reader {
	return func(ctx context.Context, call *sdk.Call, req sdk.Request) (sdk.Event, error) {
		event, err := read(ctx, call, req)
		if err != nil {
			return event, err
		}
		var named TagChange
		if err := req.JSON(&named); err != nil {
			return event, err
		}
		var found struct {
			Customer *FoundCustomer `json:"customer"`
		}
		err = graphql(ctx, call, getCustomer, map[string]any{"id": named.CustomerID}, &found)
		if found.Customer != nil {
			event.Contact = found.Customer.contact()
		}
		return complete(call, event, "customer", found.Customer, err)
	}
}
