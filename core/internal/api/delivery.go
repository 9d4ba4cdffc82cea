package api

import (
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/delivery"
)

// Endpoint is an outside address that is told what happens.
type Endpoint struct {
	ID           string                 `json:"id"`
	URL          string                 `json:"url"`
	Description  string                 `json:"description"`
	Events       []string               `json:"events"`
	Signature    string                 `json:"signature" enum:"v1,v1a"`
	State        delivery.EndpointState `json:"state" enum:"active,disabled"`
	Reason       string                 `json:"reason,omitempty" doc:"Why it is disabled."`
	FailingSince *time.Time             `json:"failing_since,omitempty" doc:"Since when no attempt has gone well. After five days the endpoint is disabled."`
	RotatedUntil *time.Time             `json:"rotated_until,omitempty" doc:"Until when the secret before signs too."`
	CreatedAt    time.Time              `json:"created_at"`
	Day          *EndpointDay           `json:"day,omitempty" doc:"In a list: what became of the events of the last 24 hours."`
}

// EndpointDay counts deliveries by how they stand.
type EndpointDay struct {
	Delivered int `json:"delivered"`
	Pending   int `json:"pending"`
	Failed    int `json:"failed"`
}

// EndpointOf shapes an endpoint, without its secrets.
func EndpointOf(e delivery.Endpoint) Endpoint {
	return Endpoint{ID: e.ID, URL: e.URL, Description: e.Description, Events: e.Events, Signature: e.Signature, State: e.State,
		Reason: e.Reason, FailingSince: when(e.FailingSince), RotatedUntil: when(e.PreviousUntil), CreatedAt: e.CreatedAt.UTC()}
}

// EndpointSecret is an endpoint with what its owner verifies by.
type EndpointSecret struct {
	Endpoint
	Secret string `json:"secret" doc:"whsec_… of v1, which can't be shown again; of v1a the public key whpk_…."`
}

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID         string                 `json:"id"`
	EndpointID string                 `json:"endpoint_id"`
	EventID    string                 `json:"event_id" doc:"The webhook-id under which it is sent; the same on each attempt."`
	Type       string                 `json:"type"`
	State      delivery.DeliveryState `json:"state" enum:"pending,delivered,failed"`
	Attempts   int                    `json:"attempts"`
	NextAt     *time.Time             `json:"next_at,omitempty" doc:"When the next attempt is due."`
	CreatedAt  time.Time              `json:"created_at"`
	EndedAt    *time.Time             `json:"ended_at,omitempty"`
}

// DeliveryOf shapes a delivery.
func DeliveryOf(d delivery.Delivery) Delivery {
	return Delivery{ID: d.ID, EndpointID: d.EndpointID, EventID: d.EventID, Type: d.Type, State: d.State, Attempts: d.Attempts,
		NextAt: when(d.DueAt), CreatedAt: d.CreatedAt.UTC(), EndedAt: when(d.EndedAt)}
}

// DeliveryLog is a delivery with what was sent and how each attempt went.
type DeliveryLog struct {
	Delivery
	Payload any               `json:"payload" doc:"The body of the request."`
	Log     []DeliveryAttempt `json:"log"`
}

// DeliveryAttempt is one try.
type DeliveryAttempt struct {
	Number     int              `json:"number"`
	At         time.Time        `json:"at"`
	DurationMS int64            `json:"duration_ms"`
	Status     int              `json:"status,omitempty" doc:"Of HTTP; left out if there was no answer."`
	Outcome    delivery.Outcome `json:"outcome" enum:"delivered,failed,unknown" doc:"unknown: under way, or cut off by the end of its process."`
	Failure    string           `json:"failure,omitempty"`
	Response   string           `json:"response,omitempty" doc:"The beginning of the answer."`
}

// DeliveryLogOf shapes a delivery with its log.
func DeliveryLogOf(d delivery.Delivery) DeliveryLog {
	l := DeliveryLog{Delivery: DeliveryOf(d), Payload: raw(json.RawMessage(d.Payload)), Log: make([]DeliveryAttempt, len(d.Tries))}
	for i, t := range d.Tries {
		l.Log[i] = DeliveryAttempt{Number: t.Number, At: t.At.UTC(), DurationMS: t.Duration.Milliseconds(), Status: t.Status,
			Outcome: t.Outcome, Failure: t.Failure, Response: t.Response}
	}
	return l
}

// DeliveryID names a delivery.
type DeliveryID struct {
	ID string `json:"id"`
}

// Recovered counts what will be sent.
type Recovered struct {
	Deliveries int `json:"deliveries"`
}
