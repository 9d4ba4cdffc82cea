package bench

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	ingressBytes = 4 << 10                // of a webhook's body
	ingressRate  = 500                    // webhooks a second
	ingressP99   = 100 * time.Millisecond // of the answers at that rate
	ingressShare = 0.6                    // of what Fiber and one insert take in
	atOnce       = 128                    // webhooks under way at most, at a steady rate
	mostTogether = 64                     // rows of one insert
)

// ingress compares what is taken in with Fiber that checks the signature and shares an insert among the requests of a
// moment, and measures how long senders wait at a steady rate.
func (b *bench) ingress(ctx context.Context) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	bare, err := b.fiberAndInsert(ctx, client)
	if err != nil {
		return fmt.Errorf("Fiber and an insert: %w", err)
	}
	url := "http://" + b.gateway.app.HooksAddr() + "/hooks/connections/" + b.gateway.ids["idle"]
	ours, err := repeat(ctx, concurrency, b.requests, b.within, timed(func(ctx context.Context, n int) error {
		return post(ctx, client, url, message(fmt.Sprintf("ingress-%d", n), ingressBytes))
	}))
	if err != nil {
		return fmt.Errorf("ingress: %w", err)
	}
	b.atLeast("webhooks of 4 KiB accepted; Fiber and one group-committed insert", ours.perSecond, bare.perSecond, ingressShare, "req/s")
	began := time.Now()
	steady, err := repeat(ctx, atOnce, ingressRate*int(b.within/time.Second), 2*b.within, func(ctx context.Context, n int) (time.Duration, error) {
		due := began.Add(time.Duration(n) * time.Second / ingressRate)
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		err := post(ctx, client, url, message(fmt.Sprintf("steady-%d", n), ingressBytes))
		return time.Since(due), err // a late beginning counts as waiting
	})
	if err != nil {
		return fmt.Errorf("ingress at a steady rate: %w", err)
	}
	b.atMost(fmt.Sprintf("webhooks of 4 KiB at %d a second: p99; what is allowed", ingressRate), milliseconds(steady.p99), milliseconds(ingressP99), 1, "ms")
	return nil
}

// fiberAndInsert is the least that a durable webhook could take.
func (b *bench) fiberAndInsert(ctx context.Context, client *http.Client) (figures, error) {
	g := &grouped{db: b.raw.db, in: make(chan pending)}
	done := make(chan struct{})
	go func() { defer close(done); g.run(ctx) }()
	server := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true})
	server.Post("/:id", func(c *fiber.Ctx) error {
		if !hmac.Equal([]byte(signature(c.Body())), []byte(c.Get("X-Echo-Signature"))) {
			return c.SendStatus(fiber.StatusUnauthorized)
		}
		if err := g.receive(c.Params("id"), c.Body()); err != nil {
			return err
		}
		return c.SendStatus(fiber.StatusOK)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return figures{}, err
	}
	served := make(chan error, 1)
	go func() { served <- server.Listener(listener) }()
	got, err := repeat(ctx, concurrency, b.requests, b.within, timed(func(ctx context.Context, n int) error {
		id := fmt.Sprintf("grouped-%d", n)
		return post(ctx, client, "http://"+listener.Addr().String()+"/"+id, message(id, ingressBytes))
	}))
	client.CloseIdleConnections()
	err = errors.Join(err, server.Shutdown(), <-served)
	close(g.in)
	<-done
	return got, err
}

// grouped makes requests durable together: those that come while a commit is under way share the next.
type grouped struct {
	db *sql.DB
	in chan pending
}

type pending struct {
	id, body string
	done     chan error
}

func (g *grouped) receive(id string, body []byte) error {
	p := pending{id, string(body), make(chan error, 1)}
	g.in <- p
	return <-p.done
}

// run commits until there are no more requests.
func (g *grouped) run(ctx context.Context) {
	for first := range g.in {
		batch := []pending{first}
		for more := true; more && len(batch) < mostTogether; {
			select {
			case p, open := <-g.in:
				if more = open; open {
					batch = append(batch, p)
				}
			default:
				more = false
			}
		}
		err := g.commit(ctx, batch)
		for _, p := range batch {
			p.done <- err
		}
	}
}

func (g *grouped) commit(ctx context.Context, batch []pending) error {
	var rows []string
	var args []any
	for _, p := range batch {
		args = append(args, p.id, p.body)
		rows = append(rows, fmt.Sprintf("($%d, $%d)", len(args)-1, len(args)))
	}
	_, err := g.db.ExecContext(ctx, "INSERT INTO bench_requests (id, body) VALUES "+strings.Join(rows, ", "), args...)
	return err
}
