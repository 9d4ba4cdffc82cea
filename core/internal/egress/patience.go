package egress

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// leastPatience keeps a provider that asks for none from being asked all the time.
const leastPatience = 200 * time.Millisecond

// patiently sends a request of a call, and again while the provider answers that it is one too many (429 with Retry-After)
// and there is time. It does so only once the call has got something done: were it given up, all its requests would be made
// anew, and calls that share a limit would keep each other from ever coming to their end. Before that it fails, so that the
// run waits and not a worker.
func (g *Gateway) patiently(ctx context.Context, t *ticket, in protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	for {
		begun := t.log.begun()
		out, err := g.send(ctx, t, in)
		pause, asked := patience(out)
		if err != nil || !asked || !begun {
			return out, err
		}
		pause += rand.N(pause/2 + 1) // those who were refused together would only be refused together again
		if end, ok := ctx.Deadline(); !ok || time.Until(end) < pause {
			return out, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return out, nil
		}
	}
}

// patience is how long a provider asks to wait before the same request; asked is false for any other answer.
func patience(out protocol.HTTPResponse) (pause time.Duration, asked bool) {
	pause, asked = protocol.RetryAfter(http.Header(out.Header).Get("Retry-After"), time.Now())
	return max(pause, leastPatience), asked && out.Status == http.StatusTooManyRequests
}

// begun reports whether a request of the call was answered as it should be.
func (l *exchangeLog) begun() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.exchanges {
		if done(e) {
			return true
		}
	}
	return false
}

func done(e connection.Exchange) bool { return e.Status >= 200 && e.Status < 400 }
