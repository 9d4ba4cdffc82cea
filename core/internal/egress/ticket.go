package egress

import (
	"context"
	"crypto/rand"
	"maps"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// maxExchanges bounds what is kept of one call; a poll that asks more often is still served.
const maxExchanges = 200

// tickets are the calls that may send now, by the name that their connector was told.
type tickets struct {
	mu   sync.RWMutex
	open map[string]*ticket
}

// ticket is one call's right to send.
type ticket struct {
	grant   connection.Grant
	secrets func() *secrets // made for the first request: many calls send none
	ended   context.Context

	log     *exchangeLog
	mu      sync.Mutex
	renewed *ticket // with another access token; nil: the first one is good
}

// exchangeLog is what was exchanged in one call.
type exchangeLog struct {
	mu        sync.Mutex
	exchanges []connection.Exchange
}

// current is the ticket with the newest credentials.
func (t *ticket) current() *ticket {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.renewed != nil {
		return t.renewed
	}
	return t
}

// renew returns the ticket with another access token than that of used, nil if there is none.
func (t *ticket) renew(ctx context.Context, used *ticket) *ticket {
	token, err := used.grant.Renew(ctx, used.grant.Values[protocol.AccessToken])
	if err != nil {
		return nil
	}
	grant := used.grant
	grant.Values, grant.Secrets = maps.Clone(grant.Values), maps.Clone(grant.Secrets)
	for handle, secret := range grant.Secrets {
		if secret == grant.Values[protocol.AccessToken] {
			grant.Secrets[handle] = token
		}
	}
	grant.Values[protocol.AccessToken] = token
	again := newTicket(grant, t.ended, t.log)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.renewed = again
	return again
}

func newTicket(grant connection.Grant, ended context.Context, log *exchangeLog) *ticket {
	t := &ticket{grant: grant, ended: ended, log: log}
	t.secrets = sync.OnceValue(func() *secrets {
		if basic, err := t.basic(); err == nil && basic != "" {
			return newSecrets(grant.Secrets, basic)
		}
		return newSecrets(grant.Secrets)
	})
	return t
}

// Open lets requests leave under the returned ticket until done is called. Done gives up requests that are still
// under way and returns what was exchanged, oldest first.
func (g *Gateway) Open(grant connection.Grant) (string, func() []connection.Exchange) {
	ended, end := context.WithCancel(context.Background())
	t := newTicket(grant, ended, &exchangeLog{})
	name := rand.Text()
	g.tickets.add(name, t)
	return name, func() []connection.Exchange {
		g.tickets.remove(name)
		end()
		t.log.mu.Lock()
		defer t.log.mu.Unlock()
		return t.log.exchanges
	}
}

func (ts *tickets) add(name string, t *ticket) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.open == nil {
		ts.open = make(map[string]*ticket)
	}
	ts.open[name] = t
}

func (ts *tickets) remove(name string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	delete(ts.open, name)
}

func (ts *tickets) find(name string) *ticket {
	ts.mu.RLock()
	defer ts.mu.RUnlock()
	return ts.open[name]
}

// margin is how much earlier than its call a request is given up, so that the connector can still say what happened.
const margin = 250 * time.Millisecond

// bind ends ctx together with the call, a little before ctx's own deadline, and after timeout when it has none.
func (t *ticket) bind(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		timeout = left - min(margin, left/10)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	stop := context.AfterFunc(t.ended, cancel)
	return ctx, func() { stop(); cancel() }
}

func (t *ticket) record(e connection.Exchange) {
	t.log.mu.Lock()
	defer t.log.mu.Unlock()
	if len(t.log.exchanges) < maxExchanges {
		t.log.exchanges = append(t.log.exchanges, e)
	}
}
