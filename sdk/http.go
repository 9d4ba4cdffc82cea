package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// HTTP sends requests through the gateway, which adds what the connector's Auth declares. URLs may be relative to
// its BaseURL. Errors are classified by FromResponse; redirects are not followed.
type HTTP struct {
	gateway protocol.Gateway
	ticket  string
	repeat  protocol.Repeat
	key     string // sent as Idempotency-Key with writes, unless empty

	mu    sync.Mutex
	wrote bool // a write of this call took effect, so that repeating the call may do it twice
}

// HTTPRequest is a request for HTTP.Do.
type HTTPRequest struct {
	Method     string
	URL        string
	Header     http.Header
	Body       []byte
	Reads      bool // changes nothing although the method is not GET, as a search by POST
	Repeatable bool // writes, but the second time changes nothing more, as an upsert: the call may be repeated after it
}

// Response is an answer of any status.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	safe  bool // repeating the request, and the call it belongs to, does no harm
	dirty bool // repeating the call would repeat an earlier write
}

// Get reads an answer's JSON into out; query may be nil.
func (h *HTTP) Get(ctx context.Context, path string, query url.Values, out any) error {
	return h.send(ctx, HTTPRequest{Method: http.MethodGet, URL: withQuery(path, query)}, out)
}

// Post sends in as JSON, or no body when in is nil, and reads the answer's JSON into out, which may be nil.
func (h *HTTP) Post(ctx context.Context, path string, in, out any) error {
	return h.sendJSON(ctx, http.MethodPost, path, in, out)
}

// Put is Post with the method PUT.
func (h *HTTP) Put(ctx context.Context, path string, in, out any) error {
	return h.sendJSON(ctx, http.MethodPut, path, in, out)
}

// PostForm sends a form and reads the answer's JSON into out, which may be nil.
func (h *HTTP) PostForm(ctx context.Context, path string, form url.Values, out any) error {
	return h.send(ctx, HTTPRequest{
		Method: http.MethodPost, URL: path, Body: []byte(form.Encode()),
		Header: http.Header{"Content-Type": {formType}},
	}, out)
}

// PostXML sends in as an XML document and reads the answer's XML into out, which may be nil. Both are structs with xml tags, as
// encoding/xml wants them. For other methods make the request by hand, and read its answer with Response.XML.
func (h *HTTP) PostXML(ctx context.Context, path string, in, out any) error {
	body, err := xml.Marshal(in)
	if err != nil {
		return fmt.Errorf("write the request to %s: %w", path, err)
	}
	resp, err := h.Do(ctx, HTTPRequest{
		Method: http.MethodPost, URL: path, Body: append([]byte(xml.Header), body...),
		Header: http.Header{"Content-Type": {"application/xml; charset=utf-8"}, "Accept": {"application/xml"}},
	})
	if err != nil {
		return err
	}
	if err := FromResponse(resp); err != nil || out == nil {
		return err
	}
	return resp.XML(out)
}

// Delete deletes; out may be nil.
func (h *HTTP) Delete(ctx context.Context, path string, query url.Values, out any) error {
	return h.send(ctx, HTTPRequest{Method: http.MethodDelete, URL: withQuery(path, query)}, out)
}

func (h *HTTP) sendJSON(ctx context.Context, method, path string, in, out any) error {
	req := HTTPRequest{Method: method, URL: path}
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("write the request to %s: %w", path, err)
		}
		req.Body, req.Header = body, http.Header{"Content-Type": {"application/json"}}
	}
	return h.send(ctx, req, out)
}

func (h *HTTP) send(ctx context.Context, req HTTPRequest, out any) error {
	resp, err := h.Do(ctx, req)
	if err != nil {
		return err
	}
	if err := FromResponse(resp); err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	return resp.JSON(out)
}

// Do sends a request and returns an answer of any status, for providers whose errors need a closer look; end with
// FromResponse. The error is a failure to get an answer.
func (h *HTTP) Do(ctx context.Context, req HTTPRequest) (*Response, error) {
	reads := req.Reads || req.Method == http.MethodGet || req.Method == http.MethodHead
	header := http.Header{"Accept": {"application/json"}}
	for name, values := range req.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	if h.key != "" && !reads {
		header.Set("Idempotency-Key", h.key)
	}
	answer, err := h.gateway.Do(ctx, h.ticket, protocol.HTTPRequest{Method: req.Method, URL: req.URL, Header: header, Body: req.Body})
	if err != nil {
		return nil, h.settle(err)
	}
	resp := &Response{Status: answer.Status, Header: http.Header{}, Body: answer.Body}
	for name, values := range answer.Header {
		resp.Header[http.CanonicalHeaderKey(name)] = values
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	resp.dirty = h.dirty()
	harmless := reads || req.Repeatable
	resp.safe = h.repeat != protocol.RepeatOnce || harmless && !resp.dirty
	h.wrote = h.wrote || !harmless && resp.Status < 400
	return resp, nil
}

// dirty says that repeating this call would repeat a write that took effect. The caller holds mu.
func (h *HTTP) dirty() bool { return h.wrote && h.repeat == protocol.RepeatOnce }

// settle gives an error of the gateway its final kind: a request that was never sent may be tried again, but not when
// an earlier one of this call took effect.
func (h *HTTP) settle(err error) error {
	f := asFailure(err)
	if f == nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dirty() && (f.Kind == protocol.Retryable || f.Kind == protocol.RateLimited) {
		return wrap(protocol.Unknown, f)
	}
	return f
}

// JSON reads the body; numbers in values of type any stay exact. An answer that cannot be read leaves the outcome of
// a write unknown.
func (r *Response) JSON(v any) error {
	dec := json.NewDecoder(bytes.NewReader(r.Body))
	dec.UseNumber()
	return r.unreadable(dec.Decode(v))
}

// XML reads the body, which must be in UTF-8, as encoding/xml does. What cannot be read is as with JSON.
func (r *Response) XML(v any) error { return r.unreadable(xml.Unmarshal(r.Body, v)) }

// unreadable is what it means that an answer could not be read; nil if it could.
func (r *Response) unreadable(err error) error {
	if err == nil {
		return nil
	}
	f := &Failure{
		Kind: protocol.Unknown, Source: protocol.FromProvider, Message: "The provider's answer could not be read.",
		Detail: cut(err.Error()+": "+string(r.Body), maxDetail),
	}
	if r.safe {
		f.Kind = protocol.Retryable
	}
	return f
}

func withQuery(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + query.Encode()
}

func asFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return nil
}
