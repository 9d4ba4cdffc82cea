package httpapi

import (
	"context"
	"errors"
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
		return api.Refusal(http.StatusNotFound, "not-found", nil)
	case errors.Is(err, engine.ErrStale):
		return api.Refusal(http.StatusConflict, "stale", nil)
	case errors.As(err, &token):
		return api.Refusal(http.StatusUnprocessableEntity, "field", nil, api.Detail{Path: token.Field, Message: token.Problem})
	case errors.As(err, &endpoint):
		return api.Refusal(http.StatusUnprocessableEntity, "field", nil, api.Detail{Path: endpoint.Field, Message: endpoint.Problem, Remedy: endpoint.Remedy})
	case errors.As(err, &secret):
		return problem(http.StatusUnprocessableEntity, "The secret can't be used.", api.Detail{Path: "secret", Message: secret.Problem, Remedy: "leave it out to have one made"})
	case errors.Is(err, access.ErrDenied):
		return api.Refusal(http.StatusUnauthorized, "denied", nil)
	case errors.Is(err, access.ErrCodeNeeded):
		return api.Refusal(http.StatusUnauthorized, "code-needed", nil, api.Detail{Path: "code", Message: "is missing"})
	case errors.Is(err, access.ErrProofNeeded):
		return api.Refusal(http.StatusForbidden, "proof-needed", nil, api.Detail{Path: "session", Message: "was not proved within 15 minutes", Remedy: "POST /session/proof with your password, and with a code if you have a second factor; or with a passkey"})
	case errors.Is(err, access.ErrElsewhere):
		return api.Refusal(http.StatusConflict, "elsewhere", nil)
	case errors.Is(err, access.ErrNotInstaller):
		return api.Refusal(http.StatusForbidden, "not-installer", nil)
	case errors.Is(err, access.ErrNoPasskeys):
		return api.Refusal(http.StatusConflict, "no-passkeys", nil)
	case errors.Is(err, access.ErrOwnFactorFirst):
		return api.Refusal(http.StatusConflict, "own-factor-first", nil)
	case errors.Is(err, access.ErrNoMail):
		return api.Refusal(http.StatusConflict, "no-mail", nil)
	case errors.As(err, &wait):
		return api.Refusal(http.StatusTooManyRequests, "throttled", map[string]any{"span": wait.After.Round(time.Second) + time.Second})
	case errors.Is(err, access.ErrLastOwner):
		return api.Refusal(http.StatusConflict, "last-owner", nil)
	case errors.As(err, &input):
		return api.Refusal(http.StatusUnprocessableEntity, "field", nil, api.Detail{Path: input.Path, Message: input.Message, Remedy: input.Remedy})
	case errors.As(err, &refused):
		return problem(http.StatusConflict, refused.Reason)
	case errors.As(err, &conflict):
		return problem(http.StatusConflict, conflict.Detail)
	case errors.As(err, &rental):
		return problem(http.StatusUnprocessableEntity, "There can't be such a wait.", api.DetailsOf(rental.Problems)...)
	case errors.As(err, &document):
		return api.Refusal(http.StatusUnprocessableEntity, "flow-problems", nil, api.DetailsOf(document)...)
	case errors.As(err, &values):
		return api.Refusal(http.StatusUnprocessableEntity, "fields", nil, schemaDetails(values.Problems)...)
	case errors.As(err, &failure) && failure.Kind == protocol.Invalid:
		return problem(http.StatusUnprocessableEntity, failure.Message, api.Detail{Path: failure.Field, Message: failure.Message})
	case errors.As(err, &failure):
		return problem(http.StatusBadGateway, failure.Message)
	case errors.Is(err, context.DeadlineExceeded):
		return api.Refusal(http.StatusGatewayTimeout, "too-long", nil)
	}
	log.ErrorContext(ctx, "answer a request", "error", err)
	return api.Refusal(http.StatusInternalServerError, "internal", nil)
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
