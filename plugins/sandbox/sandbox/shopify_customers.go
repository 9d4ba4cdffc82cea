package sandbox

import (
	"cmp"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
)

type customer struct {
	id                   int64
	name, email, phone   string
	note, locale         string
	tags                 []string
	emailState, smsState string // SUBSCRIBED and its like; empty for never asked
	createdAt, updatedAt time.Time
}

func (c *customer) graph(s *shopify) object {
	if c == nil {
		return nil
	}
	orders, spent := 0, int64(0)
	for _, o := range s.orders {
		if o.CustomerID == c.id {
			orders++
			spent += o.cents()
		}
	}
	first, last := names(c.name)
	g := object{
		"__typename": "Customer", "id": toGID("Customer", c.id), "legacyResourceId": strconv.FormatInt(c.id, 10), "firstName": nullable(first), "lastName": nullable(last), "displayName": c.name,
		"email": nullable(c.email), "phone": nullable(c.phone), "tags": c.tags, "locale": c.locale, "numberOfOrders": strconv.Itoa(orders), "createdAt": c.createdAt.UTC().Format(time.RFC3339),
		"updatedAt": c.updatedAt.UTC().Format(time.RFC3339), "verifiedEmail": true, "state": "DISABLED", "note": nullable(c.note), "amountSpent": object{"amount": money(spent), "currencyCode": "EUR"},
	}
	if c.email != "" {
		g["defaultEmailAddress"] = object{"emailAddress": c.email, "marketingState": cmp.Or(c.emailState, "NOT_SUBSCRIBED"), "marketingOptInLevel": "SINGLE_OPT_IN"}
	}
	if c.phone != "" {
		g["defaultPhoneNumber"] = object{"phoneNumber": c.phone, "marketingState": cmp.Or(c.smsState, "NOT_SUBSCRIBED")}
	}
	return g
}

// body is the REST shape that webhooks carry; newer versions leave the tags out.
func (c *customer) body() object {
	first, last := names(c.name)
	consent := func(state string) any {
		if state == "" {
			return nil
		}
		return object{"state": strings.ToLower(state), "opt_in_level": "single_opt_in", "consent_updated_at": shopTime(c.updatedAt)}
	}
	return object{
		"id": c.id, "admin_graphql_api_id": toGID("Customer", c.id), "email": nullable(c.email), "first_name": nullable(first), "last_name": nullable(last), "phone": nullable(c.phone),
		"note": nullable(c.note), "state": "disabled", "verified_email": true, "tax_exempt": false, "currency": "EUR", "addresses": []any{}, "default_address": nil,
		"email_marketing_consent": consent(c.emailState), "sms_marketing_consent": consent(c.smsState), "created_at": shopTime(c.createdAt), "updated_at": shopTime(c.updatedAt),
	}
}

// addCustomer puts a customer into the shop and tells who wants to know. The caller holds mu.
func (s *shopify) addCustomer(c *customer) *customer {
	c.id, c.createdAt = s.id(), s.env.clock.now()
	c.updatedAt = c.createdAt
	setDefault(&c.locale, "es")
	s.customers = append(s.customers, c)
	s.fire([]string{"customers/create"}, c.body(), 1, false)
	return c
}

func (s *shopify) touchCustomer(c *customer) {
	c.updatedAt = s.env.clock.now()
	s.fire([]string{"customers/update"}, c.body(), 1, false)
	s.env.changes.notify()
}

// tagged tells of tags that a customer got or lost.
func (s *shopify) tagged(c *customer, before []string) {
	tell := func(topic string, tags []string) {
		if len(tags) > 0 {
			s.fire([]string{topic}, object{"customerId": toGID("Customer", c.id), "tags": tags, "occurredAt": s.env.clock.now().UTC().Format(time.RFC3339)}, 1, false)
		}
	}
	tell("customer.tags_added", without(c.tags, before))
	tell("customer.tags_removed", without(before, c.tags))
}

// without is what of a list another lacks.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return slices.Contains(other, x) })
}

func (s *shopify) queryCustomer(args map[string]any, _ string) (any, *fieldError) {
	_, id, problem := gid(args["id"], "Customer")
	if problem != nil {
		return nil, problem
	}
	if c := s.customer(id); c != nil {
		return c.graph(s), nil
	}
	return nil, nil
}

func (s *shopify) queryCustomerByIdentifier(args map[string]any, _ string) (any, *fieldError) {
	want, _ := args["identifier"].(map[string]any)
	for _, c := range s.customers {
		if want["id"] == toGID("Customer", c.id) || c.email != "" && strings.EqualFold(c.email, text(want["emailAddress"])) || c.phone != "" && c.phone == text(want["phoneNumber"]) {
			return c.graph(s), nil
		}
	}
	return nil, nil
}

// setCustomer checks the input and puts it into c, or returns what is wrong and leaves c alone. A path begins with root,
// if there is one.
func (s *shopify) setCustomer(c *customer, input map[string]any, root ...string) object {
	next := *c
	first, last := names(c.name)
	for name, field := range map[string]*string{"firstName": &first, "lastName": &last, "email": &next.email, "phone": &next.phone, "note": &next.note, "locale": &next.locale} {
		if v, ok := input[name]; ok {
			*field = text(v)
		}
	}
	next.name = strings.TrimSpace(first + " " + last)
	refuse := func(field, code, message string) object {
		if field == "" {
			return coded("customer", nil, code, message)
		}
		return coded("customer", append(slices.Clone(root), field), code, message)
	}
	switch _, err := mail.ParseAddress(next.email); {
	case next.name == "" && next.phone == "" && next.email == "":
		return refuse("", "BLANK", "A name, phone number, or email address must be present")
	case next.email != "" && err != nil:
		return refuse("email", "INVALID", "Email is invalid")
	case next.phone != "" && (!strings.HasPrefix(next.phone, "+") || len(digits(next.phone)) < 8):
		return refuse("phone", "INVALID", "Phone is invalid")
	}
	for _, other := range s.customers {
		switch {
		case other.id == c.id:
		case next.email != "" && strings.EqualFold(other.email, next.email):
			return refuse("email", "TAKEN", "Email has already been taken")
		case next.phone != "" && other.phone == next.phone:
			return refuse("phone", "TAKEN", "Phone has already been taken")
		}
	}
	if tags, ok := input["tags"]; ok {
		next.tags = cleanTags(textList(tags))
	}
	*c = next
	return nil
}

func (s *shopify) customerUpdate(args map[string]any, _ string) (any, *fieldError) {
	input, _ := args["input"].(map[string]any)
	_, id, problem := gid(input["id"], "Customer")
	if problem != nil {
		return nil, problem
	}
	c := s.customer(id)
	if c == nil {
		return userErrors("customer", []string{"id"}, "Customer does not exist"), nil
	}
	if refused := s.setCustomer(c, input); refused != nil {
		return refused, nil
	}
	s.touchCustomer(c)
	return object{"customer": c.graph(s), "userErrors": []object{}}, nil
}

func (s *shopify) customerSet(args map[string]any, _ string) (any, *fieldError) {
	input, _ := args["input"].(map[string]any)
	identifier, _ := args["identifier"].(map[string]any)
	var c *customer
	for _, name := range []string{"email", "phone"} {
		value, given := identifier[name]
		if !given {
			continue
		}
		if input[name] != value {
			return coded("customer", []string{"input"}, "ID_NOT_ALLOWED", "The identifier value does not match the value of the corresponding field in the input."), nil
		}
		if i := slices.IndexFunc(s.customers, func(c *customer) bool {
			return name == "email" && strings.EqualFold(c.email, text(value)) || name == "phone" && c.phone == text(value)
		}); i >= 0 {
			c = s.customers[i]
		}
	}
	if given, ok := identifier["id"]; ok {
		_, id, problem := gid(given, "Customer")
		if problem != nil {
			return nil, problem
		}
		if c = s.customer(id); c == nil {
			return coded("customer", []string{"input"}, "NOT_FOUND", "Resource matching the identifier was not found."), nil
		}
	}
	fresh := c == nil
	if fresh {
		c = &customer{}
	}
	if refused := s.setCustomer(c, input, "input"); refused != nil {
		return refused, nil
	}
	if fresh {
		s.addCustomer(c)
	} else {
		s.touchCustomer(c)
	}
	return object{"customer": c.graph(s), "userErrors": []object{}}, nil
}

func (s *shopify) emailConsent(args map[string]any, _ string) (any, *fieldError) {
	return s.consent(args, "emailMarketingConsent", func(c *customer) (string, *string) { return c.email, &c.emailState })
}

func (s *shopify) smsConsent(args map[string]any, _ string) (any, *fieldError) {
	return s.consent(args, "smsMarketingConsent", func(c *customer) (string, *string) { return c.phone, &c.smsState })
}

func (s *shopify) consent(args map[string]any, field string, of func(*customer) (address string, state *string)) (any, *fieldError) {
	input, _ := args["input"].(map[string]any)
	_, id, problem := gid(input["customerId"], "Customer")
	if problem != nil {
		return nil, problem
	}
	c := s.customer(id)
	if c == nil {
		return coded("customer", []string{"input", "customerId"}, "INVALID", "Customer not found"), nil
	}
	given, _ := input[field].(map[string]any)
	address, state := of(c)
	switch wanted := text(given["marketingState"]); {
	case address == "":
		return coded("customer", []string{"input", field}, "INVALID", "The customer has no address for this consent"), nil
	case !slices.Contains([]string{"SUBSCRIBED", "UNSUBSCRIBED", "PENDING"}, wanted):
		return coded("customer", []string{"input", field, "marketingState"}, "INVALID", "Cannot specify "+wanted+" as a marketing state input"), nil
	default:
		*state = wanted
	}
	s.touchCustomer(c)
	return object{"customer": c.graph(s), "userErrors": []object{}}, nil
}
