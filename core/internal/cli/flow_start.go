package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/client"
)

type flowStartCmd struct {
	remote
	Name  string `arg:"" help:"The flow's name."`
	Phone string `help:"Whom the run is about, where the flow finds nobody in the data: a phone number with its country code."`
	Email string `help:"Likewise: an e-mail address."`
	As    string `help:"Likewise: a name." placeholder:"NAME"`
	Data  string `default:"{}" help:"What the flow reads as event: a JSON object." placeholder:"JSON"`
	Key   string `help:"Starting again with the same key begins nothing and finds the first run."`
}

// Help implements kong.HelpProvider.
func (flowStartCmd) Help() string {
	return "Example:\n  cordboard flow start verify-purchase --phone=+34600111222 --data='{\"name\":\"#1001\"}'" + tokenHelp
}

// Run implements the command.
func (c *flowStartCmd) Run(ctx context.Context, p *Program) error {
	if !json.Valid([]byte(c.Data)) {
		return usagef("--data: this is not JSON; write an object such as '{\"name\":\"#1001\"}'")
	}
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	start := api.Start{Data: json.RawMessage(c.Data)}
	if who := (api.StartContact{Phone: c.Phone, Email: c.Email, Name: c.As}); who != (api.StartContact{}) {
		start.Contact = &who
	}
	started, body, err := answer[api.StartedRuns](gateway.StartFlowWithBody(ctx, c.Name, &client.StartFlowParams{IdempotencyKey: some(c.Key)}, asJSON, written(start)))
	if err != nil {
		return err
	}
	text := ""
	for _, r := range started.Runs {
		text += r.RunID + " has begun.\n"
		if !r.Fresh {
			text = r.RunID + " had begun before with this key.\n"
		}
	}
	return c.print(p, body, text+fmt.Sprintf("See it with: cordboard run show %s\n", started.Runs[0].RunID))
}
