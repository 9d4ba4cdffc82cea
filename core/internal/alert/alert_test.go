package alert_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/alert"
	"github.com/cordboard/cordboard/core/internal/event"
)

// postOffice is a mail server on loopback that keeps what it takes. It greets with a refusal as long as refusals are left.
type postOffice struct {
	net.Listener

	mu    sync.Mutex
	says  []string // answers to the next letters instead of taking them
	taken []*mail.Message
	texts []string
}

func newPostOffice(t *testing.T, says ...string) *postOffice {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &postOffice{Listener: l, says: says}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { o.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); serving.Wait() })
	return o
}

func (o *postOffice) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	answer := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	answer("220 post.example.com")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " "); verb {
		case "QUIT":
			answer("221 bye")
			return
		case "RCPT":
			o.mu.Lock()
			says := "250 ok"
			if len(o.says) > 0 {
				says, o.says = o.says[0], o.says[1:]
			}
			o.mu.Unlock()
			answer(says)
		case "DATA":
			answer("354 go on")
			var text bytes.Buffer
			for line := ""; line != ".\r\n"; text.WriteString(line) {
				if line, err = in.ReadString('\n'); err != nil {
					return
				}
			}
			msg, err := mail.ReadMessage(&text)
			if err != nil {
				answer("554 unreadable")
				continue
			}
			body, _ := io.ReadAll(quotedprintable.NewReader(msg.Body))
			o.mu.Lock()
			o.taken, o.texts = append(o.taken, msg), append(o.texts, string(body))
			o.mu.Unlock()
			answer("250 taken")
		default:
			answer("250 ok")
		}
	}
}

// shelf is a Store with a few alerts and what is to be sent.
type shelf struct {
	alerts    []alert.Alert
	letters   []alert.Letter
	news      []alert.News
	postponed []time.Duration
	dropped   int
	attempts  int // of the letters that are taken
}

func (s *shelf) Raise(ctx context.Context, _, _ time.Duration, _ int, tell func(context.Context, []alert.Alert, []string) (alert.Telling, error)) ([]alert.Alert, error) {
	how, err := tell(ctx, s.alerts, []string{"ana@example.com"})
	s.letters, s.news = how.Letters, how.News
	return s.alerts, err
}

func (s *shelf) TakeLetter(context.Context, time.Duration) (l alert.Letter, ok bool, err error) {
	if len(s.letters) == 0 {
		return l, false, nil
	}
	l, s.letters = s.letters[0], s.letters[1:]
	l.Attempts = s.attempts + 1
	return l, true, nil
}

func (s *shelf) PostponeLetter(_ context.Context, _ string, pause time.Duration) error {
	s.postponed = append(s.postponed, pause)
	return nil
}

func (s *shelf) DropLetter(context.Context, string) error { s.dropped++; return nil }

var _ alert.Store = (*shelf)(nil)

// teller returns a Teller for a shelf and a post office, with what it logs.
func teller(t *testing.T, s *shelf, o *postOffice) (*alert.Teller, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	out := &alert.Teller{Store: s, ConsoleURL: "https://c.example.com", Log: slog.New(slog.NewTextHandler(&log, nil)), Announced: func() {},
		Subscribers: func(context.Context, string, string) ([]string, bool, error) { return []string{"ep_1"}, true, nil }}
	if o != nil {
		m, err := alert.NewMail("smtp://"+o.Addr().String(), "Cordboard <gateway@example.com>")
		if err != nil {
			t.Fatal(err)
		}
		out.Mail = m
	}
	return out, &log
}

var failing = alert.Alert{WorkspaceID: "ws_1", Kind: alert.Flow, Subject: "flow_1", Name: "verify", Title: "Verificación", Failure: "permanent", Count: 3, RunID: "run_9", Since: time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)}

func TestALetterTellsWhatHasToBeMended(t *testing.T) {
	t.Parallel()
	office, s := newPostOffice(t), &shelf{alerts: []alert.Alert{failing}}
	who, log := teller(t, s, office)
	who.Raise(t.Context(), 0)
	id := s.letters[0].ID
	who.Send(t.Context())
	if len(office.taken) != 1 || s.dropped != 1 {
		t.Fatalf("%d letters were taken, %d dropped: %s", len(office.taken), s.dropped, log)
	}
	header, text := office.taken[0].Header, office.texts[0]
	for name, want := range map[string]string{"To": "<ana@example.com>", "From": `"Cordboard" <gateway@example.com>`, "Message-Id": "<" + id + "@example.com>", "Auto-Submitted": "auto-generated"} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, want := range []string{"3 runs of Verificación failed: a provider refused a request for good.", "https://c.example.com/runs/run_9", "https://c.example.com/settings"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	n := s.news[0]
	if n.Event.Type != event.AlertFlow || n.Endpoints[0] != "ep_1" || !strings.Contains(string(n.Event.Payload), `"data":{"failure_kind":"permanent","failures":3,"flow":"verify","run_id":"run_9","since":"2026-05-06T12:00:00Z","url":"https://c.example.com/runs/run_9"}`) {
		t.Errorf("told %s %s", n.Event.Type, n.Event.Payload)
	}
}

func TestLettersReadWell(t *testing.T) {
	t.Parallel()
	more := failing
	more.Told = true
	one := failing
	one.Count, one.Title, one.Failure = 1, "", "strange"
	cases := map[string]struct {
		alerts  []alert.Alert
		subject string
		parts   []string
	}{
		"more of the same":           {[]alert.Alert{more}, "Cordboard: 3 more runs of Verificación failed: a provider refused a request for good", nil},
		"one run of an unnamed kind": {[]alert.Alert{one}, "Cordboard: A run of verify failed", nil},
		"a connection":               {[]alert.Alert{{Kind: alert.Connection, Name: "wa"}}, "Cordboard: The connection wa needs attention", []string{"https://c.example.com/connections"}},
		"an endpoint":                {[]alert.Alert{{Kind: alert.Endpoint, Name: "crm.example.com", Failure: "The address answered 410 Gone."}}, "Cordboard: Webhooks to crm.example.com were switched off", []string{"The address answered 410 Gone.", "https://c.example.com/webhooks"}},
		"several":                    {[]alert.Alert{one, {Kind: alert.Connection, Name: "wa"}}, "Cordboard: 2 things need attention", []string{"A run of verify failed.", "The connection wa needs attention."}},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &shelf{alerts: tt.alerts}
			who, _ := teller(t, s, newPostOffice(t))
			who.Raise(t.Context(), 0)
			if got := s.letters[0]; got.Subject != tt.subject {
				t.Errorf("subject %q, want %q", got.Subject, tt.subject)
			}
			for _, part := range tt.parts {
				if !strings.Contains(s.letters[0].Body, part) {
					t.Errorf("no %q in %s", part, s.letters[0].Body)
				}
			}
		})
	}
}

func TestWithoutAMailServerAlertsAreLogged(t *testing.T) {
	t.Parallel()
	s := &shelf{alerts: []alert.Alert{failing}}
	who, log := teller(t, s, nil)
	who.Raise(t.Context(), 0)
	who.Send(t.Context())
	if len(s.letters) > 0 || !strings.Contains(log.String(), `msg="needs attention" kind=flow subject=flow_1 name=verify failure=permanent count=3 run_id=run_9`) {
		t.Errorf("letters %+v, log %s", s.letters, log)
	}
}

func TestLettersAreTriedAgain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		says      string
		attempts  int // before
		postponed []time.Duration
		dropped   int
	}{
		"a busy server is tried again":           {"451 later", 0, []time.Duration{time.Minute}, 0},
		"after longer and longer pauses":         {"451 later", 4, []time.Duration{6 * time.Hour}, 0},
		"until it has been tried for long":       {"451 later", 5, nil, 1},
		"an address that is not there is not so": {"550 nobody", 0, nil, 1},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			office, s := newPostOffice(t, tt.says), &shelf{letters: []alert.Letter{{ID: "mail_1", Recipient: "ana@example.com"}}, attempts: tt.attempts}
			who, log := teller(t, s, office)
			who.Send(t.Context())
			if len(office.taken) > 0 || s.dropped != tt.dropped || len(s.postponed) != len(tt.postponed) || len(s.postponed) > 0 && s.postponed[0] != tt.postponed[0] {
				t.Errorf("taken %d, dropped %d, postponed %v; %s", len(office.taken), s.dropped, s.postponed, log)
			}
		})
	}
}

func TestAPasswordNeverGoesInClear(t *testing.T) {
	t.Parallel()
	office := newPostOffice(t) // which has no STARTTLS
	m, err := alert.NewMail("smtp://ana:hunter2@"+office.Addr().String(), "gateway@example.com")
	if err != nil {
		t.Fatal(err)
	}
	err = m.Send(t.Context(), alert.Letter{ID: "mail_1", Recipient: "ana@example.com", Subject: "s", Body: "b"})
	if err == nil || strings.Contains(err.Error(), "hunter2") || len(office.taken) > 0 {
		t.Errorf("error = %v, %d taken", err, len(office.taken))
	}
}

func TestBadMailSettings(t *testing.T) {
	t.Parallel()
	for _, tt := range [][3]string{
		{"imap://host", "a@example.com", "CORDBOARD_SMTP_URL: must be"},
		{"smtp://u:hunter2@", "a@example.com", "CORDBOARD_SMTP_URL: must be"},
		{"smtp://host", "", "CORDBOARD_SMTP_FROM: must be"},
	} {
		if _, err := alert.NewMail(tt[0], tt[1]); err == nil || !strings.HasPrefix(err.Error(), tt[2]) || errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", tt[0], err)
		}
	}
}
