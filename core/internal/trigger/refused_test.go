package trigger

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// notebook is a RefusedStore.
type notebook struct {
	mu    sync.Mutex
	notes []Refused
}

func (n *notebook) NoteRefused(_ context.Context, refused []Refused, _ int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.notes = append(n.notes, refused...)
	return nil
}

// refusing has an intake note what it refuses; noted stores what waits and returns it.
func refusing(declared protocol.Inbox) (b *bundle, counted map[Verdict]int, noted func() []Refused) {
	b, counted = setup(declared), map[Verdict]int{}
	book := new(notebook)
	b.Intake.refusals = NewRefusals(book, func(v Verdict) { counted[v]++ }, discard())
	b.Intake.refusals.inboxes = b.Intake.inboxes
	return b, counted, func() []Refused {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		for {
			before := len(book.notes)
			b.Intake.refusals.Run(over)
			if len(book.notes) == before {
				return book.notes
			}
		}
	}
}

func TestRefusedRequestsAreNoted(t *testing.T) {
	t.Parallel()
	standard := protocol.Inbox{Verify: protocol.Verification{Scheme: protocol.SchemeStandardWebhooks, Secret: "std"}}
	forged := post(`{"a":1}`, "")
	forged.Body, forged.Remote = []byte(`{"a":2}`), "192.0.2.7"
	stale := Incoming{Method: http.MethodPost, Body: []byte("{}"), ReceivedAt: noon, Header: http.Header{
		"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {strconv.FormatInt(noon.Add(-time.Hour).Unix(), 10)}, "Webhook-Signature": {"v1,AAAA"}}}
	long := forged
	long.Body = []byte(strings.Repeat("x", bodySample*3))
	cases := map[string]struct {
		declared protocol.Inbox
		in       []Incoming
		want     Verdict // of the last one; empty: nothing is noted
		body     string
		size     int
	}{
		"one that is kept":          {signed, []Incoming{post("{}", "")}, "", "", 0},
		"a wrong signature":         {signed, []Incoming{forged}, BadSignature, `{"a":2}`, 7},
		"a long body":               {signed, []Incoming{long}, BadSignature, strings.Repeat("x", bodySample), bodySample * 3},
		"an old signature":          {standard, []Incoming{stale}, TooOld, "{}", 2},
		"a copy, whose body is had": {signed, []Incoming{post("{}", "d1"), post("{}", "d1")}, Copy, "", 2},
		"a handshake":               {signed, []Incoming{{Method: http.MethodGet, Query: map[string][]string{"token": {"guess"}}, ReceivedAt: noon}}, BadHandshake, "", 0},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, counted, noted := refusing(tt.declared)
			b.inboxes.inbox.Secret = func(string) string {
				if tt.declared.Verify.Scheme == protocol.SchemeStandardWebhooks {
					return "whsec_" + strings.Repeat("MTIz", 10)
				}
				return "s3cret"
			}
			for _, in := range tt.in {
				b.Accept(t.Context(), b.connection, in)
			}
			notes := noted()
			if tt.want == "" {
				if len(notes) != 0 || len(counted) != 0 {
					t.Errorf("noted %+v, counted %v", notes, counted)
				}
				return
			}
			if len(notes) != 1 || counted[tt.want] != 1 {
				t.Fatalf("noted %+v, counted %v", notes, counted)
			}
			got := notes[0]
			if got.Verdict != tt.want || string(got.Body) != tt.body || got.Size != tt.size || got.WorkspaceID != "ws_1" || got.ConnectionID != b.connection || !id.Valid("req", got.ID) {
				t.Errorf("noted %+v", got)
			}
			if tt.want == BadSignature && got.Remote != "192.0.2.7" {
				t.Errorf("it came from %q", got.Remote)
			}
		})
	}
}

// A refused request may come from the right sender with the right secret in the wrong place.
func TestNotesHoldNoSecrets(t *testing.T) {
	t.Parallel()
	const secret = "canary-51c7"
	in := Incoming{Method: http.MethodPost, ReceivedAt: noon, Query: map[string][]string{"token": {secret}, "access_token": {secret}, "page": {"2"}},
		Header: http.Header{"Authorization": {"Bearer " + secret}, "X-Api-Key": {secret}, "Cookie": {"a=" + secret}, "X-Shop-Hmac-Sha256": {secret}, "User-Agent": {"shop/1"}, "X-Long": {strings.Repeat("y", 5000)}}}
	out := tokened
	out.Verify.Secret = "other"
	b, _, noted := refusing(out)
	if outcome, _ := b.Accept(t.Context(), b.connection, in); outcome != Unverified {
		t.Fatal(outcome)
	}
	got := noted()[0]
	for name, values := range map[string]map[string][]string{"query": got.Query, "header": got.Header} {
		for key, all := range values {
			if strings.Contains(strings.Join(all, " "), secret) {
				t.Errorf("%s %s holds it: %v", name, key, all)
			}
		}
	}
	if got.Query["page"][0] != "2" || got.Header["User-Agent"][0] != "shop/1" || got.Query["token"][0] != "(hidden, 11 characters)" || len(got.Header["X-Long"][0]) > valueSample+8 {
		t.Errorf("noted %+v", got)
	}
}

// A flood costs a bounded number of notes, and each that is lost is told of by the next.
func TestAFloodIsSampled(t *testing.T) {
	t.Parallel()
	b, counted, noted := refusing(signed)
	forged := post("{}", "")
	forged.Body = []byte("{ }")
	for range 10_000 { // nobody stores meanwhile: it must not wait for that
		b.Accept(t.Context(), b.connection, forged)
	}
	if n := len(noted()); n != refusedBurst || counted[BadSignature] != 10_000 {
		t.Errorf("%d are noted, %v counted", n, counted)
	}
	forged.ReceivedAt = noon.Add(refusedEvery)
	b.Accept(t.Context(), b.connection, forged)
	notes := noted()
	if last := notes[len(notes)-1]; len(notes) != refusedBurst+1 || last.Skipped != 10_000-refusedBurst {
		t.Errorf("%d notes, the last of them %+v", len(notes), last)
	}
}

// What the listener itself refuses is looked up later, and strangers' addresses are counted only.
func TestTheListenersRefusals(t *testing.T) {
	t.Parallel()
	b, counted, noted := refusing(signed)
	read := 0
	refuse := func(key string) {
		b.Refused(key, TooLarge, func() Incoming {
			read++
			return Incoming{Method: http.MethodPost, Size: 5 << 20, ReceivedAt: noon}
		})
	}
	refuse(b.connection)
	refuse(id.New("con"))
	refuse("wp-login.php")
	if b.inboxes.asked != 0 {
		t.Error("the sender waits for the look-up")
	}
	notes := noted()
	if len(notes) != 1 || notes[0].Verdict != TooLarge || notes[0].Size != 5<<20 || counted[TooLarge] != 3 || read != 2 {
		t.Errorf("noted %+v, counted %v, %d read", notes, counted, read)
	}
	for range 1000 {
		refuse(id.New("con"))
	}
	if read > 2+strangersBurst+5 {
		t.Errorf("%d requests of strangers are copied", read)
	}
}
