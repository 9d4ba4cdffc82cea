package api

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/retention"
)

// Ages say how many days things are kept.
type Ages struct {
	Requests   *int `json:"requests,omitempty" doc:"Webhook requests as they were received."`
	Payloads   *int `json:"payloads,omitempty" doc:"Inputs and outputs of the steps of runs that succeeded or were cancelled, and what events say."`
	Messages   *int `json:"messages,omitempty" doc:"Texts and media of messages."`
	Runs       *int `json:"runs,omitempty" doc:"Ended runs with their steps, waits and timelines, and the events and messages that are about no other. No question may wait for its answer longer."`
	Deliveries *int `json:"deliveries,omitempty" doc:"Deliveries to outside systems, once they have ended."`
	Audit      *int `json:"audit,omitempty" doc:"The audit log."`
}

// Retention is how long a workspace keeps things.
type Retention struct {
	Chosen       Ages         `json:"chosen" doc:"In days, 0: for ever. What is left out is kept as the installation says."`
	Installation Installation `json:"installation"`
}

// Installation are the ages of workspaces that have chosen none.
type Installation struct {
	Requests   float64 `json:"requests" doc:"In days, as all here. 0: for ever."`
	Payloads   float64 `json:"payloads"`
	Messages   float64 `json:"messages"`
	Runs       float64 `json:"runs"`
	Deliveries float64 `json:"deliveries"`
	Audit      float64 `json:"audit"`
}

// RetentionOf shapes how long a workspace keeps things.
func RetentionOf(chosen retention.Chosen, a retention.Ages) Retention {
	days := func(age time.Duration) float64 { return age.Hours() / 24 }
	return Retention{Chosen: Ages(chosen), Installation: Installation{
		Requests: days(a.Requests), Payloads: days(a.Payloads), Messages: days(a.Messages), Runs: days(a.Runs), Deliveries: days(a.Deliveries), Audit: days(a.Audit),
	}}
}
