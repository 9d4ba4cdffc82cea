package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Shipping says how what remains of an order is sent.
type Shipping struct {
	OrderRef
	Number  string `json:"tracking_number,omitempty" label:"Tracking number"`
	URL     string `json:"tracking_url,omitempty" label:"Tracking address" rule:"url"`
	Company string `json:"carrier,omitempty" label:"Carrier" help:"As Shopify spells it, such as UPS: then it makes the address by itself."`
	Notify  bool   `json:"notify" label:"Tell the customer by e-mail"`
}

// Shipped is the parcels that were made; none where nothing remained to be sent.
type Shipped struct {
	Parcels []FoundFulfillment `json:"parcels" label:"Parcels"`
}

const (
	fulfillable = `query OrderForFulfillment($id: ID!) { order(id: $id) { fulfillmentOrders(first: 20) { nodes { id status assignedLocation { location { id name } } supportedActions { action } } } } }`
	fulfill     = `mutation Fulfill($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { fulfillment { admin_graphql_api_id: id status display_status: displayStatus created_at: createdAt tracking: trackingInfo(first: 5) { number url company } } userErrors { field message } } }`
)

// group is what one location has to send of an order.
type group struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Assigned struct {
		Location *struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"location"`
	} `json:"assignedLocation"`
	Actions []supported `json:"supportedActions"`
}

type supported struct {
	Action string `json:"action"`
}

// open says that the group may be sent.
func (g group) open() bool {
	return (g.Status == "OPEN" || g.Status == "IN_PROGRESS") && slices.Contains(g.Actions, supported{"CREATE_FULFILLMENT"})
}

// One parcel holds what one location sends, so an order over two locations makes two, and the second may fail after the
// first. What was sent does not remain, so that trying again sends the rest only.
var fulfillOrder = sdk.Action[Shipping, Shipped]{
	Name: "fulfill_order", Title: "Fulfil an order", Summary: "Marks what remains of an order as sent, one parcel for each location.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in Shipping) (Shipped, error) {
		var found struct {
			Order *struct {
				Groups nodes[group] `json:"fulfillmentOrders"`
			} `json:"order"`
		}
		if err := graphql(ctx, call, fulfillable, map[string]any{"id": in.OrderID.gid("Order")}, &found); err != nil {
			return Shipped{}, err
		}
		if found.Order == nil {
			return Shipped{}, sdk.Invalid("order_id", "is not an order of this shop")
		}
		var locations []string
		byLocation := map[string][]map[string]any{}
		for _, g := range found.Order.Groups {
			if !g.open() {
				continue
			}
			where := ""
			if g.Assigned.Location != nil {
				where = g.Assigned.Location.ID
			}
			if !slices.Contains(locations, where) {
				locations = append(locations, where)
			}
			byLocation[where] = append(byLocation[where], map[string]any{"fulfillmentOrderId": g.ID}) // without items: all that remain
		}
		shipped := Shipped{Parcels: []FoundFulfillment{}}
		for _, where := range locations {
			input := map[string]any{"lineItemsByFulfillmentOrder": byLocation[where], "notifyCustomer": in.Notify}
			if tracking := in.tracking(); len(tracking) > 0 {
				input["trackingInfo"] = tracking
			}
			var payload struct {
				Parcel FoundFulfillment `json:"fulfillment"`
			}
			err := mutate(ctx, call, fulfill, "fulfillmentCreate", map[string]any{"f": input}, map[string]string{"url": "tracking_url", "number": "tracking_number"}, &payload)
			if err != nil {
				return shipped, partly(err, len(shipped.Parcels), len(locations))
			}
			shipped.Parcels = append(shipped.Parcels, payload.Parcel)
		}
		return shipped, nil
	},
}

func (s Shipping) tracking() map[string]string {
	tracking := map[string]string{}
	for name, value := range map[string]string{"number": s.Number, "url": s.URL, "company": s.Company} {
		if value != "" {
			tracking[name] = value
		}
	}
	return tracking
}

// partly says in a failure how much was done before it.
func partly(err error, done, all int) error {
	if f, ok := err.(*sdk.Failure); ok && done > 0 {
		f.Message = fmt.Sprintf("%d of %d parcels were made, the next was not: %s", done, all, f.Message)
	}
	return err
}

const (
	orderPayment = `query OrderPayment($id: ID!) { order(id: $id) { displayFinancialStatus } }`
	markAsPaid   = `mutation MarkAsPaid($input: OrderMarkAsPaidInput!) { orderMarkAsPaid(input: $input) { order { displayFinancialStatus } userErrors { field message } } }`
)

// Paid is how an order stands.
type Paid struct {
	Status string `json:"financial_status" label:"Payment" help:"PAID."`
}

// Shopify refuses to mark an order twice, so one that is paid is left alone.
var markOrderPaid = sdk.Action[OrderRef, Paid]{
	Name: "mark_order_paid", Title: "Mark an order as paid", Summary: "Notes that an order was paid outside Shopify.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in OrderRef) (Paid, error) {
		type order struct {
			Status string `json:"displayFinancialStatus"`
		}
		var found struct {
			Order *order `json:"order"`
		}
		if err := graphql(ctx, call, orderPayment, map[string]any{"id": in.OrderID.gid("Order")}, &found); err != nil {
			return Paid{}, err
		}
		switch {
		case found.Order == nil:
			return Paid{}, sdk.Invalid("order_id", "is not an order of this shop")
		case found.Order.Status == "PAID":
			return Paid{found.Order.Status}, nil
		}
		var payload struct {
			Order order `json:"order"`
		}
		err := mutate(ctx, call, markAsPaid, "orderMarkAsPaid", map[string]any{"input": map[string]any{"id": in.OrderID.gid("Order")}}, map[string]string{"id": "order_id"}, &payload)
		if f, ok := err.(*sdk.Failure); ok && f.Kind == protocol.Invalid && f.Field == "" {
			f.Field = "order_id"
		}
		return Paid{payload.Order.Status}, err
	},
}
