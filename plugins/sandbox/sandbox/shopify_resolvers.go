package sandbox

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// resolver answers one root field: a map, a list of maps, or nil. The shop's lock is held while it runs.
type resolver struct {
	scope string // access scope it needs, if any
	run   func(s *shopify, args map[string]any, version string) (any, *fieldError)
}

// resolvers are the root fields the sandbox plays.
var resolvers = map[string]resolver{
	"shop":                   {"", (*shopify).queryShop},
	"currentAppInstallation": {"", (*shopify).queryInstallation},
	"order":                  {"read_orders", (*shopify).queryOrder},
	"orders":                 {"read_orders", (*shopify).queryOrders},
	"customer":               {"read_customers", (*shopify).queryCustomer},
	"customerByIdentifier":   {"read_customers", (*shopify).queryCustomerByIdentifier},
	"products":               {"read_products", (*shopify).queryProducts},
	"productVariants":        {"read_products", (*shopify).queryVariants},
	"abandonedCheckouts":     {"read_orders", (*shopify).queryAbandoned},
	"draftOrder":             {"read_draft_orders", (*shopify).queryDraft},
	"codeDiscountNodeByCode": {"read_discounts", (*shopify).queryDiscount},
	"metafieldDefinitions":   {"", (*shopify).queryMetafieldDefinitions},
	"webhookSubscription":    {"", (*shopify).queryHook},
	"webhookSubscriptions":   {"", (*shopify).queryHooks},

	"tagsAdd":                             {"", (*shopify).tagsAdd},
	"tagsRemove":                          {"", (*shopify).tagsRemove},
	"orderUpdate":                         {"write_orders", (*shopify).orderUpdate},
	"orderMarkAsPaid":                     {"write_orders", (*shopify).orderMarkAsPaid},
	"orderCancel":                         {"write_orders", (*shopify).orderCancel},
	"fulfillmentCreate":                   {"write_merchant_managed_fulfillment_orders", (*shopify).fulfillmentCreate},
	"customerUpdate":                      {"write_customers", (*shopify).customerUpdate},
	"customerSet":                         {"write_customers", (*shopify).customerSet},
	"customerEmailMarketingConsentUpdate": {"write_customers", (*shopify).emailConsent},
	"customerSmsMarketingConsentUpdate":   {"write_customers", (*shopify).smsConsent},
	"draftOrderCreate":                    {"write_draft_orders", (*shopify).draftCreate},
	"draftOrderInvoiceSend":               {"write_draft_orders", (*shopify).draftInvoice},
	"discountCodeBasicCreate":             {"write_discounts", (*shopify).discountCreate},
	"metafieldsSet":                       {"", (*shopify).metafieldsSet},
	"webhookSubscriptionCreate":           {"", (*shopify).hookCreate},
	"webhookSubscriptionUpdate":           {"", (*shopify).hookUpdate},
	"webhookSubscriptionDelete":           {"", (*shopify).hookDelete},
}

// object is a GraphQL object in the making.
type object = map[string]any

// userErrors is the payload of a mutation that did nothing.
func userErrors(payload string, field []string, message string) object {
	e := object{"message": message}
	if field != nil {
		e["field"] = field
	}
	return object{payload: nil, "userErrors": []object{e}}
}

// coded is userErrors of those mutations whose errors have a code.
func coded(payload string, field []string, code, message string) object {
	refused := userErrors(payload, field, message)
	refused["userErrors"].([]object)[0]["code"] = code
	return refused
}

// gid parses gid://shopify/Kind/123 and refuses other kinds than those wanted.
func gid(v any, kinds ...string) (kind string, id int64, problem *fieldError) {
	text, _ := v.(string)
	rest, ok := strings.CutPrefix(text, "gid://shopify/")
	kind, digits, _ := strings.Cut(rest, "/")
	id, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || !slices.Contains(kinds, kind) {
		return "", 0, &fieldError{"invalid id", object{"code": "RESOURCE_NOT_FOUND"}}
	}
	return kind, id, nil
}

func toGID(kind string, id int64) string { return fmt.Sprintf("gid://shopify/%s/%d", kind, id) }

// connection pages through nodes by opaque cursors.
func connection(nodes []object, args map[string]any) (object, *fieldError) {
	from := 0
	if after, _ := args["after"].(string); after != "" {
		raw, err := base64.StdEncoding.DecodeString(after)
		if err == nil {
			from, err = strconv.Atoi(string(raw))
		}
		if err != nil || from < 0 {
			return nil, &fieldError{"Malformed cursor", object{"code": "BAD_REQUEST"}}
		}
	}
	first := number(args["first"])
	if first < 1 || first > 250 {
		return nil, &fieldError{"you must provide one of first or last, from 1 to 250", object{"code": "BAD_REQUEST"}}
	}
	cursor := func(i int) string { return base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(i))) }
	from = min(from, len(nodes))
	to := min(from+first, len(nodes))
	edges := []object{}
	for i, n := range nodes[from:to] {
		edges = append(edges, object{"cursor": cursor(from + i + 1), "node": n})
	}
	info := object{"hasNextPage": to < len(nodes), "hasPreviousPage": from > 0}
	if to > from {
		info["startCursor"], info["endCursor"] = cursor(from+1), cursor(to)
	}
	return object{"nodes": nodes[from:to], "edges": edges, "pageInfo": info}, nil
}

// pages is connection for a nested field, where a bad page is simply the first one.
func pages(nodes []object) func(map[string]any) any {
	return func(args map[string]any) any {
		c, problem := connection(nodes, args)
		if problem != nil {
			c, _ = connection(nodes, object{"first": 250})
		}
		return c
	}
}

func (s *shopify) queryShop(_ map[string]any, _ string) (any, *fieldError) {
	return object{
		"id": "gid://shopify/Shop/548380009", "name": "Demo shop", "myshopifyDomain": s.domain(), "currencyCode": "EUR", "ianaTimezone": "Europe/Madrid",
		"email": "owner@example.com", "contactEmail": "owner@example.com", "url": "https://" + s.domain(),
		"plan": object{"displayName": "Basic", "publicDisplayName": "Basic", "partnerDevelopment": true, "shopifyPlus": false},
	}, nil
}

func (s *shopify) queryInstallation(map[string]any, string) (any, *fieldError) {
	scopes := []object{}
	for _, scope := range s.cfg.Scopes {
		scopes = append(scopes, object{"handle": scope, "description": scope})
	}
	return object{"id": "gid://shopify/AppInstallation/580111", "accessScopes": scopes}, nil
}

func (s *shopify) queryProducts(args map[string]any, _ string) (any, *fieldError) {
	nodes := []object{}
	for _, p := range []Item{productX(1), productY(1)} {
		nodes = append(nodes, object{
			"id": toGID("Product", p.ProductID), "legacyResourceId": strconv.FormatInt(p.ProductID, 10), "title": p.Title, "handle": strings.ReplaceAll(strings.ToLower(p.Title), " ", "-"),
			"status": "ACTIVE", "vendor": "Demo shop", "variants": pages([]object{{"id": toGID("ProductVariant", p.VariantID), "title": "Default Title", "sku": p.SKU, "price": p.Price}}),
		})
	}
	return connectionValue(nodes, args)
}

// connectionValue keeps a nil page out of the interface when there is a problem.
func connectionValue(nodes []object, args map[string]any) (any, *fieldError) {
	c, problem := connection(nodes, args)
	if problem != nil {
		return nil, problem
	}
	return c, nil
}
