package main

import (
	"context"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// NewMetafield is a value of one's own, at an object of the shop.
type NewMetafield struct {
	Owner     string `json:"owner" label:"At what" rule:"required,oneof=order customer product variant draft_order"`
	OwnerID   long   `json:"owner_id" label:"Its id" rule:"required,min=1"`
	Metafield string `json:"metafield" label:"Metafield" help:"Namespace and key with a dot between, such as custom.gift." rule:"required,max=320" options:"metafields"`
	Value     string `json:"value" label:"Value" help:"As text; lists and objects as JSON." rule:"required"`
	Type      string `json:"type,omitempty" label:"Type" help:"Such as single_line_text_field. Needed only where the shop has no definition of it."`
}

// Metafield is a value as Shopify keeps it.
type Metafield struct {
	GID       string `json:"admin_graphql_api_id" label:"GraphQL id"`
	Namespace string `json:"namespace" label:"Namespace"`
	Key       string `json:"key" label:"Key"`
	Type      string `json:"type" label:"Type"`
	Value     string `json:"value" label:"Value"`
}

// owners are the kinds of objects by their names in ids and in the list of definitions.
var owners = map[string]struct{ gid, enum string }{
	"order": {"Order", "ORDER"}, "customer": {"Customer", "CUSTOMER"}, "product": {"Product", "PRODUCT"}, "variant": {"ProductVariant", "PRODUCTVARIANT"},
	"draft_order": {"DraftOrder", "DRAFTORDER"},
}

const metafieldsSet = `mutation SetMetafield($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { metafields { admin_graphql_api_id: id namespace key type value } userErrors { field message code } } }`

var setMetafield = sdk.Action[NewMetafield, Metafield]{
	Name: "set_metafield", Title: "Set a metafield", Summary: "Writes a value of one's own to an order, a customer or a product.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in NewMetafield) (Metafield, error) {
		dot := strings.LastIndex(in.Metafield, ".")
		if dot < 3 || len(in.Metafield)-dot-1 < 2 || len(in.Metafield)-dot-1 > 64 {
			return Metafield{}, sdk.Invalid("metafield", "must be a namespace of at least 3 and a key of 2 to 64 characters with a dot between, such as custom.gift")
		}
		field := map[string]any{"ownerId": in.OwnerID.gid(owners[in.Owner].gid), "namespace": in.Metafield[:dot], "key": in.Metafield[dot+1:], "value": in.Value}
		if in.Type != "" {
			field["type"] = in.Type
		}
		var payload struct {
			Metafields []Metafield `json:"metafields"`
		}
		err := mutate(ctx, call, metafieldsSet, "metafieldsSet", map[string]any{"m": []any{field}}, map[string]string{
			"ownerId": "owner_id", "namespace": "metafield", "key": "metafield", "value": "value", "type": "type",
		}, &payload)
		if err == nil && len(payload.Metafields) == 0 {
			err = silent()
		}
		if err != nil {
			return Metafield{}, err
		}
		return payload.Metafields[0], nil
	},
}
