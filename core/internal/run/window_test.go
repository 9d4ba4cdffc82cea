package run_test

import (
	"errors"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

const freely = `
  - {id: free, do: chat.free, connection: line, with: { text: hello }}
  - {id: ask, do: chat.say, connection: line, with: { text: hello }}
`

func TestACallOutsideItsWindowFailsBeforeItIsMade(t *testing.T) {
	t.Parallel()
	const remedy = "The contact has not written on line within the last 24h, so chat.free can't reach them now. Use chat.say instead, or wait until they write."
	cases := map[string]struct {
		heard run.Heard
		calls bool
	}{
		"a contact who never wrote":             {run.Heard{}, false},
		"a contact who wrote long ago":          {run.Heard{At: start.Add(-25 * time.Hour)}, false},
		"the very end":                          {run.Heard{At: start.Add(-24 * time.Hour)}, false},
		"just before the end":                   {run.Heard{At: start.Add(-24*time.Hour + time.Second)}, true},
		"a connection that nobody listens to":   {run.Heard{Deaf: true}, true},
		"deaf since the contact wrote long ago": {run.Heard{At: start.Add(-25 * time.Hour), Deaf: true}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := queued()
			s.Facts.Heard = map[string]run.Heard{"line": c.heard}
			tr := advance(t, compile(t, freely), s, run.Start{}, start)
			switch f := tr.State.Failure; {
			case c.calls && (tr.Call == nil || tr.Call.StepID != "free"):
				t.Errorf("it calls %+v with failure %v", tr.Call, f)
			case !c.calls && (tr.Call != nil || tr.State.Status != run.Failed || f == nil || f.Message != remedy || f.Kind != protocol.Permanent || f.Source != protocol.FromGateway):
				t.Errorf("it calls %+v, is %s, failure %+v", tr.Call, tr.State.Status, f)
			}
		})
	}
}

func TestAdvanceAsksWhenTheContactWasHeard(t *testing.T) {
	t.Parallel()
	var unheard *run.UnheardError
	if tr, err := run.Advance(compile(t, freely), queued(), run.Start{}, start); !errors.As(err, &unheard) || unheard.Connection != "line" || unheard.StepID != "free" {
		t.Errorf("%+v, %v", tr, err)
	}
	for name, change := range map[string]func(*run.State){
		"nobody to write to": func(s *run.State) { s.Facts.Contact = run.ContactFacts{} },
	} {
		s := queued()
		change(&s)
		if tr := advance(t, compile(t, freely), s, run.Start{}, start); tr.Call == nil {
			t.Errorf("%s: %+v", name, tr.State)
		}
	}
	colleague := compile(t, `
  - {id: free, do: chat.free, connection: line, with: { to: "+34600999999", text: hello }}
`)
	if tr := advance(t, colleague, queued(), run.Start{}, start); tr.Call == nil {
		t.Errorf("to somebody else: %+v", tr.State)
	}
}

func TestOnErrorIsTakenOutsideOfAWindow(t *testing.T) {
	t.Parallel()
	s := queued()
	s.Facts.Heard = map[string]run.Heard{"line": {}}
	tr := advance(t, compile(t, `
  - id: free
    do: chat.free
    connection: line
    with: { text: hello }
    on_error:
      - {id: instead, do: chat.say, connection: line, with: { text: hello }}
`), s, run.Start{}, start)
	if tr.Call == nil || tr.Call.StepID != "instead" {
		t.Errorf("it calls %+v: %+v", tr.Call, tr.State)
	}
}
