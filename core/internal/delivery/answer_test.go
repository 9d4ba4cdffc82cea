package delivery

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordboard/cordboard/core/internal/seal"
)

// receiver answers a request in its own time.
type receiver func(r *http.Request) (*http.Response, error)

func (f receiver) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// endless is a body that never ends; each read takes a while. It ends with its request, as a transport's does.
type endless struct {
	ctx   context.Context
	pause time.Duration
	read  int
}

func (b *endless) Read(p []byte) (int, error) {
	select {
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	case <-time.After(b.pause):
	}
	for i := range p {
		p[i] = 'x'
	}
	b.read += len(p)
	return len(p), nil
}

func (b *endless) Close() error { return nil }

// broken is a body that ends in the middle.
type broken struct{ io.Reader }

func (broken) Close() error { return nil }

func TestCase78AnswersInTheirOwnTime(t *testing.T) {
	t.Parallel()
	made, e := sealed(t)
	answer := func(body io.ReadCloser) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body}, nil
	}
	after := func(wait time.Duration) receiver {
		return func(r *http.Request) (*http.Response, error) {
			select {
			case <-r.Context().Done():
				return nil, r.Context().Err()
			case <-time.After(wait):
				return answer(io.NopCloser(strings.NewReader("ok")))
			}
		}
	}
	var flood endless
	for name, tt := range map[string]struct {
		receiver
		want     Outcome
		took     time.Duration
		response int
	}{
		"just in time":  {after(29900 * time.Millisecond), AttemptDelivered, 29900 * time.Millisecond, 2},
		"just too late": {after(30100 * time.Millisecond), AttemptFailed, 30 * time.Second, 0},
		"a body without an end": {func(r *http.Request) (*http.Response, error) {
			return answer(&endless{ctx: r.Context(), pause: time.Hour})
		}, AttemptDelivered, 30 * time.Second, 0},
		"a body of any size": {func(r *http.Request) (*http.Response, error) {
			flood = endless{ctx: r.Context()}
			return answer(&flood)
		}, AttemptDelivered, 0, 64 << 10},
		"a connection that ends within the body": {func(*http.Request) (*http.Response, error) {
			return answer(broken{io.MultiReader(strings.NewReader("o"), errReader{})})
		}, AttemptDelivered, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &Sender{Keys: made.Keys, Client: &http.Client{Transport: tt.receiver}}
				began := time.Now()
				v := s.attempt(t.Context(), Delivery{ID: "dlv_1", EventID: "evt_1", Payload: []byte("{}"), Attempts: 1}, e)
				if v.Outcome != tt.want || time.Since(began) != tt.took || len(v.Response) != tt.response {
					t.Errorf("after %s: %+v", time.Since(began), v)
				}
			})
		})
	}
	if flood.read > 128<<10 {
		t.Errorf("%d bytes were read of it", flood.read)
	}
}

// A connection on which more came than is read is not used again: what is left on it belongs to another request.
func TestCase78AConnectionWithAnUnreadAnswerIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	from := make(chan string, 4)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from <- r.RemoteAddr
		for chunk := make([]byte, 32<<10); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	s, e := sealed(t)
	s.Client, e.URL = server.Client(), server.URL
	for range 2 {
		if v := s.attempt(t.Context(), Delivery{ID: "dlv_1", EventID: "evt_1", Payload: []byte("{}"), Attempts: 1}, e); v.Outcome != AttemptDelivered {
			t.Fatalf("%+v", v.Attempt.Failure)
		}
	}
	if first, second := <-from, <-from; first == second {
		t.Errorf("both came from %s", first)
	}
}

// sealed makes a sender and an endpoint whose secret it can read.
func sealed(t *testing.T) (*Sender, Endpoint) {
	t.Helper()
	keys, err := seal.New(strings.Repeat("k", 40))
	if err != nil {
		t.Fatal(err)
	}
	e := Endpoint{ID: "ep_1", WorkspaceID: "ws_1", URL: "https://crm.example.com/in", State: Active}
	if e.Secret, err = keys.Seal(place(e), seal.NewSecret("whsec_"+strings.Repeat("MTIz", 10))); err != nil {
		t.Fatal(err)
	}
	return &Sender{Keys: keys, Log: slog.New(slog.DiscardHandler)}, e
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
