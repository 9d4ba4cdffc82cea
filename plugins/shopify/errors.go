package main

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// fromStatus reads the HTTP status: the table of the SDK, and what only Shopify uses.
func fromStatus(resp *sdk.Response) error {
	err := sdk.FromResponse(resp)
	switch resp.Status {
	case 402:
		return say(sdk.Unauthorized(err), "The shop is frozen: its owner has to settle the bill with Shopify.")
	case 404:
		return say(err, "Shopify does not know this shop, or not this API version.")
	case 423:
		return say(sdk.RateLimited(err, time.Hour), "The shop is locked.")
	case 430: // a security block of Shopify, not the ordinary limit
		return say(sdk.RateLimited(err, 10*time.Minute), "Shopify blocks requests from here for a while.")
	}
	if resp.Status >= 300 && resp.Status < 400 {
		return &sdk.Failure{
			Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "The shop has another name now: connect it again with that.",
			Detail: resp.Header.Get("Location"),
		}
	}
	return err
}

// say gives a failure a message for people.
func say(err error, message string) error {
	if f, ok := err.(*sdk.Failure); ok {
		f.Message = message
	}
	return err
}

// topLevel are the errors beside data: usually a list, in rare cases a string or an object.
type topLevel []topLevelError

type topLevelError struct {
	Message    string `json:"message"`
	Extensions struct {
		Code           string `json:"code"`
		RequiredAccess string `json:"requiredAccess"`
	} `json:"extensions"`
}

func (t *topLevel) UnmarshalJSON(data []byte) error {
	var list []topLevelError
	if json.Unmarshal(data, &list) == nil {
		*t = list
		return nil
	}
	var text string
	if json.Unmarshal(data, &text) != nil {
		text = string(data)
	}
	*t = topLevel{{Message: text}}
	return nil
}

// failure reads an error by its code. Whether an internal error may be tried again depends on what was asked, as with
// a status of 500.
func (e topLevelError) failure(resp *sdk.Response, c cost) error {
	f := &sdk.Failure{
		Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "Shopify refused the request: " + e.Message,
		Detail: strings.TrimSpace(e.Extensions.Code + " " + e.Extensions.RequiredAccess),
	}
	switch e.Extensions.Code {
	case "THROTTLED":
		f.Kind, f.RetryAfter, f.Message = protocol.RateLimited, c.wait(), "Shopify asks to slow down."
	case "INTERNAL_SERVER_ERROR", "TIMEOUT":
		broken := *resp
		broken.Status = 500
		if broke, ok := sdk.FromResponse(&broken).(*sdk.Failure); ok {
			f.Kind = broke.Kind
		}
	case "ACCESS_DENIED": // a scope is missing, or protected customer data is not approved
		f.Kind = protocol.Unauthorized
	case "SHOP_INACTIVE":
		f.Kind, f.Message = protocol.Unauthorized, "The shop is closed."
	case "RESOURCE_NOT_FOUND", "INVALID_VARIABLE":
		f.Kind = protocol.Invalid
	}
	return f
}

// userError says why a mutation did nothing. Plain ones have no code; indexes in the path are strings.
type userError struct {
	Field   []string `json:"field"` // may be null
	Message string   `json:"message"`
	Code    string   `json:"code"`
}

func (e userError) failure(fields map[string]string) error {
	if strings.Contains(e.Message, "being processed") {
		return sdk.Retryable(errors.New(e.Message))
	}
	f := &sdk.Failure{Kind: protocol.Invalid, Source: protocol.FromProvider, Message: e.Message, Detail: strings.TrimSpace(strings.Join(e.Field, ".") + " " + e.Code)}
	for _, part := range e.Field {
		if ours, ok := fields[part]; ok {
			f.Field = ours
		}
	}
	return f
}
