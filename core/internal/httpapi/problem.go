package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// Problem is an error as RFC 9457 writes it.
type Problem struct {
	Title  string   `json:"title" doc:"What kind of problem it is."`
	Status int      `json:"status"`
	Detail string   `json:"detail,omitempty" doc:"What happened, for a person."`
	Errors []Detail `json:"errors,omitempty" doc:"What is wrong with the input, each with its place."`
}

// Detail is one thing wrong with the input.
type Detail struct {
	Path    string `json:"path,omitempty" doc:"Where it stands, such as steps[0].with.to."`
	Line    int    `json:"line,omitempty" doc:"In a document, from 1."`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty" doc:"What to do about it."`
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus tells huma the status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType tells huma the media type.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

func problem(status int, detail string, errs ...Detail) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: detail, Errors: errs}
}

// handleError answers with what a handler or Fiber itself returned. Fiber's own texts are kept: they come from a
// fixed list. Anything else is a bug of ours, which the log gets and the caller does not.
func (s *Server) handleError(c *fiber.Ctx, err error) error {
	var p *Problem
	var ferr *fiber.Error
	switch {
	case errors.As(err, &p):
	case errors.As(err, &ferr):
		p = problem(ferr.Code, "")
	default:
		s.log.Error("answer a request", "request_id", c.GetRespHeader(requestIDHeader), "path", c.Path(), "error", err)
		p = problem(fiber.StatusInternalServerError, "The gateway could not do this.")
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, problemType)
	return c.Status(p.Status).Send(body)
}
