package sandbox

import (
	"slices"
	"strings"
)

func (s *shopify) tagsAdd(args map[string]any, _ string) (any, *fieldError) {
	return s.retag(args, func(_ string, have, given []string) []string { return cleanTags(append(have, given...)) })
}

// tagsRemove is case-sensitive on orders and not on customers, as recorded.
func (s *shopify) tagsRemove(args map[string]any, _ string) (any, *fieldError) {
	return s.retag(args, func(kind string, have, given []string) []string {
		return slices.DeleteFunc(have, func(tag string) bool {
			return slices.ContainsFunc(given, func(g string) bool { return g == tag || kind == "Customer" && strings.EqualFold(g, tag) })
		})
	})
}

func (s *shopify) retag(args map[string]any, change func(kind string, have, given []string) []string) (any, *fieldError) {
	kind, id, problem := gid(args["id"], "Order", "Customer")
	if problem != nil {
		return nil, problem
	}
	scope := map[string]string{"Order": "write_orders", "Customer": "write_customers"}[kind]
	if !s.may(scope) {
		return nil, &fieldError{"Access denied for tagsAdd field. Required access: `" + scope + "` access scope.", object{"code": "ACCESS_DENIED"}}
	}
	given := cleanTags(textList(args["tags"]))
	var tags *[]string
	if o := s.order(id); kind == "Order" && o != nil {
		tags = &o.Tags
	} else if c := s.customer(id); kind == "Customer" && c != nil {
		tags = &c.tags
	} else {
		return userErrors("node", []string{"id"}, kind+" does not exist"), nil
	}
	before := slices.Clone(*tags)
	after := change(kind, slices.Clone(*tags), given)
	if len(after) > 250 {
		return userErrors("node", []string{"tags"}, "Tags exceeds the maximum of 250"), nil
	}
	*tags = after
	switch {
	case slices.Equal(before, after):
	case kind == "Order":
		s.touch(s.order(id))
	default:
		s.tagged(s.customer(id), before)
		s.touchCustomer(s.customer(id))
	}
	s.env.changes.notify()
	return object{"node": object{"__typename": kind, "id": args["id"], "tags": *tags}, "userErrors": []object{}}, nil
}

func (s *shopify) orderUpdate(args map[string]any, _ string) (any, *fieldError) {
	input, _ := args["input"].(map[string]any)
	_, id, problem := gid(input["id"], "Order")
	if problem != nil {
		return nil, problem
	}
	if len(input) < 2 {
		return userErrors("order", nil, "No valid update parameters have been provided"), nil
	}
	o := s.order(id)
	if o == nil {
		return userErrors("order", []string{"id"}, "Order does not exist"), nil
	}
	if note, ok := input["note"]; ok {
		o.Note = text(note)
	}
	if email, ok := input["email"]; ok {
		o.Email = text(email)
	}
	if phone, ok := input["phone"]; ok {
		o.Phone = text(phone)
	}
	if tags, ok := input["tags"]; ok {
		o.Tags = cleanTags(textList(tags))
	}
	if list, ok := input["customAttributes"].([]any); ok {
		o.attributes = nil
		for _, a := range list {
			if pair, ok := a.(map[string]any); ok {
				o.attributes = append(o.attributes, object{"key": text(pair["key"]), "value": text(pair["value"])})
			}
		}
	}
	s.touch(o)
	s.env.changes.notify()
	return object{"order": s.graph(o), "userErrors": []object{}}, nil
}

func (s *shopify) orderMarkAsPaid(args map[string]any, _ string) (any, *fieldError) {
	input, _ := args["input"].(map[string]any)
	_, id, problem := gid(input["id"], "Order")
	if problem != nil {
		return nil, problem
	}
	o := s.order(id)
	switch {
	case o == nil:
		return userErrors("order", []string{"id"}, "Order does not exist"), nil
	case !o.Unpaid:
		return userErrors("order", []string{"id"}, "Order cannot be marked as paid."), nil
	}
	o.Unpaid, o.UpdatedAt = false, s.env.clock.now()
	o.paidAt = o.UpdatedAt
	s.fire([]string{"orders/paid", "orders/updated"}, s.orderBody(o), 1, false)
	s.env.changes.notify()
	return object{"order": s.graph(o), "userErrors": []object{}}, nil
}

// touch marks an order as changed and tells the subscribers of orders/updated.
func (s *shopify) touch(o *Order) {
	o.UpdatedAt = s.env.clock.now()
	s.fire([]string{"orders/updated"}, s.orderBody(o), 1, false)
}

// textList reads a list of strings; GraphQL takes a single one for a list too.
func textList(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, x := range v {
			out = append(out, text(x))
		}
	}
	return out
}
