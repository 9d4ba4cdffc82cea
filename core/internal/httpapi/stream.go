package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/live"
)

// Live tells what changes.
type Live interface {
	Listen(workspaceID string) *live.Listener
}

var _ Live = (*live.Hub)(nil)

// beat is how a stream lives.
type beat struct {
	recheck time.Duration // how often it is looked whether the caller may still listen
	beat    time.Duration // how long it is silent at most
	life    time.Duration // then the client connects anew, to another node perhaps
}

var streamBeat = beat{recheck: 5 * time.Second, beat: 15 * time.Second, life: 15 * time.Minute}

// streamsEach is how many streams one person or token may have on this node. One that its reader has left is noticed at the
// next beat only, so it leaves room for whoever loads the console again and again.
const streamsEach = 20

// streams counts who has how many.
type streams struct {
	mu   sync.Mutex
	open map[string]int
}

func (s *streams) add(caller string, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]int{}
	}
	if s.open[caller]+n > streamsEach {
		return false
	}
	if s.open[caller] += n; s.open[caller] == 0 {
		delete(s.open, caller)
	}
	return true
}

// stream registers the operation that tells what changes.
func (r *rest) stream() {
	register(r, operation{method: http.MethodGet, path: "/stream", id: "stream-changes", summary: "Be told which runs and waits change", tag: "Stream", scope: access.Read,
		description: "Server-sent events. An event changed has the data {\"runs\": [ids], \"waits\": [ids]}, with \"many\": true when more have changed than are listed: then load the list again. It is a hint and may get lost, as when the connection breaks: load the list again whenever the stream opens. The stream ends after a quarter of an hour, and when the caller may not listen any more; browsers connect anew by themselves."},
		func(ctx context.Context, in *streamCredentials) (*huma.StreamResponse, error) {
			who := caller(ctx)
			if !r.open.add(who.ID, 1) {
				return nil, problem(http.StatusTooManyRequests, fmt.Sprintf("More than %d streams are open already. Close one first.", streamsEach))
			}
			return &huma.StreamResponse{Body: func(c huma.Context) {
				c.SetHeader("Content-Type", "text/event-stream")
				c.SetHeader("X-Accel-Buffering", "no") // proxies would keep it back
				fiber := humafiber.Unwrap(c)
				conn := fiber.Context().Conn()
				fiber.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
					defer r.open.add(who.ID, -1)
					defer func() { // nobody else would catch it, and the process would end
						if p := recover(); p != nil {
							r.Log.Error("a stream broke", "panic", p, "stack", string(debug.Stack()))
						}
					}()
					r.tell(w, conn, who, in.credentials)
				})
			}}, nil
		})
}

// streamCredentials keeps how the caller has shown who it is.
type streamCredentials struct{ credentials }

// Resolve implements huma.Resolver.
func (s *streamCredentials) Resolve(c huma.Context) []error {
	s.credentials = credentialsOf(c)
	return nil
}

// look says whose credentials they are, or access.ErrDenied. That a stream is open does not keep a session from ending.
func (r *rest) look(ctx context.Context, by credentials) (access.Caller, error) {
	if by.cookie == "" {
		return r.verify(ctx, by)
	}
	session, user, err := r.People.Look(ctx, by.cookie)
	if err == nil && user.LacksFactor {
		err = access.ErrDenied
	}
	return user.Caller(session), err
}

// tell writes what changes until the client, the caller's right or the gateway ends.
func (r *rest) tell(w *bufio.Writer, conn net.Conn, who access.Caller, by credentials) {
	l := r.Live.Listen(who.WorkspaceID)
	defer l.Close()
	b := r.beat
	ctx, cancel := context.WithTimeout(context.Background(), b.life/2+rand.N(b.life/2))
	defer cancel()
	recheck, heart := time.NewTicker(b.recheck), time.NewTicker(b.beat)
	defer recheck.Stop()
	defer heart.Stop()
	// write reports whether the client takes it. Only a stream may take longer than other answers, and each part of it
	// has the time that a whole answer has.
	write := func(text string) bool {
		_ = conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, _ = w.WriteString(text) // what is wrong is told by Flush
		return w.Flush() == nil
	}
	if !write("retry: 2000\n\n") {
		return
	}
	for {
		said := true
		select {
		case <-r.closing:
			return
		case <-ctx.Done():
			return
		case <-recheck.C:
			now, err := r.look(ctx, by)
			if err != nil || now.WorkspaceID != who.WorkspaceID || !now.Allows(access.Read) {
				return
			}
		case <-heart.C:
			said = write(": still here\n\n")
		case <-l.Ready():
			news := l.News()
			news.WorkspaceID = ""
			data, err := json.Marshal(news)
			said = err == nil && write("event: changed\ndata: "+string(data)+"\n\n")
		}
		if !said {
			return
		}
	}
}
