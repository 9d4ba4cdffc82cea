package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// graphql runs a document and reads its data into out. Errors come in four layers, of which this looks at the first
// two, the HTTP status and the top-level errors; the third, userErrors, and the fourth, a payload that is null, belong
// to each mutation (see mutate).
func graphql(ctx context.Context, call *sdk.Call, document string, variables map[string]any, out any) error {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return fmt.Errorf("write the query: %w", err)
	}
	resp, err := call.HTTP.Do(ctx, sdk.HTTPRequest{
		Method: http.MethodPost, URL: "/graphql.json", Body: body, Header: http.Header{"Content-Type": {"application/json"}},
		Reads: strings.HasPrefix(document, "query"),
	})
	if err != nil {
		return err
	}
	if err := fromStatus(resp); err != nil {
		return err
	}
	var answer struct {
		Data       json.RawMessage `json:"data"`
		Errors     topLevel        `json:"errors"`
		Extensions struct {
			Cost cost `json:"cost"`
		} `json:"extensions"`
	}
	if err := resp.JSON(&answer); err != nil {
		return err
	}
	warnOfVersion(call, resp)
	if len(answer.Errors) > 0 { // data may be partly filled beside them, which is of no use
		return answer.Errors[0].failure(resp, answer.Extensions.Cost)
	}
	dec := json.NewDecoder(bytes.NewReader(answer.Data))
	dec.UseNumber()
	if err := dec.Decode(out); err != nil {
		return &sdk.Failure{Kind: protocol.Unknown, Source: protocol.FromProvider, Message: "Shopify's answer could not be read.", Detail: err.Error()}
	}
	return nil
}

// warnOfVersion tells of a retired version: Shopify answers with the oldest living one and says so in a header only.
func warnOfVersion(call *sdk.Call, resp *sdk.Response) {
	s, err := sdk.Settings[Settings](call)
	if answered := resp.Header.Get("X-Shopify-API-Version"); err == nil && answered != "" && answered != s.APIVersion {
		call.Log.Warn("Shopify answered with another API version: set a newer one", "asked", s.APIVersion, "answered", answered)
	}
}

// cost is what a query cost, of a bucket that fills at restoreRate points a second.
type cost struct {
	Requested float64 `json:"requestedQueryCost"`
	Throttle  struct {
		Available   float64 `json:"currentlyAvailable"`
		RestoreRate float64 `json:"restoreRate"`
	} `json:"throttleStatus"`
}

// wait is how long the bucket takes to hold enough for the same query.
func (c cost) wait() time.Duration {
	if c.Throttle.RestoreRate <= 0 {
		return 2 * time.Second
	}
	seconds := (c.Requested - c.Throttle.Available) / c.Throttle.RestoreRate
	return max(time.Duration(seconds*float64(time.Second)), time.Second)
}

// mutate runs a mutation with the one top-level field name, reads its payload into out and turns its userErrors into
// a failure. fields maps the last part of an error's path to our input's field.
func mutate(ctx context.Context, call *sdk.Call, document, name string, variables map[string]any, fields map[string]string, out any) error {
	var data map[string]json.RawMessage
	if err := graphql(ctx, call, document, variables, &data); err != nil {
		return err
	}
	var payload struct {
		UserErrors []userError `json:"userErrors"`
	}
	if string(data[name]) == "null" || json.Unmarshal(data[name], &payload) != nil {
		return silent()
	}
	if len(payload.UserErrors) > 0 {
		return payload.UserErrors[0].failure(fields)
	}
	return json.Unmarshal(data[name], out)
}

// silent is an answer that leaves the outcome of a change unknown.
func silent() error {
	return &sdk.Failure{Kind: protocol.Unknown, Source: protocol.FromProvider, Message: "Shopify did not say what became of the change."}
}

// decimal writes an amount as Shopify's Decimal.
func decimal(amount float64) string { return strconv.FormatFloat(amount, 'f', -1, 64) }
