package egress

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// TestACallThatHasBegunWaitsForItsProvider, and one that has not leaves the waiting to its run.
func TestACallThatHasBegunWaitsForItsProvider(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before []int  // answers to earlier requests of the call
		after  string // Retry-After
		refuse int    // how often the request is refused
		want   int    // status that the connector sees
		sent   int    // how often the request left
	}{
		"the first request of a call":   {after: "0", refuse: 1, want: 429, sent: 1},
		"a later one":                   {before: []int{200}, after: "0", refuse: 1, want: 200, sent: 2},
		"a later one, refused twice":    {before: []int{200}, after: "0", refuse: 2, want: 200, sent: 3},
		"after one that failed":         {before: []int{500}, after: "0", refuse: 1, want: 429, sent: 1},
		"longer than the call may take": {before: []int{200}, after: "3600", refuse: 1, want: 429, sent: 1},
		"a date that is over":           {before: []int{200}, after: "Sun, 06 Nov 1994 08:49:37 GMT", refuse: 1, want: 200, sent: 2},
		"seconds with decimals":         {before: []int{200}, after: "0.5", refuse: 1, want: 200, sent: 2},
		"without a word of how long":    {before: []int{200}, refuse: 1, want: 429, sent: 1},
		"a word that says nothing":      {before: []int{200}, after: "soon", refuse: 1, want: 429, sent: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := append([]int{}, tt.before...)
			sent, refused := 0, 0
			c, _ := setup(t, func(w http.ResponseWriter, r *http.Request) {
				if len(answers) > 0 {
					w.WriteHeader(answers[0])
					answers = answers[1:]
					return
				}
				if sent++; refused < tt.refuse {
					refused++
					if tt.after != "" {
						w.Header().Set("Retry-After", tt.after)
					}
					w.WriteHeader(http.StatusTooManyRequests)
				}
			})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var got protocol.HTTPResponse
			for range len(tt.before) + 1 {
				var err error
				if got, err = c.gateway.Do(ctx, c.ticket, protocol.HTTPRequest{Method: http.MethodPost, URL: "/act"}); err != nil {
					t.Fatal(err)
				}
			}
			if got.Status != tt.want || sent != tt.sent {
				t.Errorf("answered %d after %d requests, want %d after %d", got.Status, sent, tt.want, tt.sent)
			}
			if told := len(c.done()); told != len(tt.before)+tt.sent {
				t.Errorf("%d exchanges were noted", told)
			}
		})
	}
}
