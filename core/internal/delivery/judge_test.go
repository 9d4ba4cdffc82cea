package delivery

import (
	"net/http"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
)

func TestWhatAnAttemptMakesOfItsDelivery(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		status     int
		step       int
		kind       string
		failing    time.Duration
		retryAfter string
		state      DeliveryState
		least      time.Duration // until the next attempt
		disabled   bool
	}{
		"204 is taken":                              {status: 204, state: Delivered},
		"500 is tried again after 5 s":              {status: 500, state: Pending, least: 5 * time.Second},
		"the second failure waits 5 min":            {status: 500, step: 1, state: Pending, least: 5 * time.Minute},
		"no answer is tried again":                  {status: 0, state: Pending, least: 5 * time.Second},
		"a redirect is a failure":                   {status: 302, state: Pending, least: 5 * time.Second},
		"429 waits as long as it asks":              {status: 429, retryAfter: "120", state: Pending, least: 2 * time.Minute},
		"503 may give a date":                       {status: 503, retryAfter: "Sun, 01 Mar 2026 13:00:00 GMT", state: Pending, least: time.Hour},
		"no longer than a day":                      {status: 429, retryAfter: "99999999999", state: Pending, least: 24 * time.Hour},
		"a Retry-After that says less is not heard": {status: 429, step: 1, retryAfter: "1", state: Pending, least: 5 * time.Minute},
		"after the eighth attempt it has failed":    {status: 500, step: 7, state: Failed},
		"410 ends the endpoint":                     {status: 410, state: Failed, disabled: true},
		"five days of failures end the endpoint":    {status: 500, failing: 5 * 24 * time.Hour, state: Pending, least: 5 * time.Second, disabled: true},
		"a test is tried once":                      {status: 500, kind: event.EndpointTest, state: Failed},
		"a test that is Gone ends nothing":          {status: 410, kind: event.EndpointTest, state: Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e Endpoint
			if c.failing > 0 {
				e.FailingSince = now.Add(-c.failing)
			}
			tried := Attempt{Status: c.status}
			if c.status == 0 {
				tried.Failure = "The address is not reachable."
			}
			v := judge(Delivery{Type: c.kind, Step: c.step}, e, tried, http.Header{"Retry-After": {c.retryAfter}}, now)
			if v.State != c.state || (v.Disable != "") != c.disabled {
				t.Errorf("state %s, disabled %q", v.State, v.Disable)
			}
			if wait := v.DueAt.Sub(now); c.state == Pending && (wait < c.least || wait > c.least*12/10) {
				t.Errorf("next after %s, want %s and a fifth at most", wait, c.least)
			}
			if (v.Failure == "") != (c.state == Delivered) {
				t.Errorf("failure %q", v.Failure)
			}
		})
	}
}

func TestFiltersTakeTypesAndBeginnings(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string][3]bool{ // known; takes run.failed; takes wait.replied
		"*": {true, true, true}, "run.*": {true, true, false}, "run.failed": {true, true, false},
		"run.": {}, "ru*": {false, true, false}, "order.paid": {}, "order.*": {}, "": {},
	} {
		e := Endpoint{Events: []string{filter}}
		if got := [3]bool{event.KnownFilter(filter), e.Wants(event.RunFailed), e.Wants(event.WaitReplied)}; got != want {
			t.Errorf("%q: %v, want %v", filter, got, want)
		}
		if e.Wants(event.EndpointTest) {
			t.Errorf("%q takes tests", filter)
		}
	}
}
