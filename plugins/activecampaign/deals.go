package main

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// DealFields are what may be written to a deal; what is empty stays as it is.
type DealFields struct {
	Value       string            `json:"value,omitempty" label:"Value" help:"A decimal number, such as 49.90."`
	Currency    string            `json:"currency,omitempty" label:"Currency" help:"Such as EUR. Needed with a value of a new deal." rule:"min=3,max=3"`
	PipelineID  string            `json:"pipeline_id,omitempty" label:"Pipeline" rule:"digits" options:"pipelines"`
	StageID     string            `json:"stage_id,omitempty" label:"Stage" rule:"digits" options:"stages"`
	OwnerID     string            `json:"owner_id,omitempty" label:"Owner" help:"Empty where the pipeline chooses." rule:"digits" options:"users"`
	Status      string            `json:"status,omitempty" label:"Status" rule:"oneof=open won lost"`
	Description string            `json:"description,omitempty" label:"Description"`
	Fields      map[string]string `json:"fields,omitempty" label:"Custom fields" help:"Values by the number of the deal's field."`
}

// NewDeal is a chance to sell something.
type NewDeal struct {
	Title string `json:"title" label:"Title" rule:"required,max=255"`
	Email string `json:"email" label:"Contact's e-mail" help:"The contact is made where it is missing." rule:"required,email"`
	DealFields
}

// DealChange is what is to change about a deal.
type DealChange struct {
	DealID string `json:"deal_id" label:"Deal id" rule:"required,digits"`
	Title  string `json:"title,omitempty" label:"Title" rule:"max=255"`
	DealFields
}

// DealRef names a deal.
type DealRef struct {
	DealID string `json:"deal_id" label:"Deal id" rule:"required,digits"`
}

// Deal is a deal as ActiveCampaign has it now.
type Deal struct {
	ID          string `json:"id" label:"Deal id"`
	Title       string `json:"title" label:"Title"`
	Value       string `json:"value" label:"Value" help:"A decimal number as text."`
	Currency    string `json:"currency" label:"Currency"`
	Status      string `json:"status" label:"Status" help:"open, won or lost."`
	PipelineID  string `json:"pipeline_id" label:"Pipeline id"`
	StageID     string `json:"stage_id" label:"Stage id"`
	OwnerID     string `json:"owner_id" label:"Owner id"`
	ContactID   string `json:"contact_id" label:"Contact id"`
	Description string `json:"description" label:"Description"`
}

// dealRow is a deal as the API reads it; its value is in minor units.
type dealRow struct {
	ID          id     `json:"id"`
	Title       string `json:"title"`
	Value       id     `json:"value"`
	Currency    string `json:"currency"`
	Status      id     `json:"status"`
	Group       id     `json:"group"`
	Stage       id     `json:"stage"`
	Owner       id     `json:"owner"`
	Contact     id     `json:"contact"`
	Description string `json:"description"`
	Disabled    bool   `json:"isDisabled"` // the key's user may not see it
}

var dealStatuses = []string{"open", "won", "lost"}

func (r dealRow) deal() Deal {
	status := ""
	for i, word := range dealStatuses {
		if string(r.Status) == string(rune('0'+i)) {
			status = word
		}
	}
	return Deal{
		ID: string(r.ID), Title: r.Title, Value: fromMinor(string(r.Value), r.Currency), Currency: strings.ToUpper(r.Currency), Status: status,
		PipelineID: string(r.Group), StageID: string(r.Stage), OwnerID: string(r.Owner), ContactID: string(r.Contact), Description: r.Description,
	}
}

// put writes the fields by ActiveCampaign's names. The currency says how many decimals a value has.
func (f DealFields) put(deal map[string]any, currency string) error {
	if f.Value != "" {
		if currency == "" {
			return sdk.Invalid("currency", "must be filled in with a value")
		}
		value, err := toMinor(f.Value, currency)
		if err != nil {
			return err
		}
		deal["value"], deal["currency"] = value, strings.ToLower(currency)
	} else if f.Currency != "" {
		deal["currency"] = strings.ToLower(f.Currency)
	}
	for name, value := range map[string]string{"group": f.PipelineID, "stage": f.StageID, "owner": f.OwnerID, "description": f.Description} {
		if value != "" {
			deal[name] = value
		}
	}
	if i := slices.Index(dealStatuses, f.Status); i >= 0 {
		deal["status"] = i
	}
	var fields []map[string]string
	for _, number := range slices.Sorted(maps.Keys(f.Fields)) {
		fields = append(fields, map[string]string{"customFieldId": number, "fieldValue": f.Fields[number]})
	}
	if fields != nil {
		deal["fields"] = fields
	}
	return nil
}

// ActiveCampaign has no key against doubles, so a deal is never made again by itself. When a person tries again what has
// no known outcome, a deal of that title and contact is the one of the first try.
var createDeal = sdk.Action[NewDeal, Deal]{
	Name: "create_deal", Title: "Create a deal", Summary: "Opens a deal for a contact.",
	Run: func(ctx context.Context, call *sdk.Call, in NewDeal) (Deal, error) {
		if in.PipelineID == "" && in.StageID == "" {
			return Deal{}, sdk.Invalid("pipeline_id", "or stage_id must be filled in")
		}
		deal := map[string]any{"title": in.Title, "value": 0, "currency": "usd", "status": 0} // without a value the currency says nothing, but it is wanted
		if err := in.put(deal, in.Currency); err != nil {
			return Deal{}, err
		}
		contactID, err := ensureContact(ctx, call, in.Email)
		if err != nil {
			return Deal{}, err
		}
		if call.Attempt > 1 {
			found, err := findDeal(ctx, call, in.Title, contactID)
			if err != nil || found != nil {
				return found.orNone(), err
			}
		}
		deal["contact"] = contactID
		var answer struct {
			Deal dealRow `json:"deal"`
		}
		if err := do(ctx, call, http.MethodPost, "/deals", map[string]any{"deal": deal}, &answer); err != nil {
			return Deal{}, atField(err)
		}
		if answer.Deal.ID == "" {
			return Deal{}, unnamed("deal")
		}
		return answer.Deal.deal(), nil
	},
}

func (r *dealRow) orNone() Deal {
	if r == nil {
		return Deal{}
	}
	return r.deal()
}

// findDeal returns the deal of a contact with exactly this title, or nil. The filter may be wider than asked.
func findDeal(ctx context.Context, call *sdk.Call, title string, contactID id) (*dealRow, error) {
	var answer struct {
		Deals []dealRow `json:"deals"`
	}
	query := url.Values{"filters[search]": {title}, "filters[search_field]": {"title"}, "orders[cdate]": {"DESC"}, "limit": {"100"}}
	if err := do(ctx, call, http.MethodGet, "/deals?"+query.Encode(), nil, &answer); err != nil {
		return nil, err
	}
	for _, row := range answer.Deals {
		if row.Title == title && row.Contact == contactID {
			return &row, nil
		}
	}
	return nil, nil
}

var updateDeal = sdk.Action[DealChange, Deal]{
	Name: "update_deal", Title: "Update a deal", Summary: "Changes what is filled in about a deal: its stage, its status, its value.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in DealChange) (Deal, error) {
		currency := in.Currency
		if in.Value != "" && currency == "" {
			found, err := readDeal(ctx, call, in.DealID)
			if err != nil {
				return Deal{}, err
			}
			currency = found.Currency
		}
		deal := map[string]any{}
		if err := in.put(deal, currency); err != nil {
			return Deal{}, err
		}
		if in.Title != "" {
			deal["title"] = in.Title
		}
		if len(deal) == 0 {
			return Deal{}, sdk.Invalid("deal_id", "is all that is filled in: fill in what is to change")
		}
		var answer struct {
			Deal dealRow `json:"deal"`
		}
		err := do(ctx, call, http.MethodPut, "/deals/"+url.PathEscape(in.DealID), map[string]any{"deal": deal}, &answer)
		if err != nil {
			return Deal{}, missing(atField(err), "deal_id", "is not a deal of this account")
		}
		return answer.Deal.deal(), nil
	},
}

var getDeal = sdk.Action[DealRef, Deal]{
	Name: "get_deal", Title: "Get a deal", Summary: "Reads a deal as it is now.", Reads: true,
	Run: func(ctx context.Context, call *sdk.Call, in DealRef) (Deal, error) {
		found, err := readDeal(ctx, call, in.DealID)
		return found.orNone(), err
	},
}

func readDeal(ctx context.Context, call *sdk.Call, number string) (*dealRow, error) {
	var answer struct {
		Deal *dealRow `json:"deal"`
	}
	err := do(ctx, call, http.MethodGet, "/deals/"+url.PathEscape(number), nil, &answer)
	switch {
	case err != nil:
		return nil, missing(err, "deal_id", "is not a deal of this account")
	case answer.Deal == nil || answer.Deal.ID == "":
		return nil, unnamed("deal")
	case answer.Deal.Disabled:
		return nil, &sdk.Failure{
			Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "The user of this API key may not see the pipeline of this deal.",
		}
	}
	return answer.Deal, nil
}

// dealFieldNames maps the pointers in ActiveCampaign's errors to our fields.
var dealFieldNames = map[string]string{
	"title": "title", "value": "value", "currency": "currency", "group": "pipeline_id", "stage": "stage_id", "owner": "owner_id", "contact": "email", "status": "status",
}

// atField names our field in a failure whose pointer names ActiveCampaign's.
func atField(err error) error {
	f, ok := err.(*sdk.Failure)
	if !ok || f.Kind != protocol.Invalid {
		return err
	}
	for theirs, ours := range dealFieldNames {
		if strings.Contains(f.Detail, `/data/attributes/`+theirs+`"`) {
			f.Field = ours
		}
	}
	return f
}
