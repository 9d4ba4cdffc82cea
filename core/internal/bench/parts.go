package bench

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/cordboard/cordboard/core/internal/connection"
)

// bench is what the measurements of one running gateway work with.
type bench struct {
	size
	*table
	gateway *gateway
	raw     *raw
	echo    *echo
}

// relay compares webhook → if → call → done with the bare chain of the same steps.
func (b *bench) relay(ctx context.Context) error {
	bare, err := repeat(ctx, concurrency, b.relays, b.within, timed(func(ctx context.Context, n int) error {
		return b.raw.chain(ctx, fmt.Sprintf("chain-%d", n), b.echo)
	}))
	if err != nil {
		return fmt.Errorf("bare chain: %w", err)
	}
	ours, err := repeat(ctx, concurrency, b.relays, b.within, timed(func(ctx context.Context, n int) error {
		id := fmt.Sprintf("relay-%d", n)
		if err := b.gateway.post(ctx, "relay", payload(id)); err != nil {
			return err
		}
		_, err := b.gateway.watch.await(ctx, "done "+id)
		return err
	}))
	if err != nil {
		return fmt.Errorf("ours: %w", err)
	}
	b.atLeast("relay: webhook, if, call, done", ours.perSecond, bare.perSecond, 0.5, "runs/s")
	b.told("relay: p50", milliseconds(ours.p50), milliseconds(bare.p50), "ms")
	b.told("relay: p99", milliseconds(ours.p99), milliseconds(bare.p99), "ms")
	return nil
}

// warming is how many replies at once, and how many times that, come before those that are timed: on a connection to the
// database the first of each statement is planned, and what is asked of a gateway that runs is how it goes on.
const warming = 8

// reply compares the way from a stored reply to the next call with one commit and one bare call.
func (b *bench) reply(ctx context.Context) error {
	if _, err := repeat(ctx, warming, warming*warming, b.within, func(ctx context.Context, n int) (time.Duration, error) {
		return b.oneReply(ctx, b.replies+n)
	}); err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	commit, err := b.raw.commitTime(ctx, b.replies, b.within)
	if err != nil {
		return fmt.Errorf("bare commit: %w", err)
	}
	call, err := b.bareCall(ctx)
	if err != nil {
		return err
	}
	ours, err := repeat(ctx, 1, b.replies, b.within, b.oneReply)
	if err != nil {
		return fmt.Errorf("ours: %w", err)
	}
	b.atMost("reply to next call: p99; commit and call: p50", milliseconds(ours.p99), milliseconds(commit+call.p50), 10, "ms")
	b.told("the same: p50", milliseconds(ours.p50), milliseconds(commit+call.p50), "ms")
	return nil
}

// oneReply asks a person of its own and answers; it returns the time from the stored answer to the next call.
func (b *bench) oneReply(ctx context.Context, n int) (time.Duration, error) {
	id, watch := fmt.Sprintf("person-%d", n), b.gateway.watch
	phone := fmt.Sprintf("+34600%06d", n)
	if err := b.gateway.post(ctx, "reply", fmt.Appendf(nil, `{"id":%q,"phone":%q}`, id, phone)); err != nil {
		return 0, err
	}
	if _, err := watch.await(ctx, "asking "+id); err != nil {
		return 0, err
	}
	answer := fmt.Appendf(nil, `{"id":"reply-%d","phone":%q,"message":{"id":"answer-%d","text":"yes"}}`, n, phone, n)
	if err := b.gateway.post(ctx, "reply", answer); err != nil {
		return 0, err
	}
	stored, err := watch.await(ctx, fmt.Sprintf("stored reply-%d", n))
	if err != nil {
		return 0, err
	}
	called, err := watch.await(ctx, "called "+id)
	return called.Sub(stored), err
}

func (b *bench) bareCall(ctx context.Context) (figures, error) {
	input := payload("call")
	got, err := repeat(ctx, 1, b.calls, b.within, timed(func(ctx context.Context, _ int) error { return b.echo.call(ctx, input) }))
	if err != nil {
		return got, fmt.Errorf("bare call: %w", err)
	}
	return got, nil
}

// echoCall is one call of the connector echo.
func (b *bench) echoCall(connectionID, action string) connection.Invocation {
	return connection.Invocation{
		WorkspaceID: b.gateway.app.Workspace.ID, ConnectionID: connectionID, Connector: "echo", Action: action,
		Input: payload("call"), RunID: "run", StepID: "call", Attempt: 1, Timeout: time.Minute,
	}
}

// call compares a call through connection, ticket, supervisor and schema checks with the same message over bare gRPC.
func (b *bench) call(ctx context.Context) error {
	in := b.echoCall(b.gateway.ids["idle"], "echo")
	ours, bare, err := inTurns(ctx, b.calls, b.within,
		timed(func(ctx context.Context, _ int) error {
			_, _, err := b.gateway.app.Connections.Invoke(ctx, in)
			return err
		}),
		timed(func(ctx context.Context, _ int) error { return b.echo.call(ctx, in.Input) }), nil)
	if err != nil {
		return err
	}
	b.atMost("connector call of 1 KiB: p50", milliseconds(ours.p50), milliseconds(bare.p50), 1.3, "ms")
	return nil
}

// hop compares a request that a connector sends through the gateway, less the call it belongs to, with the same request
// sent from here.
func (b *bench) hop(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	outside := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{}`)
	})}
	go func() { _ = outside.Serve(listener) }() // until it is closed
	defer func() { _ = outside.Close() }()
	address := "http://" + listener.Addr().String()
	c, err := b.gateway.app.Connections.Create(ctx, connection.Draft{
		WorkspaceID: b.gateway.app.Workspace.ID, Name: "outside", Connector: "echo",
		Settings: json.RawMessage(fmt.Sprintf(`{"secret":%q,"base_url":%q}`, secret, address)),
	})
	if err != nil {
		return fmt.Errorf("connection: %w", err)
	}
	p50 := func(action string) (time.Duration, error) {
		in := b.echoCall(c.ID, action)
		got, err := repeat(ctx, 1, b.calls, b.within, timed(func(ctx context.Context, _ int) error {
			_, _, err := b.gateway.app.Connections.Invoke(ctx, in)
			return err
		}))
		return got.p50, err
	}
	silent, err := p50("echo")
	if err != nil {
		return fmt.Errorf("call: %w", err)
	}
	asking, err := p50("record")
	if err != nil {
		return fmt.Errorf("call with a request: %w", err)
	}
	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	bare, err := repeat(ctx, 1, b.calls, b.within, timed(func(ctx context.Context, n int) error { return post(ctx, client, address, payload("call")) }))
	if err != nil {
		return fmt.Errorf("bare request: %w", err)
	}
	b.told("request through the gateway, without its call: p50", milliseconds(asking-silent), milliseconds(bare.p50), "ms")
	return nil
}

// accept compares durable webhooks with Fiber alone, which checks the signature and forgets the rest.
func (b *bench) accept(ctx context.Context) error {
	fiberAlone := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true})
	fiberAlone.Post("/", func(c *fiber.Ctx) error {
		if !hmac.Equal([]byte(signature(c.Body())), []byte(c.Get("X-Echo-Signature"))) {
			return c.SendStatus(fiber.StatusUnauthorized)
		}
		return c.SendStatus(fiber.StatusOK)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- fiberAlone.Listener(listener) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}, Timeout: time.Minute}
	bare, err := repeat(ctx, concurrency, b.requests, b.within, timed(func(ctx context.Context, n int) error {
		return post(ctx, client, "http://"+listener.Addr().String()+"/", payload(fmt.Sprintf("fiber-%d", n)))
	}))
	client.CloseIdleConnections()
	if err := errors.Join(err, fiberAlone.Shutdown(), <-served); err != nil {
		return fmt.Errorf("Fiber alone: %w", err)
	}
	ours, err := repeat(ctx, concurrency, b.requests, b.within, timed(func(ctx context.Context, n int) error {
		return b.gateway.post(ctx, "idle", payload(fmt.Sprintf("idle-%d", n)))
	}))
	if err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	b.told("webhooks accepted; Fiber alone", ours.perSecond, bare.perSecond, "req/s")
	return nil
}
