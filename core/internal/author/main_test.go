package author

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
	"github.com/cordboard/cordboard/sdk/wire"
)

// TestMain makes the test binary play two parts: the tests, and connectors whose file name says what is wrong with
// them.
func TestMain(m *testing.M) {
	if os.Getenv(wire.Handshake.MagicCookieKey) == "" {
		os.Exit(m.Run())
	}
	name := filepath.Base(os.Args[0])
	if name == "quitter" {
		fmt.Fprintln(os.Stderr, "no, thank you")
		os.Exit(7)
	}
	if name == "misdeclared" {
		sdk.Serve(sdk.Connector{Name: name, Title: "T", Version: "1.0.0", Actions: sdk.Actions{sdk.Action[person, ticket]{Name: "a", Title: "A"}}})
	}
	wire.Serve(func(gateway protocol.Gateway) protocol.Connector {
		desk.Name = name
		sound, err := sdk.Protocol(desk, gateway)
		if err != nil {
			panic(err)
		}
		return &spoilt{Connector: sound, name: name, gateway: gateway}
	})
}

// put copies the test binary to where a connector of that name can be checked.
func put(t *testing.T, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	syscall.ForkLock.RLock() // a process that another test begins meanwhile would hold it open, and nobody could run it
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, raw, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

type credentials struct {
	Key sdk.Secret `json:"key" label:"API key" rule:"required"`
}

type newTicket struct {
	Subject  string   `json:"subject" label:"Subject" help:"What it is about." rule:"required,max=200"`
	Priority string   `json:"priority" label:"Priority" rule:"oneof=low normal" default:"normal"`
	Tags     []string `json:"tags" label:"Tags"`
}

type ticket struct {
	ID string `json:"id" label:"Ticket number"`
}

type person struct {
	Name string `json:"name" label:"Name" rule:"required"`
}

type greeting struct {
	Text string `json:"text" label:"Text" rule:"required"`
}

var opened = sdk.Webhook[sdk.None, ticket]{Name: "ticket_opened", Title: "Ticket opened", Summary: "Somebody opened a ticket."}

// desk conforms.
var desk = sdk.Connector{
	Title: "Acme Desk", Version: "1.2.0", Summary: "Tickets in Acme Desk.",
	Auth: sdk.APIKey[credentials]{BaseURL: "https://api.example.com", Header: "X-Key: {key}", Check: sdk.Get[credentials, sdk.Identity]("/me")},
	Inbox: &sdk.Inbox{Verify: sdk.HMAC{Secret: "key", Header: "X-Signature"}, Receive: func(_ context.Context, _ *sdk.Call, req sdk.Request) ([]sdk.Event, error) {
		var t ticket
		if err := req.JSON(&t); err != nil {
			return nil, err
		}
		return []sdk.Event{opened.Event(t.ID, req.ReceivedAt, t)}, nil
	}},
	Actions: sdk.Actions{
		sdk.Action[newTicket, ticket]{Name: "create_ticket", Title: "Create ticket", Summary: "Opens a ticket.", Idempotent: true, Run: sdk.Post[newTicket, ticket]("/tickets")},
		sdk.Action[person, greeting]{Name: "greet", Title: "Greet", Summary: "Writes a greeting.", Reads: true,
			Run: func(_ context.Context, _ *sdk.Call, in person) (greeting, error) {
				return greeting{"Hello, " + in.Name}, nil
			}},
	},
	Triggers: sdk.Triggers{opened, sdk.Poll[person, ticket]{
		Name: "ticket_closed", Title: "Ticket closed", Summary: "A ticket was closed.", Every: time.Minute,
		Key: func(t ticket) string { return t.ID }, OccurredAt: func(ticket) time.Time { return time.Unix(0, 0) },
		Fetch: func(ctx context.Context, call *sdk.Call, _ person, _ sdk.Cursor) (page sdk.Page[ticket], err error) {
			return page, call.HTTP.Get(ctx, "/tickets", nil, &page)
		},
	}},
}

// spoilt is the desk with one fault, which its name says.
type spoilt struct {
	protocol.Connector
	name    string
	gateway protocol.Gateway
	mu      sync.Mutex
	asked   int
}

func (s *spoilt) Describe(ctx context.Context) (protocol.Manifest, error) {
	m, err := s.Connector.Describe(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	switch s.name {
	case "renamed":
		m.Name = "other"
	case "untold":
		m.Actions[0].Summary = ""
	case "unlabelled":
		m.Actions[0].Input.Fields[0].Label = ""
	case "shapeless":
		m.Actions[0].Input = schema.Type{Kind: schema.String}
	case "fickle":
		m.Summary = time.Now().String()
	case "unsound":
		m.Actions[0].Output = schema.Type{Kind: schema.List}
	case "dialler":
		m.Direct = "Speaks SMTP."
	case "idle":
		m.Actions, m.Triggers = nil, nil
	}
	return m, err
}

func (s *spoilt) CheckConnection(ctx context.Context, call protocol.Call) (protocol.Identity, error) {
	if s.name == "trusting" {
		return protocol.Identity{ID: "1"}, nil
	}
	return s.Connector.CheckConnection(ctx, call)
}

// post asks the provider, whatever the input.
func (s *spoilt) post(ctx context.Context, call protocol.Call) protocol.HTTPResponse {
	answer, err := s.gateway.Do(ctx, call.Ticket, protocol.HTTPRequest{Method: "POST", URL: "/tickets", Body: []byte("{}")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return answer
}

func (s *spoilt) Invoke(ctx context.Context, in protocol.Invocation, log func(protocol.LogLine)) (protocol.Result, error) {
	done := protocol.Result{Output: json.RawMessage(`{"id":"1"}`)}
	switch s.name {
	case "credulous":
		s.post(ctx, in.Call)
		return done, nil
	case "gossip":
		log(protocol.LogLine{Level: "info", Message: string(in.Settings)})
	case "blabber":
		fmt.Fprintln(os.Stderr, string(in.Settings))
	case "deaf":
		ctx = context.WithoutCancel(ctx)
	case "tardy":
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < time.Second {
			ctx = context.WithoutCancel(ctx)
		}
	case "serial":
		s.mu.Lock()
		defer s.mu.Unlock()
	case "crasher":
		if answer := s.post(ctx, in.Call); !json.Valid(answer.Body) {
			os.Exit(3)
		}
	case "compliant":
		if in.Action == "no_such_action" {
			return done, nil
		}
	case "fibber":
		if in.Action == "greet" && strings.Contains(string(in.Input), `"name":"`) {
			return protocol.Result{Output: json.RawMessage(`{"text":7}`)}, nil
		}
	}
	if in.Action == "create_ticket" && s.name == "stray" {
		_, err := s.gateway.Do(ctx, in.Ticket, protocol.HTTPRequest{Method: "GET", URL: "https://elsewhere.example.com/tickets"})
		return done, err
	}
	if in.Action == "create_ticket" && s.name == "runaway" {
		return done, &protocol.Failure{Kind: protocol.Retryable, Message: "Get https://api.example.com: dial tcp: lookup api.example.com: no such host"}
	}
	result, err := s.Connector.Invoke(ctx, in, log)
	if f := failure(err); f != nil && s.name == "vague" {
		f.Field = ""
	}
	if f := failure(err); f != nil && s.name == "blunt" {
		f.Kind = protocol.Permanent
	}
	return result, err
}

func (s *spoilt) Fetch(ctx context.Context, in protocol.FetchRequest) (protocol.Page, error) {
	page := func(cursor string, more bool, keys ...string) protocol.Page {
		p := protocol.Page{Cursor: cursor, More: more}
		for i, key := range keys {
			p.Events = append(p.Events, protocol.Event{Key: key, Trigger: in.Trigger, Data: json.RawMessage(fmt.Sprintf(`{"id":"%d"}`, i))})
		}
		return p
	}
	wellAsked := strings.Contains(string(in.Input), `"name":"`) && !strings.Contains(string(in.Input), `"name":""`) && strings.Count(string(in.Input), ":") == 1
	switch {
	case !wellAsked:
	case s.name == "forgetful":
		return page("", false, "1"), nil
	case s.name == "restless":
		return page("next", false, fmt.Sprint(time.Now().UnixNano())), nil
	case s.name == "spinner":
		return page("next", true), nil
	case s.name == "merger":
		return page("next", false, "1", "1"), nil
	case s.name == "keyless":
		return page("next", false, ""), nil
	case s.name == "stutterer" && in.Cursor != "":
		return page(in.Cursor+"+", false, fmt.Sprint(time.Now().UnixNano())), nil
	case s.name == "stutterer":
		return page("next", false), nil
	}
	return s.Connector.Fetch(ctx, in)
}

func (s *spoilt) Receive(ctx context.Context, in protocol.Webhook) ([]protocol.Event, error) {
	events, err := s.Connector.Receive(ctx, in)
	switch f := failure(err); {
	case f != nil && s.name == "stubborn":
		f.Kind = protocol.Retryable
	case f != nil && s.name == "hoarder":
		return []protocol.Event{{Key: "1", Trigger: "ticket_opened"}}, nil
	case s.name == "panicker":
		return nil, io.ErrUnexpectedEOF
	}
	return events, err
}
