package trigger

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/sdk/protocol"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// inboxes holds one connection.
type inboxes struct {
	mu    sync.Mutex
	inbox Inbox
	asked int
	err   error
}

func (f *inboxes) Inbox(_ context.Context, connectionID string) (Inbox, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if f.err != nil {
		return Inbox{}, f.err
	}
	if connectionID != f.inbox.ConnectionID {
		return Inbox{}, ErrNoInbox
	}
	return f.inbox, nil
}

// requests is a RequestStore.
type requests struct {
	mu     sync.Mutex
	stored []Request
	err    error
	hold   chan struct{} // not nil: InsertRequest waits for it
	held   chan struct{} // told when it waits
}

func (f *requests) InsertRequest(_ context.Context, r Request) (bool, time.Time, error) {
	if f.hold != nil {
		f.held <- struct{}{}
		<-f.hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return false, noon, f.err
	}
	if r.DeliveryKey != "" && slices.ContainsFunc(f.stored, func(s Request) bool { return s.DeliveryKey == r.DeliveryKey }) {
		return false, noon, nil
	}
	f.stored = append(f.stored, r)
	return true, noon, nil
}

type bundle struct {
	*Intake
	connection string
	inboxes    *inboxes
	store      *requests
	ready      []Request
}

func setup(declared protocol.Inbox) *bundle {
	b := &bundle{connection: id.New("con"), store: new(requests)}
	b.inboxes = &inboxes{inbox: Inbox{
		WorkspaceID: "ws_1", ConnectionID: b.connection, Connector: "desk", Declared: declared,
		Secret: func(field string) string { return map[string]string{"key": "s3cret"}[field] },
	}}
	b.Intake = NewIntake(IntakeConfig{
		Inboxes: b.inboxes, Store: b.store, Limit: 2, Log: discard(),
		Ready: func(r Request) {
			b.store.mu.Lock()
			defer b.store.mu.Unlock()
			b.ready = append(b.ready, r)
		},
	})
	return b
}

var (
	signed = protocol.Inbox{
		Verify:      protocol.Verification{Scheme: protocol.SchemeHMACSHA256, Secret: "key", Header: "X-Sign", Encoding: protocol.Hex},
		DeliveryKey: "X-Delivery",
		Challenge:   &protocol.Challenge{Expect: map[string]string{"mode": "subscribe"}, Token: "token", Secret: "key", Echo: "challenge"},
	}
	tokened = protocol.Inbox{Verify: protocol.Verification{Scheme: protocol.SchemeToken, Secret: "key", Query: "token"}}
)

func post(body, key string) Incoming {
	header := http.Header{"X-Sign": {signature(signed.Verify, "s3cret", []byte(body))}, "Cookie": {"a=b"}}
	if key != "" {
		header.Set("X-Delivery", key)
	}
	return Incoming{Method: http.MethodPost, Header: header, Body: []byte(body), ReceivedAt: noon}
}

func TestAccept(t *testing.T) {
	t.Parallel()
	forged := post("{}", "")
	forged.Body = []byte("{ }")
	get := func(query string) Incoming {
		values, _ := url.ParseQuery(query)
		return Incoming{Method: http.MethodGet, Query: values, ReceivedAt: noon}
	}
	cases := map[string]struct {
		declared protocol.Inbox
		to       string // empty: the connection
		in       []Incoming
		storeErr error
		findErr  error
		want     Outcome // of the last
		answer   string
		stored   int
	}{
		"a signed request is stored":                    {declared: signed, in: []Incoming{post("{}", "")}, want: Accepted, stored: 1},
		"a copy of a delivery":                          {declared: signed, in: []Incoming{post("{}", "d1"), post("{}", "d1")}, want: Duplicate, stored: 1},
		"another delivery with the same bytes":          {declared: signed, in: []Incoming{post("{}", "d1"), post("{}", "d2")}, want: Accepted, stored: 2},
		"requests without a delivery key are all kept":  {declared: signed, in: []Incoming{post("{}", ""), post("{}", "")}, want: Accepted, stored: 2},
		"other bytes than those signed":                 {declared: signed, in: []Incoming{forged}, want: Unverified},
		"a token in the query":                          {declared: tokened, in: []Incoming{{Method: "POST", Query: url.Values{"token": {"s3cret"}}, ReceivedAt: noon}}, want: Accepted, stored: 1},
		"a connection that is not there":                {declared: signed, to: id.New("con"), in: []Incoming{post("{}", "")}, want: Unknown},
		"an address that is no id":                      {declared: signed, to: "con_1'--", in: []Incoming{post("{}", "")}, want: Unknown},
		"a handshake":                                   {declared: signed, in: []Incoming{get("mode=subscribe&token=s3cret&challenge=123")}, want: Challenged, answer: "123"},
		"a handshake with another token":                {declared: signed, in: []Incoming{get("mode=subscribe&token=x&challenge=123")}, want: Forbidden},
		"a handshake that wants markup":                 {declared: signed, in: []Incoming{get("mode=subscribe&token=s3cret&challenge=<b>")}, want: BadChallenge},
		"a GET where no handshake is declared":          {declared: tokened, in: []Incoming{get("token=s3cret")}, want: Unknown},
		"a store that fails: nothing was accepted":      {declared: signed, in: []Incoming{post("{}", "")}, storeErr: errors.New("disk full"), want: Overloaded},
		"a lookup that fails: it is not said to be 404": {declared: signed, in: []Incoming{post("{}", "")}, findErr: errors.New("no database"), want: Overloaded},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(tt.declared)
			b.store.err, b.inboxes.err = tt.storeErr, tt.findErr
			to := tt.to
			if to == "" {
				to = b.connection
			}
			var outcome Outcome
			var answer string
			for _, in := range tt.in {
				outcome, answer = b.Accept(t.Context(), to, in)
			}
			if outcome != tt.want || answer != tt.answer {
				t.Errorf("outcome = %s %q, want %s %q", outcome, answer, tt.want, tt.answer)
			}
			if len(b.store.stored) != tt.stored || len(b.ready) != tt.stored {
				t.Errorf("stored %d, told of %d, want %d", len(b.store.stored), len(b.ready), tt.stored)
			}
			for i, told := range b.ready {
				b.store.stored[i].ReceivedAt = noon // the store's clock is what counts
				if !reflect.DeepEqual(told, b.store.stored[i]) {
					t.Errorf("told of %+v, stored %+v", told, b.store.stored[i])
				}
			}
		})
	}
}

func TestWhatIsStored(t *testing.T) {
	t.Parallel()
	b := setup(signed)
	in := post("{}", "d1")
	b.Accept(t.Context(), b.connection, in)
	got := b.store.stored[0]
	if got.WorkspaceID != "ws_1" || got.ConnectionID != b.connection || got.Connector != "desk" || got.DeliveryKey != "d1" || !id.Valid("req", got.ID) ||
		string(got.Body) != "{}" || got.Method != http.MethodPost || len(got.Header["X-Sign"]) != 1 {
		t.Errorf("stored %+v", got)
	}
	if got.Header["Cookie"] != nil || in.Header["Cookie"] == nil {
		t.Error("the cookie is kept, or was taken from the caller's header")
	}
}

func TestATokenIsNotStored(t *testing.T) {
	t.Parallel()
	b := setup(tokened)
	b.Accept(t.Context(), b.connection, Incoming{Method: "POST", Query: url.Values{"token": {"s3cret"}, "a": {"b"}}, ReceivedAt: noon})
	if got := b.store.stored[0].Query; got["token"] != nil || got["a"] == nil {
		t.Errorf("stored query %v", got)
	}
}

func TestMoreThanTheLimitAreTurnedAway(t *testing.T) {
	t.Parallel()
	b := setup(signed)
	b.store.hold, b.store.held = make(chan struct{}), make(chan struct{})
	outcomes := make(chan Outcome, 2)
	for range 2 {
		go func() {
			o, _ := b.Accept(context.Background(), b.connection, Incoming{Method: http.MethodPost, Header: post("{}", "").Header, Body: []byte("{}"), ReceivedAt: noon})
			outcomes <- o
		}()
	}
	<-b.store.held
	<-b.store.held
	if o, _ := b.Accept(t.Context(), b.connection, post("{}", "")); o != Overloaded {
		t.Errorf("the third was %s", o)
	}
	close(b.store.hold)
	if a, c := <-outcomes, <-outcomes; a != Accepted || c != Accepted {
		t.Errorf("the first two were %s and %s", a, c)
	}
}

func TestInboxesAreCachedUntilForgotten(t *testing.T) {
	t.Parallel()
	b := setup(signed)
	for range 3 {
		b.Accept(t.Context(), b.connection, post("{}", ""))
	}
	if b.inboxes.asked != 1 {
		t.Errorf("looked up %d times, want once", b.inboxes.asked)
	}
	b.Forget(b.connection)
	b.inboxes.inbox.Secret = func(string) string { return "other" }
	if o, _ := b.Accept(t.Context(), b.connection, post("{}", "")); o != Unverified {
		t.Errorf("the old secret still counts: %s", o)
	}
}

func TestComplaintsAreRare(t *testing.T) {
	t.Parallel()
	var q quiet
	for _, tt := range []struct {
		key  string
		at   time.Duration
		want bool
	}{{"a", 0, true}, {"a", time.Second, false}, {"b", time.Second, true}, {"a", time.Minute, true}} {
		if got := q.allow(tt.key, noon.Add(tt.at)); got != tt.want {
			t.Errorf("%s at %s: %v", tt.key, tt.at, got)
		}
	}
}
