package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Call is one call of an operation: on whose behalf it is made, its settings, its way out and its log.
type Call struct {
	HTTP *HTTP        // leaves through the gateway
	Log  *slog.Logger // lines belong to this attempt; secrets are taken out

	ConnectionID   string
	RunID          string
	StepID         string
	Attempt        int    // from 1
	IdempotencyKey string // the same for every attempt of one step of one run

	settings func() json.RawMessage   // made when they are asked for: many calls need only the gateway's way out
	scrub    func() *strings.Replacer // likewise, for what leaves as text
}

// Settings reads the connection's settings into the struct that the connector's Auth declares.
func Settings[C any](call *Call) (C, error) {
	var c C
	if err := json.Unmarshal(call.settings(), &c); err != nil {
		return c, &Failure{
			Kind: protocol.Unauthorized, Message: "The connection's settings could not be read.", Detail: err.Error(), Source: protocol.FromGateway,
		}
	}
	return c, nil
}

// newCall prepares a call. log may be nil: lines then go nowhere.
func newCall(in protocol.Call, auth protocol.Auth, gateway protocol.Gateway, log func(protocol.LogLine)) *Call {
	settings := in.Settings
	if len(settings) == 0 {
		settings = json.RawMessage("{}")
	}
	call := &Call{
		ConnectionID: in.ConnectionID, RunID: in.RunID, StepID: in.StepID, Attempt: in.Attempt, IdempotencyKey: in.IdempotencyKey,
		HTTP:     &HTTP{gateway: gateway, ticket: in.Ticket, repeat: protocol.RepeatOnce},
		settings: sync.OnceValue(func() json.RawMessage { return auth.Fields.Normalize(settings) }),
		scrub:    sync.OnceValue(func() *strings.Replacer { return scrubber(auth, settings) }),
		Log:      slog.New(slog.DiscardHandler),
	}
	if log != nil {
		call.Log = slog.New(&lineHandler{emit: func(l protocol.LogLine) {
			l.Message = call.scrub().Replace(l.Message)
			log(l)
		}})
	}
	return call
}

// scrubber replaces the secrets' handles by dots.
func scrubber(auth protocol.Auth, settings json.RawMessage) *strings.Replacer {
	var pairs []string
	values := auth.Values(settings)
	for _, f := range auth.Fields.Fields {
		if handle := values[f.Name]; f.Secret && handle != "" {
			pairs = append(pairs, handle, dots)
		}
	}
	return strings.NewReplacer(pairs...)
}

// lineHandler writes log records as lines: the message, then key=value.
type lineHandler struct {
	emit  func(protocol.LogLine)
	group string // with a dot at its end
	attrs string // with a blank at its start
}

func (h *lineHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	message := r.Message + h.attrs
	r.Attrs(func(a slog.Attr) bool {
		message += h.format(a)
		return true
	})
	h.emit(protocol.LogLine{Level: strings.ToLower(r.Level.String()), Message: message})
	return nil
}

func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	for _, a := range attrs {
		next.attrs += h.format(a)
	}
	return &next
}

func (h *lineHandler) WithGroup(name string) slog.Handler {
	next := *h
	next.group += name + "."
	return &next
}

func (h *lineHandler) format(a slog.Attr) string {
	return fmt.Sprintf(" %s%s=%v", h.group, a.Key, a.Value.Resolve())
}
