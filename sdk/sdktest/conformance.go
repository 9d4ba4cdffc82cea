package sdktest

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/conformance"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var update = flag.Bool("update", false, "rewrite golden files")

// Conformance checks what every connector promises. It reads testdata/samples.json and compares the manifest with
// testdata/manifest.json, which -update rewrites.
func Conformance(t *testing.T, c sdk.Connector) {
	t.Parallel()
	manifest, err := c.Manifest()
	if err != nil {
		t.Fatalf("the connector does not hold together:\n%v", err)
	}
	s, err := conformance.ReadSamples(filepath.Join("testdata", "samples.json"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the manifest is the golden one", func(t *testing.T) { t.Parallel(); golden(t, manifest) })
	t.Run("sample settings are valid", func(t *testing.T) {
		t.Parallel()
		for _, p := range manifest.Auth.Fields.Check(marshal(t, s.Settings), "settings") {
			t.Errorf("%s %s", p.Path, p.Message)
		}
	})
	for _, action := range manifest.Actions {
		t.Run(action.Name, func(t *testing.T) {
			t.Parallel()
			input, ok := s.Actions[action.Name]
			if !ok {
				t.Fatal("testdata/samples.json has no input for it")
			}
			if string(input) == "null" {
				return
			}
			suite{connector: c, settings: s.Settings, action: action, input: input}.run(t)
		})
	}
	for _, trigger := range manifest.Triggers {
		if trigger.Kind != protocol.TriggerPoll {
			continue
		}
		t.Run(trigger.Name, func(t *testing.T) {
			t.Parallel()
			input, answer, sampled := s.Poll(trigger.Name)
			if found := trigger.Input.Check(input, "input"); len(found) > 0 {
				t.Fatalf("testdata/samples.json has no input for it under triggers, or a wrong one: %v", found)
			}
			h := New(t, c, s.Settings, conformance.Answer(http.StatusOK, answer))
			problems, err := conformance.Polled(trigger, sampled, func(cursor string) (protocol.Page, error) { return h.Fetch(trigger.Name, input, cursor) })
			if sampled && err != nil {
				t.Errorf("it refuses the answer of its sample: %v", err)
			}
			for _, problem := range problems {
				t.Errorf("%s. %s", problem, conformance.PollRemedy)
			}
			undeclared(t, h)
		})
	}
}

// undeclared hosts are refused by the gateway.
func undeclared(t *testing.T, h *Harness) {
	for _, host := range h.Gateway.Undeclared() {
		t.Errorf("it asks %s, which is not declared: begin the address with / for the base URL, or add the host to Hosts of Auth", host)
	}
}

// suite examines one action with its sample input.
type suite struct {
	connector sdk.Connector
	settings  map[string]any
	action    protocol.Action
	input     json.RawMessage
}

func (s suite) run(t *testing.T) {
	if found := s.action.Input.Check(s.input, "input"); len(found) > 0 {
		t.Fatalf("the sample is not valid: %v", found)
	}
	if !s.asksProvider(t) {
		return
	}
	t.Run("statuses are classified", func(t *testing.T) { t.Parallel(); s.statuses(t) })
	t.Run("secrets stay out of errors and logs", func(t *testing.T) { t.Parallel(); s.secrets(t) })
	t.Run("a cancel is honoured", func(t *testing.T) { t.Parallel(); s.cancel(t) })
	t.Run("answers that are not JSON do no harm", func(t *testing.T) { t.Parallel(); s.garbage(t) })
}

// asksProvider says whether the action makes a request with this input.
func (s suite) asksProvider(t *testing.T) bool {
	h := New(t, s.connector, s.settings, conformance.Answer(http.StatusTeapot, ""))
	_, err := h.Invoke(s.action.Name, s.input)
	undeclared(t, h)
	var f *protocol.Failure
	if errors.As(err, &f) && strings.Contains(f.Message, "panicked") {
		t.Errorf("%s %s", f.Message, f.Detail)
	}
	return len(h.Gateway.Requests()) > 0
}

// statuses lets the provider answer everything with one status.
func (s suite) statuses(t *testing.T) {
	for _, code := range conformance.Statuses {
		h := New(t, s.connector, s.settings, conformance.Answer(code, "{}"))
		_, err := h.Invoke(s.action.Name, s.input)
		kind := protocol.FailureKind("")
		var f *protocol.Failure
		if errors.As(err, &f) {
			kind = f.Kind
		} else if err != nil {
			t.Errorf("%d: %v is not a failure", code, err)
			continue
		}
		if want := conformance.Kinds(code, s.action.Repeat, h.Gateway.Requests()); !slices.Contains(want, kind) {
			t.Errorf("%d is %q, want one of %q", code, kind, want)
		}
	}
}

// secrets lets the provider echo all it is told and looks for secrets in what comes out.
func (s suite) secrets(t *testing.T) {
	for _, code := range conformance.EchoStatuses {
		h := New(t, s.connector, s.settings, conformance.Echo(code))
		_, err := h.Invoke(s.action.Name, s.input)
		text := ""
		var f *protocol.Failure
		if errors.As(err, &f) {
			text = f.Message + f.Detail + f.Field
		}
		for _, line := range h.Logs() {
			text += line.Message
		}
		for _, field := range h.Gateway.Leaks(text) {
			t.Errorf("%d: the secret %s is in an error or a log line: %s", code, field, text)
		}
	}
}

func (s suite) cancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h := New(t, s.connector, s.settings, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	done := make(chan error, 1)
	go func() {
		_, err := h.InvokeContext(ctx, s.action.Name, s.input)
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a cancelled call succeeded")
		}
	case <-time.After(10 * time.Second):
		t.Error("still running 10 s after the cancel")
	}
}

// garbage lets the provider answer 200 with what a proxy or a maintenance page might.
func (s suite) garbage(t *testing.T) {
	for _, body := range conformance.OddAnswers {
		h := New(t, s.connector, s.settings, conformance.Answer(http.StatusOK, body))
		_, err := h.Invoke(s.action.Name, s.input)
		var f *protocol.Failure
		if err != nil && !errors.As(err, &f) {
			t.Errorf("%q: %v is not a failure", body, err)
		}
		if f != nil && strings.TrimSpace(f.Message) == "" {
			t.Errorf("%q: the failure of kind %s has no message; write a sentence for a person", body, f.Kind)
		}
		if f != nil && strings.Contains(f.Message, "panicked") {
			t.Errorf("%q: %s %s", body, f.Message, f.Detail)
		}
	}
}
