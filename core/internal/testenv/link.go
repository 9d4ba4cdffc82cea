package testenv

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Link is a way to a server that can be cut, made slow and made to lose what it carries, while the server is well.
type Link struct {
	URL string // of the server, by this way

	to    string
	users sync.WaitGroup

	mu     sync.Mutex
	cut    bool
	refuse int           // connections that are closed as soon as they are there
	lose   string        // what holds it is answered in vain; empty: nothing is
	slow   time.Duration // how much later each answer comes
	conns  []net.Conn
}

// NewLink returns a way to the server that a URL names, gone when the test ends.
func NewLink(t testing.TB, server string) *Link {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Link{to: u.Host}
	u.Host = listener.Addr().String()
	l.URL = u.String()
	l.users.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			l.users.Go(func() { l.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); l.Cut(); l.users.Wait() })
	return l
}

// Cut breaks off all connections and closes new ones, until Mend is called.
func (l *Link) Cut() { l.set(func() { l.cut = true; l.breakOff() }) }

// Close closes new connections and leaves those that there are, until Mend is called.
func (l *Link) Close() { l.set(func() { l.cut = true }) }

// Mend lets connections through again.
func (l *Link) Mend() { l.set(func() { l.cut = false }) }

// Refuse breaks off all connections and closes the next n as soon as they are made.
func (l *Link) Refuse(n int) { l.set(func() { l.refuse = n; l.breakOff() }) }

// Slow has each answer of the server come later by d.
func (l *Link) Slow(d time.Duration) { l.set(func() { l.slow = d }) }

// LoseAnswer loses the answer to the next thing that is asked of the server with a text in it, and the connection with the
// answer. The server has done what it was asked for.
func (l *Link) LoseAnswer(text string) { l.set(func() { l.lose = text }) }

func (l *Link) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

func (l *Link) breakOff() {
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.conns = nil
}

func (l *Link) serve(conn net.Conn) {
	defer conn.Close()
	server, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer server.Close()
	l.mu.Lock()
	if l.cut || l.refuse > 0 {
		l.refuse = max(0, l.refuse-1)
		l.mu.Unlock()
		return
	}
	l.conns = append(l.conns, conn, server)
	l.mu.Unlock()
	var losing atomic.Bool
	l.users.Go(func() {
		defer server.Close()
		pass(server, conn, func(asked []byte) bool {
			l.set(func() {
				if l.lose != "" && bytes.Contains(asked, []byte(l.lose)) {
					l.lose = ""
					losing.Store(true)
				}
			})
			return true
		})
	})
	pass(conn, server, func([]byte) bool {
		var slow time.Duration
		l.set(func() { slow = l.slow })
		time.Sleep(slow)
		return !losing.Load()
	})
}

// pass copies from one end to the other until either is closed or one piece is not let through.
func pass(to io.Writer, from io.Reader, let func(piece []byte) bool) {
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if n > 0 {
			if !let(piece[:n]) {
				return
			}
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
