package sandbox

import (
	"fmt"
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
	"catalog": {"action", true}, "mpm": {"action", false}, "voice_call": {"ttl_minutes", true},
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
	want := takes[kind]
	if len(comp.Parameters) == 0 && want.optional {
		return i, nil
	}
	if len(comp.Parameters) != 1 {
		return i, count("button: the number of parameters is not 1")
	}
	p := comp.Parameters[0]
	filled := p.Payload+p.Text+p.CouponCode+p.Action.Token+p.Action.Thumbnail != "" || p.Minutes > 0
	if p.Type != want.parameter || !filled {
		return i, wrongFormat("button: a " + kind + " takes a parameter of type " + want.parameter)
	}
	if kind == "mpm" {
		return i, p.checkProducts()
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
