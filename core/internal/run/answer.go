package run

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// answerOutput is what later steps read of a customer response (R18). On every exit but default the reply's
// fields are null.
type answerOutput struct {
	Outcome    string           `json:"outcome"`
	Reply      *answerReply     `json:"reply"`
	Choice     *string          `json:"choice"`
	Messages   []answerReply    `json:"messages"`
	ReceivedAt *time.Time       `json:"received_at"`
	Latency    *string          `json:"latency"` // from the clock's start to the reply, such as "1h59m59s"
	MatchedBy  *string          `json:"matched_by"`
	Attempts   int              `json:"attempts"` // messages that were taken as an answer
	Deadline   time.Time        `json:"deadline"`
	LateReply  *json.RawMessage `json:"late_reply"`
}

type answerReply struct {
	ID      string          `json:"id"`
	Kind    string          `json:"kind"`
	Text    string          `json:"text"`
	Payload string          `json:"payload"`
	Media   *protocol.Media `json:"media"`
}

// answer ends the customer response at the cursor by one of its exits, which exit picks.
// attempts is how many messages were taken as an answer, refused ones included.
func (m *machine) answer(outcome string, exit func(*flow.CustomerResponse) string, reply *Reply, attempts int) error {
	if m.state.Phase != PhaseAsking {
		return fmt.Errorf("%s in phase %q: %w", outcome, m.state.Phase, ErrNotExpected)
	}
	sr := m.current()
	var asked asking
	if err := json.Unmarshal(sr.Input, &asked); err != nil {
		return fmt.Errorf("input of step %s: %w", sr.StepID, err)
	}
	out := answerOutput{Outcome: outcome, Deadline: asked.Deadline, Messages: []answerReply{}, Attempts: attempts}
	if reply != nil {
		r := answerReply{
			ID: reply.MessageID, Kind: reply.Message.Kind, Text: reply.Message.Text,
			Payload: reply.Message.Payload, Media: reply.Message.Media,
		}
		at := reply.EffectiveAt.UTC()
		latency := max(at.Sub(asked.From), 0).String()
		out.Reply, out.Messages, out.ReceivedAt, out.Latency = &r, []answerReply{r}, &at, &latency
		out.MatchedBy = &reply.MatchedBy
		if reply.Choice != "" {
			out.Choice = &reply.Choice
		}
	}
	response := m.step().Response
	m.finish(sr, outcome, mustJSON(out))
	m.enter(exit(response))
	return nil
}
