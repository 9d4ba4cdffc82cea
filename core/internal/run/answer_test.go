package run_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// everything asks until nobody answers, and keeps what was read of each question.
const everything = `
  - id: again
    repeat: {until: "steps.answer.outcome != 'default'", max: 3}
    steps:
      - {id: ask, do: chat.say, connection: line, with: {text: Well?}}
      - {id: answer, customer_response: {within: 1h, accept: {choices: {yes: ["yes"]}}}, default: [], no_response: []}
      - {id: note, set: {read: "{{ steps.answer }}"}}
`

// TestR18WhatARunSees: all there is to read of an answer, and on no_response nulls, never what an earlier question brought.
func TestR18WhatARunSees(t *testing.T) {
	t.Parallel()
	v := compile(t, everything)
	read := func(s run.State) (seen map[string]any) {
		if err := json.Unmarshal(s.Vars["read"], &seen); err != nil {
			t.Fatal(err)
		}
		return seen
	}
	s := advance(t, v, queued(), run.Start{}, start).State
	s = advance(t, v, s, wentWell, start).State
	said := run.Said{MessageID: "msg_1", EffectiveAt: start.Add(10 * time.Minute), Message: protocol.Message{
		Kind: "button", Text: "yes", Payload: "y", Media: &protocol.Media{ID: "m"},
	}}
	ending := run.Ending{From: start, Deadline: start.Add(time.Hour), Attempts: 1}
	s = advance(t, v, s, run.Replied{Ending: ending, Reply: run.Reply{Messages: []run.Said{said}, Choice: "yes", MatchedBy: "open_wait"}}, start).State
	seen := read(s)
	reply, _ := seen["reply"].(map[string]any)
	messages, _ := seen["messages"].([]any)
	for name, got := range map[string][2]any{
		"outcome": {seen["outcome"], "default"}, "choice": {seen["choice"], "yes"}, "text": {reply["text"], "yes"}, "kind": {reply["kind"], "button"},
		"payload": {reply["payload"], "y"}, "messages": {len(messages), 1}, "received_at": {seen["received_at"], said.EffectiveAt.Format(time.RFC3339)},
		"latency": {seen["latency"], "10m0s"}, "matched_by": {seen["matched_by"], "open_wait"}, "attempts": {seen["attempts"], 2.0}, "deadline": {seen["deadline"], ending.Deadline.Format(time.RFC3339)},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is %v, want %v", name, got[0], got[1])
		}
	}
	if media, _ := reply["media"].(map[string]any); media["id"] != "m" {
		t.Errorf("the media are %v", reply["media"])
	}

	s = advance(t, v, s, wentWell, start).State
	s = advance(t, v, s, run.Elapsed{Ending: ending}, start).State
	seen = read(s)
	if messages, ok := seen["messages"].([]any); seen["outcome"] != "no_response" || !ok || len(messages) > 0 {
		t.Errorf("in silence it reads %v", seen)
	}
	for _, name := range []string{"reply", "choice", "received_at", "latency", "matched_by", "late_reply"} {
		if got, there := seen[name]; got != nil || !there {
			t.Errorf("in silence %s is %v", name, got)
		}
	}
}
