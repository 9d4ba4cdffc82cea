package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/cordboard/cordboard/sdk"
)

// get reads from the Graph API.
func get(ctx context.Context, call *sdk.Call, path string, query url.Values, out any) error {
	return do(ctx, call, sdk.HTTPRequest{Method: http.MethodGet, URL: path + "?" + query.Encode()}, out)
}

// send writes to the Graph API with a JSON body; in may be nil.
func send(ctx context.Context, call *sdk.Call, method, path string, in, out any) error {
	req := sdk.HTTPRequest{Method: method, URL: path}
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("write the request: %w", err)
		}
		req.Body, req.Header = body, http.Header{"Content-Type": {"application/json"}}
	}
	return do(ctx, call, req, out)
}

func do(ctx context.Context, call *sdk.Call, req sdk.HTTPRequest, out any) error {
	resp, err := call.HTTP.Do(ctx, req)
	if err != nil {
		return err
	}
	if resp.Status >= 400 {
		return classify(resp)
	}
	return resp.JSON(out)
}
