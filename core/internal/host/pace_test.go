package host

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// asked counts what reaches the gateway.
type asked struct{ n int }

func (a *asked) Do(ctx context.Context, _ string, _ protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	a.n++
	return protocol.HTTPResponse{}, ctx.Err()
}

func TestCase26RequestsReachTheGatewayAtTheirPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		counted, found := &asked{}, newFaults(func(Fault) {})
		g := pacedGateway{counted, newPace(2, 3, found)}
		begin := time.Now()
		for range 5 {
			if _, err := g.Do(t.Context(), "", protocol.HTTPRequest{}); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took != time.Second || counted.n != 5 || found.all()[HeldBack] != 2 {
			t.Errorf("three at once and two a second took %s for %d, and %d were held back", took, counted.n, found.all()[HeldBack])
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := g.Do(ctx, "", protocol.HTTPRequest{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call whose time ends first: got %v", err)
		}
	})
}

func TestNobodyWaitsForThePaceOfAProcessThatIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, gone := newPace(1, 1, newFaults(func(Fault) {})), make(chan struct{})
		begin := time.Now()
		p.waitWhile(gone, 1)
		p.waitWhile(gone, 1)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("the second byte came after %s", took)
		}
		close(gone)
		p.waitWhile(gone, 1)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("the third one was waited for, until %s", took)
		}
	})
}

func TestCase26AProcessAsksAtItsPace(t *testing.T) {
	t.Parallel()
	h := host(t, folder(t, "hostile"))
	h.askRate = 1
	c := connector(t, h, "hostile")
	if what := tried(t, c, "ask", attempt{Bytes: 1}); what != "asked" || listed(t, h, "hostile").Faults[HeldBack] != 0 {
		t.Errorf("%s, and %v", what, listed(t, h, "hostile").Faults)
	}
	if _ = tried(t, c, "ask", attempt{Bytes: 3}); listed(t, h, "hostile").Faults[HeldBack] == 0 {
		t.Error("nobody says that it was held back")
	}
}

// One large reply of a connector is looked at at a time; small ones wait for nobody.
func TestCase22LargeRepliesAreLookedAtInTurn(t *testing.T) {
	t.Parallel()
	s, _, _ := broken(t)
	s.parsing = make(chan struct{}, 1)
	r := running{supervisor: s}
	looked := 0
	check := func(json.RawMessage) error { looked++; return nil }
	big := make(json.RawMessage, large+1)
	s.parsing <- struct{}{} // somebody else's turn
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.judge(ended, "output", big, check); !errors.Is(err, context.Canceled) || looked != 0 {
		t.Errorf("out of turn: %v, looked %d times", err, looked)
	}
	if err := r.judge(ended, "output", big[:large], check); err != nil || looked != 1 {
		t.Errorf("a small one: %v, looked %d times", err, looked)
	}
	<-s.parsing
	if err := r.judge(t.Context(), "output", big, check); err != nil || looked != 2 || len(s.parsing) != 0 {
		t.Errorf("in turn: %v, looked %d times, %d turns taken", err, looked, len(s.parsing))
	}
}
