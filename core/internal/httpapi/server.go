// Package httpapi is the gateway's face to HTTP: one listener for webhooks, which may face the internet, and one for
// the console and the REST API. It reads requests into values of its own and turns errors into problem+json; what a
// request means is left to the services it is given. No Fiber type leaves the package.
package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/cordboard/cordboard/core/internal/parcel"
)

// Limits of both listeners.
const (
	bodyLimit      = 1 << 20
	headerLimit    = 16 << 10
	readTimeout    = 10 * time.Second // of a whole request, so that a slow sender gets 408
	writeTimeout   = 15 * time.Second
	idleTimeout    = 60 * time.Second
	concurrency    = 4096
	connsPerSender = 1024 // below concurrency, so that one address can't take all of it
)

// Server is one listener's handler.
type Server struct {
	app     *fiber.App
	log     *slog.Logger
	observe ObserveFunc
	refused func(c *fiber.Ctx, status int) // told of a request that is answered with an error; nil: nobody wants to know

	closing chan struct{} // is closed when Shutdown begins, so that streams end
	once    sync.Once
}

// ObserveFunc is told of each request that was answered, by the pattern of its path.
type ObserveFunc func(method, route string, status int, took time.Duration)

// newServer returns a server that has the house rules and no routes. patience is how long a request may take to
// arrive; zero: readTimeout.
func newServer(log *slog.Logger, observe ObserveFunc, patience time.Duration, methods ...string) *Server {
	s := &Server{log: log, observe: observe, closing: make(chan struct{})}
	s.app = fiber.New(fiber.Config{
		Immutable:                    true, // Fiber would reuse buffers that handlers keep
		StrictRouting:                true,
		CaseSensitive:                true,
		DisableStartupMessage:        true,
		DisablePreParseMultipartForm: true,
		BodyLimit:                    bodyLimit,
		ReadBufferSize:               headerLimit,
		ReadTimeout:                  cmp.Or(patience, readTimeout),
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		Concurrency:                  concurrency,
		RequestMethods:               methods,
		ErrorHandler:                 s.handleError,
	})
	s.app.Server().NoDefaultServerHeader = true
	s.app.Server().HeaderReceived = allowance
	if observe != nil {
		s.app.Use(s.tell)
	}
	s.app.Use(refuseAmbiguous, s.identify, s.survive)
	return s
}

// allowance lets a connector's package be larger and slower than other requests, from who at least claims to be somebody.
func allowance(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if string(header.Method()) != fiber.MethodPost || string(header.RequestURI()) != "/api/v1"+installPath ||
		len(header.Peek(fiber.HeaderAuthorization)) == 0 {
		return fasthttp.RequestConfig{}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: parcel.MaxSize, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
}

// tell has the observer know what became of a request.
func (s *Server) tell(c *fiber.Ctx) error {
	began := time.Now()
	if err := c.Next(); err != nil {
		if err := s.handleError(c, err); err != nil { // which decides on the status
			return err
		}
	}
	s.observe(c.Method(), c.Route().Path, c.Response().StatusCode(), time.Since(began))
	return nil
}

// Serve answers on a listener until Shutdown; then it returns nil.
func (s *Server) Serve(ln net.Listener) error {
	if err := s.app.Listener(newFairListener(ln, connsPerSender)); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	}
	return nil
}

// Shutdown takes no more connections, ends streams and waits for the requests under way until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.once.Do(func() { close(s.closing) })
	return s.app.ShutdownWithContext(ctx)
}
