// Package httpstep serves http steps: one request each, through the same way out and with the same failures as a
// connector's action. It is a connector that runs in the gateway itself, so that a step may use the credentials of any
// connection and no secret has to stand in a flow.
package httpstep

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Manifest is what connections of the kind look like: an address, and a header that holds a secret. It declares no action,
// because http steps have a form of their own.
var Manifest = protocol.Manifest{
	Name: flow.HTTPConnector, Title: "HTTP", Version: "1.0.0", Summary: "Any web service: its address, and a header that holds a secret.",
	Auth: protocol.Auth{
		Kind: protocol.AuthAPIKey, BaseURL: "{url}", Headers: []protocol.Header{{Name: "{header}", Value: "{value}"}},
		Fields: schema.Type{Kind: schema.Object, Fields: []schema.Field{
			{Name: "url", Label: "Address", Help: "Such as https://api.example.com/v1. The secret is sent to this host and to no other.", Type: schema.Type{Kind: schema.String}, Format: "url", Required: true},
			{Name: "header", Label: "Header", Help: "The header that holds the secret.", Type: schema.Type{Kind: schema.String}, Required: true, Default: json.RawMessage(`"Authorization"`)},
			{Name: "value", Label: "Value", Help: "All that the header holds, such as: Bearer abc123", Type: schema.Type{Kind: schema.String}, Secret: true, Required: true},
		}},
	},
}

// Connector serves http steps.
type Connector struct {
	Gateway protocol.Gateway
	// The rest of the interface is for operations that the manifest does not declare, and never called.
	protocol.Connector
}

// Describe returns Manifest.
func (c Connector) Describe(context.Context) (protocol.Manifest, error) { return Manifest, nil }

// CheckConnection asks the service for its address and takes any answer that does not refuse the secret.
func (c Connector) CheckConnection(ctx context.Context, call protocol.Call) (protocol.Identity, error) {
	resp, err := c.Gateway.Do(ctx, call.Ticket, protocol.HTTPRequest{Method: http.MethodGet, URL: "/"})
	if err != nil {
		return protocol.Identity{}, err
	}
	if resp.Status == http.StatusUnauthorized {
		return protocol.Identity{}, failed(flow.HTTPRequest{Method: http.MethodGet}, resp, true)
	}
	var settings struct{ URL string }
	_ = json.Unmarshal(call.Settings, &settings) // an object, as the gateway has checked
	u, err := url.Parse(settings.URL)
	if err != nil {
		return protocol.Identity{}, nil
	}
	return protocol.Identity{Label: u.Host}, nil
}

// Invoke makes the request.
func (c Connector) Invoke(ctx context.Context, in protocol.Invocation, _ func(protocol.LogLine)) (protocol.Result, error) {
	var r flow.HTTPRequest
	decoder := json.NewDecoder(bytes.NewReader(in.Input))
	decoder.UseNumber() // all their digits go on
	if err := decoder.Decode(&r); err != nil {
		return protocol.Result{}, invalid("The request can't be read: %v.", err)
	}
	request, err := build(r, in.IdempotencyKey)
	if err != nil {
		return protocol.Result{}, err
	}
	resp, err := c.Gateway.Do(ctx, in.Ticket, request)
	if err != nil {
		return protocol.Result{}, err
	}
	if (resp.Status < 200 || resp.Status > 299) && !slices.Contains(r.AcceptStatus, resp.Status) {
		return protocol.Result{}, failed(r, resp, in.ConnectionID != "")
	}
	output, err := read(resp)
	return protocol.Result{Output: output}, err
}

// build makes the request that leaves.
func build(r flow.HTTPRequest, key string) (protocol.HTTPRequest, error) {
	out := protocol.HTTPRequest{Method: r.Method, URL: r.URL, Header: map[string][]string{"Idempotency-Key": {key}}}
	query, err := values(r.Query)
	if err != nil {
		return out, err
	}
	if len(query) > 0 {
		sign := "?"
		if strings.Contains(out.URL, "?") {
			sign = "&"
		}
		out.URL += sign + query.Encode()
	}
	kind := ""
	switch {
	case r.JSON != nil:
		kind = "application/json"
		if out.Body, err = json.Marshal(r.JSON); err != nil {
			return out, invalid("The body is no JSON: %v.", err)
		}
	case r.Form != nil:
		kind = "application/x-www-form-urlencoded"
		form, err := values(r.Form)
		if err != nil {
			return out, err
		}
		out.Body = []byte(form.Encode())
	case r.Text != nil:
		kind, out.Body = "text/plain; charset=utf-8", []byte(*r.Text)
	}
	if kind != "" {
		out.Header["Content-Type"] = []string{kind}
	}
	for name, value := range r.Headers {
		text, err := expr.Text(value)
		if err != nil {
			return out, invalid("The header %s can't be written: %v.", name, err)
		}
		if strings.ContainsAny(text, "\r\n\x00") {
			return out, invalid("The value of the header %s holds a line break.", name)
		}
		if value != nil {
			out.Header[http.CanonicalHeaderKey(name)] = []string{text}
		}
	}
	return out, nil
}

// values writes parameters: a list as several of one name, null as none.
func values(in map[string]any) (url.Values, error) {
	out := url.Values{}
	for name, value := range in {
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, item := range list {
			if item == nil {
				continue
			}
			text, err := expr.Text(item)
			if err != nil {
				return nil, invalid("The value of %s can't be written: %v.", name, err)
			}
			out.Add(name, text)
		}
	}
	return out, nil
}

// maxBody bounds the body of an answer, in bytes: it is kept with the run.
const maxBody = 1 << 20

// read makes the step's output of an answer.
func read(resp protocol.HTTPResponse) (json.RawMessage, error) {
	if len(resp.Body) > maxBody {
		return nil, &protocol.Failure{
			Kind: protocol.Permanent, Source: protocol.FromProvider, Message: fmt.Sprintf("The answer has %d bytes, more than the %d there is room for.", len(resp.Body), maxBody),
		}
	}
	headers := map[string]string{}
	for name, all := range resp.Header {
		if name = strings.ToLower(name); len(all) > 0 && name != "set-cookie" {
			headers[name] = all[0]
		}
	}
	var body any
	switch kind, _, _ := mime.ParseMediaType(headers["content-type"]); {
	case len(bytes.TrimSpace(resp.Body)) == 0:
	case (kind == "application/json" || strings.HasSuffix(kind, "+json")) && json.Valid(resp.Body):
		body = json.RawMessage(resp.Body)
	default:
		body = strings.ReplaceAll(strings.ToValidUTF8(string(resp.Body), "\uFFFD"), "\x00", "\uFFFD")
	}
	return json.Marshal(map[string]any{"status": resp.Status, "headers": headers, "body": body})
}

// maxDetail bounds the service's own words in a failure, in bytes.
const maxDetail = 4 << 10

// failed reads an answer that the step does not take. Without a connection there are no credentials that somebody could
// renew, so a refusal is final.
func failed(r flow.HTTPRequest, resp protocol.HTTPResponse, connected bool) *protocol.Failure {
	f := &protocol.Failure{
		Kind: protocol.Permanent, Source: protocol.FromProvider, Message: fmt.Sprintf("The service answered %d %s.", resp.Status, http.StatusText(resp.Status)),
		Detail: strings.ToValidUTF8(string(resp.Body[:min(len(resp.Body), maxDetail)]), ""),
	}
	after, hasAfter := retryAfter(http.Header(resp.Header).Get("Retry-After"))
	switch s := resp.Status; {
	case s >= 300 && s < 400:
		f.Message += " A redirect is not followed; write the address that it leads to."
	case s == 400 || s == 422:
		f.Kind = protocol.Invalid
	case s == 401 && connected:
		f.Kind = protocol.Unauthorized
	case s == 429 || s == 503 && hasAfter:
		f.Kind, f.RetryAfter = protocol.RateLimited, after
	case s == 408 || s == 425 || s >= 500:
		f.Kind = protocol.Retryable
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			f.Kind = protocol.Unknown // it may have acted all the same
		}
	}
	return f
}

// retryAfter reads the header of that name: seconds or a date.
func retryAfter(header string) (time.Duration, bool) {
	if seconds, err := strconv.Atoi(header); err == nil && seconds >= 0 && seconds < 1e6 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(time.Until(at), 0), true
	}
	return 0, false
}

func invalid(format string, args ...any) *protocol.Failure {
	return &protocol.Failure{Kind: protocol.Invalid, Source: protocol.FromGateway, Message: fmt.Sprintf(format, args...)}
}
