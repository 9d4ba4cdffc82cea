package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// Bill is an order that a person pays within WhatsApp. What it comes to is added up here.
type Bill struct {
	Reference   string           `json:"reference,omitempty" label:"Reference" help:"Comes back with the payment; letters, digits, dots, lines and underscores. Empty for the key of this step." rule:"max=35"`
	Goods       string           `json:"goods" label:"Goods" rule:"oneof=digital-goods physical-goods" default:"physical-goods"`
	Currency    string           `json:"currency" label:"Currency" rule:"required,oneof=BRL INR SGD"`
	Items       []BillItem       `json:"items" label:"Items" rule:"required,min=1"`
	Tax         string           `json:"tax,omitempty" label:"Tax" help:"Such as 4.90."`
	Shipping    string           `json:"shipping,omitempty" label:"Shipping" help:"Such as 4.90."`
	Discount    string           `json:"discount,omitempty" label:"Discount" help:"Such as 4.90."`
	PaymentType string           `json:"payment_type,omitempty" label:"Kind of payment" help:"As the country wants it, such as br."`
	Payment     []map[string]any `json:"payment" label:"Ways to pay" help:"As WhatsApp's page of payment settings for the country has them." rule:"required,min=1"`
	ShippedTo   map[string]any   `json:"shipped_to,omitempty" label:"Address" help:"Of physical goods in India: country and addresses, as WhatsApp's page has them."`
}

// BillItem is one thing of an order.
type BillItem struct {
	Name     string `json:"name" label:"Name" rule:"required,max=60"`
	Price    string `json:"price" label:"Price of one" help:"Such as 49.90." rule:"required"`
	Quantity int    `json:"quantity" label:"Quantity" rule:"min=1" default:"1"`
	ID       string `json:"id,omitempty" label:"Content id" help:"In the catalogue, often the SKU."`
}

// sum is an amount of money as Meta takes it: whole hundredths.
type sum struct {
	Value  int64 `json:"value"`
	Offset int   `json:"offset"`
}

type bill struct {
	Reference   string           `json:"reference_id"`
	Goods       string           `json:"type"`
	PaymentType string           `json:"payment_type,omitempty"`
	Payment     []map[string]any `json:"payment_settings"`
	ShippedTo   map[string]any   `json:"shipping_info,omitempty"`
	Currency    string           `json:"currency"`
	Total       sum              `json:"total_amount"`
	Order       struct {
		Status   string     `json:"status"`
		Items    []billItem `json:"items"`
		Subtotal sum        `json:"subtotal"`
		Tax      sum        `json:"tax"`
		Shipping *sum       `json:"shipping,omitempty"`
		Discount *sum       `json:"discount,omitempty"`
	} `json:"order"`
}

type billItem struct {
	ID       string `json:"retailer_id,omitempty"`
	Name     string `json:"name"`
	Amount   sum    `json:"amount"`
	Quantity int    `json:"quantity"`
}

var reference = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,35}$`)

// bill is the order as Meta wants it; path is where it stands in our input, and key names it where nothing else does.
func (b Bill) bill(path, key string) (*bill, error) {
	if b.Reference == "" {
		digest := sha256.Sum256([]byte(key)) // a key is longer than Meta allows
		b.Reference = hex.EncodeToString(digest[:16])
	}
	if !reference.MatchString(b.Reference) {
		return nil, sdk.Invalid(path+"reference", "must be 1 to 35 letters, digits, dots, lines or underscores")
	}
	out := bill{Reference: b.Reference, Goods: b.Goods, PaymentType: b.PaymentType, Payment: b.Payment, ShippedTo: b.ShippedTo, Currency: b.Currency}
	out.Order.Status = "pending"
	subtotal := int64(0)
	for i, item := range b.Items {
		price, err := hundredths(item.Price)
		if err != nil {
			return nil, sdk.Invalid(fmt.Sprintf("%sitems[%d].price", path, i), err.Error())
		}
		subtotal += price * int64(item.Quantity)
		out.Order.Items = append(out.Order.Items, billItem{item.ID, item.Name, sum{price, 100}, item.Quantity})
	}
	total := subtotal
	part := func(field, text string, sign int64) (*sum, error) {
		if text == "" {
			return nil, nil
		}
		amount, err := hundredths(text)
		if err != nil {
			return nil, sdk.Invalid(path+field, err.Error())
		}
		total += sign * amount
		return &sum{amount, 100}, nil
	}
	tax, err := part("tax", b.Tax, 1)
	if err != nil {
		return nil, err
	}
	if out.Order.Shipping, err = part("shipping", b.Shipping, 1); err != nil {
		return nil, err
	}
	if out.Order.Discount, err = part("discount", b.Discount, -1); err != nil {
		return nil, err
	}
	if total <= 0 {
		return nil, sdk.Invalid(path+"discount", "must leave something to pay")
	}
	if out.Order.Tax = (sum{0, 100}); tax != nil { // Meta wants it in any case
		out.Order.Tax = *tax
	}
	out.Order.Subtotal, out.Total = sum{subtotal, 100}, sum{total, 100}
	return &out, nil
}

var amount = regexp.MustCompile(`^([0-9]{1,12})(?:\.([0-9]{1,2}))?$`)

// hundredths reads an amount of money without going through a float.
func hundredths(text string) (int64, error) {
	found := amount.FindStringSubmatch(strings.TrimSpace(text))
	if found == nil {
		return 0, fmt.Errorf("must be an amount such as 49.90")
	}
	return strconv.ParseInt(found[1]+(found[2] + "00")[:2], 10, 64)
}
