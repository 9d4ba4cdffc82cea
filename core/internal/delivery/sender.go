package delivery

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/seal"
)

// schedule is how long after an attempt the next one is made. When it is through, the delivery has failed.
var schedule = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
}

const (
	attemptTimeout = 30 * time.Second
	farewell       = 15 * time.Second   // how long attempts under way go on when the sender stops
	lease          = time.Minute        // how long a claimed delivery is left alone; more than an attempt takes
	givesUpAfter   = 5 * 24 * time.Hour // of failures alone: then the endpoint is disabled
	longestPause   = 24 * time.Hour     // that a Retry-After may ask for
	excerpt        = 64 << 10           // bytes kept of an answer
	together       = 4                  // attempts at one endpoint at a time, on one node
	opensAfter     = 5                  // failures in a row, then an endpoint is left alone for a while
	leftAlone      = 30 * time.Second   // the first time; twice as long each time after that
	leftAloneMost  = 10 * time.Minute
	look           = time.Second // how often the database is asked for what is due
)

// DeliveryState is how far a delivery is.
type DeliveryState string

const (
	Pending   DeliveryState = "pending"
	Delivered DeliveryState = "delivered"
	Failed    DeliveryState = "failed"
)

// Outcome is what came of an attempt.
type Outcome string

const (
	AttemptDelivered Outcome = "delivered"
	AttemptFailed    Outcome = "failed"
	AttemptUnknown   Outcome = "unknown" // being made, or its node died or was stopped
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID          string // dlv_…
	WorkspaceID string
	EndpointID  string
	EventID     string
	Type        string
	State       DeliveryState
	Attempts    int
	Step        int // place in the schedule
	DueAt       time.Time
	CreatedAt   time.Time
	EndedAt     time.Time
	Payload     []byte    // only of one that was asked for alone
	Tries       []Attempt // likewise
}

// Attempt is one try of a delivery.
type Attempt struct {
	Number   int
	At       time.Time
	Duration time.Duration
	Status   int // of HTTP; 0 if there was no answer
	Outcome  Outcome
	Failure  string
	Response string // the beginning of the answer's body
}

// Filter restricts a list of deliveries; empty fields don't.
type Filter struct {
	EndpointID string
	State      DeliveryState
	Type       string
}

// Verdict is what an attempt makes of its delivery and of the endpoint.
type Verdict struct {
	Attempt
	State   DeliveryState
	DueAt   time.Time // of a pending one
	Disable string    // why the endpoint is to be disabled; empty if it is not
	Notice  *Notice   // of that; nil if nobody wants it
}

// Notice is an event about an endpoint, for others.
type Notice struct {
	event.Outgoing
	Endpoints []string
}

// queue is the part of Store that the sender works with.
type queue interface {
	// EndpointsDue lists the active endpoints that have something due.
	EndpointsDue(ctx context.Context) ([]string, error)
	// Claim takes the endpoint's delivery that has been due the longest, until the lease ends, and notes the attempt as
	// unknown. ok is false if nothing is due.
	Claim(ctx context.Context, endpointID string, lease time.Duration) (d Delivery, e Endpoint, ok bool, err error)
	// Settle stores what came of an attempt, unless a later one has begun, and the notice in the same unit if the
	// endpoint is disabled by it. One whose outcome is unknown takes no place in the schedule and says nothing about the
	// endpoint.
	Settle(ctx context.Context, d Delivery, v Verdict) error
}

// Sender sends what is due. A slow or dead endpoint holds up only itself: each has its own few workers, and is left
// alone for a while after several failures in a row.
type Sender struct {
	Store  Store
	Keys   *seal.Keys
	Client *http.Client // with the guard on destinations
	Log    *slog.Logger
	// Subscribers lists the endpoints that want to be told of a type of event; wanted is true if one wants it later.
	Subscribers func(ctx context.Context, workspaceID, eventType string) (endpoints []string, wanted bool, err error)

	nudge   chan struct{}
	once    sync.Once
	mu      sync.Mutex
	at      map[string]*line
	workers sync.WaitGroup
}

// line is what this node knows of an endpoint.
type line struct {
	busy     int
	failures int // in a row
	until    time.Time
}

func (s *Sender) init() {
	s.once.Do(func() { s.nudge, s.at = make(chan struct{}, 1), map[string]*line{} })
}

// Due says that something may be due. It never blocks.
func (s *Sender) Due() {
	s.init()
	select {
	case s.nudge <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends. Attempts under way then come to their end, so that their outcome is known; those that take
// longer than the farewell are cut off, and the next node makes them again.
func (s *Sender) Run(ctx context.Context) {
	s.init()
	attempts, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		late := time.AfterFunc(farewell, cut)
		s.workers.Wait()
		late.Stop()
		cut()
	}()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		due, err := s.Store.EndpointsDue(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("look for due deliveries", "error", err)
		}
		for _, endpointID := range due {
			for s.enter(endpointID) {
				s.workers.Go(func() { s.drain(ctx, attempts, endpointID) })
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.nudge:
		}
	}
}

// enter takes one of an endpoint's places, if there is one.
func (s *Sender) enter(endpointID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.at[endpointID]
	if l == nil {
		l = &line{}
		s.at[endpointID] = l
	}
	places := together
	if l.failures >= opensAfter {
		places = 1 // a probe
	}
	if l.busy >= places || time.Now().Before(l.until) {
		return false
	}
	l.busy++
	return true
}

func (s *Sender) leave(endpointID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at[endpointID].busy--
}

// noted counts failures and reports whether the endpoint may be sent more at once.
func (s *Sender) noted(endpointID string, ok bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.at[endpointID]
	if ok {
		l.failures, l.until = 0, time.Time{}
		return true
	}
	l.failures++
	if l.failures < opensAfter {
		return true
	}
	l.until = time.Now().Add(min(leftAlone<<min(l.failures-opensAfter, 10), leftAloneMost))
	return false
}

// drain sends what is due at one endpoint, one after another, until ctx ends; an attempt ends with attempts.
func (s *Sender) drain(ctx, attempts context.Context, endpointID string) {
	defer s.leave(endpointID)
	for ctx.Err() == nil {
		d, e, ok, err := s.Store.Claim(ctx, endpointID, lease)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("claim a delivery", "endpoint_id", endpointID, "error", err)
		}
		if err != nil || !ok {
			return
		}
		v := s.attempt(attempts, d, e)
		if v.Disable != "" {
			v.Notice = s.notice(context.WithoutCancel(ctx), e, v)
		}
		if err := s.Store.Settle(context.WithoutCancel(ctx), d, v); err != nil {
			s.Log.Error("store an attempt", "delivery_id", d.ID, "error", err)
			return
		}
		if v.Disable != "" {
			s.Log.Warn("an endpoint was disabled", "endpoint_id", e.ID, "reason", v.Disable)
			s.Due() // the notice
			return
		}
		if !s.noted(endpointID, v.Outcome == AttemptDelivered) {
			return
		}
	}
}

// notice makes the event that an endpoint is disabled, for all others that want it. It leaves out the address, which may
// hold a token.
func (s *Sender) notice(ctx context.Context, e Endpoint, v Verdict) *Notice {
	endpoints, wanted, err := s.Subscribers(ctx, e.WorkspaceID, event.EndpointDisabled)
	if err != nil {
		s.Log.Error("find who wants to know of a disabled endpoint", "endpoint_id", e.ID, "error", err)
	}
	if !wanted {
		return nil
	}
	data := map[string]any{"endpoint": map[string]any{"id": e.ID, "description": e.Description}, "reason": v.Disable}
	if !e.FailingSince.IsZero() {
		data["failing_since"] = e.FailingSince.UTC()
	}
	return &Notice{
		Outgoing:  event.NewOutgoing(e.WorkspaceID, event.EndpointDisabled, v.At, data),
		Endpoints: slices.DeleteFunc(endpoints, func(id string) bool { return id == e.ID }),
	}
}

// attempt sends a delivery once.
func (s *Sender) attempt(ctx context.Context, d Delivery, e Endpoint) Verdict {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	resp, err := s.post(ctx, d, e, began)
	tried := Attempt{Number: d.Attempts, At: began}
	var header http.Header
	if err == nil {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, excerpt))
		_ = resp.Body.Close()
		tried.Status, tried.Response, header = resp.StatusCode, strings.ToValidUTF8(string(bytes.ReplaceAll(body, []byte{0}, nil)), "�"), resp.Header
	}
	tried.Duration = time.Since(began)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		tried.Outcome, tried.Failure = AttemptUnknown, "The gateway was stopped before an answer came."
		return Verdict{Attempt: tried, State: Pending, DueAt: time.Now()}
	}
	tried.Failure = explain(err)
	return judge(d, e, tried, header, time.Now())
}

func (s *Sender) post(ctx context.Context, d Delivery, e Endpoint, now time.Time) (*http.Response, error) {
	var secrets []string
	live := []seal.Sealed{e.Secret}
	if now.Before(e.PreviousUntil) {
		live = append(live, e.Previous)
	}
	for _, sealed := range live {
		secret, err := s.Keys.Open(place(e), sealed)
		if err != nil {
			return nil, errUnreadable
		}
		secrets = append(secrets, secret.Reveal())
	}
	signature, err := sign(d.EventID, now, d.Payload, secrets)
	if err != nil {
		return nil, errUnreadable
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(d.Payload))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Cordboard")
	req.Header.Set("webhook-id", d.EventID)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("webhook-signature", signature)
	return s.Client.Do(req)
}

var errUnreadable = errors.New("the signing secret is not readable")

// explain says what went wrong without the address: it may hold a token.
func explain(err error) string {
	var network net.Error
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errUnreadable):
		return "The signing secret is not readable; make a new one."
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "No answer within " + attemptTimeout.String() + "."
	}
	return "The address is not reachable."
}

// judge decides what comes of an attempt: any 2xx is taken, 410 ends the endpoint, all else is tried again by the
// schedule, not before the time that a 429 or 503 asks for.
func judge(d Delivery, e Endpoint, tried Attempt, header http.Header, now time.Time) Verdict {
	v := Verdict{Attempt: tried}
	if tried.Status >= 200 && tried.Status < 300 {
		v.Outcome, v.State = AttemptDelivered, Delivered
		return v
	}
	v.Outcome, v.State = AttemptFailed, Failed
	if v.Failure == "" {
		v.Failure = "Answered with " + strconv.Itoa(tried.Status) + " " + http.StatusText(tried.Status) + "."
		if tried.Status >= 300 && tried.Status < 400 {
			v.Failure += " Redirects are not followed; put in the address that it leads to."
		}
	}
	switch {
	case d.Type == event.EndpointTest:
		return v // who tests wants to know now
	case tried.Status == http.StatusGone:
		v.Disable = "The address answered 410 Gone."
		return v
	case !e.FailingSince.IsZero() && now.Sub(e.FailingSince) >= givesUpAfter:
		v.Disable = "Nothing was taken for five days."
	}
	if d.Step >= len(schedule) {
		return v
	}
	pause := schedule[d.Step]
	pause += rand.N(pause/5) // later, never earlier: the schedule is promised
	if tried.Status == http.StatusTooManyRequests || tried.Status == http.StatusServiceUnavailable {
		pause = max(pause, min(retryAfter(header.Get("Retry-After"), now), longestPause))
	}
	v.State, v.DueAt = Pending, now.Add(pause)
	return v
}

// retryAfter reads seconds or a date; zero if it is neither.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, int(longestPause/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
