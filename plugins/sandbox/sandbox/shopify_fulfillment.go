package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// fulfillmentOrder is what one location has to send of an order.
type fulfillmentOrder struct {
	id       int64
	location int // from 1
	closed   bool
}

// split gives an order one fulfilment order for each of its locations. The caller holds mu.
func (s *shopify) split(o *Order) {
	o.groups = nil
	for location := range max(o.Locations, 1) {
		o.groups = append(o.groups, &fulfillmentOrder{id: s.id(), location: location + 1})
	}
}

// sent says that nothing of an order remains to be sent.
func (o *Order) sent() bool {
	return len(o.groups) > 0 && !slices.ContainsFunc(o.groups, func(g *fulfillmentOrder) bool { return !g.closed })
}

func (o *Order) groupRows() []object {
	rows := []object{}
	for _, g := range o.groups {
		status, actions := "OPEN", []object{{"action": "CREATE_FULFILLMENT"}}
		if g.closed {
			status, actions = "CLOSED", []object{}
		}
		location := object{"id": toGID("Location", int64(g.location)), "name": "Warehouse " + strconv.Itoa(g.location)}
		rows = append(rows, object{"id": toGID("FulfillmentOrder", g.id), "status": status, "supportedActions": actions, "assignedLocation": object{"name": location["name"], "location": location}})
	}
	return rows
}

// fulfillmentCreate sends whole fulfilment orders; parts of them are not played.
func (s *shopify) fulfillmentCreate(args map[string]any, _ string) (any, *fieldError) {
	input, _ := args["fulfillment"].(map[string]any)
	refuse := func(message string) (any, *fieldError) {
		return userErrors("fulfillment", []string{"fulfillment"}, message), nil
	}
	var of *Order
	var groups []*fulfillmentOrder
	lines, _ := input["lineItemsByFulfillmentOrder"].([]any)
	for _, line := range lines {
		in, _ := line.(map[string]any)
		_, id, problem := gid(in["fulfillmentOrderId"], "FulfillmentOrder")
		if problem != nil {
			return nil, problem
		}
		o, g := s.group(id)
		switch {
		case g == nil:
			return refuse("Fulfillment order does not exist.")
		case g.closed:
			return refuse(fmt.Sprintf("Fulfillment order %d has an unfulfillable status= closed.", id))
		case of != nil && of != o:
			return refuse("All fulfillment orders must belong to the same order.")
		case len(groups) > 0 && groups[0].location != g.location:
			return refuse("All fulfillment orders must be assigned to a single location.")
		}
		of, groups = o, append(groups, g)
	}
	if of == nil {
		return refuse("Fulfillment order does not exist.")
	}
	tracking, _ := input["trackingInfo"].(map[string]any)
	p := s.send(of, groups, parcel{company: text(tracking["company"]), number: text(tracking["number"])})
	s.env.changes.notify()
	return object{"fulfillment": p.graph(), "userErrors": []object{}}, nil
}

func (s *shopify) group(id int64) (*Order, *fulfillmentOrder) {
	for _, o := range s.orders {
		for _, g := range o.groups {
			if g.id == id {
				return o, g
			}
		}
	}
	return nil, nil
}

func (p parcel) graph() object {
	return object{
		"__typename": "Fulfillment", "id": toGID("Fulfillment", p.id), "status": "SUCCESS", "displayStatus": "FULFILLED", "createdAt": p.createdAt.UTC().Format(time.RFC3339),
		"trackingInfo": []object{{"number": nullable(p.number), "url": "https://example.com/track/" + p.number, "company": nullable(p.company)}},
	}
}
