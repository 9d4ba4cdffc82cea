package httpapi

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/trigger"
)

// wireConn is a connection on which everything has arrived that ever will.
type wireConn struct {
	net.Conn
	in  *bytes.Reader
	out bytes.Buffer
}

func (c *wireConn) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *wireConn) Write(p []byte) (int, error)      { return c.out.Write(p) }
func (c *wireConn) Close() error                     { return nil }
func (c *wireConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *wireConn) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)} }
func (c *wireConn) SetDeadline(time.Time) error      { return nil }
func (c *wireConn) SetReadDeadline(time.Time) error  { return nil }
func (c *wireConn) SetWriteDeadline(time.Time) error { return nil }

// curious is an intake that is never asked for the answer of a run.
type curious struct {
	Intake
	take func(key string, in trigger.Incoming)
}

func (c *curious) Accept(_ context.Context, key string, in trigger.Incoming) (trigger.Outcome, string) {
	c.take(key, in)
	return trigger.Accepted, ""
}

func (c *curious) Refused(_ string, _ trigger.Verdict, read func() trigger.Incoming) { read() }

// FuzzIngress holds that no bytes on a webhook connection break a handler (cases 63 to 72), and what reaches the intake:
// a key of the right kind, a method that is served, a body within its limit.
func FuzzIngress(f *testing.F) {
	const host = "Host: hooks.example.com\r\n"
	for _, raw := range []string{
		"POST /hooks/hook_1 HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
		"POST /hooks/connections/con_1?x=1&x=2&%00=%ff HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"GET /hooks/connections/con_1?hub.mode=subscribe&hub.challenge=1 HTTP/1.1\r\n" + host + "\r\n",
		"POST /hooks/hook_1 HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /hooks/hook_1 HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /hooks/%2e%2e%2fhook_1;a//b HTTP/1.1\r\n" + host + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
		"POST http://other/hooks/hook_1 HTTP/1.1\r\n" + host + "X-A: 1\r\n b\r\nContent-Length: 0\r\n\r\n",
		"POST /hooks/hook_1 HTTP/1.1\r\n" + host + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 30\r\n\r\n--b\r\nContent-Disposition: x\r\n\r\n",
		"POST /hooks/hook_1 HTTP/1.1\n" + host + "Expect: 100-continue\r\nContent-Length: -1\r\n\r\n",
		"POST /hooks/hook_1 HTTP/1.1\r\n" + host + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
		"GET /healthz HTTP/1.1\r\n" + host + "\r\nPOST /hooks/hook_1 HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n",
	} {
		f.Add([]byte(raw))
	}
	var (
		broke  bytes.Buffer
		intake curious
	)
	s := NewHooks(HooksConfig{
		Intake: &intake,
		Ready:  func(context.Context) error { return nil },
		Log:    slog.New(slog.NewTextHandler(&broke, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	s.app.Handler() // builds the routes
	f.Fuzz(func(t *testing.T, raw []byte) {
		broke.Reset()
		intake.take = func(key string, in trigger.Incoming) {
			if !strings.HasPrefix(key, "hook_") && !strings.HasPrefix(key, "con_") || in.Method != "POST" && in.Method != "GET" || len(in.Body) > bodyLimit {
				t.Errorf("%q reaches the intake as %s of %q with %d bytes", raw, in.Method, key, len(in.Body))
			}
			if head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n")); in.Header["Content-Encoding"] != nil && !bytes.Contains(bytes.ToLower(head), []byte("identity")) && bytes.Count(raw, []byte("HTTP/1.")) == 1 {
				t.Errorf("%q reaches the intake", raw)
			}
		}
		conn := &wireConn{in: bytes.NewReader(raw)}
		_ = s.app.Server().ServeConn(conn)
		if broke.Len() > 0 {
			t.Errorf("%q: %s", raw, broke.Bytes())
		}
		if out := conn.out.Bytes(); len(out) > 0 && !bytes.HasPrefix(out, []byte("HTTP/1.1 ")) {
			t.Errorf("%q is answered %q", raw, out)
		}
	})
}
