package httpstep_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/egress"
	"github.com/cordboard/cordboard/core/internal/httpstep"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// service answers as its path says, and tells what it was sent.
func service(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/echo":
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.Header().Set("Set-Cookie", "a=b")
			_ = json.NewEncoder(w).Encode(map[string]any{
				"method": r.Method, "query": r.URL.RawQuery, "key": r.Header.Get("Idempotency-Key"), "kind": r.Header.Get("Content-Type"),
				"x": r.Header.Get("X-Order"), "auth": r.Header.Get("X-Key"), "hops": r.Header.Get("Cordboard-Hops"), "body": string(body),
			})
		case "/text":
			_, _ = w.Write([]byte("9007199254740993 \xff\x00"))
		case "/number":
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("9007199254740993"))
		case "/large":
			_, _ = w.Write(make([]byte, 1<<20+1))
		case "/away":
			http.Redirect(w, r, "/echo", http.StatusFound)
		case "/later":
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			status := map[string]int{"/400": 400, "/401": 401, "/403": 403, "/404": 404, "/408": 408, "/429": 429, "/500": 500}[r.URL.Path]
			http.Error(w, "no such thing", status)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// invoke makes one request with a grant.
func invoke(t *testing.T, grant connection.Grant, input string, allowed ...netip.Prefix) (protocol.Result, error) {
	t.Helper()
	gateway := egress.New(egress.Config{AllowedNets: allowed})
	t.Cleanup(gateway.CloseIdle)
	ticket, done := gateway.Open(grant)
	defer done()
	return httpstep.Connector{Gateway: gateway}.Invoke(t.Context(), protocol.Invocation{
		Call: protocol.Call{Ticket: ticket, ConnectionID: grant.ConnectionID, IdempotencyKey: "run_1:look"}, Input: json.RawMessage(input),
	}, nil)
}

var (
	loopback = netip.MustParsePrefix("127.0.0.0/8")
	anywhere = connection.Grant{AnyHost: true, Hops: 2}
)

func TestRequests(t *testing.T) {
	t.Parallel()
	s := service(t)
	for name, c := range map[string]struct{ input, want string }{
		"a query is added to the address, lists as several": {
			`{"method":"GET","url":"URL/echo?a=1","query":{"b":"x&y","c":[1,null,9007199254740993],"d":null}}`, `"query":"a=1\u0026b=x%26y\u0026c=1\u0026c=9007199254740993"`,
		},
		"JSON keeps its digits": {`{"method":"POST","url":"URL/echo","json":{"id":9007199254740993}}`, `"body":"{\"id\":9007199254740993}","hops":"2","key":"run_1:look","kind":"application/json","method":"POST"`},
		"a form":                {`{"method":"PUT","url":"URL/echo","form":{"a":"x y"}}`, `"body":"a=x+y","hops":"2","key":"run_1:look","kind":"application/x-www-form-urlencoded"`},
		"text with a kind of its own": {
			`{"method":"POST","url":"URL/echo","text":"<a/>","headers":{"content-type":"application/xml","x-order":7}}`, `"kind":"application/xml","method":"POST","query":"","x":"7"`,
		},
		"cookies are not kept":        {`{"method":"GET","url":"URL/echo"}`, `"status":200`},
		"a number as JSON":            {`{"method":"GET","url":"URL/number"}`, `"body":9007199254740993`},
		"text, made readable":         {`{"method":"GET","url":"URL/text"}`, `"body":"9007199254740993 ��"`},
		"a status that is no failure": {`{"method":"GET","url":"URL/404","accept_status":[404]}`, `"status":404`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := invoke(t, anywhere, strings.ReplaceAll(c.input, "URL", s.URL), loopback)
			if err != nil || !strings.Contains(string(result.Output), c.want) || strings.Contains(string(result.Output), "set-cookie") {
				t.Errorf("got %s, %v, want %s", result.Output, err, c.want)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	s := service(t)
	connected := connection.Grant{AnyHost: true, ConnectionID: "con_1"}
	for name, c := range map[string]struct {
		grant  connection.Grant
		method string
		path   string
		kind   protocol.FailureKind
		says   string
	}{
		"wrong input":                            {anywhere, "GET", "/400", protocol.Invalid, "400"},
		"refused, with credentials to renew":     {connected, "GET", "/401", protocol.Unauthorized, "401"},
		"refused, without any":                   {anywhere, "GET", "/401", protocol.Permanent, "401"},
		"forbidden":                              {connected, "GET", "/403", protocol.Permanent, "403"},
		"not there":                              {anywhere, "GET", "/404", protocol.Permanent, "404 Not Found"},
		"too many":                               {anywhere, "GET", "/429", protocol.RateLimited, "429"},
		"later":                                  {anywhere, "POST", "/later", protocol.RateLimited, "503"},
		"broken, where repeating is harmless":    {anywhere, "GET", "/500", protocol.Retryable, "500"},
		"broken, where it may have acted":        {anywhere, "POST", "/500", protocol.Unknown, "500"},
		"case 76: a redirect is not followed":    {anywhere, "GET", "/away", protocol.Permanent, "redirect"},
		"an answer that is too large to be kept": {anywhere, "GET", "/large", protocol.Permanent, "more than the"},
		"case 81: a line break in a header":      {anywhere, "GET", `/echo","headers":{"X-A":"a\r\nHost: b"},"x":"`, protocol.Invalid, "line break"},
		"case 81: a dot segment":                 {anywhere, "GET", "/a/../echo", protocol.Permanent, ".."},
		"a connection's hosts are the only ones": {connection.Grant{ConnectionID: "con_1", Auth: httpstep.Manifest.Auth, Values: map[string]string{"url": "https://api.example.com", "header": "X-Key", "value": "s3cret"}}, "GET", "/echo", protocol.Permanent, "does not declare the host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := invoke(t, c.grant, `{"method":"`+c.method+`","url":"`+s.URL+c.path+`"}`, loopback)
			f, ok := err.(*protocol.Failure)
			if !ok || f.Kind != c.kind || !strings.Contains(f.Message, c.says) {
				t.Errorf("failed with %+v, want %s with %q", err, c.kind, c.says)
			}
		})
	}
	t.Run("case 76: an address in the house", func(t *testing.T) {
		t.Parallel()
		_, err := invoke(t, anywhere, `{"method":"GET","url":"`+s.URL+`/echo"}`)
		if f, ok := err.(*protocol.Failure); !ok || !strings.Contains(f.Message, "not reachable") || strings.Contains(f.Message, "loopback") {
			t.Errorf("failed with %+v", err)
		}
	})
}

// TestTheSecretOfAConnection goes out in the header that a person chose, and never comes back.
func TestTheSecretOfAConnection(t *testing.T) {
	t.Parallel()
	s := service(t)
	grant := connection.Grant{
		ConnectionID: "con_1", Auth: httpstep.Manifest.Auth, Values: map[string]string{"url": s.URL, "header": "X-Key", "value": "s3cret-value"},
		Secrets: map[string]string{"handle_1": "s3cret-value"},
	}
	result, err := invoke(t, grant, `{"method":"GET","url":"/echo"}`, loopback)
	if err != nil || !strings.Contains(string(result.Output), `"auth":"handle_1"`) || strings.Contains(string(result.Output), "s3cret") {
		t.Errorf("got %s, %v", result.Output, err)
	}
}
