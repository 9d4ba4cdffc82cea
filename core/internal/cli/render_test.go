package cli

import (
	"flag"
	"os"
	"path/filepath"
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

var update = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

// golden compares with a file of testdata, which a person reads.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what was printed:\n%s", path, got)
	}
}

var (
	order = event.Event{ID: "evt_1", Type: "shopify.order_paid", OccurredAt: after(-3 * time.Second)}
	facts = run.Facts{FlowName: "verify", FlowVersion: 2, Contact: run.ContactFacts{ID: "cnt_1", Phone: "+34600000000", Name: "Ana"}}
	ask   = conversation.Message{ID: "msg_1", Direction: protocol.Outbound, StepID: "verify", Kind: "template", Text: "Is it yours?", ProviderID: "wamid.1", Status: conversation.Delivered, ReceivedAt: after(100 * time.Millisecond), EffectiveAt: after(400 * time.Millisecond)}
	sent  = run.StepRun{StepID: "verify", Number: 2, Kind: "do", Status: run.StepSucceeded, Attempt: 2, StartedAt: after(100 * time.Millisecond), EndedAt: after(400 * time.Millisecond), Failure: &protocol.Failure{Kind: protocol.Retryable, Message: "The provider was busy.", Source: protocol.FromProvider}}
	chose = run.StepRun{StepID: "bought_x", Number: 1, Kind: "if", Status: run.StepSucceeded, Exit: "then", StartedAt: noon, EndedAt: noon}
)

func history() inspect.RunDetail {
	return inspect.RunDetail{
		Run:        run.Run{ID: "run_1", CreatedAt: noon, State: run.State{Status: run.Waiting, Cursor: "answer", Phase: run.PhaseAsking, Facts: facts}},
		Steps:      []run.StepRun{chose, sent, {StepID: "answer", Number: 3, Kind: "customer_response", Status: run.StepActive, StartedAt: after(400 * time.Millisecond)}},
		Waits:      []run.Wait{{ID: "wait_1", StepID: "answer", State: run.WaitOpen, OpenedAt: after(400 * time.Millisecond), SentAt: after(400 * time.Millisecond), Deadline: after(2*time.Hour + 400*time.Millisecond)}},
		WaitEvents: []engine.WaitEvent{{WaitID: "wait_1", At: after(400 * time.Millisecond), Kind: engine.WaitOpened}},
		Messages:   []conversation.Message{ask},
	}
}

func aRun() api.RunDetail { return api.RunDetailOf(history(), order) }

func TestRuns(t *testing.T) {
	t.Parallel()
	heart := conversation.Message{ID: "msg_2", Direction: protocol.Inbound, Kind: "reaction", Text: "❤\x1b[2J", ReceivedAt: after(time.Minute), EffectiveAt: after(time.Minute)}
	reply := conversation.Message{ID: "msg_3", Direction: protocol.Inbound, Kind: "text", Text: "Yes,\nit is", ReceivedAt: after(35 * time.Minute), EffectiveAt: after(34 * time.Minute)}

	replied := history()
	replied.Run.State.Status, replied.Run.State.Cursor, replied.Run.State.Phase, replied.Run.EndedAt = run.Succeeded, "", "", after(35*time.Minute+time.Second)
	replied.Steps[2].Status, replied.Steps[2].Exit, replied.Steps[2].EndedAt = run.StepSucceeded, "default", after(35*time.Minute)
	replied.Waits[0].State, replied.Waits[0].ClosedAt, replied.Waits[0].ClaimedBy, replied.Waits[0].ReplyID = run.WaitReplied, after(35*time.Minute), "reply", "msg_3"
	replied.WaitEvents = append(replied.WaitEvents,
		engine.WaitEvent{WaitID: "wait_1", At: after(time.Minute), Kind: engine.WaitRefused, MessageID: "msg_2", Detail: "It is not an answer: reaction messages never are."},
		engine.WaitEvent{WaitID: "wait_1", At: after(35 * time.Minute), Kind: engine.WaitReplied, MessageID: "msg_3", Detail: "by the rule open_wait"})
	replied.Messages = append(replied.Messages, heart, reply)

	silent := history()
	silent.Run.State.Status, silent.Run.State.Cursor, silent.Run.State.Phase, silent.Run.EndedAt = run.Succeeded, "", "", after(2*time.Hour+6*time.Second)
	silent.Steps[2].Status, silent.Steps[2].Exit, silent.Steps[2].EndedAt = run.StepSucceeded, "no_response", after(2*time.Hour+5*time.Second)
	silent.Waits[0].State, silent.Waits[0].ClosedAt, silent.Waits[0].ClaimedBy, silent.Waits[0].LateID = run.WaitNoResponse, after(2*time.Hour+5*time.Second), "timeout", "msg_4"
	silent.WaitEvents = append(silent.WaitEvents,
		engine.WaitEvent{WaitID: "wait_1", At: after(2*time.Hour + 3*time.Second), Kind: engine.WaitHeld, Detail: "A webhook from before the deadline is not read yet."},
		engine.WaitEvent{WaitID: "wait_1", At: after(2*time.Hour + 5*time.Second), Kind: engine.WaitFired},
		engine.WaitEvent{WaitID: "wait_1", At: after(3 * time.Hour), Kind: engine.WaitLateReply, MessageID: "msg_4", Detail: "It came an hour late."})

	failed := history()
	failure := &protocol.Failure{Kind: protocol.Permanent, Message: "The number is not on WhatsApp.", Detail: `{"code":131026}`, Source: protocol.FromProvider}
	failed.Run.State.Status, failed.Run.State.Failure, failed.Run.State.Cursor, failed.Run.State.Phase, failed.Run.EndedAt = run.Failed, failure, "", "", after(time.Second)
	failed.Steps = []run.StepRun{chose, {StepID: "verify", Kind: "do", Status: run.StepFailed, Attempt: 1, Failure: failure, StartedAt: noon, EndedAt: after(time.Second)}}
	failed.Waits, failed.WaitEvents = nil, nil
	failed.Messages = []conversation.Message{{ID: "msg_1", Direction: protocol.Outbound, StepID: "verify", Kind: "template", Status: conversation.SendFailed, Failure: failure, ReceivedAt: after(time.Second)}}

	for name, d := range map[string]inspect.RunDetail{"waiting": history(), "replied": replied, "no_response": silent, "failed": failed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, "run_"+name+".txt", renderRun(api.RunDetailOf(d, order)))
		})
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	ended := after(time.Minute)
	golden(t, "runs.txt", renderRuns(api.List[api.Run]{Next: "run_1", Items: []api.Run{
		{ID: "run_3", Flow: "verify", Status: "waiting", Step: "answer", CreatedAt: noon},
		{ID: "run_2", Flow: "verify", Status: "failed", CreatedAt: noon, EndedAt: &ended, Failure: &api.Failure{Message: "The number is not on WhatsApp."}},
		{ID: "run_1", Flow: "a-flow-with-a-long-name", Status: "cancelled", CreatedAt: noon, EndedAt: &ended, Reason: "wrong\ncustomer"},
	}}))
	golden(t, "connectors.txt", renderConnectors(api.List[api.Connector]{Items: []api.Connector{{
		Name: "whatsapp", Version: "1.0.0", ConnectorHealth: api.ConnectorHealth{Health: "running"},
		Manifest: protocol.Manifest{Actions: []protocol.Action{{Name: "send_text"}, {Name: "send_template"}}, Triggers: []protocol.Trigger{{Name: "message_received"}}},
	}, {
		Name: "letters", Version: "1.0.0", Direct: true, ConnectorHealth: api.ConnectorHealth{Health: "ready"}, Manifest: protocol.Manifest{Direct: "Speaks SMTP."},
	}, {
		Name: "stranger", Version: "1.0.0", ConnectorHealth: api.ConnectorHealth{Health: "refused"}, Manifest: protocol.Manifest{Direct: "Speaks SMTP."},
	}}}))
	golden(t, "connections.txt", renderConnections(api.List[api.Connection]{Items: []api.Connection{
		{ID: "con_2", Name: "wa", Connector: "whatsapp", Account: "Acme", Health: "good"},
		{ID: "con_1", Name: "my-shop", Connector: "shopify", Health: "bad", Failure: &api.Failure{Message: "The token has expired."}},
	}}))
}

func TestStrangersDoNotCommandTheTerminal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"a\x1b[2Jb": "a·[2Jb", "a\nb\tc": "a b c", "a\u202eb": "a·b", "¿Sí? ❤": "¿Sí? ❤"} {
		if got := clean(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}
