package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/sdk/schema"
)

// figure is a number that Meta may also write as text; what is none of both reads as null.
type figure string

func (figure) DescribeField(f *schema.Field) {
	f.Type, f.Nullable = schema.Type{Kind: schema.Number}, true
}

func (n *figure) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if _, err := strconv.ParseFloat(text, 64); err == nil && json.Valid([]byte(text)) {
		*n = figure(text)
	}
	return nil
}

func (n figure) MarshalJSON() ([]byte, error) {
	if n == "" {
		return []byte("null"), nil
	}
	return []byte(n), nil
}

// Point is a point on the map.
type Point struct {
	Latitude  figure `json:"latitude" label:"Latitude"`
	Longitude figure `json:"longitude" label:"Longitude"`
	Name      string `json:"name" label:"Name"`
	Address   string `json:"address" label:"Address"`
}

// Person is a contact card.
type Person struct {
	Name   string   `json:"name" label:"Name"`
	Phones []string `json:"phones" label:"Phones"`
	Emails []string `json:"emails" label:"E-mails"`
}

// Order is a basket that a person filled from the catalogue.
type Order struct {
	CatalogID string    `json:"catalog_id" label:"Catalogue id"`
	Items     []Ordered `json:"product_items" label:"Items"`
}

// Ordered is one thing of an order.
type Ordered struct {
	SKU      string `json:"product_retailer_id" label:"SKU"`
	Quantity figure `json:"quantity" label:"Quantity"`
	Price    figure `json:"item_price" label:"Price of one"`
	Currency string `json:"currency" label:"Currency"`
}

// Asked is a product that a message is about.
type Asked struct {
	SKU       string `json:"product_retailer_id" label:"SKU"`
	CatalogID string `json:"catalog_id" label:"Catalogue id"`
}

// Referral is the advertisement or post that a person came from.
type Referral struct {
	SourceType string `json:"source_type" label:"Kind" help:"ad or post."`
	SourceID   string `json:"source_id" label:"Id"`
	SourceURL  string `json:"source_url" label:"Address"`
	Headline   string `json:"headline" label:"Headline"`
	Body       string `json:"body" label:"Text"`
	ClickID    string `json:"ctwa_clid" label:"Click id" help:"Missing for advertisements in Status."`
}
