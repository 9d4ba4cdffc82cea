package main

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// Filling is a value for a custom field of a contact.
type Filling struct {
	Email  string   `json:"email" label:"E-mail" rule:"required,email"`
	Field  string   `json:"field" label:"Field" help:"Its number, its tag such as COLOUR, or its title." rule:"required" options:"fields"`
	Value  string   `json:"value" label:"Value" help:"Dates as 2026-11-25. Empty takes the value away."`
	Values []string `json:"values,omitempty" label:"Values" help:"Instead of one value, for fields that hold several."`
}

// Filled is the value that a field has now.
type Filled struct {
	ContactID string `json:"contact_id" label:"Contact id"`
	FieldID   string `json:"field_id" label:"Field id"`
	Value     string `json:"value" label:"Value"`
}

// ActiveCampaign keeps one value for each contact and field, so that setting twice sets once.
var setField = sdk.Action[Filling, Filled]{
	Name: "set_field", Title: "Set a custom field", Summary: "Writes a value to a custom field; makes the contact where it is missing.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in Filling) (Filled, error) {
		if in.Value != "" && len(in.Values) > 0 {
			return Filled{}, sdk.Invalid("values", "must be empty where a value is filled in")
		}
		field, err := findField(ctx, call, in.Field)
		if err != nil {
			return Filled{}, err
		}
		if field == nil {
			return Filled{}, sdk.Invalid("field", "is not a custom field of this account")
		}
		contactID, err := ensureContact(ctx, call, in.Email)
		if err != nil {
			return Filled{}, err
		}
		value, err := field.encode(in.Value, in.Values)
		if err != nil {
			return Filled{}, err
		}
		var answer struct {
			Value struct {
				Value string `json:"value"`
			} `json:"fieldValue"`
		}
		body := map[string]any{"fieldValue": map[string]any{"contact": contactID, "field": field.ID, "value": value}}
		err = do(ctx, call, http.MethodPost, "/fieldValues", body, &answer)
		return Filled{string(contactID), string(field.ID), answer.Value.Value}, err
	},
}

// fieldRow is a custom field.
type fieldRow struct {
	ID    id     `json:"id"`
	Title string `json:"title"`
	Tag   string `json:"perstag"`
	Type  string `json:"type"`
}

// several are the types whose values stand between double bars, one value too.
var several = []string{"multiselect", "listbox", "checkbox"}

func (f fieldRow) encode(value string, values []string) (string, error) {
	if !slices.Contains(several, f.Type) {
		if len(values) > 0 {
			return "", sdk.Invalid("values", "must be empty: "+f.Title+" holds one value")
		}
		return value, nil
	}
	if value != "" && !strings.HasPrefix(value, "||") {
		values = []string{value}
	}
	if len(values) == 0 {
		return value, nil
	}
	return "||" + strings.Join(values, "||") + "||", nil
}

func isNumber(name string) bool {
	_, err := strconv.ParseUint(name, 10, 64)
	return err == nil
}

// findField finds a field by number, tag or title; nil when there is none. What is of digits is a number, even where a
// tag is of digits too.
func findField(ctx context.Context, call *sdk.Call, name string) (*fieldRow, error) {
	byNumber := isNumber(name)
	for page := range maxPages {
		rows, err := fieldPage(ctx, call, page*pageSize)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		for _, row := range rows {
			tag := strings.Trim(name, "%") // as it stands in a mail: %COLOUR%
			if byNumber && string(row.ID) == name || !byNumber && (strings.EqualFold(row.Tag, tag) || strings.EqualFold(row.Title, name)) {
				return &row, nil
			}
		}
	}
	return nil, nil
}

func fieldPage(ctx context.Context, call *sdk.Call, offset int) ([]fieldRow, error) {
	var answer struct {
		Fields []fieldRow `json:"fields"`
	}
	query := url.Values{"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}
	err := do(ctx, call, http.MethodGet, "/fields?"+query.Encode(), nil, &answer)
	return answer.Fields, err
}
