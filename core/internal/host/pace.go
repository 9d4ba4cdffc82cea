package host

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// How fast the gateway reads what a connector has to say beside its answers. One that is faster waits in its own write,
// because reading and throwing away costs the gateway as much as reading.
const (
	readRate    = 1 << 20 // bytes a second, of what it prints, and as many of the log lines of its calls
	printedHead = 1 << 20 // bytes at once of what it prints
	loggedHead  = 4 << 20 // and of the log lines of its calls, one of which may have as many as an answer
	askRate     = 2000    // requests to the gateway a second, and at once
)

// pace lets a connector's bytes or requests through at a rate.
type pace struct {
	limit  *rate.Limiter
	faults *faults
}

func newPace(perSecond, head int, f *faults) *pace {
	return &pace{rate.NewLimiter(rate.Limit(perSecond), head), f}
}

// wait returns when it is time for n more, or when ctx ends.
func (p *pace) wait(ctx context.Context, n int) {
	n = min(n, p.limit.Burst())
	if p.limit.AllowN(time.Now(), n) {
		return
	}
	p.faults.note(HeldBack)
	if p.limit.WaitN(ctx, n) != nil { // it would take longer than there is time
		<-ctx.Done()
	}
}

// waitWhile returns when it is time for n more, or when whoever has them is gone.
func (p *pace) waitWhile(gone <-chan struct{}, n int) {
	delay := p.limit.ReserveN(time.Now(), min(n, p.limit.Burst())).Delay()
	if delay == 0 {
		return
	}
	p.faults.note(HeldBack)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-gone:
	}
}

// pacedGateway is the gateway as one process reaches it.
type pacedGateway struct {
	protocol.Gateway
	pace *pace
}

func (g pacedGateway) Do(ctx context.Context, ticket string, req protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	g.pace.wait(ctx, 1)
	return g.Gateway.Do(ctx, ticket, req)
}
