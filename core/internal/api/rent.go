package api

import (
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
)

// RentWait asks for a wait without a flow.
type RentWait struct {
	Contact    RentContact     `json:"contact" doc:"Whose answer is waited for. Who is not known yet is made."`
	Connection string          `json:"connection" minLength:"1" maxLength:"100" doc:"The name of the connection on which the answer comes, and on which ask sends."`
	Ask        *RentQuestion   `json:"ask,omitempty" doc:"The message to send first. Left out: you ask by yourself, once you have the answer to this request, as what the contact said before it does not count, or you say with asked_at when you did."`
	AskedAt    *time.Time      `json:"asked_at,omitempty" doc:"Without ask: when you asked. What the contact has written since then may be the answer. At most 24 hours ago; left out: when the wait begins."`
	Terms      json.RawMessage `json:"terms" doc:"An object with what a customer_response step may say: within, accept, retry, collect, several, channels, late, on_takeover, resume_after, and with ask also from and deliver_within. In within, until may be a time. With retry the wait ends as invalid when more answers were refused; without it refused answers leave it open."`
	Reference  string          `json:"reference,omitempty" maxLength:"200" doc:"Your own name for it, which comes back with the wait and in the events about it."`
	Data       json.RawMessage `json:"data,omitempty" doc:"An object of your own, which comes back likewise. Expressions in the terms read it as event.data."`
}

// RentContact names a person, by one of these.
type RentContact struct {
	ID string `json:"id,omitempty" maxLength:"64" doc:"Of a contact who is known."`
	StartContact
}

// RentQuestion is a message that is sent before the wait.
type RentQuestion struct {
	Action string          `json:"action" minLength:"1" maxLength:"200" doc:"connector.action, such as whatsapp.send_template; one that sends a message to a person."`
	Input  json.RawMessage `json:"input,omitempty" doc:"The action's input: an object. Left out of it, to is the contact's phone number, or e-mail address if they have no number."`
}

// RentedWait is a wait that was asked for by the API.
type RentedWait struct {
	RunID   string   `json:"run_id" doc:"The run of which it is; cancel it to end the wait."`
	Status  string   `json:"status" enum:"queued,running,waiting,succeeded,failed,cancelled" doc:"Of the run."`
	Fresh   bool     `json:"fresh" doc:"False when an earlier request with the same Idempotency-Key had begun it."`
	Wait    *Wait    `json:"wait,omitempty" doc:"Absent while the question is still being sent, and if it could not be. While it is being sent, repeat the request with the same Idempotency-Key."`
	Failure *Failure `json:"failure,omitempty" doc:"Why there is no wait."`
	Reason  string   `json:"reason,omitempty" doc:"Why it was cancelled."`
}

// Rented is what an outside system said about a wait that it rented; the zero value for a run of anything else.
type Rented struct {
	Reference string          `json:"reference"`
	Data      json.RawMessage `json:"data"`
}

// RentedBy reads what came with a rented wait out of its run.
func RentedBy(r run.Run) (out Rented) {
	if r.State.Facts.FlowName == flow.Rented {
		_ = json.Unmarshal(r.State.Facts.Event, &out) // nothing is left of it once it was removed for its age
	}
	return out
}

// With adds what its renter said to a wait.
func (w Wait) With(r Rented) Wait {
	w.Reference, w.Data = r.Reference, raw(r.Data)
	return w
}

// RentedWaitOf shapes a rented wait; the zero wait is left out.
func RentedWaitOf(r run.Run, w run.Wait, fresh bool) RentedWait {
	out := RentedWait{RunID: r.ID, Status: string(r.State.Status), Fresh: fresh, Failure: FailureOf(r.State.Failure), Reason: r.State.Reason}
	if w.ID != "" {
		wait := WaitOf(w, nil).With(RentedBy(r))
		out.Wait = &wait
	}
	return out
}
