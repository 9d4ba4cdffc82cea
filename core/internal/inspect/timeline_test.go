package inspect_test

import (
	"testing"
	"time"

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
