package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Delivery is one webhook on its way to one address: the same bytes and headers at each attempt.
type Delivery struct {
	ID       string        `json:"id"`
	Vendor   string        `json:"vendor"`
	Topic    string        `json:"topic"`
	URL      string        `json:"url"`
	Header   http.Header   `json:"headers"`
	Body     string        `json:"body"`
	At       time.Time     `json:"at"`
	State    DeliveryState `json:"state"`
	Attempts []Attempt     `json:"attempts"`
}

// DeliveryState says where a Delivery stands.
type DeliveryState string

// A pending delivery has an attempt to come; a held one waits for Release; the others are over.
const (
	Pending   DeliveryState = "pending"
	Held      DeliveryState = "held"
	Delivered DeliveryState = "delivered"
	Failed    DeliveryState = "failed"
)

// Attempt is one try. Status is 0 when no answer came, and Error then says why.
type Attempt struct {
	At     time.Time `json:"at"`
	Status int       `json:"status"`
	Error  string    `json:"error,omitempty"`
	Millis int64     `json:"ms"`
}

// policy is how a vendor treats an answer: which statuses it takes as success, how long it pauses before
// each repeat, and what it does when the last attempt is over.
type policy struct {
	success func(status int) bool
	gaps    []time.Duration
	done    func(status int, ok bool)
}

const (
	deliveryTimeout = 5 * time.Second
	deliveryLog     = 2000 // deliveries remembered
)

// outbox sends webhooks and remembers them.
type outbox struct {
	clock   *clock
	changes *changes
	log     *slog.Logger
	client  *http.Client
	ctx     context.Context
	cancel  context.CancelFunc

	mu      sync.Mutex
	holding bool
	entries []*outgoing
}

type outgoing struct {
	Delivery
	policy policy
	body   []byte
}

func newOutbox(c *clock, ch *changes, log *slog.Logger) *outbox {
	ctx, cancel := context.WithCancel(context.Background())
	return &outbox{clock: c, changes: ch, log: log, ctx: ctx, cancel: cancel, client: &http.Client{
		Timeout:       deliveryTimeout,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send makes a delivery and attempts it at once, or keeps it while the outbox is holding.
func (o *outbox) send(d Delivery, body []byte, p policy) {
	d.ID, d.Body, d.At, d.State = newID("dlv"), string(body), o.clock.now(), Pending
	e := &outgoing{Delivery: d, policy: p, body: body}
	o.mu.Lock()
	if o.holding {
		e.State = Held
	}
	o.entries = append(o.entries, e)
	if extra := len(o.entries) - deliveryLog; extra > 0 {
		o.entries = slices.Delete(o.entries, 0, extra)
	}
	held := e.State == Held
	o.mu.Unlock()
	o.changes.notify()
	if !held {
		o.clock.after(0, func() { o.attempt(e) })
	}
}

func (o *outbox) redeliver(id string, copies int) error {
	o.mu.Lock()
	i := slices.IndexFunc(o.entries, func(e *outgoing) bool { return e.ID == id })
	if i < 0 {
		o.mu.Unlock()
		return fmt.Errorf("there is no webhook %q", id)
	}
	e := *o.entries[i]
	o.mu.Unlock()
	e.Attempts = nil
	for range max(copies, 1) {
		o.send(e.Delivery, e.body, e.policy)
	}
	return nil
}

func (o *outbox) attempt(e *outgoing) {
	o.mu.Lock()
	if o.holding {
		e.State = Held
		o.mu.Unlock()
		return
	}
	o.mu.Unlock()

	began := time.Now()
	status, err := o.post(e)
	a := Attempt{At: o.clock.now(), Status: status, Millis: time.Since(began).Milliseconds()}
	if err != nil {
		a.Error = err.Error()
	}
	ok := err == nil && e.policy.success(status)

	o.mu.Lock()
	e.Attempts = append(e.Attempts, a)
	tries, gaps := len(e.Attempts), e.policy.gaps
	last := ok || tries > len(gaps)
	o.mu.Unlock()
	if last && e.policy.done != nil { // before the state tells of it
		e.policy.done(status, ok)
	}
	o.mu.Lock()
	switch {
	case ok:
		e.State = Delivered
	case last:
		e.State = Failed
	}
	o.mu.Unlock()
	if !ok {
		o.log.Warn("webhook not accepted", "vendor", e.Vendor, "topic", e.Topic, "attempt", tries, "status", status, "err", a.Error)
	}
	if !last {
		o.clock.after(gaps[tries-1], func() { o.attempt(e) })
	}
	o.changes.notify()
}

func (o *outbox) post(e *outgoing) (int, error) {
	req, err := http.NewRequestWithContext(o.ctx, http.MethodPost, e.URL, bytes.NewReader(e.body))
	if err != nil {
		return 0, errors.New("the address cannot be called")
	}
	req.Header = e.Header.Clone()
	resp, err := o.client.Do(req)
	if err != nil {
		return 0, withoutURL(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // lets the connection be used again
	return resp.StatusCode, nil
}

func (o *outbox) hold() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.holding = true
}

func (o *outbox) release() {
	o.mu.Lock()
	o.holding = false
	var due []*outgoing
	for _, e := range o.entries {
		if e.State == Held {
			e.State = Pending
			due = append(due, e)
		}
	}
	o.mu.Unlock()
	o.clock.after(0, func() {
		for _, e := range due { // one after the other keeps their order
			o.attempt(e)
		}
	})
}

func (o *outbox) list() []Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := make([]Delivery, len(o.entries))
	for i, e := range o.entries {
		list[i] = e.Delivery
		list[i].Attempts = slices.Clone(e.Attempts)
	}
	return list
}

func (o *outbox) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.holding, o.entries = false, nil
}

func (o *outbox) close() {
	o.cancel()
	o.client.CloseIdleConnections()
}

// withoutURL drops the address from an HTTP client's error, because callback addresses can hold secrets.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// callbackAllowed reports whether a vendor would take the address: https anywhere, plain http only to this
// machine and only if the sandbox allows it.
func (e env) callbackAllowed(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && e.allowHTTP && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (o *outbox) isHolding() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.holding
}
