package httpapi

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
)

// ReadyFunc reports why the gateway can't work, or nil. The reasons go to the log, not to whoever asks.
type ReadyFunc func(ctx context.Context) error

// DegradedFunc reports why the gateway works with less than it has, or nil.
type DegradedFunc func() error

// readyWithin bounds a readiness check.
const readyWithin = 2 * time.Second

// health serves /healthz, which says that the process runs, and /readyz, which says that it can work. degraded may be nil.
func (s *Server) health(ready ReadyFunc, degraded DegradedFunc) {
	s.app.Get("/healthz", func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	s.app.Get("/readyz", func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(c.UserContext(), readyWithin)
		defer cancel()
		if err := ready(ctx); err != nil {
			s.log.Warn("not ready", "error", err)
			return c.Status(fiber.StatusServiceUnavailable).SendString("not ready\n")
		}
		if degraded != nil && degraded() != nil {
			return c.SendString("ready\ndegraded: the queue does not answer\n")
		}
		return c.SendString("ready\n")
	})
}
