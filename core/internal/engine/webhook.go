package engine

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
)

// WebhookConnector is the connector of requests that came to a flow's own address: none.
const WebhookConnector = "webhook"

// fromHook makes an event of a request to a flow's own address. Its sender's name for the delivery is the event's key;
// without one each request is an event of its own.
func fromHook(req Request) (event.Event, error) {
	data, err := json.Marshal(map[string]any{
		"method": req.Method, "query": firsts(req.Query, func(name string) string { return name }),
		"headers": firsts(req.Header, strings.ToLower), "body": readBody(req),
	})
	if err != nil {
		return event.Event{}, err
	}
	key := req.DeliveryKey
	if key == "" {
		key = req.ID
	}
	return event.Event{
		ID: id.New("evt"), WorkspaceID: req.WorkspaceID, ConnectionID: req.ConnectionID, RequestID: req.ID, Type: flow.Webhook,
		Key: key, ReceivedAt: req.ReceivedAt, Data: data, Origin: sentBy(req),
	}, nil
}

// sentBy reads from a request how many runs led to it, if an http step of a gateway sent it; nil if none did.
func sentBy(req Request) *event.Origin {
	hops, err := strconv.Atoi(http.Header(req.Header).Get(event.HopsHeader))
	if err != nil || hops < 1 {
		return nil
	}
	return &event.Origin{Hops: min(hops, event.MaxHops+1)}
}

func firsts(values map[string][]string, name func(string) string) map[string]string {
	out := make(map[string]string, len(values))
	for n, all := range values {
		if len(all) > 0 {
			out[name(n)] = all[0]
		}
	}
	return out
}

// readBody reads a body as what its sender calls it: JSON with its numbers whole, a form as an object, anything else as
// text. JSON that is not called so is JSON all the same, as many senders forget to say it.
func readBody(req Request) any {
	kind, _, _ := mime.ParseMediaType(firsts(req.Header, strings.ToLower)["content-type"])
	if kind == "application/x-www-form-urlencoded" {
		if form, err := url.ParseQuery(string(req.Body)); err == nil {
			return firsts(form, func(name string) string { return name })
		}
	}
	body := bytes.ToValidUTF8(req.Body, []byte("\uFFFD")) // also within JSON, where the decoder takes any byte
	switch value := bytes.TrimSpace(body); {
	case len(value) == 0:
		return nil
	case json.Valid(value):
		return json.RawMessage(value)
	}
	return string(body)
}
