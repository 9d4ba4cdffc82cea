package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// Template is an approved message with values for its places; it may be sent at any time.
type Template struct {
	To       string            `json:"to" label:"To" help:"Phone number with country code, or the user id of a person known by user name only." rule:"required"`
	Template string            `json:"template" label:"Template" rule:"required,max=512" options:"templates"`
	Language string            `json:"language" label:"Language" help:"Exactly as the template has it, such as es or pt_BR. There is no fallback." rule:"required" options:"languages"`
	Body     []string          `json:"body,omitempty" label:"Values" help:"For the places {{1}}, {{2}}, … of the text, in order." entries:"places"`
	Named    map[string]string `json:"named,omitempty" label:"Named values" help:"For templates whose places have names." entries:"names"`
	Amounts  []Amount          `json:"amounts,omitempty" label:"Amounts" help:"Which of the values are sums of money or times; WhatsApp writes them as the person's phone does."`
	Header   *Header           `json:"header,omitempty" label:"Header"`
	Buttons  []Button          `json:"buttons,omitempty" label:"Buttons" help:"Only those with a place of their own."`
	Code     string            `json:"code,omitempty" label:"One-time code" help:"Of a template for authentication: it stands in the text and in the button." rule:"max=15"`
	Expires  *time.Time        `json:"expires,omitempty" label:"End of the offer" help:"Of a template with a limited-time offer."`
	Cards    []CarouselCard    `json:"cards,omitempty" label:"Cards" help:"Of a carousel, as many as the template has." rule:"max=10"`
}

// Amount says that a value is a sum of money, or a time. The value itself is what a phone shows that can't write it otherwise.
type Amount struct {
	Place    string `json:"place" label:"Place" help:"Number or name of the value." rule:"required"`
	Kind     string `json:"kind" label:"Kind" rule:"oneof=currency date_time" default:"currency"`
	Amount   string `json:"amount,omitempty" label:"Amount" help:"Of money, such as 49.90."`
	Currency string `json:"currency,omitempty" label:"Currency" help:"Of money, such as EUR." rule:"max=3"`
}

// CarouselCard is the values of one card of a carousel.
type CarouselCard struct {
	Header  *Header  `json:"header,omitempty" label:"Header"`
	Body    []string `json:"body,omitempty" label:"Values"`
	Buttons []Button `json:"buttons,omitempty" label:"Buttons"`
}

// Header is the value of a template's header. Media is given by a public https address or by the id of an upload.
type Header struct {
	Kind      string  `json:"kind" label:"Kind" rule:"required,oneof=text image video document location product"`
	Value     string  `json:"value" label:"Text, address or media id" help:"Of a location: its name. Of a product: its content id." rule:"required"`
	Name      string  `json:"name,omitempty" label:"Name of the place" help:"Of a text, where the template's places have names."`
	Filename  string  `json:"filename" label:"File name" help:"Of a document."`
	Latitude  float64 `json:"latitude,omitempty" label:"Latitude" help:"Of a location." rule:"min=-90,max=90"`
	Longitude float64 `json:"longitude,omitempty" label:"Longitude" help:"Of a location." rule:"min=-180,max=180"`
	Address   string  `json:"address,omitempty" label:"Address" help:"Of a location."`
	CatalogID string  `json:"catalog_id,omitempty" label:"Catalogue id" help:"Of a product." rule:"digits"`
}

type templateContent struct {
	Name       string      `json:"name"`
	Language   language    `json:"language"`
	Components []component `json:"components,omitempty"`
}

type language struct {
	Code string `json:"code"`
}

type component struct {
	Type       string      `json:"type"`
	SubType    string      `json:"sub_type,omitempty"`
	Index      string      `json:"index,omitempty"` // a string at Meta
	Parameters []parameter `json:"parameters,omitempty"`
	Cards      []card      `json:"cards,omitempty"`
}

// card is one card of a carousel.
type card struct {
	Index      int         `json:"card_index"`
	Components []component `json:"components"`
}

type parameter struct {
	Type       string       `json:"type"`
	Name       string       `json:"parameter_name,omitempty"` // of named templates; positional ones must not have it
	Text       string       `json:"text,omitempty"`
	Payload    string       `json:"payload,omitempty"`
	CouponCode string       `json:"coupon_code,omitempty"`
	Image      *media       `json:"image,omitempty"`
	Video      *media       `json:"video,omitempty"`
	Document   *media       `json:"document,omitempty"`
	Location   *spot        `json:"location,omitempty"`
	Action     *destination `json:"action,omitempty"`
	Offer      *offer       `json:"limited_time_offer,omitempty"`
	Product    *product     `json:"product,omitempty"`
	Currency   *money       `json:"currency,omitempty"`
	DateTime   *fallback    `json:"date_time,omitempty"`
	Minutes    int          `json:"ttl_minutes,omitempty"`
}

// money is a sum in thousandths, whatever the currency.
type money struct {
	fallback
	Code      string `json:"code"`
	Thousands int64  `json:"amount_1000"`
}

type fallback struct {
	Value string `json:"fallback_value"`
}

type offer struct {
	Expires int64 `json:"expiration_time_ms"`
}

var sendTemplate = sdk.Action[Template, Sent]{
	Name: "send_template", Title: "Send a template", Summary: "Sends an approved message, also to a person who has not written lately.", Sends: true,
	Run: func(ctx context.Context, call *sdk.Call, in Template) (Sent, error) {
		if len(in.Body) > 0 && len(in.Named) > 0 {
			return Sent{}, sdk.Invalid("named", "cannot stand beside body: a template has numbered places or named ones")
		}
		components, err := in.components(call.IdempotencyKey)
		if err != nil {
			return Sent{}, err
		}
		content := templateContent{Name: in.Template, Language: language{in.Language}, Components: components}
		return post(ctx, call, in.To, outgoing{Type: "template", Template: &content}, in.summary())
	},
}

func (t Template) components(key string) ([]component, error) {
	if t.Code != "" { // Meta wants it twice
		if len(t.Body)+len(t.Named)+len(t.Buttons) > 0 {
			return nil, sdk.Invalid("code", "must be the only value of its template")
		}
		t.Body, t.Buttons = []string{t.Code}, []Button{{Kind: "url", Value: t.Code}}
	}
	values := t.values()
	for i, a := range t.Amounts {
		if err := a.put(values, fmt.Sprintf("amounts[%d].", i)); err != nil {
			return nil, err
		}
	}
	out, err := parts(t.Header, values, t.Buttons, "", key)
	if err != nil {
		return nil, err
	}
	if t.Expires != nil {
		out = append(out, component{Type: "limited_time_offer", Parameters: []parameter{{Type: "limited_time_offer", Offer: &offer{t.Expires.UnixMilli()}}}})
	}
	if len(t.Cards) == 1 {
		return nil, sdk.Invalid("cards", "must be at least two, or none")
	}
	var cards []card
	for i, c := range t.Cards {
		inner, err := parts(c.Header, positional(c.Body), c.Buttons, fmt.Sprintf("cards[%d].", i), key)
		if err != nil {
			return nil, err
		}
		cards = append(cards, card{i, inner})
	}
	if cards != nil {
		out = append(out, component{Type: "carousel", Cards: cards})
	}
	return out, nil
}

// parts are the components of a template or of one of its cards; path is where its fields stand in our input.
func parts(h *Header, body []parameter, buttons []Button, path, key string) ([]component, error) {
	var out []component
	if h != nil {
		value, err := h.parameter(path + "header.")
		if err != nil {
			return nil, err
		}
		out = append(out, component{Type: "header", Parameters: []parameter{value}})
	}
	if len(body) > 0 {
		out = append(out, component{Type: "body", Parameters: body})
	}
	for i, b := range buttons {
		value, err := b.component(fmt.Sprintf("%sbuttons[%d].", path, i), key)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}

func positional(values []string) []parameter {
	var out []parameter
	for _, value := range values {
		out = append(out, parameter{Type: "text", Text: value})
	}
	return out
}

// put makes the value in its place a sum or a time. path is where the amount stands in our input.
func (a Amount) put(values []parameter, path string) error {
	for i, v := range values {
		if v.Name != a.Place && (v.Name != "" || strconv.Itoa(i+1) != a.Place) {
			continue
		}
		if a.Kind == "date_time" {
			values[i] = parameter{Type: a.Kind, Name: v.Name, DateTime: &fallback{v.Text}}
			return nil
		}
		if len(a.Currency) != 3 {
			return sdk.Invalid(path+"currency", "must be a code of three letters, such as EUR")
		}
		amount, err := sdk.Scaled(a.Amount, 3)
		if err != nil {
			return sdk.Invalid(path+"amount", err.Error())
		}
		values[i] = parameter{Type: "currency", Name: v.Name, Currency: &money{fallback{v.Text}, strings.ToUpper(a.Currency), amount}}
		return nil
	}
	return sdk.Invalid(path+"place", "is none of the values: it must be a number from 1 on, or a name")
}

func (t Template) values() []parameter {
	out := positional(t.Body)
	for _, name := range slices.Sorted(maps.Keys(t.Named)) {
		out = append(out, parameter{Type: "text", Name: name, Text: t.Named[name]})
	}
	return out
}

func (h Header) parameter(path string) (parameter, error) {
	p := parameter{Type: h.Kind}
	if h.Kind == "location" {
		p.Location = &spot{h.Latitude, h.Longitude, h.Value, h.Address}
		return p, nil
	}
	if h.Kind == "product" {
		if h.CatalogID == "" {
			return p, sdk.Invalid(path+"catalog_id", "must be filled in with a product")
		}
		p.Product = &product{ID: h.Value, CatalogID: h.CatalogID}
		return p, nil
	}
	if h.Kind == "text" {
		p.Text, p.Name = h.Value, h.Name
		return p, nil
	}
	file, err := fileAt(h.Value, path+"value")
	if err != nil {
		return p, err
	}
	file.Filename = h.Filename
	switch h.Kind {
	case "image":
		p.Image = file
	case "video":
		p.Video = file
	case "document":
		p.Document = file
	}
	return p, nil
}

// summary is what the timeline shows: the text of the template stays at Meta.
func (t Template) summary() string {
	var values []string
	for _, p := range t.values() { // as texts
		values = append(values, p.Text)
	}
	return strings.TrimSuffix(fmt.Sprintf("%s (%s): %s", t.Template, t.Language, strings.Join(values, ", ")), ": ")
}
