package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

var chat = protocol.Manifest{
	Name: "chat", Auth: protocol.Auth{Kind: protocol.AuthAPIKey},
	Actions: []protocol.Action{{Name: "send", Sends: true, Repeat: protocol.RepeatOnce, Input: schema.Type{Kind: schema.Object, Open: true}, Output: schema.Type{Kind: schema.Object, Open: true}}},
}

const asking = `name: ask
trigger: { on: manual }
contact: { phone: "{{ event.phone }}" }
steps:
  - id: ask
    do: chat.send
    connection: wa
    with: { text: "Did you?", id: "{{ event.id }}" }
  - id: answer
    customer_response: { within: 2h }
    default:
      - id: big
        if: steps.ask.number == 9007199254740993
        then: [{ id: thank, do: chat.send, connection: wa, with: { text: Thanks } }]
    undelivered: []
    no_response: [{ id: remind, do: chat.send, connection: wa, with: { text: Hello } }]
`

// past is a gateway with runs of two days ago.
type past struct {
	*httptest.Server
	began time.Time
	runs  []api.RunDetail
	said  map[string][]api.Message // by contact
}

// at is a time after the runs began.
func (p *past) at(d time.Duration) *time.Time { t := p.began.Add(d); return &t }

// add files a run that asked a contact of its own, which took the path from there.
func (p *past) add(id, status string, path []string, change func(r *api.RunDetail)) {
	r := api.RunDetail{
		Run:     api.Run{ID: id, Flow: "ask", Status: status, ContactID: "cnt_" + id, EventID: "evt", CreatedAt: p.began, EndedAt: p.at(3 * time.Hour)},
		Event:   &api.Event{ID: "evt", Data: json.RawMessage(`{"phone":"+34600111222","id":9007199254740993}`)},
		Contact: &api.Contact{ID: "cnt_" + id, Phone: "+34600111222"},
		Waits:   []api.Wait{{ID: "wait_" + id, Step: "answer", ConnectionID: "con_1", State: "no_response", OpenedAt: p.began, Deadline: *p.at(2 * time.Hour), ClosedAt: p.at(2 * time.Hour)}},
		Messages: []api.Message{{
			ID: "out_" + id, Direction: "out", Step: "ask", RunID: id, ConnectionID: "con_1", ProviderID: "wamid." + id, Status: "delivered",
			ReceivedAt: p.at(0), DeliveredAt: p.at(time.Second),
		}},
	}
	for _, name := range path {
		step, exit, _ := strings.Cut(name, ".")
		s := api.Step{ID: step, Kind: "do", Status: "succeeded", Exit: exit, StartedAt: p.at(0), EndedAt: p.at(time.Second), Output: json.RawMessage(`{"number":9007199254740993}`)}
		if step == "answer" || step == "big" {
			s.Kind, s.Output = "other", nil
		}
		r.Steps = append(r.Steps, s)
	}
	if change != nil {
		change(&r)
	}
	p.runs = append(p.runs, r)
}

// says has the contact of a run say something.
func (p *past) says(id string, after time.Duration, change func(m *api.Message)) {
	m := api.Message{ID: "in_" + id, Direction: "in", Kind: "text", Text: "Yes", ConnectionID: "con_1", ReceivedAt: p.at(after), EffectiveAt: p.at(after)}
	if change != nil {
		change(&m)
	}
	p.said["cnt_"+id] = append([]api.Message{m}, p.said["cnt_"+id]...)
}

func newPast(t *testing.T) *past {
	t.Helper()
	p := &past{began: time.Now().Add(-48 * time.Hour).Truncate(time.Second), said: map[string][]api.Message{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.TrimPrefix(r.URL.Path, "/api/v1"); {
		case r.Method != http.MethodGet:
			refuse(w, &api.Problem{Status: 405, Title: "Only look."})
		case path == "/connectors":
			_ = json.NewEncoder(w).Encode(api.List[api.Connector]{Items: []api.Connector{{Name: "chat", Manifest: chat}}})
		case path == "/calendars":
			_ = json.NewEncoder(w).Encode(api.List[api.Calendar]{})
		case path == "/runs" && r.URL.Query().Get("flow") == "ask":
			var runs []api.Run
			for _, r := range p.runs {
				runs = append(runs, r.Run)
			}
			page, next := runs, ""
			if i := slices.IndexFunc(runs, func(run api.Run) bool { return run.ID == r.URL.Query().Get("after") }); i >= 0 {
				page = runs[i+1:]
			}
			if len(page) > 2 {
				page, next = page[:2], page[1].ID
			}
			_ = json.NewEncoder(w).Encode(api.List[api.Run]{Items: page, Next: next})
		case path == "/messages":
			_ = json.NewEncoder(w).Encode(api.List[api.Message]{Items: p.said[r.URL.Query().Get("contact")]})
		case strings.HasPrefix(path, "/runs/"):
			i := slices.IndexFunc(p.runs, func(run api.RunDetail) bool { return run.ID == strings.TrimPrefix(path, "/runs/") })
			_ = json.NewEncoder(w).Encode(p.runs[i])
		default:
			refuse(w, &api.Problem{Status: 404, Detail: "There is nothing of that name or id here."})
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// backtestOf plays a document against the past and returns the report.
func (p *past) backtestOf(t *testing.T, document string, args ...string) backtestReport {
	t.Helper()
	file := filepath.Join(write(t, map[string]string{"ask.yaml": document}), "ask.yaml")
	got := execute(t, &Program{}, map[string]string{"CORDBOARD_TOKEN": "cb_test"}, "", append([]string{"flow", "backtest", "-o", "json", "--url=" + p.URL, file}, args...)...)
	var r backtestReport
	if err := json.Unmarshal([]byte(got.out), &r); err != nil || got.code != OK {
		t.Fatalf("code %d, %v\n%s%s", got.code, err, got.out, got.err)
	}
	return r
}

func TestTheSameFlowTakesTheSamePaths(t *testing.T) {
	t.Parallel()
	answered, silent := []string{"ask", "answer.default", "big.then", "thank"}, []string{"ask", "answer.no_response", "remind"}
	replied := func(p *past, id string, after time.Duration) func(r *api.RunDetail) {
		return func(r *api.RunDetail) {
			r.Waits[0].State, r.Waits[0].ClosedAt = "replied", p.at(after)
		}
	}
	cases := map[string]func(p *past){
		"an answer in time": func(p *past) {
			p.add("run", "succeeded", answered, replied(p, "run", time.Hour))
			p.says("run", time.Hour, func(m *api.Message) { m.WaitID = "wait_run" })
		},
		"an answer after a call that was made twice": func(p *past) {
			p.add("run", "succeeded", answered, func(r *api.RunDetail) {
				replied(p, "run", time.Hour)(r)
				r.Steps[0].Attempt, r.Steps[0].Failure = 2, &api.Failure{Kind: "permanent", Message: "Not now."}
			})
			p.says("run", time.Hour, func(m *api.Message) { m.WaitID = "wait_run" })
		},
		"two messages at once": func(p *past) {
			p.add("run", "cancelled", answered, replied(p, "run", time.Hour))
			p.says("run", time.Hour, func(m *api.Message) { m.WaitID = "wait_run" })
			p.says("run", time.Hour, func(m *api.Message) { m.Text = "stop" })
		},
		"a run that stood in a queue": func(p *past) {
			p.add("run", "succeeded", silent, func(r *api.RunDetail) { r.CreatedAt = *p.at(-time.Hour) })
			p.says("run", -time.Minute, nil)
		},
		"silence": func(p *past) { p.add("run", "succeeded", silent, nil) },
		"an answer that was held up on its way": func(p *past) {
			p.add("run", "succeeded", answered, replied(p, "run", 2*time.Hour+5*time.Second))
			p.says("run", 2*time.Hour+5*time.Second, func(m *api.Message) { m.WaitID, m.EffectiveAt = "wait_run", p.at(2*time.Hour-time.Second) })
		},
		"an answer to another run": func(p *past) {
			p.add("run", "succeeded", silent, nil)
			p.says("run", time.Hour, func(m *api.Message) { m.WaitID = "wait_other" })
		},
		"a message that started another run": func(p *past) {
			p.add("run", "succeeded", silent, nil)
			p.says("run", time.Hour, func(m *api.Message) { m.StartedRunID = "run_other" })
		},
		"a message on another connection": func(p *past) {
			p.add("run", "succeeded", silent, nil)
			p.says("run", time.Hour, func(m *api.Message) { m.ConnectionID = "con_2" })
		},
		"a message from before": func(p *past) {
			p.add("run", "succeeded", silent, nil)
			p.says("run", -time.Hour, nil)
		},
		"a reaction": func(p *past) {
			p.add("run", "succeeded", silent, nil)
			p.says("run", time.Hour, func(m *api.Message) { m.Kind = "reaction" })
		},
		"one who opted out": func(p *past) {
			p.add("run", "cancelled", []string{"ask", "answer"}, func(r *api.RunDetail) { r.Reason = conversation.OptedOutReason })
			p.says("run", time.Hour, func(m *api.Message) { m.Text = "stop" })
		},
		"a run that was cancelled": func(p *past) {
			p.add("run", "cancelled", []string{"ask", "answer"}, func(r *api.RunDetail) { r.Reason, r.EndedAt = "enough", p.at(time.Hour) })
		},
		"a question that could not be sent": func(p *past) {
			p.add("run", "failed", []string{"ask"}, func(r *api.RunDetail) {
				r.Steps[0].Status, r.Steps[0].Failure = "failed", &api.Failure{Kind: "rate_limited", Message: "Too many."}
			})
		},
		"a question that did not arrive": func(p *past) {
			p.add("run", "succeeded", []string{"ask", "answer.undelivered"}, func(r *api.RunDetail) {
				r.Messages[0].Status, r.Messages[0].DeliveredAt = "failed", nil
				r.Waits[0].State, r.Waits[0].ClosedAt = "undelivered", p.at(time.Minute)
			})
		},
		"a run that still waits": func(p *past) {
			p.add("run", "waiting", []string{"ask", "answer"}, func(r *api.RunDetail) {
				began := time.Now().Add(-time.Hour)
				r.CreatedAt, r.EndedAt, r.Steps[0].StartedAt, r.Steps[0].EndedAt, r.Messages[0].DeliveredAt = began, nil, &began, &began, nil
			})
		},
		"a call that is out": func(p *past) {
			p.add("run", "running", []string{"ask"}, func(r *api.RunDetail) { r.EndedAt, r.Steps[0].EndedAt, r.Steps[0].Status = nil, nil, "active" })
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPast(t)
			prepare(p)
			if r := p.backtestOf(t, asking); r.Same != 1 || len(r.Changed)+len(r.Gone)+len(r.Stopped) > 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestAnotherFlowTakesOtherPaths(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	silent := []string{"ask", "answer.no_response", "remind"}
	for i := range 6 {
		id := fmt.Sprintf("run_%d", i)
		p.add(id, "succeeded", silent, nil)
		p.says(id, 150*time.Minute, func(m *api.Message) { m.WaitID = "wait_" + id })
	}
	p.add("run_silent", "succeeded", silent, nil)
	p.add("run_gone", "succeeded", silent, func(r *api.RunDetail) { r.Event = nil })
	p.add("run_bare", "succeeded", silent, func(r *api.RunDetail) { r.Event.Data = nil })
	p.add("run_old", "succeeded", silent, func(r *api.RunDetail) { r.CreatedAt = p.began.AddDate(0, -2, 0) })
	longer := strings.Replace(asking, "within: 2h", "within: 3h", 1)

	r := p.backtestOf(t, longer)
	if r.Runs != 9 || r.More || r.Same != 1 || len(r.Changed) != 1 || !slices.Equal(r.Gone, []string{"run_gone", "run_bare"}) {
		t.Fatalf("%+v", r)
	}
	if c := r.Changed[0]; len(c.Runs) != 6 || !slices.Equal(c.Was, silent) || !slices.Equal(c.Would, []string{"ask", "answer.default", "big.then", "thank"}) {
		t.Errorf("%+v", c)
	}
	if r := p.backtestOf(t, longer, "--limit=3"); r.Runs != 3 || !r.More {
		t.Errorf("%+v", r)
	}
	if r := p.backtestOf(t, longer, "--since=1d"); r.Runs != 0 {
		t.Errorf("%+v", r)
	}
	judging := strings.Replace(asking, "within: 2h", "within: 3h, accept: { when: 'int(reply.text) > 1' }", 1)
	if r := p.backtestOf(t, judging); r.Same != 1 || len(r.Changed) != 0 || len(r.Stopped) != 6 || !strings.Contains(r.Stopped[0].Error, "accept of answer") {
		t.Errorf("%+v", r)
	}
	for _, c := range []struct {
		from            string
		delivered, read time.Duration
		changed         bool // the answers after two and a half hours are in time
	}{{"delivered", time.Hour, 2 * time.Hour, true}, {"read", time.Minute, time.Hour, true}, {"read", time.Minute, 10 * time.Minute, false}} {
		for i := range p.runs {
			p.runs[i].Messages[0].DeliveredAt, p.runs[i].Messages[0].ReadAt = p.at(c.delivered), p.at(c.read)
		}
		if r := p.backtestOf(t, strings.Replace(asking, "within: 2h", "within: 2h, from: "+c.from, 1)); r.Same+len(r.Changed)*6 != 7 || (len(r.Changed) == 1) != c.changed {
			t.Errorf("%+v: %+v", c, r)
		}
	}

	file := filepath.Join(write(t, map[string]string{"ask.yaml": longer}), "ask.yaml")
	got := execute(t, &Program{}, map[string]string{"CORDBOARD_TOKEN": "cb_test"}, "", "flow", "backtest", "--url="+p.URL, file)
	for _, want := range []string{
		"ask has 9 runs since ", "1 take the same path, 6 another\n",
		"\n6 took    ask, answer.no_response, remind\n  would   ask, answer.default, big.then, thank\n  run_0, run_1, run_2, run_3, run_4 and 1 more\n",
		"\n2 can't be played, because their events are no longer kept: run_gone, run_bare\n",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%s%s\nwant %q", got.out, got.err, want)
		}
	}
	for arg, want := range map[string]string{
		"--limit=3":  "ask has more than 3 runs since ",
		"--since=1h": ": there is nothing to compare with. --since looks further back.\n",
	} {
		got := execute(t, &Program{}, map[string]string{"CORDBOARD_TOKEN": "cb_test"}, "", "flow", "backtest", "--url="+p.URL, file, arg)
		if !strings.Contains(got.out, want) {
			t.Errorf("%s: %s%s\nwant %q", arg, got.out, got.err, want)
		}
	}
}

// TestABacktestSaysWhatBecameOfARun: one that waits has a path as well, and so has one that fails at its last step.
func TestABacktestSaysWhatBecameOfARun(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	silent := []string{"ask", "answer.no_response", "remind"}
	p.add("run_1", "succeeded", silent, nil)
	for want, document := range map[string]string{
		"1 took    ask, answer.no_response, remind\n  would   ask, answer (waiting)\n":                    strings.Replace(asking, "within: 2h", "within: 300d", 1),
		"1 took    ask, answer.no_response, remind\n  would   ask, answer.no_response, remind (failed)\n": strings.Replace(asking, "text: Hello", `text: "{{ string(event.missing) }}"`, 1),
	} {
		file := filepath.Join(write(t, map[string]string{"ask.yaml": document}), "ask.yaml")
		got := execute(t, &Program{}, map[string]string{"CORDBOARD_TOKEN": "cb_test"}, "", "flow", "backtest", "--url="+p.URL, file)
		if !strings.Contains(got.out, want) {
			t.Errorf("%s%s\nwant %q", got.out, got.err, want)
		}
	}
}

// TestR20ABacktestKnowsWhoSteppedIn: what a person's message does is what the document says, not what it did then.
func TestR20ABacktestKnowsWhoSteppedIn(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	p.add("run", "cancelled", []string{"ask", "answer"}, func(r *api.RunDetail) {
		r.Reason, r.EndedAt = conversation.TakeoverReason, p.at(time.Hour)
	})
	byHand := func(m *api.Message) { m.Direction, m.Text = "out", "Hello, it is Eva" }
	p.says("run", time.Hour, byHand)
	p.says("run", 2*time.Hour+30*time.Minute, nil)
	for terms, want := range map[string][]string{
		"on_takeover: cancel":                  nil,
		"on_takeover: continue":                {"ask", "answer.no_response", "remind"},
		"on_takeover: pause, resume_after: 1h": {"ask", "answer.default", "big.then", "thank"}, // what comes after half an hour more is in time
	} {
		r := p.backtestOf(t, strings.Replace(asking, "within: 2h", "within: 2h, "+terms, 1))
		if same := want == nil; r.Same == 1 != same || !same && (len(r.Changed) != 1 || !slices.Equal(r.Changed[0].Would, want)) {
			t.Errorf("%s: %+v", terms, r)
		}
	}
	p.said["cnt_run"] = nil // on another connection, and before the run
	p.says("run", time.Hour, func(m *api.Message) { byHand(m); m.ConnectionID = "con_2" })
	p.says("run", -time.Hour, byHand)
	if r := p.backtestOf(t, strings.Replace(asking, "within: 2h", "within: 2h, on_takeover: cancel", 1)); r.Same == 1 {
		t.Errorf("%+v", r)
	}
}

func TestWhatABacktestRefuses(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	dir := write(t, map[string]string{"ask.yaml": asking, "bad.yaml": strings.Replace(asking, "chat.send", "chat.sned", 1), "other.yaml": strings.Replace(asking, "name: ask", "name: other", 1)})
	for name, c := range map[string]struct {
		args []string
		code int
		err  string
	}{
		"a time that is none": {[]string{"ask.yaml", "--since=soon"}, Invalid, `--since: "soon" is not a time such as 12h or 30d`},
		"no time":             {[]string{"ask.yaml", "--since=0s"}, Invalid, "--since"},
		"no runs":             {[]string{"ask.yaml", "--limit=0"}, Invalid, "--limit: 0 is not a number of runs"},
		"a problem":           {[]string{"bad.yaml"}, Invalid, "bad.yaml:6:9: steps[0].do: "},
		"a flow that is new":  {[]string{"other.yaml"}, Invalid, `there is no flow "other" here: give the document the name of the flow whose runs are to be played`},
		"a file that is none": {[]string{"none.yaml"}, Invalid, "none.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"flow", "backtest", "--url=" + p.URL, filepath.Join(dir, c.args[0])}, c.args[1:]...)
			got := execute(t, &Program{}, map[string]string{"CORDBOARD_TOKEN": "cb_test"}, "", args...)
			if got.code != c.code || !strings.Contains(got.err, c.err) {
				t.Errorf("%+v", got)
			}
		})
	}
}
