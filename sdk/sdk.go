// Package sdk is what a connector's author writes with: a connector is a value that reads like a table, with
// functions only where the provider forces code.
//
// Input and output types are tagged structs (see schema.Of): they are the form in the console, the documentation
// and the validation at once. Connectors keep no state and hold no secret; their HTTP leaves through the gateway,
// which puts secrets in.
package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
	"github.com/cordboard/cordboard/sdk/wire"
)

// Version of this SDK, named in each manifest.
const Version = "0.1.0"

// Words of the contract that authors use as they stand.
type (
	// Identity names whose account a connection opens.
	Identity = protocol.Identity
	// Contact is the person an event is about.
	Contact = protocol.Contact
	// Message is something said in a conversation.
	Message = protocol.Message
	// Media is a file in a message.
	Media = protocol.Media
	// Status is news of a message that was sent.
	Status = protocol.Status
	// Failure is a problem that is an answer; see Invalid, Retryable and the others.
	Failure = protocol.Failure
	// Subscription is what a provider gave us for a webhook.
	Subscription = protocol.Subscription
	// Challenge answers a provider's GET handshake.
	Challenge = protocol.Challenge
	// Option is one entry of a dropdown.
	Option = protocol.Option
	// Open in a struct says that its JSON may carry more than is declared.
	Open = schema.Open
	// Duration reads as "2h" in JSON.
	Duration = schema.Span
)

// None is the input or output of an operation that has none.
type None struct{}

// Connector is one outside service: how to connect, what it does, what it learns.
type Connector struct {
	Name    string // lower case, such as "whatsapp"
	Title   string
	Version string // semantic: a removal or a new required field is major, other additions are minor
	Summary string

	Auth Auth // nil: NoAuth
	// Direct says why the connector must dial by itself, past the gateway, such as "Speaks SMTP to the connection's server.".
	// An administrator reads it and has to allow it; until then no call is made. Such a connector is handed its secrets
	// (see Secret.Reveal) and may reach whatever the machine reaches. Empty: all leaves through Call.HTTP.
	Direct string

	Inbox    *Inbox // nil: receives no webhooks
	Actions  Actions
	Triggers Triggers
	Options  Options // loaders of dropdowns and entries, by the name in the tags options and entries
}

// Func does one operation: an action's Run, or the check of a connection with its settings as input. Errors are
// best made with Invalid, Retryable and their like; any other error leaves the outcome unknown.
type Func[In, Out any] func(ctx context.Context, call *Call, in In) (Out, error)

// Options fill dropdowns: each loader answers with what matches. The tag options of a text names the loader of its dropdown; the tag
// entries of a list or a map of texts names the one that says which entries there are to fill in, such as the places of a template
// that was chosen in the same form: the form then has a field for each, labelled as the option is. An option's Value is the key of
// a map's entry; the entries of a list stand in the order of the options.
type Options map[string]func(ctx context.Context, call *Call, query OptionsQuery) (OptionsPage, error)

// OptionsQuery asks for the entries of a dropdown, or of a list or a map.
type OptionsQuery struct {
	Search string          // what the person typed
	Cursor Cursor          // where to read on
	Input  json.RawMessage // the form's other fields, as far as filled in
}

// OptionsPage is a page of options; an empty Next ends the list.
type OptionsPage struct {
	Options []Option
	Next    Cursor
}

// Serve runs the connector as a plugin process until the gateway ends it. A connector that does not hold together
// is explained on stderr, and the process exits with code 2.
func Serve(c Connector) {
	if _, err := c.Manifest(); err != nil {
		fmt.Fprintf(os.Stderr, "connector %s:\n%v\n", c.Name, err)
		os.Exit(2)
	}
	wire.Serve(func(gateway protocol.Gateway) protocol.Connector {
		connector, err := Protocol(c, gateway)
		if err != nil {
			panic(err) // the manifest was sound a moment ago
		}
		return connector
	})
}
