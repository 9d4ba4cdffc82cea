package repeat_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/repeat"
	"github.com/cordboard/cordboard/core/internal/seal"
)

// memory is a store of one key, whose clock is set by hand.
type memory struct {
	claim *repeat.Claim
	now   time.Time
}

func (m *memory) ClaimKey(_ context.Context, c repeat.Claim, kept time.Duration) (repeat.Claim, time.Duration, bool, error) {
	if m.claim == nil || m.now.Sub(m.claim.At) >= kept {
		c.At = m.now
		m.claim = &c
		return repeat.Claim{}, 0, true, nil
	}
	return *m.claim, m.now.Sub(m.claim.At), false, nil
}

func (m *memory) KeepAnswer(_ context.Context, _ repeat.Key, answer seal.Sealed) error {
	m.claim.Answer = answer
	return nil
}

func (m *memory) DropKey(context.Context, repeat.Key) error { m.claim = nil; return nil }

func TestTheFirstAnswerIsGivenAgain(t *testing.T) {
	t.Parallel()
	keys, err := seal.New(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{now: time.Unix(1000, 0)}
	r := &repeat.Requests{Store: m, Keys: keys}
	k := repeat.Key{WorkspaceID: "wsp_1", Actor: "tok_1", Text: "k"}
	begin := func(request string, want error) (repeat.Answer, bool) {
		t.Helper()
		a, done, err := r.Begin(t.Context(), k, []byte(request))
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", request, err, want)
		}
		return a, done
	}
	if _, done := begin("a weak password", nil); done {
		t.Error("a new key has an answer")
	}
	begin("a weak password", repeat.ErrBusy)
	begin("another", repeat.ErrOther)
	m.now = m.now.Add(10 * time.Minute)
	begin("a weak password", repeat.ErrUnknown)
	if err := r.End(t.Context(), k, repeat.Answer{Status: 201, Type: "application/json", Body: []byte("cb_secret")}); err != nil {
		t.Fatal(err)
	}
	if a, done := begin("a weak password", nil); !done || a.Status != 201 || a.Type != "application/json" || string(a.Body) != "cb_secret" {
		t.Errorf("again: %+v", a)
	}
	begin("another", repeat.ErrOther)
	if bytes.Contains(m.claim.Answer.Data, []byte("secret")) || len(m.claim.Request.Data) <= 32 {
		t.Error("what is stored is not sealed")
	}
	m.now = m.now.Add(repeat.Kept)
	if _, done := begin("another", nil); done {
		t.Error("a day later the key has an answer")
	}
	if err := r.Drop(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if _, done := begin("a third", nil); done {
		t.Error("a dropped key has an answer")
	}
}
