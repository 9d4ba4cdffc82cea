package trigger

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/cordboard/cordboard/core/internal/id"
)

// Verdict says why a webhook request was not kept.
type Verdict string

const (
	BadSignature   Verdict = "bad_signature" // its sender did not prove who it is
	TooOld         Verdict = "too_old"       // its signature's time is more than five minutes from now
	BadHandshake   Verdict = "bad_handshake"
	TooLarge       Verdict = "too_large"
	BadEncoding    Verdict = "bad_encoding" // its body is compressed
	Malformed      Verdict = "malformed"    // two readers may read its bytes differently
	Busy           Verdict = "overloaded"   // it could not be stored, or too many were under way
	Copy           Verdict = "duplicate"
	UnknownAddress Verdict = "unknown_address" // is counted only
)

// Refused is what is noted of a request that was not kept.
type Refused struct {
	ID           string // req_…
	WorkspaceID  string
	ConnectionID string // or the id of a flow's own address
	Connector    string
	Method       string
	Query        map[string][]string // without what may be a secret
	Header       map[string][]string // likewise
	Body         []byte              // its beginning; nothing of a copy, whose first is kept
	Size         int                 // of the whole body, in bytes
	DeliveryKey  string
	Remote       string // the address that sent it
	Verdict      Verdict
	Skipped      int // of this address since the one before, which were counted only
	ReceivedAt   time.Time
}

// RefusedStore keeps notes of refused requests.
type RefusedStore interface {
	// NoteRefused stores notes and removes all but the newest most of each address that they are about.
	NoteRefused(ctx context.Context, refused []Refused, most int) error
}

// What a flood of refused requests can make the gateway keep and do.
const (
	refusedPerInbox = 100 // notes that are kept
	refusedBurst    = 20  // notes at once, of one address
	refusedEvery    = 3 * time.Second
	refusedBuffer   = 256 // notes that wait to be stored
	refusedBatch    = 64
	strangersBurst  = 50 // requests at once whose address is still to be looked up
	strangersEvery  = 50 * time.Millisecond
	bodySample      = 2 << 10
	valueSample     = 256
	headerSample    = 64 // names
)

// Refusals notes a sample of the requests that were not kept, so that people see why nothing arrives. Whoever refuses one
// never waits: what is too much is counted and forgotten, and a goroutine of its own stores the rest.
type Refusals struct {
	store   RefusedStore
	count   func(v Verdict)
	inboxes *inboxCache // set by the Intake
	log     *slog.Logger
	notes   chan note

	mu        sync.Mutex
	addresses map[string]*sampling // of inboxes that are there, so strangers can't fill it
	strangers *rate.Limiter
}

type sampling struct {
	limit   *rate.Limiter
	skipped int
}

// note is a request on its way to be stored. Without an inbox it is still to be found out whose it is.
type note struct {
	inbox *Inbox
	key   string
	what  Verdict
	in    Incoming

	skipped int // at its address since the note before
}

// NewRefusals returns a Refusals. count is told of each refused request and may be nil.
func NewRefusals(store RefusedStore, count func(v Verdict), log *slog.Logger) *Refusals {
	if count == nil {
		count = func(Verdict) {}
	}
	return &Refusals{store: store, count: count, log: log, notes: make(chan note, refusedBuffer), addresses: map[string]*sampling{},
		strangers: rate.NewLimiter(rate.Every(strangersEvery), strangersBurst)}
}

// known notes a request to an inbox that is there.
func (r *Refusals) known(inbox Inbox, v Verdict, in Incoming) {
	if r == nil {
		return
	}
	r.count(v)
	if v != UnknownAddress {
		r.offer(note{inbox: &inbox, key: inbox.ConnectionID, what: v, in: in})
	}
}

// unseen notes a request that was refused before anybody looked up its address. read copies it; it is called only if there
// is room.
func (r *Refusals) unseen(key string, v Verdict, read func() Incoming) {
	if r == nil {
		return
	}
	r.count(v)
	if !id.Valid("con", key) && !id.Valid(hookPrefix, key) || !r.strangers.Allow() {
		return
	}
	r.offer(note{key: key, what: v, in: read()})
}

func (r *Refusals) offer(n note) {
	ok := true
	if n.inbox != nil {
		n.skipped, ok = r.sample(n.key, n.in.ReceivedAt)
	}
	if !ok {
		return
	}
	n.in.Size = max(n.in.Size, len(n.in.Body))
	n.in.Body = slices.Clone(n.in.Body[:min(len(n.in.Body), bodySample)]) // while it waits it is not to hold the whole
	select {
	case r.notes <- n:
	default:
		r.skip(n.key, n.skipped+1)
	}
}

// sample reports whether there is room for another note about an address, and how many were skipped since the one before.
func (r *Refusals) sample(key string, now time.Time) (skipped int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.addresses[key]
	if s == nil {
		s = &sampling{limit: rate.NewLimiter(rate.Every(refusedEvery), refusedBurst)}
		r.addresses[key] = s
	}
	if !s.limit.AllowN(now, 1) {
		s.skipped++
		return 0, false
	}
	skipped, s.skipped = s.skipped, 0
	return skipped, true
}

func (r *Refusals) skip(key string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.addresses[key]; s != nil {
		s.skipped += n
	}
}

// Run stores notes until ctx ends; those that wait then are stored before it returns.
func (r *Refusals) Run(ctx context.Context) {
	for {
		var batch []note
		select {
		case <-ctx.Done():
			r.keep(context.WithoutCancel(ctx), r.waiting(nil))
			return
		case n := <-r.notes:
			batch = r.waiting([]note{n})
		}
		r.keep(ctx, batch)
	}
}

// waiting adds what waits to a batch.
func (r *Refusals) waiting(batch []note) []note {
	for len(batch) < refusedBatch {
		select {
		case n := <-r.notes:
			batch = append(batch, n)
		default:
			return batch
		}
	}
	return batch
}

func (r *Refusals) keep(ctx context.Context, batch []note) {
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	var refused []Refused
	for _, n := range batch {
		if n.inbox == nil {
			inbox, err := r.inboxes.find(ctx, n.key)
			if err != nil {
				continue
			}
			var ok bool
			if n.skipped, ok = r.sample(n.key, n.in.ReceivedAt); !ok {
				continue
			}
			n.inbox = &inbox
		}
		refused = append(refused, describe(n))
	}
	if len(refused) == 0 {
		return
	}
	if err := r.store.NoteRefused(ctx, refused, refusedPerInbox); err != nil && ctx.Err() == nil {
		r.log.ErrorContext(ctx, "note refused webhooks", "count", len(refused), "error", err)
	}
}

// describe leaves out what must not be kept, and most of what is long.
func describe(n note) Refused {
	in, declared := n.in, n.inbox.Declared
	out := Refused{
		ID: id.At("req", in.ReceivedAt), WorkspaceID: n.inbox.WorkspaceID, ConnectionID: n.inbox.ConnectionID, Connector: n.inbox.Connector,
		Method: in.Method, Size: in.Size, DeliveryKey: deliveryKey(declared, in.Header), Remote: in.Remote, Verdict: n.what,
		Skipped: n.skipped, ReceivedAt: in.ReceivedAt,
	}
	hidden := []string{strings.ToLower(declared.Verify.Header), strings.ToLower(declared.Verify.Query)}
	if c := declared.Challenge; c != nil {
		hidden = append(hidden, strings.ToLower(c.Token))
	}
	out.Query, out.Header = masked(in.Query, hidden), masked(in.Header, hidden)
	if n.what != Copy {
		out.Body = in.Body
	}
	return out
}

// revealing are parts of the names of headers and parameters whose values may be secrets.
var revealing = []string{"auth", "cookie", "token", "secret", "signature", "sign", "hmac", "key", "password", "session", "credential"}

// masked copies values. Of what may be a secret it says the length only, which is what helps with a wrong one.
func masked(values map[string][]string, hidden []string) map[string][]string {
	out := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(out) == headerSample {
			break
		}
		lower := strings.ToLower(name)
		secret := slices.Contains(hidden, lower) || slices.ContainsFunc(revealing, func(part string) bool { return strings.Contains(lower, part) })
		for _, v := range values[name][:min(len(values[name]), 4)] {
			switch {
			case secret:
				v = fmt.Sprintf("(hidden, %d characters)", len(v))
			case len(v) > valueSample:
				v = strings.ToValidUTF8(v[:valueSample], "") + "…"
			}
			out[name[:min(len(name), valueSample)]] = append(out[name[:min(len(name), valueSample)]], strings.ToValidUTF8(v, "�"))
		}
	}
	return out
}

// Refused notes that the listener has refused a request by itself. key is the last part of its path. read copies the
// request and may be called or not, before this returns.
func (n *Intake) Refused(key string, v Verdict, read func() Incoming) {
	n.refusals.unseen(key, v, read)
}

// refusal is the verdict on a request that came to an inbox and was not kept; "" for one that was, or is a handshake.
func refusal(outcome Outcome) Verdict {
	switch outcome {
	case Unverified:
		return BadSignature
	case Expired:
		return TooOld
	case Forbidden, BadChallenge:
		return BadHandshake
	case Overloaded:
		return Busy
	case Duplicate:
		return Copy
	case Unknown:
		return UnknownAddress
	}
	return ""
}
