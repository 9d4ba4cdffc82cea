package protocol

import "time"

// FailureKind decides what the engine does next.
type FailureKind string

const (
	Invalid      FailureKind = "invalid"      // the input is wrong: fails the step, no retry
	Unauthorized FailureKind = "unauthorized" // the connection must be renewed: its work is held
	RateLimited  FailureKind = "rate_limited" // wait RetryAfter; spends no attempt
	Retryable    FailureKind = "retryable"    // back off; spends an attempt
	Permanent    FailureKind = "permanent"    // fails the step now
	// Unknown is a call whose outcome is not known: retried if the action may be repeated, else shown to a person.
	Unknown FailureKind = "unknown"
)

// FailureSource says who to talk to: a provider that is down and a connector with a bug want different people.
type FailureSource string

const (
	FromProvider  FailureSource = "provider"
	FromConnector FailureSource = "connector"
	FromGateway   FailureSource = "gateway"
)

// Failure is a problem that is an answer, not a breakdown. It never holds a secret.
type Failure struct {
	Kind       FailureKind   `json:"kind"`
	Message    string        `json:"message"`          // one sentence for a person
	Detail     string        `json:"detail,omitempty"` // the provider's own words, cut to 4 KiB
	Field      string        `json:"field,omitempty"`  // path of the input field, with Invalid
	RetryAfter time.Duration `json:"retry_after,omitempty"`
	Source     FailureSource `json:"source"`
}

func (f *Failure) Error() string { return f.Message }
