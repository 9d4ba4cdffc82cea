package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/client"
)

type waitCmd struct {
	Create waitCreateCmd `cmd:"" help:"Wait for a contact's answer without a flow."`
	List   waitListCmd   `cmd:"" help:"List waits, newest first."`
	Show   waitShowCmd   `cmd:"" help:"Tell how a wait stands."`
	Reply  waitReplyCmd  `cmd:"" help:"Answer for the contact."`
}

type waitCreateCmd struct {
	remote
	Connection string     `required:"" help:"The connection on which the answer comes." placeholder:"NAME"`
	Phone      string     `help:"Whose answer: a phone number with its country code."`
	Email      string     `help:"Likewise: an e-mail address."`
	Contact    string     `help:"Likewise: the id of a contact." placeholder:"ID"`
	Terms      string     `required:"" help:"What a customer_response step may say: a JSON object." placeholder:"JSON"`
	Ask        string     `help:"The action that sends the question first, such as whatsapp.send_text." placeholder:"ACTION"`
	Input      string     `default:"{}" help:"Of that action: a JSON object." placeholder:"JSON"`
	AskedAt    *time.Time `help:"When you asked, if you did before this: an answer from since then counts. At most 24 hours ago." placeholder:"2026-12-01T18:00:00Z"`
	Reference  string     `help:"Your own name for it, which comes back."`
	Data       string     `default:"{}" help:"What comes back likewise: a JSON object." placeholder:"JSON"`
	Key        string     `help:"Asking again with the same key begins nothing and finds the first wait."`
}

// Help implements kong.HelpProvider.
func (waitCreateCmd) Help() string {
	return "Example:\n  cordboard wait create --connection=wa --phone=+34600111222 --terms='{\"within\":\"2h\"}' --reference=ticket-42" + tokenHelp
}

// Run implements the command.
func (c *waitCreateCmd) Run(ctx context.Context, p *Program) error {
	for name, text := range map[string]string{"terms": c.Terms, "input": c.Input, "data": c.Data} {
		if !json.Valid([]byte(text)) {
			return usagef("--%s: this is not JSON; write an object such as '{\"within\":\"2h\"}'", name)
		}
	}
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	in := api.RentWait{
		Contact: api.RentContact{ID: c.Contact, StartContact: api.StartContact{Phone: c.Phone, Email: c.Email}}, Connection: c.Connection,
		AskedAt: c.AskedAt, Terms: json.RawMessage(c.Terms), Reference: c.Reference, Data: json.RawMessage(c.Data),
	}
	if c.Ask != "" {
		in.Ask = &api.RentQuestion{Action: c.Ask, Input: json.RawMessage(c.Input)}
	}
	rented, body, err := answer[api.RentedWait](gateway.CreateWaitWithBody(ctx, &client.CreateWaitParams{IdempotencyKey: some(c.Key)}, asJSON, written(in)))
	if err != nil {
		return err
	}
	return c.print(p, body, renderRented(rented))
}

func renderRented(r api.RentedWait) string {
	text := ""
	switch {
	case r.Wait != nil:
		text = renderWait(*r.Wait)
	case r.Failure != nil:
		text = fmt.Sprintf("There is no wait: %s\n", clean(r.Failure.Message))
	case r.Reason != "":
		text = fmt.Sprintf("There is no wait: %s\n", clean(r.Reason))
	default:
		text = "The question is still being sent.\n"
	}
	return text + fmt.Sprintf("See it with: cordboard run show %s\n", r.RunID)
}

type waitListCmd struct {
	remote
	State   string `help:"Only waits that are: open, replied, no_response, invalid, undelivered or cancelled."`
	Contact string `help:"Only waits for this contact." placeholder:"ID"`
	Limit   int    `default:"50" help:"How many at most, up to 200."`
	After   string `help:"Begin after this wait, as the list before says." placeholder:"ID"`
}

// Help implements kong.HelpProvider.
func (waitListCmd) Help() string {
	return "Example:\n  cordboard wait list --state=open" + tokenHelp
}

// Run implements the command.
func (c *waitListCmd) Run(ctx context.Context, p *Program) error {
	return printList(p, c.remote, renderWaits, func(gateway *client.Client) (*http.Response, error) {
		return gateway.ListWaits(ctx, &client.ListWaitsParams{
			Limit: some(int64(c.Limit)), After: some(c.After), State: some(client.ListWaitsParamsState(c.State)), Contact: some(c.Contact),
		})
	})
}

func renderWaits(l api.List[api.Wait]) string {
	var rows [][]string
	for _, w := range l.Items {
		rows = append(rows, []string{w.ID, w.State, w.ContactID, stamp(w.OpenedAt), stamp(w.Deadline), stampOf(w.ClosedAt), w.ClaimedBy, w.RunID})
	}
	return table([]string{"WAIT", "STATE", "CONTACT", "OPENED", "DEADLINE", "CLOSED", "BY", "RUN"}, rows) + more(l)
}

type waitShowCmd struct {
	remote
	ID string `arg:"" help:"The wait's id."`
}

// Help implements kong.HelpProvider.
func (waitShowCmd) Help() string {
	return "Example:\n  cordboard wait show wait_06H0FM370M8KAR7HFZ6RAECGD8" + tokenHelp
}

// Run implements the command.
func (c *waitShowCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	w, body, err := answer[api.Wait](gateway.GetWait(ctx, c.ID))
	if err != nil {
		return err
	}
	return c.print(p, body, renderWait(w))
}

type waitReplyCmd struct {
	remote
	ID      string `arg:"" help:"The wait's id."`
	Text    string `help:"What the contact would have written."`
	Payload string `help:"Of the button or list entry that they would have chosen."`
	Key     string `help:"Answering again with the same key gets the first result."`
}

// Help implements kong.HelpProvider.
func (waitReplyCmd) Help() string {
	return "The run goes on as if the contact had said it.\n\nExample:\n  cordboard wait reply wait_06H0FM370M8KAR7HFZ6RAECGD8 --text=yes" + tokenHelp
}

// Run implements the command.
func (c *waitReplyCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	w, body, err := answer[api.Wait](gateway.AnswerWaitWithBody(ctx, c.ID, &client.AnswerWaitParams{IdempotencyKey: some(c.Key)}, asJSON, written(api.Answer{Text: c.Text, Payload: c.Payload})))
	if err != nil {
		return err
	}
	return c.print(p, body, renderWait(w))
}
