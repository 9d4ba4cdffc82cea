package httpapi

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
)

// ReadyFunc reports why the gateway can't work, or nil. The reasons go to the log, not to whoever asks.
type ReadyFunc func(ctx context.Context) error

// readyWithin bounds a readiness check.
const readyWithin = 2 * time.Second

// health serves /healthz, which says that the process runs, and /readyz, which says that it can work.
func (s *Server) health(ready ReadyFunc) {
	s.app.Get("/healthz", func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	s.app.Get("/readyz", func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(c.UserContext(), readyWithin)
		defer cancel()
		if err := ready(ctx); err != nil {
			s.log.Warn("not ready", "error", err)
			return c.Status(fiber.StatusServiceUnavailable).SendString("not ready\n")
		}
		return c.SendString("ready\n")
	})
}
