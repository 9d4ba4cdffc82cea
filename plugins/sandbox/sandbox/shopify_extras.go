package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// discount is a discount code.
type discount struct {
	id          int64
	code, title string
}

func (d *discount) graph() object {
	return object{
		"__typename": "DiscountCodeNode", "id": toGID("DiscountCodeNode", d.id),
		"codeDiscount": object{"__typename": "DiscountCodeBasic", "title": d.title, "status": "ACTIVE", "summary": d.title, "codes": pages([]object{{"id": toGID("DiscountRedeemCode", d.id), "code": d.code}})},
	}
}

func (s *shopify) discountByCode(code string) *discount {
	i := slices.IndexFunc(s.discounts, func(d *discount) bool { return strings.EqualFold(d.code, code) })
	if i < 0 {
		return nil
	}
	return s.discounts[i]
}

func (s *shopify) queryDiscount(args map[string]any, _ string) (any, *fieldError) {
	if d := s.discountByCode(text(args["code"])); d != nil {
		return d.graph(), nil
	}
	return nil, nil
}

func (s *shopify) discountCreate(args map[string]any, _ string) (any, *fieldError) {
	input, _ := args["basicCodeDiscount"].(map[string]any)
	code := text(input["code"])
	refuse := func(reason, message string, field ...string) (any, *fieldError) {
		return coded("codeDiscountNode", append([]string{"basicCodeDiscount"}, field...), reason, message), nil
	}
	gets, _ := input["customerGets"].(map[string]any)
	value, _ := gets["value"].(map[string]any)
	if given, ok := value["percentage"]; ok {
		if fraction, err := strconv.ParseFloat(fmt.Sprint(given), 64); err != nil || fraction < 0 || fraction > 1 {
			return refuse("VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0", "customerGets", "value", "percentage")
		}
	}
	switch {
	case code == "":
		return refuse("BLANK", "Code can't be blank", "code")
	case len(code) > 255:
		return refuse("TOO_LONG", "Code is too long (maximum is 255 characters)", "code")
	case strings.ContainsAny(code, "\r\n"):
		return refuse("INVALID", "Code cannot contain newline characters.", "code")
	case s.discountByCode(code) != nil:
		return refuse("TAKEN", "Code must be unique. Please try a different code.", "code")
	case text(input["title"]) == "":
		return refuse("BLANK", "Title can't be blank", "title")
	}
	d := &discount{id: s.id(), code: code, title: text(input["title"])}
	s.discounts = append(s.discounts, d)
	s.env.changes.notify()
	return object{"codeDiscountNode": d.graph(), "userErrors": []object{}}, nil
}

// metafieldTypes are the definitions of the shop, by owner type, namespace and key.
var metafieldTypes = []struct{ owner, namespace, key, name, kind string }{
	{"ORDER", "custom", "gift", "Gift", "single_line_text_field"},
	{"ORDER", "custom", "rating", "Rating", "number_integer"},
	{"CUSTOMER", "custom", "size", "Size", "number_integer"},
}

func (s *shopify) queryMetafieldDefinitions(args map[string]any, _ string) (any, *fieldError) {
	nodes := []object{}
	_, key, _ := strings.Cut(text(args["query"]), ":")
	for i, d := range metafieldTypes {
		if d.owner == args["ownerType"] && strings.Contains(d.key, strings.Trim(key, `'"`)) {
			nodes = append(nodes, object{
				"id": toGID("MetafieldDefinition", int64(i+1)), "namespace": d.namespace, "key": d.key, "name": d.name, "type": object{"name": d.kind, "category": "TEXT"}, "ownerType": d.owner,
			})
		}
	}
	return connectionValue(nodes, args)
}

// maxMetafields is how many one call may set.
const maxMetafields = 25

// metafieldsSet sets all or none.
func (s *shopify) metafieldsSet(args map[string]any, _ string) (any, *fieldError) {
	list, _ := args["metafields"].([]any)
	refuse := func(code, message string, field ...string) (any, *fieldError) {
		return coded("metafields", append([]string{"metafields"}, field...), code, message), nil
	}
	if len(list) > maxMetafields {
		return refuse("LESS_THAN_OR_EQUAL_TO", "Exceeded the maximum metafields input limit of 25.")
	}
	set := []object{}
	for i, entry := range list {
		at := strconv.Itoa(i)
		in, _ := entry.(map[string]any)
		kind, id, problem := gid(in["ownerId"], "Order", "Customer", "Product", "ProductVariant", "DraftOrder")
		if problem != nil {
			return nil, problem
		}
		if kind == "Order" && s.order(id) == nil || kind == "Customer" && s.customer(id) == nil || kind == "DraftOrder" && s.draft(id) == nil {
			return refuse("INVALID_VALUE", "Owner does not exist.", at, "ownerId")
		}
		namespace, key, typ := text(in["namespace"]), text(in["key"]), text(in["type"])
		for _, d := range metafieldTypes {
			if d.owner == strings.ToUpper(kind) && d.namespace == namespace && d.key == key {
				typ = d.kind
			}
		}
		switch value := text(in["value"]); {
		case len(namespace) < 3:
			return refuse("TOO_SHORT", "Namespace is too short (minimum is 3 characters)", at, "namespace")
		case len(key) < 2:
			return refuse("TOO_SHORT", "Key is too short (minimum is 2 characters)", at, "key")
		case len(key) > 64:
			return refuse("TOO_LONG", "Key is too long (maximum is 64 characters)", at, "key")
		case typ == "":
			return refuse("BLANK", "Type can't be blank", at, "type")
		case typ == "number_integer" && !isInteger(value):
			return refuse("INVALID_VALUE", "Value must be an integer.", at, "value")
		case typ == "json" && !json.Valid([]byte(value)):
			return refuse("INVALID_VALUE", "Value is invalid JSON.", at, "value")
		}
		name := toGID(kind, id) + " " + namespace + "." + key
		if _, known := s.metafields[name]; !known {
			s.metafields[name] = object{"__typename": "Metafield", "id": toGID("Metafield", s.id()), "namespace": namespace, "key": key, "ownerType": strings.ToUpper(kind)}
		}
		s.metafields[name]["type"], s.metafields[name]["value"] = typ, text(in["value"])
		set = append(set, s.metafields[name])
	}
	s.env.changes.notify()
	return object{"metafields": set, "userErrors": []object{}}, nil
}

func isInteger(value string) bool {
	_, err := strconv.ParseInt(value, 10, 64)
	return err == nil
}

// queryVariants searches by title and SKU, both of which may be asked for with OR.
func (s *shopify) queryVariants(args map[string]any, _ string) (any, *fieldError) {
	nodes := []object{}
	query := text(args["query"])
	for _, p := range []Item{productX(1), productY(1)} {
		matches := query == ""
		for _, term := range searchTerms(query) {
			field, value, ok := strings.Cut(term, ":")
			value = strings.ToLower(unquote(value))
			matches = matches || ok && (field == "id" && value == strconv.FormatInt(p.VariantID, 10) || field == "title" && strings.Contains(strings.ToLower(p.Title), value) || field == "sku" && strings.ToLower(p.SKU) == value)
		}
		if matches {
			nodes = append(nodes, object{
				"__typename": "ProductVariant", "id": toGID("ProductVariant", p.VariantID), "legacyResourceId": strconv.FormatInt(p.VariantID, 10), "title": "Default Title",
				"displayName": p.Title, "sku": p.SKU, "price": p.Price,
			})
		}
	}
	return connectionValue(nodes, args)
}
