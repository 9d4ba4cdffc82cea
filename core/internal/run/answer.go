package run

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// answerOutput is what later steps read of a customer response (R18), as flow.ResponseType types it. On every exit but
// default the reply's fields are null.
type answerOutput struct {
	Outcome    string        `json:"outcome"`
	Reply      *answerReply  `json:"reply"`
	Choice     *string       `json:"choice"`
	Messages   []answerReply `json:"messages"`
	ReceivedAt *time.Time    `json:"received_at"`
	Latency    *string       `json:"latency"` // from the clock's start to the reply, such as "1h59m59s"
	MatchedBy  *string       `json:"matched_by"`
	Attempts   int           `json:"attempts"` // how many answers were given
	Deadline   time.Time     `json:"deadline"`
	LateReply  *answerReply  `json:"late_reply"`
}

// answerReply is a message as flow.ReplyType types it.
type answerReply struct {
	ID         string          `json:"id"`
	Kind       string          `json:"kind"`
	Text       string          `json:"text"`
	Payload    string          `json:"payload"`
	Media      *protocol.Media `json:"media"`
	ReceivedAt time.Time       `json:"received_at"`
}

func replyOf(s Said) answerReply {
	return answerReply{
		ID: s.MessageID, Kind: s.Message.Kind, Text: s.Message.Text, Payload: s.Message.Payload, Media: s.Message.Media,
		ReceivedAt: s.EffectiveAt.UTC(),
	}
}

// ReplyJSON is a message of the contact as flow.ReplyType types it.
func ReplyJSON(s Said) json.RawMessage { return mustJSON(replyOf(s)) }

// whole reads several messages as one: their texts on a line each, and the first of everything else.
func whole(messages []answerReply) answerReply {
	all := messages[0]
	var texts []string
	for _, m := range messages {
		if m.Text != "" {
			texts = append(texts, m.Text)
		}
		if all.Payload == "" {
			all.Payload = m.Payload
		}
		if all.Media == nil {
			all.Media = m.Media
		}
	}
	all.Text = strings.Join(texts, "\n")
	return all
}

// answer ends the customer response at the cursor by one of its exits, which exit picks. reply is nil on every exit but
// default.
func (m *machine) answer(outcome string, exit func(*flow.CustomerResponse) string, end Ending, reply *Reply) error {
	if m.state.Phase != PhaseAsking {
		return fmt.Errorf("%s in phase %q: %w", outcome, m.state.Phase, ErrNotExpected)
	}
	sr := m.current()
	out := answerOutput{Outcome: outcome, Deadline: end.Deadline.UTC(), Messages: []answerReply{}, Attempts: end.Attempts}
	if reply != nil {
		for _, said := range reply.Messages {
			out.Messages = append(out.Messages, replyOf(said))
		}
		r := whole(out.Messages)
		latency := max(r.ReceivedAt.Sub(end.From), 0).String()
		out.Reply, out.ReceivedAt, out.Latency, out.MatchedBy = &r, &r.ReceivedAt, &latency, &reply.MatchedBy
		out.Attempts++
		if reply.Choice != "" {
			out.Choice = &reply.Choice
		}
	}
	if end.Late != nil {
		late := replyOf(*end.Late)
		out.LateReply = &late
	}
	response := m.step().Response
	m.finish(sr, outcome, mustJSON(out))
	m.enter(exit(response))
	return nil
}

// Accepts reports whether an answer counts by the expression that the step's accept gives; true if it gives none.
func Accepts(v *flow.Version, s State, stepID string, said Said, now time.Time) (bool, error) {
	when := v.Steps[stepID].Response.When
	if when == nil {
		return true, nil
	}
	vars := s.scope(v, now)
	vars["reply"] = mustJSON(replyOf(said))
	return when.EvalBool(background, vars)
}

// WithLateReply returns what later steps read of a customer response that has ended, now that the contact has written after
// all (R13). ok is false while it waits, and for one that a loop has gone beyond.
func WithLateReply(s State, w Wait, said Said) (output json.RawMessage, ok bool) {
	reply := replyOf(said)
	return withLate(s, w, &reply)
}

// WithoutLateReply is WithLateReply for a message that was late and counts for another question since.
func WithoutLateReply(s State, w Wait) (output json.RawMessage, ok bool) { return withLate(s, w, nil) }

func withLate(s State, w Wait, reply *answerReply) (output json.RawMessage, ok bool) {
	sr, ran := s.step(w.StepID)
	var out answerOutput
	if !ran || sr.Iteration != w.Iteration || json.Unmarshal(sr.Output, &out) != nil {
		return nil, false
	}
	out.LateReply = reply
	return mustJSON(out), true
}
