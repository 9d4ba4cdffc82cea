package httpapi

import (
	"net"
	"sync"
)

// fairListener closes connections of a sender that has too many open, so that one address can't take all there are.
// fasthttp has such a limit too, but there Shutdown races with the connection's reader.
type fairListener struct {
	net.Listener
	each int

	mu   sync.Mutex
	open map[string]int // connections by address
}

func newFairListener(ln net.Listener, each int) *fairListener {
	return &fairListener{Listener: ln, each: each, open: map[string]int{}}
}

// Accept returns the next connection whose sender may have one more.
func (l *fairListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		sender, _, err := net.SplitHostPort(conn.RemoteAddr().String())
		if err != nil {
			sender = conn.RemoteAddr().String()
		}
		if l.count(sender, 1) {
			return &countedConn{Conn: conn, done: sync.OnceFunc(func() { l.count(sender, -1) })}, nil
		}
		_ = conn.Close()
	}
}

// count adds to a sender's connections unless they would be too many.
func (l *fairListener) count(sender string, n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[sender]+n > l.each {
		return false
	}
	if l.open[sender] += n; l.open[sender] == 0 {
		delete(l.open, sender)
	}
	return true
}

type countedConn struct {
	net.Conn
	done func()
}

func (c *countedConn) Close() error {
	c.done()
	return c.Conn.Close()
}
