// Command echo is the connector for tests: it echoes, sleeps, panics, floods logs and fails in every kind on request,
// and its webhooks can play a whole conversation without a vendor.
package main

import (
	"os"
	"path/filepath"

	"github.com/cordboard/cordboard/sdk"
)

// neighbour is the name of a file under which it is a second connector, for measurements of two beside each other.
const neighbour = "neighbour"

func main() {
	if filepath.Base(os.Args[0]) == neighbour {
		connector.Name = neighbour
	}
	sdk.Serve(connector)
}

var connector = sdk.Connector{
	Name: "echo", Title: "Echo", Version: "1.0.0", Summary: "Answers with what it is given. For tests and first steps.",
	Auth:     sdk.NoAuth[Settings]{BaseURL: "{base_url}"},
	Inbox:    inbox,
	Actions:  sdk.Actions{echo, record, note, say, sleep, fail, big, flood, garbage, hang, panics, exit},
	Triggers: sdk.Triggers{pinged, listed, queued},
	Options:  sdk.Options{"queues": listQueues},
}

// Settings is what a person fills in to connect.
type Settings struct {
	Secret  sdk.Secret `json:"secret" label:"Webhook secret" help:"Key of the HMAC-SHA256 in X-Echo-Signature." rule:"generate"`
	BaseURL string     `json:"base_url" label:"Listener" help:"Where record and say tell what they did; nowhere when empty." rule:"url,strip=/"`
}
