package httpapi

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/cordboard/cordboard/core/internal/id"
)

// requestIDHeader names a request in the answer and in the log.
const requestIDHeader = "X-Request-Id"

// refuseAmbiguous ends connections whose bytes a proxy before us may have read otherwise than we do: then one could
// hide a second request in the first. fasthttp accepts all of these.
func refuseAmbiguous(c *fiber.Ctx) error {
	raw := c.Request().Header.RawHeaders()
	if why := ambiguity(raw, string(c.Request().Header.Protocol())); why != "" {
		c.Response().SetConnectionClose()
		return problem(fiber.StatusBadRequest, why)
	}
	return c.Next()
}

// ambiguity says what is wrong with a request's header lines, or nothing.
func ambiguity(raw []byte, protocol string) string {
	var length, encoding, host int
	for line := range bytes.SplitSeq(raw, []byte("\n")) {
		if len(line) > 0 && line[len(line)-1] != '\r' {
			return "A header line does not end in CR LF."
		}
		if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			return "A header is folded over several lines."
		}
		name, _, _ := bytes.Cut(line, []byte(":"))
		switch string(bytes.ToLower(name)) {
		case "content-length":
			length++
		case "transfer-encoding":
			encoding++
		case "host":
			host++
		}
	}
	switch {
	case length+encoding > 1:
		return "The length of the body is said twice."
	case encoding > 0 && protocol != "HTTP/1.1":
		return "Transfer-Encoding needs HTTP/1.1."
	case host > 1:
		return "There are several Host headers."
	}
	return ""
}

// identify names the request. Senders' own ids are not taken over: they could forge lines in the log.
func (s *Server) identify(c *fiber.Ctx) error {
	c.Set(requestIDHeader, id.New("http"))
	c.Set("X-Content-Type-Options", "nosniff")
	return c.Next()
}

// survive keeps a bug in one request from ending the process.
func (s *Server) survive(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("a request broke its handler", "request_id", c.GetRespHeader(requestIDHeader), "path", c.Path(), "panic", r, "stack", string(debug.Stack()))
			err = problem(fiber.StatusInternalServerError, "The gateway has a bug here.")
		}
	}()
	return c.Next()
}

// plainBody refuses compressed bodies: Fiber would unpack them without a limit worth the name.
func plainBody(c *fiber.Ctx) error {
	if e := c.Get(fiber.HeaderContentEncoding); e != "" && !strings.EqualFold(e, "identity") {
		return problem(fiber.StatusUnsupportedMediaType, "Send the body without Content-Encoding.")
	}
	return c.Next()
}

// onlyHosts refuses requests made under a name that is not ours, as a page elsewhere can by pointing its own name at
// this machine. Addresses and localhost can't be pointed, so they are always ours.
func onlyHosts(publicURL string) fiber.Handler {
	ours := []string{"localhost"}
	if u, err := url.Parse(publicURL); err == nil && u.Host != "" {
		ours = append(ours, strings.ToLower(u.Hostname()))
	}
	return func(c *fiber.Ctx) error {
		name := string(c.Request().Host()) // not c.Hostname, which believes X-Forwarded-Host
		if host, _, err := net.SplitHostPort(name); err == nil {
			name = host
		}
		name = strings.ToLower(strings.Trim(name, "[]"))
		if net.ParseIP(name) == nil && !slices.Contains(ours, name) {
			return problem(fiber.StatusMisdirectedRequest, fmt.Sprintf("This gateway is not known as %q; CORDBOARD_PUBLIC_URL says its name.", name))
		}
		return c.Next()
	}
}
