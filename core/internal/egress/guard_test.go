package egress

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"sync/atomic"
	"testing"
)

// answers is a name server that gives each question the next list of addresses; the last one stays.
type answers struct {
	asked atomic.Int64
	lists [][]string
}

func (a *answers) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	n := min(int(a.asked.Add(1)), len(a.lists))
	var addrs []netip.Addr
	for _, text := range a.lists[n-1] {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	return addrs, nil
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

type destination struct{ URL, Expect, Why string }

func destinations(t *testing.T) []destination {
	t.Helper()
	raw, err := os.ReadFile("testdata/ssrf-destinations.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ URLs []destination }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file.URLs
}

func TestDestinationsAreJudged(t *testing.T) {
	t.Parallel()
	resolvers := map[string]*net.Resolver{"go resolver": {PreferGo: true}, "system resolver": {PreferGo: false}}
	for name, resolver := range resolvers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := New(Config{Resolver: resolver, Logger: quiet()})
			for _, row := range destinations(t) {
				if row.Expect == "deny" {
					refused(t, g, row)
				} else {
					allowed(t, g, row)
				}
			}
		})
	}
}

// refused sends a real request and wants an error from before any byte left.
func refused(t *testing.T, g *Gateway, row destination) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), dialTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, row.URL, nil)
	if err != nil {
		return // not even an address
	}
	resp, err := g.Client().Do(req)
	if err == nil {
		_ = resp.Body.Close()
		t.Errorf("%s: reached, although %s", row.URL, row.Why)
		return
	}
	if dns := new(net.DNSError); !errors.Is(err, ErrBlocked) && !errors.As(err, &dns) {
		t.Errorf("%s: error = %v, want blocked or unknown", row.URL, err)
	}
}

// allowed asks for the verdict only: tests do not connect to the world.
func allowed(t *testing.T, g *Gateway, row destination) {
	t.Helper()
	u, err := url.Parse(row.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkURL(u); err != nil {
		t.Errorf("%s: %v, although %s", row.URL, err, row.Why)
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return
	}
	if err := g.guard.judge(netip.AddrPortFrom(addr, 443)); err != nil {
		t.Errorf("%s: %v, although %s", row.URL, err, row.Why)
	}
}

func TestPortsOutsideTheListAreRefused(t *testing.T) {
	t.Parallel()
	g := New(Config{Logger: quiet()})
	for _, port := range []uint16{22, 6379, 8080} {
		if err := g.guard.judge(netip.AddrPortFrom(netip.MustParseAddr("8.8.8.8"), port)); !errors.Is(err, ErrBlocked) {
			t.Errorf("port %d: error = %v, want blocked", port, err)
		}
	}
}

func TestNameServersCannotLeadInside(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"an inside address":          {"127.0.0.1"},
		"inside among outside":       {"127.0.0.1", "93.184.215.14"},
		"outside before inside":      {"93.184.215.14", "127.0.0.1"},
		"inside in the other family": {"93.184.215.14", "::1"},
		"a mapped inside address":    {"::ffff:10.0.0.5"},
	}
	for name, list := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := New(Config{Resolver: &answers{lists: [][]string{list}}, Logger: quiet()})
			_, err := g.guard.dial(t.Context(), "tcp", "shop.example:443")
			if !errors.Is(err, ErrBlocked) {
				t.Errorf("error = %v, want blocked", err)
			}
		})
	}
}

func TestTheDialledAddressIsTheJudgedOne(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	// The first answer is an allowed address where nobody listens, all later ones are the inside.
	resolver := &answers{lists: [][]string{{"127.0.0.2"}, {"127.0.0.1"}}}
	g := New(Config{Resolver: resolver, AllowedNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, Logger: quiet()})
	for range 100 {
		resp, err := g.Client().Get("http://rebind.example:" + port + "/")
		if err == nil {
			_ = resp.Body.Close()
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("inside was reached %d times", n)
	}
	if n := resolver.asked.Load(); n != 100 {
		t.Errorf("asked %d times, want once for each request", n)
	}
}

func TestAllowedNetsOpenPrivateDestinations(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer server.Close()
	open := New(Config{AllowedNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Logger: quiet()})
	defer open.CloseIdle()
	resp, err := open.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusTeapot {
		t.Errorf("status = %d", resp.StatusCode)
	}
	if _, err := New(Config{Logger: quiet()}).Client().Get(server.URL); !errors.Is(err, ErrBlocked) {
		t.Errorf("closed gateway: error = %v, want blocked", err)
	}
}

func TestAddressesThatAreNeverConnectedToAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	g := New(Config{AllowedNets: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}})
	for raw, want := range map[string]bool{
		"https://crm.example.com/in": true, "https://93.184.216.34/in": true, "http://10.1.2.3:9000/in": true,
		"http://127.0.0.1/in": false, "https://10.2.0.1/": false, "http://169.254.169.254/latest": false, "https://[::1]/": false,
		"https://93.184.216.34:22/": false, "ftp://crm.example.com/": false, "https://0x7f.1/": false, "https://93.184.216.34:99999/": false,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Allows(u); (err == nil) != want {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
