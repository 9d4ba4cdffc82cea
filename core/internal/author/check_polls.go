package author

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/cordboard/cordboard/sdk/conformance"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// trigger examines a poll, and a webhook that is asked for as well; what webhooks do otherwise is examined together.
func (c *checker) trigger(t protocol.Trigger) {
	if t.Kind != protocol.TriggerPoll && t.Every == 0 {
		return
	}
	c.part = "trigger " + t.Name
	input, answer, sampled := encode(example(t.Input, required)), "{}", false
	if c.samples != nil {
		var given json.RawMessage
		if given, answer, sampled = c.samples.Poll(t.Name); len(problems(t.Input, given, t.Name)) == 0 {
			input = given
		} else if sampled {
			c.that("its sample is right", "Correct the input under triggers in the file of samples.", problems(t.Input, given, t.Name)...)
		}
	}
	fetch := func(input json.RawMessage, cursor string, page *protocol.Page) call {
		return func(ctx context.Context, p *probe) (err error) {
			*page, err = p.program.connector.Fetch(ctx, protocol.FetchRequest{Call: p.call(), Trigger: t.Name, Input: input, Cursor: cursor})
			return err
		}
	}
	reading := func(input json.RawMessage) call { return fetch(input, "", new(protocol.Page)) }
	c.wrong(t.Input, input, reading)
	c.answers(reading(input))
	c.hosts()
	found, err := conformance.Polled(t, sampled, func(cursor string) (page protocol.Page, err error) {
		_, err = c.ask(conformance.Answer(http.StatusOK, answer), fetch(input, cursor, &page))
		return page, err
	})
	const claim = "reading it again misses nothing and repeats nothing"
	switch {
	case strings.Contains(c.broke(err), "its event"): // which the gateway's host refuses
		c.that(claim, conformance.PollRemedy, c.broke(err))
	case c.broke(err) != "":
		c.that(claim, brokenRemedy, c.broke(err))
	case err != nil && sampled:
		c.that(claim, "Correct the answer under triggers in the file of samples, or read it.", "the sample's answer gives "+outcome(err))
	case err != nil:
		c.skip(claim, "an empty answer gives "+outcome(err)+"; write one that the provider might give under triggers in the file of samples")
	default:
		c.that(claim, conformance.PollRemedy, found...)
	}
}
