package author

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/sdk/conformance"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// What to do about a claim that failed, where several claims share it.
const (
	brokenRemedy  = "Catch what goes wrong and answer with a Failure in an OK reply, whose message is a sentence for a person; an exception that leaves the call, or ends the process, tells nobody what to do."
	secretRemedy  = "Leave settings and requests out of errors and log lines, or take the secrets' handles out of them."
	invalidRemedy = "Check the input against the schema before anything is sent, and answer with a Failure of kind invalid whose field is the path of the input field."
)

// call makes one call of the program with a provider behind it.
type call func(ctx context.Context, p *probe) error

// ask makes a call and returns what came of it.
func (c *checker) ask(provider http.Handler, do call) (*probe, error) {
	ctx, cancel := c.within()
	defer cancel()
	p := c.program.probe(c.settings, provider)
	err := do(ctx, p)
	c.undeclared = append(c.undeclared, p.gateway.Undeclared()...)
	if f := failure(err); f != nil && c.program.manifest.Direct == "" && dials.MatchString(f.Message+" "+f.Detail) {
		c.undeclared = append(c.undeclared, "the network by itself ("+f.Message+")")
	}
	return p, err
}

// dials is what libraries say that find no network.
var dials = regexp.MustCompile(`dial tcp|dial udp|no such host|ENOTFOUND|EAI_AGAIN|ENETUNREACH|ECONNREFUSED|Name or service not known|Temporary failure in name resolution|Network is unreachable`)

// hosts files the claim about where the requests of a part go.
func (c *checker) hosts() {
	var found []string
	for _, host := range slices.Compact(slices.Sorted(slices.Values(c.undeclared))) {
		found = append(found, "it asks "+host)
	}
	c.undeclared = nil
	c.that("it asks declared hosts only, through the gateway",
		"Begin an address with / for the base URL, add other hosts to the hosts of Auth, and send requests through the gateway: in Go by Call.HTTP, elsewhere by Gateway.Do.", found...)
}

// broke says how a call broke down instead of being answered; empty if it was answered.
func (c *checker) broke(err error) string {
	switch f := failure(err); {
	case err == nil:
		return ""
	case f == nil:
		return err.Error()
	case strings.HasPrefix(f.Message, "Connector "+c.program.name+": "), strings.Contains(f.Message, "panicked"):
		return strings.TrimSpace(f.Message + " " + f.Detail)
	case strings.TrimSpace(f.Message) == "":
		return fmt.Sprintf("the failure of kind %s has no message", f.Kind)
	}
	return ""
}

// connection examines the call behind "Test connection".
func (c *checker) connection() {
	c.part = "connection"
	check := func(ctx context.Context, p *probe) error {
		_, err := p.program.connector.CheckConnection(ctx, p.call())
		return err
	}
	c.answers(check)
	c.hosts()
	p, err := c.ask(conformance.Answer(http.StatusUnauthorized, "{}"), check)
	const claim = "a provider that refuses the credentials makes it unauthorized"
	switch f := failure(err); {
	case len(p.gateway.Requests()) == 0 && len(c.program.manifest.Auth.Headers) == 0 && c.program.manifest.Auth.Kind != protocol.AuthBasic:
		c.skip(claim, "it asks the provider nothing")
	case len(p.gateway.Requests()) == 0:
		c.that(claim, "Ask the provider for something that wants the credentials, such as whose account it is.", "it asks the provider nothing, so a wrong key passes")
	case f == nil || f.Kind != protocol.Unauthorized:
		c.that(claim, "Answer with a Failure of kind unauthorized when the provider's status is 401.", "a 401 gives "+outcome(err))
	default:
		c.that(claim, "")
	}
}

// outcome names what came of a call.
func outcome(err error) string {
	switch f := failure(err); {
	case err == nil:
		return "a success"
	case f == nil:
		return err.Error()
	default:
		return fmt.Sprintf("%s (%s)", f.Kind, f.Message)
	}
}

// answers makes a call against providers that answer as no provider should, and against one that echoes.
func (c *checker) answers(do call) {
	var broken, leaked []string
	for _, body := range conformance.OddAnswers {
		if _, err := c.ask(conformance.Answer(http.StatusOK, body), do); c.broke(err) != "" {
			broken = append(broken, fmt.Sprintf("%q: %s", body, c.broke(err)))
		}
	}
	for _, status := range conformance.EchoStatuses {
		p, err := c.ask(conformance.Echo(status), do)
		for _, field := range p.gateway.Leaks(p.said(err)) {
			leaked = append(leaked, fmt.Sprintf("%s is in what it says about a %d", field, status))
		}
	}
	c.that("answers that it does not expect do no harm", brokenRemedy, broken...)
	c.that("secrets stay out of errors and log lines", secretRemedy, leaked...)
}

// wrong makes a call with inputs that the schema does not allow.
func (c *checker) wrong(t schema.Type, right json.RawMessage, do func(input json.RawMessage) call) {
	const claim = "a wrong input is refused, naming the field"
	inputs := wrongInputs(t, right)
	if len(inputs) == 0 {
		c.skip(claim, "the schema allows every input")
		return
	}
	var found []string
	for _, w := range inputs {
		p, err := c.ask(conformance.Answer(http.StatusOK, "{}"), do(w.input))
		f := failure(err)
		switch {
		case f == nil || f.Kind != protocol.Invalid:
			found = append(found, fmt.Sprintf("%s gives %s", w.what, outcome(err)))
		case !slices.Contains(w.fields, root(f.Field)):
			found = append(found, fmt.Sprintf("%s names the field %q, not %s", w.what, f.Field, strings.Join(w.fields, " or ")))
		}
		if n := len(p.gateway.Requests()); n > 0 {
			found = append(found, fmt.Sprintf("%s is sent to the provider all the same", w.what))
		}
	}
	c.that(claim, invalidRemedy, found...)
}

// root is the first part of a path.
func root(path string) string {
	if i := strings.IndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return path
}

// action examines one action.
func (c *checker) action(a protocol.Action) {
	c.part = "action " + a.Name
	input := encode(example(a.Input, required))
	if c.samples != nil {
		sample, ok := c.samples.Actions[a.Name]
		switch {
		case ok && string(sample) == "null":
			c.skip("it conforms", "the samples say that it must not run")
			return
		case ok:
			c.that("its sample is right", "Correct the input in the file of samples.", problems(a.Input, sample, a.Name)...)
			input = sample
		}
	}
	run := func(input json.RawMessage) call {
		return func(ctx context.Context, p *probe) error {
			_, err := p.invoke(ctx, a.Name, input)
			return err
		}
	}
	c.wrong(a.Input, input, run)
	c.answers(run(input))
	c.hosts()
	var result protocol.Result
	p, err := c.ask(conformance.Answer(http.StatusTeapot, ""), func(ctx context.Context, p *probe) (err error) {
		result, err = p.invoke(ctx, a.Name, input)
		return err
	})
	if len(p.gateway.Requests()) > 0 {
		c.statuses(a, run(input))
		c.ending(run(input))
		return
	}
	c.alone(a, result, err)
}

// alone examines an action that asks the provider nothing: its output, then, is a real one.
func (c *checker) alone(a protocol.Action, result protocol.Result, err error) {
	const claim = "its output is as it says"
	switch f := failure(err); {
	case f != nil && f.Kind == protocol.Invalid && c.samples == nil:
		c.skip(claim, "it refuses the input that was made up for it ("+f.Message+"); give one that is right with --samples")
		return
	case c.broke(err) != "":
		c.that(claim, brokenRemedy, c.broke(err))
		return
	case err != nil:
		c.skip(claim, "with this input it gives "+outcome(err))
		return
	}
	found := problems(a.Output, result.Output, "output")
	if a.Sends && (result.Sent == nil || result.Sent.ID == "") {
		found = append(found, "it sends a message, but does not say which: its result has no sent, or no id there")
	}
	c.that(claim, "Return what the manifest declares, or declare what is returned.", found...)
}

// statuses lets the provider refuse everything, in each way that has a meaning of its own.
func (c *checker) statuses(a protocol.Action, do call) {
	var found []string
	for _, status := range conformance.Statuses {
		p, err := c.ask(conformance.Answer(status, "{}"), do)
		kind := protocol.FailureKind("")
		if f := failure(err); f != nil {
			kind = f.Kind
		}
		if want := conformance.Kinds(status, a.Repeat, p.gateway.Requests()); !slices.Contains(want, kind) {
			found = append(found, fmt.Sprintf("a %d gives %s, want %s", status, outcome(err), either(want)))
		}
	}
	c.that("a provider's refusals have the right kind",
		"Read the status: 400 422 invalid, 401 403 unauthorized, 429 rate_limited, 408 425 5xx retryable where repeating does no harm and otherwise unknown, other 4xx permanent.", found...)
}

func either(kinds []protocol.FailureKind) string {
	words := make([]string, len(kinds))
	for i, kind := range kinds {
		words[i] = string(kind)
		if kind == "" {
			words[i] = "a success"
		}
	}
	return strings.Join(words, " or ")
}

// garbage are bodies that no provider sends. The gateway has verified a webhook before a connector sees it, but a
// provider with a fault signs its faults too.
var garbage = []string{"", "\x00\x01\xfe\xff", "<html>down for maintenance</html>", `{"id":`, strings.Repeat("[", 100_000)}

// webhooks examines the inbox.
func (c *checker) webhooks() {
	if c.program.manifest.Inbox == nil {
		return
	}
	c.part = "webhooks"
	var found []string
	for _, body := range garbage {
		var events []protocol.Event
		_, err := c.ask(conformance.Answer(http.StatusOK, "{}"), func(ctx context.Context, p *probe) (err error) {
			events, err = p.program.connector.Receive(ctx, protocol.Webhook{Call: p.call(), Method: http.MethodPost, Body: []byte(body), ReceivedAt: received})
			return err
		})
		switch f := failure(err); {
		case c.broke(err) != "":
			found = append(found, fmt.Sprintf("%.20q: %s", body, c.broke(err)))
		case f != nil && f.Kind != protocol.Permanent && f.Kind != protocol.Invalid:
			found = append(found, fmt.Sprintf("%.20q gives %s, want permanent or invalid", body, outcome(err)))
		case len(events) > 0:
			found = append(found, fmt.Sprintf("%.20q gives %d events", body, len(events)))
		}
	}
	c.that("garbage is refused, or gives no events",
		"Answer with a Failure of kind permanent when the body cannot be read, and with no events when it says nothing of interest.", found...)
}

// process examines what no one call shows.
func (c *checker) process() {
	c.part = "process"
	_, err := c.ask(conformance.Answer(http.StatusOK, "{}"), func(ctx context.Context, p *probe) error {
		_, err := p.invoke(ctx, "no_such_action", json.RawMessage("{}"))
		return err
	})
	const unknown = "an action that it does not have is refused"
	switch {
	case err == nil:
		c.that(unknown, "Answer with a Failure of kind permanent.", "no_such_action gives a success")
	case c.broke(err) != "":
		c.that(unknown, brokenRemedy, c.broke(err))
	default:
		c.that(unknown, "")
	}
	var leaked []string
	for _, field := range conformance.NewGateway(c.program.manifest.Auth, c.settings, nil).Leaks(c.program.output.text()) {
		leaked = append(leaked, field+" is in what it prints")
	}
	c.that("secrets stay out of what it prints", secretRemedy, leaked...)
}
