package sandbox

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
)

// productSection is a part of a list of products.
type productSection struct {
	Title string        `json:"title"`
	Items []productItem `json:"product_items"`
}

// takes is the type of the one parameter of a button; of those that may stay without, the parameter may be left out.
var takes = map[string]struct {
	parameter string
	optional  bool
}{
	"quick_reply": {"payload", false}, "url": {"text", false}, "copy_code": {"coupon_code", false}, "flow": {"action", true},
	"catalog": {"action", true}, "mpm": {"action", false}, "order_details": {"action", false},
}

// kindAt is the kind of the button at an index; empty: there is none.
func (t Template) kindAt(i int) string {
	last := len(t.Buttons) + len(t.Links)
	switch {
	case i < 0 || i > last:
	case i < len(t.Buttons):
		return "quick_reply"
	case i < last:
		return "url"
	case t.CopyCode:
		return "copy_code"
	case t.Form:
		return "flow"
	default:
		return t.Last
	}
	return ""
}

// button checks the value of one button and returns its index.
func (t Template) button(buttons []Button, comp templateComponent) (int, *graphError) {
	i, err := strconv.Atoi(fmt.Sprint(comp.Index))
	if err != nil {
		i = -1
	}
	kind := t.kindAt(i)
	if kind == "" || comp.SubType != kind {
		return i, count("button: the template has no " + comp.SubType + " at this index")
	}
	if kind == "voice_call" {
		return i, checkCall(comp.Parameters)
	}
	want := takes[kind]
	if len(comp.Parameters) == 0 && want.optional {
		return i, nil
	}
	if len(comp.Parameters) != 1 {
		return i, count("button: the number of parameters is not 1")
	}
	p := comp.Parameters[0]
	filled := p.Payload+p.Text+p.CouponCode+p.Action.Token+p.Action.Thumbnail != "" || p.Action.Order != nil
	if p.Type != want.parameter || !filled {
		return i, wrongFormat("button: a " + kind + " takes a parameter of type " + want.parameter)
	}
	switch kind {
	case "mpm":
		return i, p.checkProducts()
	case "order_details":
		if p.Action.Order == nil {
			return i, wrongFormat("button: order_details wants an order")
		}
		return i, p.Action.Order.check()
	}
	if kind == "quick_reply" {
		buttons[i].ID = p.Payload
	}
	return i, nil
}

// checkProducts looks at what a button that shows several products shows; whether the catalogue has it is not played.
func (p templateParam) checkProducts() *graphError {
	if p.Action.Thumbnail == "" {
		return wrongFormat("button: mpm wants the product of its picture")
	}
	shown := 0
	for _, s := range p.Action.Sections {
		shown += len(s.Items)
		if problem := length("section['title']", s.Title, 1, 24); problem != nil {
			return problem
		}
		for _, item := range s.Items {
			if item.ID == "" {
				return missing("product_retailer_id")
			}
		}
	}
	if len(p.Action.Sections) > 10 || shown < 1 || shown > 30 {
		return wrongFormat(fmt.Sprintf("button: mpm shows 1 to 30 products in at most 10 sections, got %d in %d", shown, len(p.Action.Sections)))
	}
	return nil
}

// checkCall looks at what a button to call may say of it: for how long, and what comes back with the call.
func checkCall(params []templateParam) *graphError {
	seen := map[string]bool{}
	for _, p := range params {
		if seen[p.Type] {
			return count("button: " + p.Type + " is given twice")
		}
		seen[p.Type] = true
		switch {
		case p.Type == "ttl_minutes" && p.Minutes >= 1 && p.Minutes <= 43200:
		case p.Type == "payload" && p.Payload != "" && len(p.Payload) <= 512:
		default:
			return wrongFormat("button: a voice_call takes ttl_minutes from 1 to 43200 and a payload of 512 characters")
		}
	}
	return nil
}

// amountOf is an amount of money in hundredths.
type amountOf struct {
	Value  int64 `json:"value"`
	Offset int   `json:"offset"`
}

// order is what a button shows to be paid.
type order struct {
	Reference string            `json:"reference_id"`
	Goods     string            `json:"type"`
	Payment   []json.RawMessage `json:"payment_settings"`
	Currency  string            `json:"currency"`
	Total     amountOf          `json:"total_amount"`
	Order     struct {
		Status string `json:"status"`
		Items  []struct {
			Name     string   `json:"name"`
			Amount   amountOf `json:"amount"`
			Quantity int64    `json:"quantity"`
		} `json:"items"`
		Subtotal, Tax, Shipping, Discount amountOf
	} `json:"order"`
}

var orderReference = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,35}$`)

// check adds up what Meta adds up; whether there is such a way to pay is not played.
func (o order) check() *graphError {
	subtotal := int64(0)
	for _, item := range o.Order.Items {
		if item.Name == "" || item.Quantity < 1 || item.Amount.Offset != 100 {
			return wrongFormat("order: an item wants a name, a quantity and an amount with offset 100")
		}
		subtotal += item.Amount.Value * item.Quantity
	}
	total := o.Order.Subtotal.Value + o.Order.Tax.Value + o.Order.Shipping.Value - o.Order.Discount.Value
	switch {
	case !orderReference.MatchString(o.Reference):
		return wrongFormat("order: reference_id must have 1 to 35 letters, digits, dots, dashes or underscores")
	case o.Goods != "digital-goods" && o.Goods != "physical-goods":
		return wrongFormat("order: type must be digital-goods or physical-goods")
	case len(o.Payment) == 0 || o.Order.Status != "pending":
		return missing("payment_settings and order['status'] pending")
	case len(o.Order.Items) == 0 || o.Order.Subtotal != (amountOf{subtotal, 100}) || o.Total != (amountOf{total, 100}):
		return wrongFormat("order: total_amount and subtotal must add up")
	}
	return nil
}
