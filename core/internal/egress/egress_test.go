package egress

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/sdk/protocol"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	handle = "secret_0123456789abcdef"
	secret = `s3"cr&t/ <ü>`
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// provider is an outside service that remembers the last request.
type provider struct {
	url  string
	last *http.Request
	body string
}

// call is one opened ticket with its gateway.
type call struct {
	t       *testing.T
	gateway *Gateway
	ticket  string
	done    func() []connection.Exchange
}

func (c call) do(method, url string, header map[string][]string, body string) (protocol.HTTPResponse, error) {
	return c.gateway.Do(c.t.Context(), c.ticket, protocol.HTTPRequest{Method: method, URL: url, Header: header, Body: []byte(body)})
}

// setup starts a provider and opens a ticket for a connection to it.
func setup(t *testing.T, answer http.HandlerFunc, change ...func(*Config, *connection.Grant)) (call, *provider) {
	t.Helper()
	p := &provider{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		p.last, p.body = r, string(raw)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	cfg := Config{AllowedNets: loopback, Logger: quiet()}
	grant := connection.Grant{
		ConnectionID: "con_1",
		Auth: protocol.Auth{
			BaseURL: "{base_url}/api", Headers: []protocol.Header{{Name: "X-Key", Value: "key {number}"}}, Hosts: []string{"{site}.desk.example", "*.cdn.example"},
		},
		Values:  map[string]string{"base_url": server.URL, "number": "42", "site": "acme", "key": secret},
		Secrets: map[string]string{handle: secret},
	}
	for _, f := range change {
		f(&cfg, &grant)
	}
	g := New(cfg)
	t.Cleanup(g.CloseIdle)
	ticket, done := g.Open(grant)
	return call{t, g, ticket, done}, p
}

func nothing(http.ResponseWriter, *http.Request) {}

func wantFailure(t *testing.T, err error, kind protocol.FailureKind, words string) {
	t.Helper()
	var f *protocol.Failure
	if !errors.As(err, &f) {
		t.Fatalf("error = %v, want a Failure", err)
	}
	if f.Kind != kind || f.Source != protocol.FromGateway || !strings.Contains(f.Message, words) {
		t.Errorf("failure = %+v, want %s saying %q", *f, kind, words)
	}
}

func TestSecretsAreEscapedForTheirPlace(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		url, contentType, body string
		header                 string // value of X-Try
		want                   func(p *provider) (got, want string)
	}{
		"in the path": {url: "/bot" + handle + "/send", want: func(p *provider) (string, string) {
			return p.last.URL.Path, "/api/bot" + secret + "/send"
		}},
		"in the query": {url: "/send?key=" + handle + "&a=b", want: func(p *provider) (string, string) {
			return p.last.URL.Query().Get("key") + p.last.URL.Query().Get("a"), secret + "b"
		}},
		"in a JSON body": {contentType: "application/json; charset=utf-8", body: `{"key":"` + handle + `"}`, want: func(p *provider) (string, string) {
			return p.body, `{"key":"s3\"cr&t/ <ü>"}`
		}},
		"in a form body": {contentType: "application/x-www-form-urlencoded", body: "key=" + handle, want: func(p *provider) (string, string) {
			return p.body, "key=s3%22cr%26t%2F+%3C%C3%BC%3E"
		}},
		"in an XML body": {contentType: "text/xml", body: "<key>" + handle + "</key>", want: func(p *provider) (string, string) {
			return p.body, "<key>s3&#34;cr&amp;t/ &lt;ü&gt;</key>"
		}},
		"in plain text": {contentType: "text/plain", body: handle, want: func(p *provider) (string, string) { return p.body, secret }},
		"in a header":   {header: "t=" + handle, want: func(p *provider) (string, string) { return p.last.Header.Get("X-Try"), "t=" + secret }},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, p := setup(t, nothing)
			header := map[string][]string{"content-type": {tt.contentType}, "x-try": {tt.header}}
			if _, err := c.do(http.MethodPost, tt.url, header, tt.body); err != nil {
				t.Fatal(err)
			}
			if got, want := tt.want(p); got != want {
				t.Errorf("arrived %q, want %q", got, want)
			}
		})
	}
}

func TestHandlesInsideBasicCredentialsAreFound(t *testing.T) {
	t.Parallel()
	c, p := setup(t, nothing)
	credentials := base64.StdEncoding.EncodeToString([]byte("anna:" + handle))
	if _, err := c.do(http.MethodGet, "/", map[string][]string{"Authorization": {"Basic " + credentials}}, ""); err != nil {
		t.Fatal(err)
	}
	if user, password, _ := p.last.BasicAuth(); user != "anna" || password != secret {
		t.Errorf("arrived %q %q", user, password)
	}
}

func TestDeclaredHeadersAreAdded(t *testing.T) {
	t.Parallel()
	c, p := setup(t, nothing)
	asked := map[string][]string{"X-Key": {"mine"}, "Host": {"evil.example"}, "Transfer-Encoding": {"chunked"}, "X-Own": {"yes"}}
	if _, err := c.do(http.MethodGet, "/me", asked, ""); err != nil {
		t.Fatal(err)
	}
	if got := p.last.Header.Values("X-Key"); len(got) != 1 || got[0] != "key 42" {
		t.Errorf("X-Key = %q, want the declared one alone", got)
	}
	if p.last.Host == "evil.example" || len(p.last.TransferEncoding) != 0 || p.last.Header.Get("X-Own") != "yes" {
		t.Errorf("host %q, transfer encoding %q, own header %q", p.last.Host, p.last.TransferEncoding, p.last.Header.Get("X-Own"))
	}
}

func TestBasicCredentialsAreMadeHere(t *testing.T) {
	t.Parallel()
	c, p := setup(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
	}, func(_ *Config, grant *connection.Grant) {
		grant.Auth.Kind, grant.Auth.Username, grant.Auth.Password = protocol.AuthBasic, "{site}@desk", "{key}"
	})
	resp, err := c.do(http.MethodGet, "/", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if user, password, _ := p.last.BasicAuth(); user != "acme@desk" || password != secret {
		t.Errorf("arrived %q %q", user, password)
	}
	if string(resp.Body) != "Basic "+masked {
		t.Errorf("echo = %q, want it masked", resp.Body)
	}
}

func TestEchoedSecretsComeBackAsHandles(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Echo", "s3\"cr&t/ <ü>")
		_, _ = io.WriteString(w, inJSON(secret)+" "+r.URL.Query().Get("key")+" s3%22cr%26t%2F+%3C%C3%BC%3E "+base64.StdEncoding.EncodeToString([]byte(secret)))
	})
	resp, err := c.do(http.MethodGet, "/x?key="+handle, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := handle + " " + handle + " " + handle + " " + handle; string(resp.Body) != want {
		t.Errorf("body = %q, want %q", resp.Body, want)
	}
	if got := resp.Header["X-Echo"][0]; got != handle {
		t.Errorf("header = %q, want the handle", got)
	}
}

func TestExchangesHoldNoSecret(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "four")
	})
	if _, err := c.do(http.MethodPost, "/bot"+handle+"/send?key="+handle, nil, "12345"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.do(http.MethodGet, "https://other.example/"+handle, nil, ""); err == nil {
		t.Fatal("other.example: no error")
	}
	got := c.done()
	if len(got) != 2 {
		t.Fatalf("recorded %d exchanges, want 2", len(got))
	}
	e := got[0]
	if e.Path != "/api/bot•••/send" || e.Method != http.MethodPost || e.Status != http.StatusCreated || e.Sent != 5 || e.Received != 4 || e.Duration <= 0 {
		t.Errorf("exchange = %+v", e)
	}
	if got[1].Error == "" || strings.Contains(got[1].Error, handle) {
		t.Errorf("refused exchange = %+v", got[1])
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		url     string
		refused string
	}{
		"a host nobody declared":                          {"https://evil.example/", "does not declare the host evil.example"},
		"the declared host on another port":               {"https://acme.desk.example:8443/", "does not declare"},
		"a site of somebody else":                         {"https://other.desk.example/", "does not declare"},
		"a name that ends like a declared one":            {"https://evilcdn.example/", "does not declare"},
		"the bare domain of a wildcard":                   {"https://cdn.example/", "does not declare"},
		"an address without a scheme":                     {"//evil.example/", "no complete address"},
		"another scheme":                                  {"ftp://acme.desk.example/", "not allowed"},
		"user information":                                {"https://acme.desk.example@evil.example/", "not allowed"},
		"a way up":                                        {"/../admin", "segment"},
		"a hidden way up":                                 {"/x/%2e%2e/admin", "segment"},
		"a declared host":                                 {"https://acme.desk.example/x", ""},
		"its usual port":                                  {"https://ACME.desk.example.:443/x", ""},
		"below a wildcard":                                {"https://a.b.cdn.example/x", ""},
		"a relative address with an address in the query": {"/x?back=https://evil.example/", ""},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := setup(t, nothing)
			_, err := c.gateway.tickets.find(c.ticket).target(tt.url)
			if tt.refused == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantFailure(t, err, protocol.Permanent, tt.refused)
		})
	}
}

func TestSettingsCannotLeadToAnotherHost(t *testing.T) {
	t.Parallel()
	sites := []string{"evil.example/", "evil.example#", "evil.example?", "evil.example:80@x", "x@y", "a b", "..", ""}
	for _, site := range sites {
		c, _ := setup(t, nothing, func(_ *Config, grant *connection.Grant) {
			grant.Auth.BaseURL = "https://{site}.desk.example/v2"
			grant.Values["site"] = site
		})
		_, err := c.do(http.MethodGet, "/me", nil, "")
		wantFailure(t, err, protocol.Unauthorized, "base address")
	}
}

func TestHeaderInjectionIsRefused(t *testing.T) {
	t.Parallel()
	c, p := setup(t, nothing)
	_, err := c.do(http.MethodGet, "/", map[string][]string{"X-A": {"b\r\nX-Evil: yes"}}, "")
	wantFailure(t, err, protocol.Permanent, "X-A")
	if p.last != nil {
		t.Error("the request left")
	}
}

func TestRedirectsAreAnswers(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "/elsewhere"} {
		requests := 0
		c, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			requests++
			w.Header().Set("Location", location)
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
		resp, err := c.do(http.MethodPost, "/", map[string][]string{"X-Api-Key": {handle}}, "x")
		if err != nil {
			t.Fatal(err)
		}
		if resp.Status != http.StatusTemporaryRedirect || requests != 1 || resp.Header["Retry-After"][0] != "7" {
			t.Errorf("status %d after %d requests", resp.Status, requests)
		}
	}
}

func TestAnswersThatAreTooLargeAreRefused(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<10)); err != nil {
				return
			}
		}
	}, func(cfg *Config, _ *connection.Grant) { cfg.MaxResponse = 64 << 10 })
	_, err := c.do(http.MethodGet, "/endless", nil, "")
	wantFailure(t, err, protocol.Permanent, "reply too large")
}

func TestSilence(t *testing.T) {
	t.Parallel()
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	slow := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "a")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	cases := map[string]struct {
		answer http.HandlerFunc
		method string
		kind   protocol.FailureKind
	}{
		"a read may be repeated":                        {silent, http.MethodGet, protocol.Retryable},
		"what a write did is not known":                 {silent, http.MethodPost, protocol.Unknown},
		"a body that never ends is cut at the deadline": {slow, http.MethodPost, protocol.Unknown},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := setup(t, tt.answer, func(cfg *Config, _ *connection.Grant) { cfg.Timeout = 50 * time.Millisecond })
			_, err := c.do(tt.method, "/", nil, "x")
			wantFailure(t, err, tt.kind, "no answer in time")
		})
	}
}

func TestTheCallersDeadlineWins(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.gateway.Do(ctx, c.ticket, protocol.HTTPRequest{Method: http.MethodGet, URL: "/"})
	wantFailure(t, err, protocol.Retryable, "no answer in time")
}

// deaf returns an address that refuses connections until the test ends: its port is taken and nobody listens on it. A
// port that was merely closed could be the next one that another test opens.
func deaf(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
}

func TestUnreachableDestinationsReadTheSame(t *testing.T) {
	t.Parallel()
	bases := map[string]string{"nobody listens": "http://" + deaf(t), "blocked": "http://10.0.0.1"}
	for name, base := range bases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := setup(t, nothing, func(_ *Config, grant *connection.Grant) { grant.Values["base_url"] = base })
			_, err := c.do(http.MethodPost, "/", nil, "x")
			wantFailure(t, err, protocol.Retryable, ": the destination is not reachable.")
		})
	}
}

func TestTicketsEndWithTheirCall(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	c, _ := setup(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}, func(cfg *Config, _ *connection.Grant) { cfg.Timeout = time.Hour })
	result := make(chan error, 1)
	go func() {
		_, err := c.do(http.MethodPost, "/", nil, "x")
		result <- err
	}()
	<-arrived
	c.done()
	wantFailure(t, <-result, protocol.Unknown, "no answer")
	_, err := c.do(http.MethodGet, "/", nil, "")
	wantFailure(t, err, protocol.Permanent, "has ended")
}

func TestCase37ATicketPutsInTheSecretsOfItsOwnConnection(t *testing.T) {
	t.Parallel()
	const othersHandle, othersSecret = "secret_fedcba9876543210", "of-another-connection"
	c, p := setup(t, nothing)
	_, ended := c.gateway.Open(connection.Grant{ConnectionID: "con_2", Secrets: map[string]string{othersHandle: othersSecret}})
	defer ended()
	header := map[string][]string{"X-Token": {othersHandle}, "Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("u:"+othersHandle))}}
	if _, err := c.do(http.MethodPost, "/?key="+othersHandle, header, othersHandle); err != nil {
		t.Fatal(err)
	}
	sent := fmt.Sprint(p.last.URL, p.last.Header, p.body)
	basic, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.last.Header.Get("Authorization"), "Basic "))
	if sent += string(basic); strings.Contains(sent, othersSecret) || !strings.Contains(p.body, othersHandle) {
		t.Errorf("sent %s", sent)
	}
	for _, ticket := range []string{"", "con_2", othersHandle, strings.Repeat("A", 26)} {
		_, err := c.gateway.Do(t.Context(), ticket, protocol.HTTPRequest{Method: http.MethodGet, URL: "/"})
		wantFailure(t, err, protocol.Permanent, "has ended")
	}
}
