package sdk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

// Credentials is what a person fills in to connect a site.
type Credentials struct {
	Site string     `json:"site" label:"Site" help:"The part before .acmedesk.com." rule:"required,slug"`
	Key  sdk.Secret `json:"key" label:"API key" rule:"required"`
}

var deskAuth = sdk.APIKey[Credentials]{
	BaseURL: "https://{site}.acmedesk.com/api/v2",
	Header:  "X-Desk-Key: {key}", // filled in by the gateway; the connector never sees the key
	Check:   sdk.Get[Credentials, sdk.Identity]("/me"),
}

// Ticket is what every operation here yields.
type Ticket struct {
	ID      string    `json:"id" label:"Ticket number"`
	Subject string    `json:"subject" label:"Subject"`
	Opened  time.Time `json:"opened" label:"Opened"`
}

type NewTicket struct {
	Subject  string `json:"subject" label:"Subject" rule:"required,max=200"`
	Priority string `json:"priority" label:"Priority" rule:"oneof=low normal urgent" default:"normal"`
}

var createTicket = sdk.Action[NewTicket, Ticket]{
	Name: "create_ticket", Title: "Create ticket", Summary: "Opens a ticket.",
	Idempotent: true, // the desk honours Idempotency-Key, which the client sends
	Run:        sdk.Post[NewTicket, Ticket]("/tickets"),
}

type OpenedIn struct {
	Queue string `json:"queue" label:"Queue" options:"queues"`
}

var ticketOpened = sdk.Poll[OpenedIn, Ticket]{
	Name: "ticket_opened", Title: "Ticket opened", Every: 2 * time.Minute,
	Key:        func(t Ticket) string { return t.ID }, // the same ticket never starts two runs
	OccurredAt: func(t Ticket) time.Time { return t.Opened },
	Fetch: func(ctx context.Context, call *sdk.Call, in OpenedIn, since sdk.Cursor) (sdk.Page[Ticket], error) {
		var page sdk.Page[Ticket]
		err := call.HTTP.Get(ctx, "/tickets", url.Values{"queue": {in.Queue}, "after": {string(since)}}, &page)
		return page, err
	},
}

var ticketClosed = sdk.Webhook[sdk.None, Ticket]{Name: "ticket_closed", Title: "Ticket closed"}

var deskInbox = &sdk.Inbox{
	Verify: sdk.HMAC{Secret: "key", Header: "X-Desk-Signature"},
	Receive: func(_ context.Context, _ *sdk.Call, req sdk.Request) ([]sdk.Event, error) {
		var t Ticket
		if err := req.JSON(&t); err != nil {
			return nil, err
		}
		return []sdk.Event{ticketClosed.Event(t.ID, req.ReceivedAt, t)}, nil
	},
}

var desk = sdk.Connector{
	Name: "desk", Title: "Acme Desk", Version: "1.2.0", Summary: "Tickets and queues in Acme Desk.",
	Auth: deskAuth, Inbox: deskInbox,
	Actions:  sdk.Actions{createTicket},
	Triggers: sdk.Triggers{ticketOpened, ticketClosed},
	Options: sdk.Options{"queues": func(context.Context, *sdk.Call, sdk.OptionsQuery) (sdk.OptionsPage, error) {
		return sdk.OptionsPage{Options: []sdk.Option{{Value: "1", Label: "Support"}}}, nil
	}},
}

// A connector is a value; main hands it to Serve.
func ExampleConnector() {
	manifest, err := desk.Manifest()
	fmt.Println(manifest.Name, manifest.Version, manifest.Actions[0].Name, manifest.Actions[0].Repeat, err)
	// Output: desk 1.2.0 create_ticket idempotent <nil>
}

// An action is run with the gateway adding what the connector does not hold.
func ExampleAction() {
	manifest, _ := desk.Manifest()
	provider := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL, r.Header.Get("X-Desk-Key"), r.Header.Get("Idempotency-Key"))
		w.Write([]byte(`{"id":"7","subject":"Help"}`))
	})
	gateway := sdktest.NewGateway(manifest.Auth, json.RawMessage(`{"site":"bottega","key":"k3y"}`), provider)
	connector, _ := sdk.Protocol(desk, gateway)
	result, err := connector.Invoke(context.Background(), protocol.Invocation{
		Call:   protocol.Call{Ticket: sdktest.Ticket, IdempotencyKey: "run_1:open"},
		Action: "create_ticket", Input: json.RawMessage(`{"subject":"Help"}`),
	}, nil)
	fmt.Println(string(result.Output), err)
	// Output:
	// POST https://bottega.acmedesk.com/api/v2/tickets k3y run_1:open
	// {"id":"7","subject":"Help","opened":"0001-01-01T00:00:00Z"} <nil>
}

// What a step gives is checked against the input's tags before Run sees it.
func ExampleAction_invalid() {
	connector, _ := sdk.Protocol(desk, nil)
	_, err := connector.Invoke(context.Background(), protocol.Invocation{
		Action: "create_ticket", Input: json.RawMessage(`{"priority":"urgnt"}`),
	}, nil)
	fmt.Println(err)
	// Output: subject must be filled in; priority must be one of low, normal, urgent; did you mean "urgent"?
}

// Errors say what is to be done, not only what went wrong.
func ExampleRateLimited() {
	err := sdk.RateLimited(fmt.Errorf("the bucket is empty"), 6*time.Second)
	fmt.Println(err, err.(*sdk.Failure).RetryAfter)
	// Output: the bucket is empty 6s
}

// A secret prints as dots, whatever it is printed with.
func ExampleSecret() {
	var c Credentials
	_ = json.Unmarshal([]byte(`{"site":"bottega","key":"k3y"}`), &c)
	encoded, _ := json.Marshal(c)
	fmt.Printf("%v %+v %q %s\n", c.Key, c, c.Key, encoded)
	// Output: •••••• {Site:bottega Key:••••••} •••••• {"site":"bottega","key":"••••••"}
}
