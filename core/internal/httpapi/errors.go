package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// problemOf is the one place that knows which status an error has. What it does not know is a bug or an outage of
// ours: the log gets it, the caller does not.
func problemOf(ctx context.Context, log *slog.Logger, err error) *api.Problem {
	var (
		ready    *api.Problem
		token    *access.InputError
		input    *api.InputError
		conflict *api.ConflictError
		rental   *publish.RentalError
		document flow.Problems
		values   *flow.InputError
		failure  *protocol.Failure
		wait     *access.ThrottledError
		secret   *trigger.SecretError
		endpoint *delivery.InputError
		refused  *run.RefusedError
	)
	switch {
	case errors.As(err, &ready):
		return ready
	case errors.Is(err, engine.ErrNotFound):
		return problem(http.StatusNotFound, "There is nothing of that name or id here.")
	case errors.Is(err, engine.ErrStale):
		return problem(http.StatusConflict, "Somebody has changed this in the meantime. Load it again and compare.")
	case errors.As(err, &token):
		return problem(http.StatusUnprocessableEntity, "A field can't be used.", api.Detail{Path: token.Field, Message: token.Problem})
	case errors.As(err, &endpoint):
		return problem(http.StatusUnprocessableEntity, "A field can't be used.", api.Detail{Path: endpoint.Field, Message: endpoint.Problem, Remedy: endpoint.Remedy})
	case errors.As(err, &secret):
		return problem(http.StatusUnprocessableEntity, "The secret can't be used.", api.Detail{Path: "secret", Message: secret.Problem, Remedy: "leave it out to have one made"})
	case errors.Is(err, access.ErrDenied):
		return problem(http.StatusUnauthorized, "This does not match what is known here.")
	case errors.Is(err, access.ErrCodeNeeded):
		return problem(http.StatusUnauthorized, "The password is right. Sign in with it and a code of your app or a recovery code, or with a passkey.", api.Detail{Path: "code", Message: "is missing"})
	case errors.Is(err, access.ErrProofNeeded):
		p := problem(http.StatusForbidden, "You signed in a while ago. Prove that it is still you, then do this again.", api.Detail{Path: "session", Message: "was not proved within 15 minutes", Remedy: "POST /session/proof with your password, and with a code if you have a second factor; or with a passkey"})
		p.Type = proofNeeded
		return p
	case errors.Is(err, access.ErrElsewhere):
		return problem(http.StatusConflict, "This person belongs to other workspaces too, where a password or a second factor of theirs counts as well. They change it themselves, or ask whoever runs the gateway to call “cordboard user” on the server.")
	case errors.Is(err, access.ErrNotInstaller):
		return problem(http.StatusForbidden, "An owner of the first workspace makes others; so does “cordboard workspace create” on the server.")
	case errors.Is(err, access.ErrNoPasskeys):
		return problem(http.StatusConflict, "Browsers have no passkeys for this console's address: they want https and a name. CORDBOARD_PUBLIC_URL says which it has.")
	case errors.Is(err, access.ErrOwnFactorFirst):
		return problem(http.StatusConflict, "Set up a second factor of your own first: without one you would shut yourself out.")
	case errors.Is(err, access.ErrNoMail):
		return problem(http.StatusConflict, "This gateway sends no mail: CORDBOARD_SMTP_URL is not set. An admin can make a link, and so can “cordboard user link” on the server.")
	case errors.As(err, &wait):
		return problem(http.StatusTooManyRequests, fmt.Sprintf("Too many tries. Try again in %s.", wait.After.Round(time.Second)+time.Second))
	case errors.Is(err, access.ErrLastOwner):
		return problem(http.StatusConflict, "The last owner can't be disabled or given another role. Make another owner first.")
	case errors.As(err, &input):
		return problem(http.StatusUnprocessableEntity, "A field can't be used.", api.Detail{Path: input.Path, Message: input.Message, Remedy: input.Remedy})
	case errors.As(err, &refused):
		return problem(http.StatusConflict, refused.Reason)
	case errors.As(err, &conflict):
		return problem(http.StatusConflict, conflict.Detail)
	case errors.As(err, &rental):
		return problem(http.StatusUnprocessableEntity, "There can't be such a wait.", api.DetailsOf(rental.Problems)...)
	case errors.As(err, &document):
		return problem(http.StatusUnprocessableEntity, "The flow has problems.", api.DetailsOf(document)...)
	case errors.As(err, &values):
		return problem(http.StatusUnprocessableEntity, "Some fields can't be used.", schemaDetails(values.Problems)...)
	case errors.As(err, &failure) && failure.Kind == protocol.Invalid:
		return problem(http.StatusUnprocessableEntity, failure.Message, api.Detail{Path: failure.Field, Message: failure.Message})
	case errors.As(err, &failure):
		return problem(http.StatusBadGateway, failure.Message)
	case errors.Is(err, context.DeadlineExceeded):
		return problem(http.StatusGatewayTimeout, "This took too long.")
	}
	log.ErrorContext(ctx, "answer a request", "error", err)
	return problem(http.StatusInternalServerError, "The gateway could not do this; its log says why.")
}

func schemaDetails(ps []schema.Problem) []api.Detail {
	out := make([]api.Detail, len(ps))
	for i, p := range ps {
		out[i] = api.Detail{Path: p.Path, Message: p.Message}
	}
	return out
}

// huma makes its own errors, such as those of validation, through this variable.
func init() {
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		p := problem(status, detail)
		for _, err := range errs {
			var located huma.ErrorDetailer
			switch {
			case err == nil:
			case errors.As(err, &located):
				d := located.ErrorDetail()
				p.Errors = append(p.Errors, api.Detail{Path: strings.TrimPrefix(d.Location, "body."), Message: d.Message})
			default:
				p.Errors = append(p.Errors, api.Detail{Message: err.Error()})
			}
		}
		return p
	}
}
