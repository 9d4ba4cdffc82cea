package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/repeat"
)

const (
	keyHeader    = "Idempotency-Key"
	repeatHeader = "Idempotency-Replayed" // on an answer that was given before
	longestKey   = 200
)

// Repeats keeps the answers to requests with an Idempotency-Key. Its errors are repeat.ErrOther, ErrBusy and ErrUnknown.
type Repeats interface {
	Begin(ctx context.Context, k repeat.Key, request []byte) (a repeat.Answer, done bool, err error)
	End(ctx context.Context, k repeat.Key, a repeat.Answer) error
	Drop(ctx context.Context, k repeat.Key) error
}

var _ Repeats = (*repeat.Requests)(nil)

// keyRule says who sees to it that a POST with an Idempotency-Key is done once.
type keyRule int

const (
	keepAnswer keyRule = iota // the gateway keeps the answer and gives it again
	ownKey                    // the operation itself, for longer than answers are kept
	noKey                     // nobody: the operation changes nothing, takes a password or begins anew each time
)

// keyParameter describes the header to those who read the document.
func keyParameter() *huma.Param {
	longest := longestKey
	return &huma.Param{Name: keyHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &longest},
		Description: "The same key again, within a day and by the same person or token, changes nothing and gets the first answer. 422 for another request under that key; 409 while the first is under way, or if nobody knows what became of it."}
}

// once does a request with an Idempotency-Key only once. What was refused may be sent again under its key.
func (r *rest) once(c huma.Context, next func(huma.Context)) {
	text := c.Header(keyHeader)
	if text == "" {
		next(c)
		return
	}
	if len(text) > longestKey {
		r.refuse(c, problem(http.StatusUnprocessableEntity, "A header can't be used.", api.Detail{Path: "header." + keyHeader, Message: "is longer than 200 characters", Remedy: "send a random one, such as a UUID"}))
		return
	}
	who, fiber := caller(c.Context()), humafiber.Unwrap(c)
	k := repeat.Key{WorkspaceID: who.WorkspaceID, Actor: who.ID, Text: text}
	request := append([]byte(fiber.Method()+" "+fiber.OriginalURL()+"\n"), fiber.Body()...)
	first, done, err := r.Repeats.Begin(c.Context(), k, request)
	switch {
	case errors.Is(err, repeat.ErrOther):
		r.refuse(c, problem(http.StatusUnprocessableEntity, "This key was used for another request.", api.Detail{Path: "header." + keyHeader, Message: "is taken", Remedy: "take a new key for each request"}))
	case errors.Is(err, repeat.ErrBusy):
		c.SetHeader("Retry-After", "1")
		r.refuse(c, problem(http.StatusConflict, "The first request with this key is still under way. Ask again in a moment."))
	case errors.Is(err, repeat.ErrUnknown):
		r.refuse(c, problem(http.StatusConflict, "Nobody knows what became of the first request with this key: the gateway stopped while it worked on it. Look whether it took effect; to do it again, take a new key."))
	case err != nil:
		r.refuse(c, problemOf(c.Context(), r.Log, err))
	case done:
		c.SetHeader(repeatHeader, "true")
		if first.Type != "" {
			c.SetHeader("Content-Type", first.Type)
		}
		c.SetStatus(first.Status)
		_, _ = c.BodyWriter().Write(first.Body) // a client that is gone does not read it
	default:
		next(c)
		r.settle(c, k)
	}
}

// settle keeps the answer to a request, or forgets one that was refused. It does so even for a client that is gone:
// that one will ask again.
func (r *rest) settle(c huma.Context, k repeat.Key) {
	ctx, answer := context.WithoutCancel(c.Context()), humafiber.Unwrap(c).Response()
	var err error
	switch status := answer.StatusCode(); {
	// What broke in the middle may have taken effect, so it is not done again either.
	case status < 300, status == http.StatusInternalServerError, status == http.StatusGatewayTimeout:
		err = r.Repeats.End(ctx, k, repeat.Answer{Status: status, Type: string(answer.Header.ContentType()), Body: answer.Body()})
	default:
		err = r.Repeats.Drop(ctx, k)
	}
	if err != nil {
		r.Log.ErrorContext(ctx, "keep the answer to a request", "error", err)
	}
}
