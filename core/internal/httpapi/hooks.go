package httpapi

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

// Intake takes webhook requests.
type Intake interface {
	Accept(ctx context.Context, connectionID string, in trigger.Incoming) (outcome trigger.Outcome, answer string)
	// Answer waits for the flow's answer to a request that was held; ok is false if there is none in time.
	Answer(ctx context.Context, connectionID, requestID string) (answer trigger.FlowAnswer, ok bool)
	// Refused notes that the listener has refused a request to an address. read may be called before it returns.
	Refused(key string, v trigger.Verdict, read func() trigger.Incoming)
}

var _ Intake = (*trigger.Intake)(nil)

// HooksConfig says what the webhook listener works with.
type HooksConfig struct {
	Intake   Intake
	Ready    ReadyFunc
	Degraded DegradedFunc  // nil: it never is
	Patience time.Duration // how long a request may take to arrive; zero: 10 s
	Observe  ObserveFunc   // nil: nobody wants to know
	Log      *slog.Logger
}

// NewHooks returns the webhook listener: the addresses of connections and of flows, and the health pages; nothing else.
func NewHooks(c HooksConfig) *Server {
	intake := c.Intake
	s := newServer(c.Log, c.Observe, c.Patience, fiber.MethodGet, fiber.MethodHead, fiber.MethodPost)
	s.health(c.Ready, c.Degraded)
	s.refused = func(c *fiber.Ctx, status int) { noteRefused(intake, c, status) }
	h := hooks{intake: intake, closing: s.closing}
	for _, path := range []string{"/hooks/connections/:key", "/hooks/connections/:key/:endpoint"} {
		s.app.Add(fiber.MethodGet, path, plainBody, h.accept("con_"))
		s.app.Add(fiber.MethodPost, path, plainBody, h.accept("con_"))
	}
	s.app.Add(fiber.MethodPost, "/hooks/:key", plainBody, h.accept("hook_"))
	return s
}

type hooks struct {
	intake  Intake
	closing <-chan struct{}
}

// statuses is what senders are answered. A copy is answered like the first: its sender has nothing more to do.
var statuses = map[trigger.Outcome]int{
	trigger.Accepted:     fiber.StatusOK, // 200 and no other 2xx: some providers take only that
	trigger.Duplicate:    fiber.StatusOK,
	trigger.Challenged:   fiber.StatusOK,
	trigger.Unverified:   fiber.StatusUnauthorized,
	trigger.Expired:      fiber.StatusUnauthorized,
	trigger.Forbidden:    fiber.StatusForbidden,
	trigger.BadChallenge: fiber.StatusBadRequest,
	trigger.Unknown:      fiber.StatusNotFound,
	trigger.Overloaded:   fiber.StatusServiceUnavailable,
}

// accept takes a request to a connection's address or to a flow's own; prefix says which of the two is served there.
func (h hooks) accept(prefix string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		key := c.Params("key")
		if !strings.HasPrefix(key, prefix) {
			return problem(fiber.StatusNotFound, "There is no such address.")
		}
		in := incoming(c)
		if in.Key = c.Params("endpoint"); in.Key != "" && !flow.IsEndpointKey(in.Key) {
			return problem(fiber.StatusNotFound, "There is no such address.")
		}
		outcome, answer := h.intake.Accept(c.UserContext(), key, in)
		if outcome == trigger.Overloaded {
			c.Set(fiber.HeaderRetryAfter, "5")
		}
		if outcome == trigger.Held {
			return h.answer(c, key, answer)
		}
		c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
		return c.Status(statuses[outcome]).SendString(answer)
	}
}

// answer keeps the caller until the flow has answered. What the flow says may be anything that a stranger has sent to it, so
// a browser is told to treat it as a document of no origin that runs nothing.
func (h hooks) answer(c *fiber.Ctx, key, requestID string) error {
	ctx, cancel := context.WithCancel(c.UserContext())
	defer cancel()
	go func() {
		select {
		case <-h.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	answer, ok := h.intake.Answer(ctx, key, requestID)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderContentSecurityPolicy, "sandbox; default-src 'none'; frame-ancestors 'none'")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderCacheControl, "no-store")
	if !ok {
		return c.Status(fiber.StatusAccepted).JSON(fiber.Map{"status": "accepted", "detail": "The request is kept and the flow goes on; it has not answered in time."})
	}
	for name, value := range answer.Header {
		c.Set(name, value)
	}
	if answer.Header[fiber.HeaderContentType] == "" {
		c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	}
	return c.Status(answer.Status).Send(answer.Body)
}

// verdicts says why the listener itself refuses requests, by the status that it answers with. A request that comes too slowly
// has no address yet.
var verdicts = map[int]trigger.Verdict{
	fiber.StatusRequestEntityTooLarge: trigger.TooLarge,
	fiber.StatusUnsupportedMediaType:  trigger.BadEncoding,
	fiber.StatusBadRequest:            trigger.Malformed,
	fiber.StatusNotFound:              trigger.UnknownAddress,
}

// noteRefused has the log of requests tell of one that did not come to its address. Its body is not read.
func noteRefused(intake Intake, c *fiber.Ctx, status int) {
	v, ok := verdicts[status]
	if !ok {
		return
	}
	intake.Refused(addressed(string(c.Context().Path())), v, func() trigger.Incoming {
		in := head(c)
		in.Size = max(c.Request().Header.ContentLength(), 0)
		return in
	})
}

// addressed is the connection or the flow whose address a path is; what stands behind a connection is one of its addresses.
func addressed(path string) string {
	if of, ok := strings.CutPrefix(path, "/hooks/connections/"); ok {
		path, _, _ = strings.Cut(of, "/")
	}
	return path[strings.LastIndex(path, "/")+1:]
}

// incoming copies a request out of Fiber's buffers. The body is what was sent, byte for byte.
func incoming(c *fiber.Ctx) trigger.Incoming {
	in := head(c)
	in.Body = append([]byte(nil), c.Request().Body()...)
	return in
}

// head copies a request without its body.
func head(c *fiber.Ctx) trigger.Incoming {
	in := trigger.Incoming{
		Method: string(c.Request().Header.Method()), Query: map[string][]string{}, Header: map[string][]string{},
		Remote: c.Context().RemoteIP().String(), ReceivedAt: time.Now(),
	}
	for key, value := range c.Context().QueryArgs().All() {
		in.Query[string(key)] = append(in.Query[string(key)], string(value))
	}
	for key, value := range c.Request().Header.All() {
		in.Header[string(key)] = append(in.Header[string(key)], string(value))
	}
	return in
}
