package author

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk/conformance"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Outcome is what came of a claim.
type Outcome string

// What may come of a claim.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped" // it does not apply, or could not be examined
)

// Finding is one claim about a connector and what came of it.
type Finding struct {
	Part     string   `json:"part"`  // what it is about, such as "action create_ticket"
	Claim    string   `json:"claim"` // what holds for a connector that conforms
	Outcome  Outcome  `json:"outcome"`
	Problems []string `json:"problems,omitempty"` // or why it was skipped
	Remedy   string   `json:"remedy,omitempty"`   // of a claim that failed
}

// Report is what Check found.
type Report struct {
	Connector string    `json:"connector"`
	Title     string    `json:"title,omitempty"`   // these two as far as it describes itself
	Version   string    `json:"version,omitempty"` //
	MadeUp    bool      `json:"made_up"`           // there was no file of samples
	Findings  []Finding `json:"findings"`
}

// Count returns how many claims had an outcome.
func (r Report) Count(o Outcome) int {
	n := 0
	for _, f := range r.Findings {
		if f.Outcome == o {
			n++
		}
	}
	return n
}

// Check examines the connector in a file through the gateway's own host. samples is a file as sdktest reads it; empty:
// testdata/samples.json beside the connector if it is there, and otherwise values made up from the schemas. Mistakes of
// the caller are an *InputError; what is wrong with the connector stands in the report.
func Check(ctx context.Context, path, samples string) (Report, error) {
	return check(ctx, path, samples, 10*time.Second, 3*time.Second)
}

// check is Check with a patience, which is how long a call may take and how long is waited for what should happen at
// once, and with the deadline of the call that is to miss it.
func check(ctx context.Context, path, samples string, patience, deadline time.Duration) (Report, error) {
	p, err := open(ctx, path, patience)
	if err != nil {
		return Report{}, err
	}
	defer p.close()
	c := &checker{ctx: ctx, program: p, patience: patience, deadline: deadline, report: Report{Connector: p.name}}
	if err := c.read(path, samples); err != nil {
		return Report{}, err
	}
	c.part = "start"
	if !c.start() {
		return c.report, nil
	}
	c.report.Title, c.report.Version = p.manifest.Title, p.manifest.Version
	c.manifest()
	c.settings = c.sampleSettings()
	c.connection()
	for _, a := range p.manifest.Actions {
		c.action(a)
	}
	for _, t := range p.manifest.Triggers {
		c.trigger(t)
	}
	c.webhooks()
	c.process()
	return c.report, ctx.Err()
}

// checker examines one connector, a claim at a time.
type checker struct {
	ctx      context.Context
	program  *program
	patience time.Duration
	deadline time.Duration
	samples  *conformance.Samples // nil: none
	settings json.RawMessage      // of the connection, secrets in the clear
	waited   bool                 // for a deadline, once
	report   Report
	part     string // what the next claims are about

	undeclared []string // where requests of the part went that the gateway lets none go
}

// read reads the samples.
func (c *checker) read(path, file string) error {
	if file == "" {
		file = filepath.Join(filepath.Dir(path), "testdata", "samples.json")
		if _, err := os.Stat(file); err != nil {
			c.report.MadeUp = true
			return nil
		}
	}
	samples, err := conformance.ReadSamples(file)
	if err != nil {
		return inputf("samples cannot be read: %v", err)
	}
	c.samples = &samples
	return nil
}

// that files a claim: it passed if there are no problems.
func (c *checker) that(claim, remedy string, problems ...string) {
	f := Finding{Part: c.part, Claim: claim, Outcome: Passed}
	if len(problems) > 0 {
		f.Outcome, f.Problems, f.Remedy = Failed, problems, remedy
	}
	c.report.Findings = append(c.report.Findings, f)
}

func (c *checker) skip(claim, why string) {
	c.report.Findings = append(c.report.Findings, Finding{Part: c.part, Claim: claim, Outcome: Skipped, Problems: []string{why}})
}

// within bounds one call.
func (c *checker) within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.ctx, c.patience)
}

// start starts the connector. It may be told by the manifest's problems, one by one, that it does not.
func (c *checker) start() bool {
	err := c.program.start(c.ctx)
	const claim = "it starts, describes itself, and the gateway would install it"
	if err == nil {
		c.that(claim, "")
		return true
	}
	problems := []string{err.Error()}
	if strings.Contains(err.Error(), "it calls itself") {
		c.that(claim, "Build the program under the name that its manifest says, as go build -o NAME does.", problems...)
		return false
	}
	if joined := interface{ Unwrap() []error }(nil); errors.As(err, &joined) {
		problems = nil
		for _, e := range joined.Unwrap() {
			problems = append(problems, e.Error())
		}
		c.that(claim, "Correct the manifest. sdk/wire/connectorv1/connector.proto says what each field holds; in Go, Connector.Manifest finds the same in a test.", problems...)
		return false
	}
	if said := c.program.output.lastWords(); strings.HasPrefix(said, "connector ") { // sdk.Serve says what is wrong
		c.that(claim, "Correct what it says of its declaration; go test finds the same.", said)
		return false
	} else if said != "" {
		problems = append(problems, "it printed: "+said)
	}
	c.that(claim, "Started with an empty environment and the cookie of the handshake, the program must print one line of go-plugin's handshake and serve Connector over gRPC with AutoMTLS; core/docs/connectors.md shows how.", problems...)
	return false
}

// failure returns the failure in an error, if there is one.
func failure(err error) *protocol.Failure {
	var f *protocol.Failure
	errors.As(err, &f)
	return f
}
