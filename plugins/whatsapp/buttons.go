package main

import (
	"strconv"

	"github.com/cordboard/cordboard/sdk"
)

// Button is the value of one button: the end of its address, what choosing it stands for, the code to copy, the token of a form,
// the products that it shows, how long it may be called, or the order to pay.
type Button struct {
	Index    int            `json:"index" label:"Position" help:"Counted from 0." rule:"min=0,max=9"`
	Kind     string         `json:"kind" label:"Kind" help:"mpm shows several products." rule:"required,oneof=url quick_reply copy_code flow catalog mpm voice_call order_details"`
	Value    string         `json:"value,omitempty" label:"Value" help:"The end of the address, the payload, the code, or the form's token (empty for the key of this step). Of a catalogue and of products: the content id of the one in the picture. Of a call: what comes back with it, in 512 characters at most."`
	Minutes  int            `json:"minutes,omitempty" label:"Minutes" help:"Of a call: for how long it may be made; empty as the template says." rule:"max=43200"`
	Order    *Bill          `json:"order,omitempty" label:"Order to pay" help:"Of a button that shows an order, where WhatsApp takes payments (Brazil, India, Singapore)."`
	Data     map[string]any `json:"data,omitempty" label:"Values for the first screen" help:"Of a form."`
	Sections []Shelf        `json:"sections,omitempty" label:"Products" help:"Of a button that shows several: at most 10 sections and 30 products." rule:"max=10"`
}

// Shelf is a part of the list that a button shows.
type Shelf struct {
	Title    string   `json:"title" label:"Title" rule:"required,max=24"`
	Products []string `json:"products" label:"Products" help:"By their content ids, often the SKUs." rule:"required"`
}

// maxShown is how many products one message may show.
const maxShown = 30

// destination is what a button of a form or of products leads to.
type destination struct {
	Token     string         `json:"flow_token,omitempty"`
	Data      map[string]any `json:"flow_action_data,omitempty"`
	Thumbnail string         `json:"thumbnail_product_retailer_id,omitempty"`
	Sections  []shelf        `json:"sections,omitempty"`
	Order     *bill          `json:"order_details,omitempty"`
}

// component is the button as Meta wants it; path is where it stands in our input. key is the step's, for what has to be named
// and was not.
func (b Button) component(path, key string) (component, error) {
	out := component{Type: "button", SubType: b.Kind, Index: strconv.Itoa(b.Index)}
	switch {
	case len(b.Data) > 0 && b.Kind != "flow":
		return out, sdk.Invalid(path+"data", "must be empty: only a form has values for its first screen")
	case len(b.Sections) > 0 && b.Kind != "mpm":
		return out, sdk.Invalid(path+"sections", "must be empty: only a button of the kind mpm shows several products")
	case b.Minutes != 0 && b.Kind != "voice_call":
		return out, sdk.Invalid(path+"minutes", "must be empty: only a call ends by itself")
	case (b.Order != nil) != (b.Kind == "order_details"):
		return out, sdk.Invalid(path+"order", "goes with a button of the kind order_details, and with no other")
	case b.Value == "" && (b.Kind == "url" || b.Kind == "quick_reply" || b.Kind == "copy_code"):
		return out, sdk.Invalid(path+"value", "must be filled in for a button of the kind "+b.Kind)
	}
	add := func(p parameter) { out.Parameters = append(out.Parameters, p) }
	switch b.Kind {
	case "quick_reply":
		add(parameter{Type: "payload", Payload: b.Value})
	case "copy_code":
		add(parameter{Type: "coupon_code", CouponCode: b.Value})
	case "flow":
		if b.Value == "" {
			b.Value = key
		}
		add(parameter{Type: "action", Action: &destination{Token: b.Value, Data: b.Data}})
	case "catalog":
		if b.Value != "" { // else Meta shows the catalogue's first product
			add(parameter{Type: "action", Action: &destination{Thumbnail: b.Value}})
		}
	case "mpm":
		shelves, err := b.shelves(path)
		if err != nil {
			return out, err
		}
		add(parameter{Type: "action", Action: &destination{Thumbnail: b.Value, Sections: shelves}})
	case "voice_call": // with nothing to say of it, the button stands as the template has it
		if b.Minutes > 0 {
			add(parameter{Type: "ttl_minutes", Minutes: b.Minutes})
		}
		if len([]rune(b.Value)) > 512 {
			return out, sdk.Invalid(path+"value", "must have at most 512 characters")
		}
		if b.Value != "" {
			add(parameter{Type: "payload", Payload: b.Value})
		}
	case "order_details":
		order, err := b.Order.bill(path+"order.", key)
		if err != nil {
			return out, err
		}
		add(parameter{Type: "action", Action: &destination{Order: order}})
	default: // url
		add(parameter{Type: "text", Text: b.Value})
	}
	return out, nil
}

// shelves are the products that a button shows.
func (b Button) shelves(path string) ([]shelf, error) {
	var out []shelf
	shown := 0
	for _, s := range b.Sections {
		out = append(out, newShelf(s.Title, s.Products))
		shown += len(s.Products)
	}
	switch {
	case b.Value == "":
		return nil, sdk.Invalid(path+"value", "must be the content id of the product in the picture")
	case shown == 0:
		return nil, sdk.Invalid(path+"sections", "must hold the products to show")
	case shown > maxShown:
		return nil, sdk.Invalid(path+"sections", "must hold at most "+strconv.Itoa(maxShown)+" products")
	}
	return out, nil
}
