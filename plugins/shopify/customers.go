package main

import (
	"context"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// CustomerSearch says who is looked for.
type CustomerSearch struct {
	Email string `json:"email" label:"E-mail" help:"Asked first." rule:"email"`
	Phone string `json:"phone" label:"Phone" help:"Asked when the e-mail finds nobody." rule:"phone"`
}

// CustomerFound is the customer, if there is one.
type CustomerFound struct {
	Found    bool           `json:"found" label:"Found"`
	Customer *FoundCustomer `json:"customer" label:"Customer" help:"Null when there is none."`
}

const customerByIdentifier = `query FindCustomer($identifier: CustomerIdentifierInput!) { customerByIdentifier(identifier: $identifier) ` + customerFields + ` }`

// The look-up by identifier is exact and up to date, which the search is not.
var findCustomer = sdk.Action[CustomerSearch, CustomerFound]{
	Name: "find_customer", Title: "Find a customer", Summary: "Looks for a customer by e-mail, then by phone.", Reads: true,
	Run: func(ctx context.Context, call *sdk.Call, in CustomerSearch) (CustomerFound, error) {
		if in.Email == "" && in.Phone == "" {
			return CustomerFound{}, sdk.Invalid("email", "or phone must be filled in")
		}
		for _, by := range []struct{ name, value string }{{"emailAddress", in.Email}, {"phoneNumber", compact(in.Phone)}} {
			if by.value == "" {
				continue
			}
			var found struct {
				Customer *FoundCustomer `json:"customerByIdentifier"`
			}
			if err := graphql(ctx, call, customerByIdentifier, map[string]any{"identifier": map[string]any{by.name: by.value}}, &found); err != nil {
				return CustomerFound{}, err
			}
			if found.Customer != nil {
				return CustomerFound{Found: true, Customer: found.Customer}, nil
			}
		}
		return CustomerFound{}, nil
	},
}

// compact takes what people put between the digits out of a phone number. Shopify keeps E.164.
func compact(phone string) string {
	return strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "").Replace(phone)
}

// CustomerRef names a customer.
type CustomerRef struct {
	CustomerID long `json:"customer_id" label:"Customer id" rule:"required,min=1"`
}

// CustomerTags are tags of a customer.
type CustomerTags struct {
	CustomerRef
	Tags []string `json:"tags" label:"Tags" help:"A comma within one splits it." rule:"required,min=1,max=250"`
}

var addCustomerTags = sdk.Action[CustomerTags, Tagged]{
	Name: "add_customer_tags", Title: "Tag a customer", Summary: "Adds tags to a customer.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in CustomerTags) (Tagged, error) {
		return retag(ctx, call, tagsAdd, "tagsAdd", in.CustomerID.gid("Customer"), "customer_id", in.Tags)
	},
}

// On customers, unlike on orders, removing has no regard to case.
var removeCustomerTags = sdk.Action[CustomerTags, Tagged]{
	Name: "remove_customer_tags", Title: "Untag a customer", Summary: "Takes tags off a customer.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in CustomerTags) (Tagged, error) {
		return retag(ctx, call, tagsRemove, "tagsRemove", in.CustomerID.gid("Customer"), "customer_id", in.Tags)
	},
}

// CustomerFields are what may be written to a customer; what is empty stays as it is. Tags have actions of their own,
// because writing them here would replace all.
type CustomerFields struct {
	FirstName string `json:"first_name,omitempty" label:"First name" rule:"max=255"`
	LastName  string `json:"last_name,omitempty" label:"Last name" rule:"max=255"`
	Locale    string `json:"locale,omitempty" label:"Language" help:"Such as it or pt-BR." rule:"max=10"`
	Note      string `json:"note,omitempty" label:"Note" help:"Replaces the one that is there." rule:"max=5000"`
}

// input writes the fields that are filled in by Shopify's names.
func (f CustomerFields) input() map[string]any {
	input := map[string]any{}
	for name, value := range map[string]string{"firstName": f.FirstName, "lastName": f.LastName, "locale": f.Locale, "note": f.Note} {
		if value != "" {
			input[name] = value
		}
	}
	return input
}

// ourNames maps Shopify's names of a customer's fields to ours.
var ourNames = map[string]string{
	"id": "customer_id", "customerId": "customer_id", "firstName": "first_name", "lastName": "last_name", "locale": "locale", "note": "note", "email": "email", "phone": "phone",
}

// CustomerChange is what is to change about a customer.
type CustomerChange struct {
	CustomerRef
	Email string `json:"email,omitempty" label:"E-mail" rule:"email"`
	Phone string `json:"phone,omitempty" label:"Phone" rule:"phone"`
	CustomerFields
}

const customerUpdate = `mutation UpdateCustomer($input: CustomerInput!) { customerUpdate(input: $input) { customer ` + customerFields + ` userErrors { field message } } }`

var updateCustomer = sdk.Action[CustomerChange, FoundCustomer]{
	Name: "update_customer", Title: "Update a customer", Summary: "Changes what is filled in about a customer.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in CustomerChange) (FoundCustomer, error) {
		input := in.input()
		if in.Email != "" {
			input["email"] = in.Email
		}
		if in.Phone != "" {
			input["phone"] = compact(in.Phone)
		}
		if len(input) == 0 {
			return FoundCustomer{}, sdk.Invalid("customer_id", "is all that is filled in: fill in what is to change")
		}
		input["id"] = in.CustomerID.gid("Customer")
		return writeCustomer(ctx, call, customerUpdate, "customerUpdate", map[string]any{"input": input})
	},
}

// NewCustomer is a customer who may be there already.
type NewCustomer struct {
	Email string `json:"email,omitempty" label:"E-mail" help:"Known customers are found by it; without it, by the phone." rule:"email"`
	Phone string `json:"phone,omitempty" label:"Phone" rule:"phone"`
	CustomerFields
}

const customerSet = `mutation SaveCustomer($input: CustomerSetInput!, $identifier: CustomerSetIdentifiers) { customerSet(input: $input, identifier: $identifier) { customer ` + customerFields + ` userErrors { field message code } } }`

// A phone number that another customer has is refused by Shopify, and is said to be so: taking it from them is for a
// person to decide.
var saveCustomer = sdk.Action[NewCustomer, FoundCustomer]{
	Name: "save_customer", Title: "Create or update a customer", Repeatable: true,
	Summary: "Changes the customer with this e-mail or phone, or creates one.",
	Run: func(ctx context.Context, call *sdk.Call, in NewCustomer) (FoundCustomer, error) {
		input, identifier := in.input(), map[string]any{}
		if in.Phone != "" {
			input["phone"] = compact(in.Phone)
			identifier = map[string]any{"phone": compact(in.Phone)}
		}
		if in.Email != "" {
			input["email"] = in.Email
			identifier = map[string]any{"email": in.Email}
		}
		if len(identifier) == 0 {
			return FoundCustomer{}, sdk.Invalid("email", "or phone must be filled in")
		}
		return writeCustomer(ctx, call, customerSet, "customerSet", map[string]any{"input": input, "identifier": identifier})
	},
}

func writeCustomer(ctx context.Context, call *sdk.Call, document, mutation string, variables map[string]any) (FoundCustomer, error) {
	var payload struct {
		Customer FoundCustomer `json:"customer"`
	}
	err := mutate(ctx, call, document, mutation, variables, ourNames, &payload)
	return payload.Customer, err
}

// NewConsent is what a person agreed to, or took back.
type NewConsent struct {
	CustomerRef
	Channel string `json:"channel" label:"Channel" help:"The customer needs an e-mail address or a phone number for it." rule:"required,oneof=email sms"`
	State   string `json:"state" label:"State" help:"pending: they were asked to confirm." rule:"required,oneof=subscribed unsubscribed pending"`
	OptIn   string `json:"opt_in" label:"How they agreed" help:"confirmed_opt_in: they confirmed it by a link." rule:"oneof=single_opt_in confirmed_opt_in unknown" default:"single_opt_in"`
}

const (
	emailConsent = `mutation SetEmailConsent($input: CustomerEmailMarketingConsentUpdateInput!) { customerEmailMarketingConsentUpdate(input: $input) { customer ` + customerFields + ` userErrors { field message code } } }`
	smsConsent   = `mutation SetSMSConsent($input: CustomerSmsMarketingConsentUpdateInput!) { customerSmsMarketingConsentUpdate(input: $input) { customer ` + customerFields + ` userErrors { field message code } } }`
)

var setConsent = sdk.Action[NewConsent, FoundCustomer]{
	Name: "set_marketing_consent", Title: "Set consent to marketing", Summary: "Notes that a customer agreed to get marketing, or took it back.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in NewConsent) (FoundCustomer, error) {
		consent := map[string]any{"marketingState": strings.ToUpper(in.State), "marketingOptInLevel": strings.ToUpper(in.OptIn)}
		input := map[string]any{"customerId": in.CustomerID.gid("Customer")}
		if in.Channel == "sms" {
			input["smsMarketingConsent"] = consent
			return writeCustomer(ctx, call, smsConsent, "customerSmsMarketingConsentUpdate", map[string]any{"input": input})
		}
		input["emailMarketingConsent"] = consent
		return writeCustomer(ctx, call, emailConsent, "customerEmailMarketingConsentUpdate", map[string]any{"input": input})
	},
}
