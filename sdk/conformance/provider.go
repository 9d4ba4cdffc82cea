package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Samples are the settings of a connection, secrets in the clear but made up, and an input for each action; null for
// an action that must not run in a test. Triggers are polls: each with its input, and with what the provider might answer.
type Samples struct {
	Settings map[string]any             `json:"settings"`
	Actions  map[string]json.RawMessage `json:"actions"`
	Triggers map[string]struct {
		Input  json.RawMessage `json:"input"`
		Answer json.RawMessage `json:"answer"`
	} `json:"triggers"`
}

// Poll returns the sample of a poll, as far as there is one: its input, an answer, and whether the provider might give it.
func (s Samples) Poll(name string) (input json.RawMessage, answer string, sampled bool) {
	given := s.Triggers[name]
	input, answer, sampled = given.Input, string(given.Answer), len(given.Answer) > 0
	if len(input) == 0 {
		input = json.RawMessage("{}")
	}
	if !sampled {
		answer = "{}"
	}
	return input, answer, sampled
}

// ReadSamples reads a file such as testdata/samples.json.
func ReadSamples(file string) (Samples, error) {
	var s Samples
	encoded, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(encoded, &s); err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// What a provider is made to answer: statuses that must be classified, statuses with which it echoes what it is told,
// and bodies of a proxy or a maintenance page that come with 200.
var (
	Statuses     = []int{400, 401, 403, 404, 408, 409, 422, 425, 429, 500, 502, 503, 504}
	EchoStatuses = []int{200, 400, 401, 422, 500}
	OddAnswers   = []string{"", "<html>down for maintenance</html>", "[]", "null", "7", `"errors"`}
)

// Kinds are the kinds of failure that may come of a status, "" for none, where the provider's own words do not say
// otherwise: the table of sdk.FromResponse must hold, and what is gone may be a success. An action that has only
// looked something up before the refusal may be tried again, whatever it declares.
func Kinds(status int, repeat protocol.Repeat, sent []Sent) []protocol.FailureKind {
	switch status {
	case 400, 422:
		return []protocol.FailureKind{protocol.Invalid, protocol.Permanent}
	case 401:
		return []protocol.FailureKind{protocol.Unauthorized}
	case 403:
		return []protocol.FailureKind{protocol.Unauthorized, protocol.Retryable}
	case 404, 409:
		return []protocol.FailureKind{protocol.Permanent, protocol.Invalid, ""}
	case 429:
		return []protocol.FailureKind{protocol.RateLimited}
	}
	if repeat != protocol.RepeatOnce {
		return []protocol.FailureKind{protocol.Retryable}
	}
	if slices.ContainsFunc(sent, func(r Sent) bool { return r.Method != http.MethodGet }) {
		return []protocol.FailureKind{protocol.Unknown}
	}
	return []protocol.FailureKind{protocol.Unknown, protocol.Retryable}
}

// Answer is a provider that always answers the same.
func Answer(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// Echo is a provider that answers with the request as it got it.
func Echo(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_ = r.Write(w)
	})
}
