package inspect_test

import (
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

func TestTheTimelineSaysWhoAnswered(t *testing.T) {
	t.Parallel()
	said := time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		rule conversation.Rule
		want string
	}{
		"the contact":   {conversation.RuleOpenWait, "The contact wrote: “Sí”"},
		"somebody else": {conversation.RuleAPI, "Somebody answered for the contact: “Sí”"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := conversation.Message{Direction: protocol.Inbound, Kind: "text", Text: "Sí", DecidedBy: string(c.rule), EffectiveAt: said, ReceivedAt: said}
			for _, e := range inspect.Timeline(inspect.RunDetail{Messages: []conversation.Message{m}}, event.Event{}) {
				if e.Kind == "message" && e.Text != c.want {
					t.Errorf("it says %q, want %q", e.Text, c.want)
				}
			}
		})
	}
}

// TestR20TheTimelineSaysThatAWaitStandsStill: and in words what else happens to a wait.
func TestR20TheTimelineSaysThatAWaitStandsStill(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC)
	for _, kind := range []engine.WaitEventKind{
		engine.WaitOpened, engine.WaitClock, engine.WaitCollected, engine.WaitReplied, engine.WaitRefused, engine.WaitSaid, engine.WaitHeld, engine.WaitFired, engine.WaitLost, engine.WaitTakeover,
		engine.WaitRetimed, engine.WaitMoved, engine.WaitPaused, engine.WaitResumed, engine.WaitLateReply, engine.WaitClosed,
	} {
		d := inspect.RunDetail{Waits: []run.Wait{{ID: "wait", StepID: "answer", OpenedAt: at, Deadline: at.Add(time.Hour)}}, WaitEvents: []engine.WaitEvent{{WaitID: "wait", At: at, Kind: kind}}}
		told := false
		for _, e := range inspect.Timeline(d, event.Event{}) {
			told = told || e.Kind == "wait" && e.Text != ""
		}
		if !told {
			t.Errorf("%s has no words", kind)
		}
	}
}

// TestEverySentenceHasItsCodeAndItsValues: the console says each in its own language, from the code and the values alone.
func TestEverySentenceHasItsCodeAndItsValues(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC)
	failure := &protocol.Failure{Kind: protocol.Permanent, Message: "It said no."}
	d := inspect.RunDetail{
		Run: run.Run{ID: "run_1", CreatedAt: at, EndedAt: at.Add(90 * time.Second), State: run.State{Status: run.Failed, Failure: failure}},
		Steps: []run.StepRun{
			{StepID: "a", Kind: "action", Status: run.StepSucceeded, Attempt: 2, StartedAt: at, EndedAt: at.Add(time.Second)}, {StepID: "b", Kind: "if", Status: run.StepSucceeded, Exit: "then", Attempt: 1, EndedAt: at},
			{StepID: "c", Kind: "action", Status: run.StepFailed, Attempt: 3, Failure: failure, Exit: "on_error", EndedAt: at}, {StepID: "d", Status: run.StepCancelled, EndedAt: at},
		},
		Attempts:   []run.Attempt{{StepID: "a", Attempt: 1, Failure: failure, StartedAt: at, EndedAt: at.Add(1500 * time.Millisecond)}, {StepID: "a", Attempt: 2, Outcome: run.AttemptSucceeded, EndedAt: at}},
		Messages:   []conversation.Message{{ID: "msg_1", Direction: protocol.Outbound, Kind: "text", Text: "Sure?", Status: conversation.Delivered, EffectiveAt: at}, {ID: "msg_2", Direction: protocol.Outbound, Status: conversation.SendFailed, Failure: failure}, {ID: "msg_3", Direction: protocol.Inbound, Kind: "image"}},
		Waits:      []run.Wait{{ID: "wait", StepID: "answer", SentAt: at, Deadline: at.Add(time.Hour)}},
		WaitEvents: []engine.WaitEvent{{WaitID: "wait", At: at, Kind: engine.WaitOpened}, {WaitID: "wait", At: at.Add(62 * time.Second), Kind: engine.WaitReplied}, {WaitID: "wait", At: at.Add(2 * time.Hour), Kind: engine.WaitFired}},
		Repairs:    []engine.Repaired{{RunID: "run_0", NewRunID: "run_1", Action: engine.RepairReplay}, {RunID: "run_1", Action: engine.RepairSettle, Detail: "done"}, {RunID: "run_1", Action: engine.RepairMove}},
	}
	want := map[inspect.Code]string{
		"event.started": "Started by shop.paid.", "step.began": "Began (action).", "step.done_tries": "Done after 2 attempts.", "step.path": "Took the path then.", "step.failed_tries_on": "Failed after 3 attempts: It said no. The run went on in on_error.",
		"step.cancelled": "Cancelled.", "call.because_span": "Attempt 1 failed after 1.5s: It said no.", "call.well": "Attempt 2 went well.", "message.sent_text": "Sent the message “Sure?”; it is delivered.",
		"message.undelivered": "The message was not delivered: It said no.", "message.kind": "The contact sent a message of kind image", "wait.opened": "Waiting for an answer until 2026-11-27 05:00:00Z.", "wait.replied_span": "Answered, 1m2s after the question.",
		"wait.fired": "No answer; the deadline was 2026-11-27 05:00:00Z, 1h before.", "repair.replay_of": "Begun as a replay of run_0.", "repair.done": "Somebody found that the call was carried out.", "repair.move": "Moved to another version of the flow.", "run.failed": "The run failed after 1m30s: It said no.",
	}
	told := map[inspect.Code]string{}
	for _, e := range inspect.Timeline(d, event.Event{ID: "evt_1", Type: "shop.paid"}) {
		told[e.Code] = e.Text
		if e.Code == "wait.fired" && !maps.Equal(e.Values.Plain(), map[string]string{"at": "2026-11-27T05:00:00Z", "span": "3600"}) {
			t.Errorf("%s has the values %v", e.Code, e.Values.Plain())
		}
	}
	for code, text := range want {
		if told[code] != text {
			t.Errorf("%s says %q, want %q", code, told[code], text)
		}
	}
	if len(told) != len(want) {
		t.Errorf("it says %v", told)
	}
	field, _ := reflect.TypeFor[api.TimelineEntry]().FieldByName("Code")
	codes := make([]string, 0, len(want))
	for _, c := range inspect.Codes() {
		codes = append(codes, string(c))
	}
	if got := strings.Join(codes, ","); field.Tag.Get("enum") != got {
		t.Errorf("the API lists the codes\n%s, want\n%s", field.Tag.Get("enum"), got)
	}
}
