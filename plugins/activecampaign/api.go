package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// do makes one request of the API. Error bodies come in three shapes, "{}", {"message"} and {"errors":[…]}, and a
// few operations answer 200 with {"succeeded":0}.
func do(ctx context.Context, call *sdk.Call, method, path string, in, out any) error {
	settings, err := sdk.Settings[Settings](call)
	if err != nil {
		return err
	}
	// Saving a contact twice saves it once, so that what comes after it may still be tried again.
	req := sdk.HTTPRequest{Method: method, URL: path, Header: http.Header{"Api-Token": {settings.Key.Handle()}}, Repeatable: path == contactSync}
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("write the request: %w", err)
		}
		req.Body = body
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := call.HTTP.Do(ctx, req)
	if err == nil && forbidden(resp) { // now and then for no reason, under load
		resp, err = call.HTTP.Do(ctx, req)
	}
	if err != nil {
		return err
	}
	if err := sdk.FromResponse(resp); err != nil {
		return explain(err, resp)
	}
	if err := refused(resp.Body); err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	return resp.JSON(out)
}

// forbidden says that the key may not do this. There are also answers with 403 that mean something else.
func forbidden(resp *sdk.Response) bool {
	text := message(resp.Body)
	return resp.Status == http.StatusForbidden && !strings.Contains(text, "No Result found") && !strings.Contains(text, "Could not create")
}

// explain gives a failure ActiveCampaign's own words.
func explain(err error, resp *sdk.Response) error {
	f, ok := err.(*sdk.Failure)
	if !ok {
		return err
	}
	if text := message(resp.Body); text != "" {
		f.Message = "ActiveCampaign: " + text
	}
	if resp.Status == http.StatusPaymentRequired {
		f.Kind = protocol.Unauthorized
	}
	return f
}

// message finds the words in an error's body.
func message(body []byte) string {
	var answer struct {
		Message string `json:"message"`
		Errors  []struct {
			Title  string `json:"title"`
			Detail string `json:"detail"`
		} `json:"errors"`
	}
	_ = json.Unmarshal(body, &answer) // a page or another shape has no words for us
	if answer.Message == "" && len(answer.Errors) > 0 {
		if answer.Message = answer.Errors[0].Detail; answer.Message == "" {
			answer.Message = answer.Errors[0].Title
		}
	}
	return answer.Message
}

// refused finds a refusal in an answer of status 200; nil when there is none.
func refused(body []byte) error {
	var answer struct {
		Succeeded json.Number `json:"succeeded"`
		Message   string      `json:"message"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Succeeded != "0" {
		return nil
	}
	return &sdk.Failure{Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "ActiveCampaign: " + answer.Message}
}

// gone turns the failure to delete what is not there into a success. The status does not tell: some objects answer
// 404, others a 403 that has nothing to do with permissions, but the words are the same.
func gone(err error) error {
	if f, ok := err.(*sdk.Failure); ok && f.Source == protocol.FromProvider && strings.Contains(f.Message, "No Result found") {
		return nil
	}
	return err
}

// id is an object's id: a string in answers, sometimes a number.
type id string

func (i *id) UnmarshalJSON(data []byte) error {
	*i = id(strings.Trim(string(data), `"`))
	if *i == "null" {
		*i = ""
	}
	return nil
}
