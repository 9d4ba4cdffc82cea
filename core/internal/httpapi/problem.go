package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/cordboard/cordboard/core/internal/api"
)

// proofNeeded is the type of the problem that a person solves by proving who they are.
const proofNeeded = "urn:cordboard:proof-needed"

// otherWorkspace is the type of the problem that a page has which a session has left behind for another workspace.
const otherWorkspace = "urn:cordboard:other-workspace"

const problemType = "application/problem+json"

func problem(status int, detail string, errs ...api.Detail) *api.Problem {
	return &api.Problem{Title: http.StatusText(status), Status: status, Detail: detail, Errors: errs}
}

// handleError answers with what a handler or Fiber itself returned. Fiber's own texts are kept: they come from a
// fixed list. Anything else is a bug of ours, which the log gets and the caller does not.
func (s *Server) handleError(c *fiber.Ctx, err error) error {
	var p *api.Problem
	var ferr *fiber.Error
	switch {
	case errors.As(err, &p):
	case errors.As(err, &ferr):
		p = problem(ferr.Code, "")
	default:
		s.log.Error("answer a request", "request_id", c.GetRespHeader(requestIDHeader), "path", c.Path(), "error", err)
		p = problem(fiber.StatusInternalServerError, "The gateway could not do this.")
	}
	if s.refused != nil {
		s.refused(c, p.Status)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, problemType)
	return c.Status(p.Status).Send(body)
}
