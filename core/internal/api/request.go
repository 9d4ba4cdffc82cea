package api

import (
	"encoding/base64"
	"time"
	"unicode/utf8"

	"github.com/cordboard/cordboard/core/internal/inspect"
)

// Request is a webhook request that came, whether it was kept or not.
type Request struct {
	ID           string          `json:"id"`
	ConnectionID string          `json:"connection_id,omitempty" doc:"To whose address it came; left out if that was a flow's own."`
	Flow         string          `json:"flow,omitempty" doc:"To whose own address it came."`
	Connector    string          `json:"connector,omitempty"`
	Method       string          `json:"method"`
	Size         int             `json:"size" doc:"Of the body, in bytes."`
	DeliveryKey  string          `json:"delivery_key,omitempty" doc:"The same on every copy, as the sender calls it."`
	Verdict      inspect.Verdict `json:"verdict" enum:"received,read,failed,duplicate,bad_signature,too_old,bad_handshake,too_large,bad_encoding,malformed,overloaded" doc:"received: stored, still to be read. failed: it could not be read, nothing came of it. All after that: why it was not kept."`
	Failure      string          `json:"failure,omitempty" doc:"Why it could not be read."`
	Remote       string          `json:"remote,omitempty" doc:"The address that sent one that was not kept."`
	Skipped      int             `json:"skipped,omitempty" doc:"How many more were refused at this address since the one before, which were counted only."`
	ReceivedAt   time.Time       `json:"received_at"`
	ReadAt       *time.Time      `json:"read_at,omitempty"`
}

// RequestDetail is a webhook request as it came, with what came of it.
type RequestDetail struct {
	Request
	Query    map[string][]string `json:"query"`
	Header   map[string][]string `json:"header" doc:"Without Authorization, Cookie and what carried a token: that is not stored. Of a request that was not kept, what may be a secret is hidden and what is long is cut."`
	Body     string              `json:"body" doc:"Of a request that was not kept: its beginning. Of a duplicate: nothing, as the first is kept."`
	Encoding string              `json:"encoding" enum:"text,base64" doc:"Of body."`
	Events   []Event             `json:"events" doc:"That were new in it. None: all of it was known, or there was nothing to act on."`
	Runs     []Run               `json:"runs" doc:"That it started."`
	Messages []Message           `json:"messages" doc:"That it brought, with what became of them."`
}

// RequestOf shapes a request.
func RequestOf(r inspect.Request) Request {
	out := Request{ID: r.ID, ConnectionID: r.ConnectionID, Flow: r.FlowName, Connector: r.Connector, Method: r.Method, Size: r.Size,
		DeliveryKey: r.DeliveryKey, Verdict: r.Verdict(), Failure: r.Failure, Remote: r.Remote, Skipped: r.Skipped, ReceivedAt: r.ReceivedAt.UTC(), ReadAt: when(r.ParsedAt)}
	if r.FlowName != "" { // the id of the address is the secret part of it
		out.ConnectionID, out.Connector = "", ""
	}
	return out
}

// RequestDetailOf shapes a request with what came of it.
func RequestDetailOf(d inspect.RequestDetail) RequestDetail {
	out := RequestDetail{Request: RequestOf(d.Request), Query: d.Request.Query, Header: d.Request.Header, Body: string(d.Request.Body), Encoding: "text",
		Events: []Event{}, Runs: []Run{}, Messages: []Message{}}
	if !utf8.Valid(d.Request.Body) {
		out.Body, out.Encoding = base64.StdEncoding.EncodeToString(d.Request.Body), "base64"
	}
	for _, e := range d.Events {
		shaped := EventOf(e)
		if d.Request.FlowName != "" {
			shaped.ConnectionID = ""
		}
		out.Events = append(out.Events, shaped)
	}
	for _, r := range d.Runs {
		out.Runs = append(out.Runs, RunOf(r))
	}
	for _, m := range d.Messages {
		out.Messages = append(out.Messages, MessageOf(m))
	}
	return out
}
