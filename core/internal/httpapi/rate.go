package httpapi

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/time/rate"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

// quota lets each token and each session make so many requests a minute, on this node. Who has made none for a while may
// make that many at once.
type quota struct {
	perMinute int

	mu      sync.Mutex
	callers map[string]*rate.Limiter // by id of the token or session
	swept   time.Time
}

// take counts a request and reports whether there was room for it. remaining is how many more there is room for, full
// when that will be all of them, and next when there will be room for one.
func (q *quota) take(caller string, now time.Time) (ok bool, remaining int, full, next time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.callers == nil || now.Sub(q.swept) >= time.Minute {
		q.sweep(now)
	}
	l := q.callers[caller]
	if l == nil {
		l = rate.NewLimiter(rate.Every(time.Minute/time.Duration(q.perMinute)), q.perMinute)
		q.callers[caller] = l
	}
	ok = l.AllowN(now, 1)
	left := l.TokensAt(now)
	until := func(tokens float64) time.Duration {
		return time.Duration(max(0, tokens-left) / float64(l.Limit()) * float64(time.Second))
	}
	return ok, int(max(0, left)), until(float64(q.perMinute)), until(1)
}

// sweep forgets those whose quota is whole again.
func (q *quota) sweep(now time.Time) {
	kept := make(map[string]*rate.Limiter, len(q.callers))
	for id, l := range q.callers {
		if l.TokensAt(now) < float64(q.perMinute) {
			kept[id] = l
		}
	}
	q.callers, q.swept = kept, now
}

// within counts a request against its caller's quota, tells the caller how it stands, and says what is wrong if it is
// used up; nil if not. The headers are those of the IETF's draft on RateLimit fields.
func (r *rest) within(c huma.Context, who access.Caller) *api.Problem {
	if r.RatePerMinute == 0 {
		return nil
	}
	id := who.ID
	if who.Session.ID != "" {
		id = who.Session.ID
	}
	ok, remaining, full, next := r.quota.take(id, time.Now())
	c.SetHeader("RateLimit-Policy", fmt.Sprintf(`"caller";q=%d;w=60`, r.RatePerMinute))
	c.SetHeader("RateLimit", fmt.Sprintf(`"caller";r=%d;t=%d`, remaining, seconds(full)))
	if ok {
		return nil
	}
	c.SetHeader("Retry-After", strconv.Itoa(max(1, seconds(next))))
	return problem(http.StatusTooManyRequests, fmt.Sprintf("This token or session has made more than %d requests a minute. Wait as long as Retry-After says; CORDBOARD_API_RATE sets the limit.", r.RatePerMinute))
}

// seconds rounds up.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
