package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// OrderRef names an order.
type OrderRef struct {
	OrderID long `json:"order_id" label:"Order id" help:"The id of the order in the trigger, not its name." rule:"required,min=1"`
}

const getOrderDocument = `query GetOrder($id: ID!) { order(id: $id) ` + orderFields + ` }`

var getOrder = sdk.Action[OrderRef, FoundOrder]{
	Name: "get_order", Title: "Get an order", Summary: "Reads an order as it is now.", Reads: true,
	Run: func(ctx context.Context, call *sdk.Call, in OrderRef) (FoundOrder, error) {
		var found struct {
			Order *FoundOrder `json:"order"`
		}
		if err := graphql(ctx, call, getOrderDocument, map[string]any{"id": in.OrderID.gid("Order")}, &found); err != nil {
			return FoundOrder{}, err
		}
		if found.Order == nil {
			return FoundOrder{}, sdk.Invalid("order_id", "is not an order of this shop")
		}
		return *found.Order, nil
	},
}

// OrderSearch says which order is looked for.
type OrderSearch struct {
	Name          string `json:"name" label:"Order name" help:"Such as #1042."`
	CheckoutToken string `json:"checkout_token" label:"Checkout token" help:"Finds the order that came of a checkout; with it an abandoned one is told from one that was paid."`
}

// OrderFound is the order, if there is one.
type OrderFound struct {
	Found bool        `json:"found" label:"Found"`
	Order *FoundOrder `json:"order" label:"Order" help:"Null when there is none."`
}

const findOrderDocument = `query FindOrder($q: String!) { orders(first: 2, query: $q, sortKey: CREATED_AT, reverse: true) { nodes ` + orderFields + ` } }`

var findOrder = sdk.Action[OrderSearch, OrderFound]{
	Name: "find_order", Title: "Find an order", Reads: true,
	Summary: "Looks for an order by its name, or by the checkout it came of. Shopify finds new orders some seconds late.",
	Run: func(ctx context.Context, call *sdk.Call, in OrderSearch) (OrderFound, error) {
		if (in.Name == "") == (in.CheckoutToken == "") {
			return OrderFound{}, sdk.Invalid("name", "or checkout_token must be filled in, and only one of them")
		}
		term := searchTerm("name", in.Name)
		if in.CheckoutToken != "" {
			term = searchTerm("checkout_token", in.CheckoutToken)
		}
		var found struct {
			Orders nodes[FoundOrder] `json:"orders"`
		}
		if err := graphql(ctx, call, findOrderDocument, map[string]any{"q": term}, &found); err != nil {
			return OrderFound{}, err
		}
		if in.Name != "" { // the search also finds names that only begin so
			found.Orders = slices.DeleteFunc(found.Orders, func(o FoundOrder) bool {
				return strings.TrimPrefix(o.Name, "#") != strings.TrimPrefix(strings.TrimSpace(in.Name), "#")
			})
		}
		if len(found.Orders) == 0 {
			return OrderFound{}, nil
		}
		return OrderFound{Found: true, Order: &found.Orders[0]}, nil
	},
}

// searchTerm quotes a value for Shopify's search, so that quotes, blanks and words like OR in it search for nothing else.
func searchTerm(field, value string) string {
	return fmt.Sprintf(`%s:"%s"`, field, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value))
}

// OrderTags are tags of an order.
type OrderTags struct {
	OrderRef
	Tags []string `json:"tags" label:"Tags" help:"A comma within one splits it." rule:"required,min=1,max=250"`
}

// Tagged is an order or a customer with all its tags.
type Tagged struct {
	Tags []string `json:"tags" label:"All tags"`
}

// Shopify ignores tags that are there already, without regard to case, so that adding twice adds once.
var addOrderTags = sdk.Action[OrderTags, Tagged]{
	Name: "add_order_tags", Title: "Tag an order", Summary: "Adds tags to an order.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in OrderTags) (Tagged, error) {
		return retag(ctx, call, tagsAdd, "tagsAdd", in.OrderID.gid("Order"), "order_id", in.Tags)
	},
}

const orderTags = `query OrderTags($id: ID!) { order(id: $id) { tags } }`

// Removing heeds the case of an order's tags, although adding does not; so the tags are read as they are spelled there.
var removeOrderTags = sdk.Action[OrderTags, Tagged]{
	Name: "remove_order_tags", Title: "Untag an order", Summary: "Takes tags off an order, whatever their case.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in OrderTags) (Tagged, error) {
		var found struct {
			Order *Tagged `json:"order"`
		}
		if err := graphql(ctx, call, orderTags, map[string]any{"id": in.OrderID.gid("Order")}, &found); err != nil {
			return Tagged{}, err
		}
		if found.Order == nil {
			return Tagged{}, sdk.Invalid("order_id", "is not an order of this shop")
		}
		unwanted := strings.Split(strings.Join(in.Tags, ","), ",")
		spelled := slices.DeleteFunc(slices.Clone(found.Order.Tags), func(tag string) bool {
			return !slices.ContainsFunc(unwanted, func(u string) bool { return strings.EqualFold(strings.TrimSpace(u), tag) })
		})
		if len(spelled) == 0 {
			return *found.Order, nil
		}
		return retag(ctx, call, tagsRemove, "tagsRemove", in.OrderID.gid("Order"), "order_id", spelled)
	},
}

const (
	tagsAdd    = `mutation AddTags($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id ... on Order { tags } ... on Customer { tags } } userErrors { field message } } }`
	tagsRemove = `mutation RemoveTags($id: ID!, $tags: [String!]!) { tagsRemove(id: $id, tags: $tags) { node { id ... on Order { tags } ... on Customer { tags } } userErrors { field message } } }`
)

// retag adds or removes tags; field is our input's name of the id.
func retag(ctx context.Context, call *sdk.Call, document, mutation, gid, field string, tags []string) (Tagged, error) {
	var payload struct {
		Node Tagged `json:"node"`
	}
	err := mutate(ctx, call, document, mutation, map[string]any{"id": gid, "tags": tags}, map[string]string{"id": field, "tags": "tags"}, &payload)
	return payload.Node, err
}

// NewNote is a note for an order.
type NewNote struct {
	OrderRef
	Note string `json:"note" label:"Note" rule:"required,max=5000"`
}

// Noted is an order with its whole note.
type Noted struct {
	Note string `json:"note" label:"Note of the order"`
}

const (
	orderNote   = `query OrderNote($id: ID!) { order(id: $id) { id note } }`
	orderUpdate = `mutation SetNote($input: OrderInput!) { orderUpdate(input: $input) { order { id note } userErrors { field message } } }`
)

// An order has one note, and writing replaces it; so the new lines are put below what is there. Running twice adds
// nothing, because a note that holds the lines already is left alone.
var addOrderNote = sdk.Action[NewNote, Noted]{
	Name: "add_order_note", Title: "Add a note to an order", Summary: "Puts a text below the note of an order.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in NewNote) (Noted, error) {
		var found struct {
			Order *Noted `json:"order"`
		}
		if err := graphql(ctx, call, orderNote, map[string]any{"id": in.OrderID.gid("Order")}, &found); err != nil {
			return Noted{}, err
		}
		if found.Order == nil {
			return Noted{}, sdk.Invalid("order_id", "is not an order of this shop")
		}
		if strings.Contains("\n"+found.Order.Note+"\n", "\n"+in.Note+"\n") {
			return *found.Order, nil
		}
		note := strings.TrimPrefix(found.Order.Note+"\n"+in.Note, "\n")
		var payload struct {
			Order Noted `json:"order"`
		}
		err := mutate(ctx, call, orderUpdate, "orderUpdate", map[string]any{"input": map[string]any{"id": in.OrderID.gid("Order"), "note": note}},
			map[string]string{"id": "order_id", "note": "note"}, &payload)
		return payload.Order, err
	},
}

// Cancel says how an order is cancelled.
type Cancel struct {
	OrderRef
	Reason  string `json:"reason" label:"Reason" rule:"oneof=customer declined fraud inventory staff other" default:"customer"`
	Refund  bool   `json:"refund" label:"Give the money back" help:"By the ways it was paid."`
	Restock bool   `json:"restock" label:"Put the items back into stock"`
	Notify  bool   `json:"notify" label:"Tell the customer by e-mail"`
	Note    string `json:"note" label:"Note for the staff" rule:"max=255"`
}

// Cancelled says that an order is cancelled, or will be in a moment.
type Cancelled struct {
	Done bool `json:"done" label:"Cancelled already" help:"False while Shopify is still at it."`
}

const (
	orderCancelledAt = `query OrderCancelled($id: ID!) { order(id: $id) { cancelledAt } }`
	orderCancel      = `mutation CancelOrder($orderId: ID!, $refund: OrderCancelRefundMethodInput!, $restock: Boolean!, $reason: OrderCancelReason!, $notify: Boolean, $note: String) { orderCancel(orderId: $orderId, refundMethod: $refund, restock: $restock, reason: $reason, notifyCustomer: $notify, staffNote: $note) { job { id done } userErrors: orderCancelUserErrors { field message code } } }`
)

// An order is cancelled once: one that is already is left alone, and Shopify refuses the second time.
var cancelOrder = sdk.Action[Cancel, Cancelled]{
	Name: "cancel_order", Title: "Cancel an order", Summary: "Cancels an order; Shopify does it in the background.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in Cancel) (Cancelled, error) {
		id := in.OrderID.gid("Order")
		var found struct {
			Order *struct {
				CancelledAt *string `json:"cancelledAt"`
			} `json:"order"`
		}
		if err := graphql(ctx, call, orderCancelledAt, map[string]any{"id": id}, &found); err != nil {
			return Cancelled{}, err
		}
		switch {
		case found.Order == nil:
			return Cancelled{}, sdk.Invalid("order_id", "is not an order of this shop")
		case found.Order.CancelledAt != nil:
			return Cancelled{Done: true}, nil
		}
		variables := map[string]any{
			"orderId": id, "refund": map[string]any{"originalPaymentMethodsRefund": in.Refund}, "restock": in.Restock,
			"reason": strings.ToUpper(in.Reason), "notify": in.Notify,
		}
		if in.Note != "" {
			variables["note"] = in.Note
		}
		var payload struct {
			Job struct {
				Done bool `json:"done"`
			} `json:"job"`
		}
		err := mutate(ctx, call, orderCancel, "orderCancel", variables, map[string]string{"orderId": "order_id", "staffNote": "note"}, &payload)
		return Cancelled{Done: payload.Job.Done}, err
	},
}
