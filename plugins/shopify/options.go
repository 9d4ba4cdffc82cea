package main

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// pageSize is how many entries of a dropdown are asked for at once.
const pageSize = 50

type pageInfo struct {
	More bool   `json:"hasNextPage"`
	End  string `json:"endCursor"`
}

func (p pageInfo) next() sdk.Cursor {
	if !p.More {
		return ""
	}
	return sdk.Cursor(p.End)
}

// after is the variable of a page's beginning; nil for the first.
func after(cursor sdk.Cursor) any {
	if cursor == "" {
		return nil
	}
	return string(cursor)
}

const listVariants = `query Variants($q: String, $first: Int!, $after: String) { productVariants(first: $first, after: $after, query: $q) { nodes { id: legacyResourceId displayName sku } pageInfo { hasNextPage endCursor } } }`

// variants lists what the shop sells. The search takes what was typed as words of the title, or as SKU.
func variants(ctx context.Context, call *sdk.Call, query sdk.OptionsQuery) (sdk.OptionsPage, error) {
	var q any
	if query.Search != "" {
		q = searchTerm("title", query.Search) + " OR " + searchTerm("sku", query.Search)
		if _, err := strconv.ParseUint(query.Search, 10, 64); err == nil { // what was chosen before
			q = "id:" + query.Search
		}
	}
	var found struct {
		Variants struct {
			Nodes []struct {
				ID   long    `json:"id"`
				Name string  `json:"displayName"`
				SKU  *string `json:"sku"`
			} `json:"nodes"`
			Page pageInfo `json:"pageInfo"`
		} `json:"productVariants"`
	}
	if err := graphql(ctx, call, listVariants, map[string]any{"q": q, "first": pageSize, "after": after(query.Cursor)}, &found); err != nil {
		return sdk.OptionsPage{}, err
	}
	page := sdk.OptionsPage{Next: found.Variants.Page.next()}
	for _, v := range found.Variants.Nodes {
		label := v.Name
		if sku := first(v.SKU); sku != "" {
			label += " · " + sku
		}
		page.Options = append(page.Options, sdk.Option{Value: number(int64(v.ID)), Label: label})
	}
	return page, nil
}

const listMetafields = `query Metafields($owner: MetafieldOwnerType!, $q: String, $first: Int!, $after: String) { metafieldDefinitions(ownerType: $owner, query: $q, first: $first, after: $after) { nodes { namespace key name } pageInfo { hasNextPage endCursor } } }`

// metafields lists the definitions for the kind of object that the form names; an order's before one is named.
func metafields(ctx context.Context, call *sdk.Call, query sdk.OptionsQuery) (sdk.OptionsPage, error) {
	var form struct {
		Owner string `json:"owner"`
	}
	_ = json.Unmarshal(query.Input, &form) // a form that is half filled in
	owner, ok := owners[form.Owner]
	if !ok {
		owner = owners["order"]
	}
	variables := map[string]any{"owner": owner.enum, "q": nil, "first": pageSize, "after": after(query.Cursor)}
	if query.Search != "" {
		variables["q"] = searchTerm("key", query.Search[strings.LastIndex(query.Search, ".")+1:])
	}
	var found struct {
		Definitions struct {
			Nodes []struct {
				Namespace string `json:"namespace"`
				Key       string `json:"key"`
				Name      string `json:"name"`
			} `json:"nodes"`
			Page pageInfo `json:"pageInfo"`
		} `json:"metafieldDefinitions"`
	}
	if err := graphql(ctx, call, listMetafields, variables, &found); err != nil {
		return sdk.OptionsPage{}, err
	}
	page := sdk.OptionsPage{Next: found.Definitions.Page.next()}
	for _, d := range found.Definitions.Nodes {
		page.Options = append(page.Options, sdk.Option{Value: d.Namespace + "." + d.Key, Label: d.Name})
	}
	return page, nil
}
