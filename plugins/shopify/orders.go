package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// orderID is the number of an order as webhooks give it. It exceeds 2^53, so it must never pass through a float.
type orderID int64

// gid is the id in GraphQL.
func (id orderID) gid() string { return fmt.Sprintf("gid://shopify/Order/%d", int64(id)) }

// NewTags are tags for an order.
type NewTags struct {
	OrderID orderID  `json:"order_id" label:"Order id" help:"The id of the order in the trigger, not its name." rule:"required,min=1"`
	Tags    []string `json:"tags" label:"Tags" help:"A comma within one splits it." rule:"required,min=1,max=250"`
}

// Tagged is an order with all its tags.
type Tagged struct {
	Tags []string `json:"tags" label:"Tags of the order"`
}

const tagsAdd = `mutation AddTags($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id ... on Order { tags } } userErrors { field message } } }`

// Shopify ignores tags that are there already, without regard to case, so that adding twice adds once.
var addOrderTags = sdk.Action[NewTags, Tagged]{
	Name: "add_order_tags", Title: "Tag an order", Summary: "Adds tags to an order.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in NewTags) (Tagged, error) {
		var payload struct {
			Node Tagged `json:"node"`
		}
		err := mutate(ctx, call, tagsAdd, "tagsAdd", map[string]any{"id": in.OrderID.gid(), "tags": in.Tags},
			map[string]string{"id": "order_id", "tags": "tags"}, &payload)
		return payload.Node, err
	},
}

// NewNote is a note for an order.
type NewNote struct {
	OrderID orderID `json:"order_id" label:"Order id" help:"The id of the order in the trigger, not its name." rule:"required,min=1"`
	Note    string  `json:"note" label:"Note" rule:"required,max=5000"`
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
		if err := graphql(ctx, call, orderNote, map[string]any{"id": in.OrderID.gid()}, &found); err != nil {
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
		err := mutate(ctx, call, orderUpdate, "orderUpdate", map[string]any{"input": map[string]any{"id": in.OrderID.gid(), "note": note}},
			map[string]string{"id": "order_id", "note": "note"}, &payload)
		return payload.Order, err
	},
}
