//go:build linux

package wholepath_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

// person is a customer with a phone, and what a gateway knows of them.
type person struct {
	g     *gateway
	phone string
}

// newPhones hands out phone numbers.
func newPhones() func() string {
	n := 600111000
	return func() string { n++; return fmt.Sprintf("+34%d", n) }
}

// until waits for an instant of the gateway's clock, which is this machine's.
func until(at time.Time) { <-time.After(time.Until(at)) }

func (p person) says(t *testing.T, text string) {
	t.Helper()
	p.g.vendors.reply(t, reply{From: p.phone, Text: text})
}

// run returns the customer's run with all that happened in it. More than one is an error.
func (p person) run(t *testing.T) (d api.RunDetail, ok bool) {
	t.Helper()
	runs := p.g.runs(t, p.phone)
	if len(runs) > 1 {
		t.Fatalf("%d runs, want one: %+v", len(runs), runs)
	}
	if len(runs) == 0 {
		return d, false
	}
	p.g.call(t, http.MethodGet, "runs/"+runs[0].ID, nil, &d)
	return d, true
}

// asked waits until the customer's run waits for an answer.
func (p person) asked(t *testing.T) (w api.Wait) {
	t.Helper()
	eventually(t, "the run waits for an answer", func() (bool, any) {
		d, ok := p.run(t)
		if !ok || len(d.Waits) == 0 {
			return false, d.Run
		}
		w = d.Waits[0]
		return true, nil
	})
	return w
}

// reaches waits until the run is at a step.
func (p person) reaches(t *testing.T, step string) {
	t.Helper()
	eventually(t, "the run is at "+step, func() (bool, any) {
		d, ok := p.run(t)
		return ok && d.Step == step, d.Run
	})
}

// isHeard waits until something that the person said is stored with one of these dispositions.
func (p person) isHeard(t *testing.T, dispositions ...string) {
	t.Helper()
	eventually(t, "the message is heard as "+strings.Join(dispositions, " or "), func() (bool, any) {
		heard := p.g.heard(t, p.phone)
		return len(heard) > 0 && slices.Contains(dispositions, heard[0].Disposition), heard
	})
}

// isRefused waits until the gateway has answered 401 to a vendor's webhook that has a text in it.
func (p person) isRefused(t *testing.T, vendor, text string) {
	t.Helper()
	eventually(t, "the forged webhook is refused", func() (bool, any) {
		found := p.g.vendors.deliveries(t, vendor, text)
		ok := len(found) > 0
		for _, d := range found {
			ok = ok && len(d.Attempts) > 0 && d.Attempts[0].Status == http.StatusUnauthorized
		}
		return ok, found
	})
}

// tell shows the run's timeline when the test has failed.
func (p person) tell(t *testing.T, d api.RunDetail) {
	if !t.Failed() {
		return
	}
	var b strings.Builder
	for _, e := range d.Timeline {
		fmt.Fprintf(&b, "%s %-8s %-8s %s %s\n", e.At.Format("15:04:05.000"), e.Kind, e.Step, e.Text, e.Detail)
	}
	for _, s := range d.Steps {
		if s.Failure != nil {
			fmt.Fprintf(&b, "step %s, attempt %d: %+v\n", s.ID, s.Attempt, *s.Failure)
		}
	}
	t.Logf("%s of %s: %s\n%s", d.ID, p.phone, d.Status, b.String())
}
