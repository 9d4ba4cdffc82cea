package sdk_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

// with returns the desk with one action, and a provider that answers by the script: one handler per request.
func with[In, Out any](t *testing.T, a sdk.Action[In, Out], script ...http.HandlerFunc) *sdktest.Harness {
	t.Helper()
	c := desk
	a.Name, a.Title = "act", "Act"
	c.Actions = sdk.Actions{a}
	return sdktest.New(t, c, map[string]any{"site": "bottega", "key": "k3y-canary"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(script) == 0 {
			t.Errorf("unexpected %s %s", r.Method, r.URL)
			return
		}
		script[0](w, r)
		script = script[1:]
	}))
}

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func kindOf(err error) protocol.FailureKind {
	var f *protocol.Failure
	if errors.As(err, &f) {
		return f.Kind
	}
	return ""
}

func TestTheTableOfStatuses(t *testing.T) {
	t.Parallel()
	post := func(ctx context.Context, call *sdk.Call, _ sdk.None) (sdk.None, error) {
		return sdk.None{}, call.HTTP.Post(ctx, "/x", nil, nil)
	}
	once := sdk.Action[sdk.None, sdk.None]{Run: post}
	safe := sdk.Action[sdk.None, sdk.None]{Run: post, Repeatable: true}
	for code := 400; code < 600; code++ {
		want := [2]protocol.FailureKind{protocol.Permanent, protocol.Permanent}
		switch {
		case code == 400 || code == 422:
			want = [2]protocol.FailureKind{protocol.Invalid, protocol.Invalid}
		case code == 401 || code == 403:
			want = [2]protocol.FailureKind{protocol.Unauthorized, protocol.Unauthorized}
		case code == 429:
			want = [2]protocol.FailureKind{protocol.RateLimited, protocol.RateLimited}
		case code == 408 || code == 425 || code >= 500:
			want = [2]protocol.FailureKind{protocol.Unknown, protocol.Retryable}
		}
		for i, a := range []sdk.Action[sdk.None, sdk.None]{once, safe} {
			_, err := with(t, a, answer(code, "why")).Invoke("act", sdk.None{})
			if got := kindOf(err); got != want[i] {
				t.Errorf("%d, action %d: got %q, want %q", code, i, got, want[i])
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		header string
		kind   protocol.FailureKind
		least  time.Duration
		most   time.Duration
	}{
		"seconds":               {429, "30", protocol.RateLimited, 30 * time.Second, 30 * time.Second},
		"seconds with decimals": {429, "2.0", protocol.RateLimited, 2 * time.Second, 2 * time.Second},
		"a date":                {503, time.Now().Add(time.Minute).UTC().Format(http.TimeFormat), protocol.RateLimited, 50 * time.Second, time.Minute},
		"a date gone by":        {429, "Mon, 02 Jan 2006 15:04:05 GMT", protocol.RateLimited, 0, 0},
		"rubbish":               {429, "soon", protocol.RateLimited, 0, 0},
		"none with 503":         {503, "", protocol.Retryable, 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := sdk.Action[sdk.None, Ticket]{Reads: true, Run: sdk.Get[sdk.None, Ticket]("/x")}
			_, err := with(t, a, answer(tt.status, "", "Retry-After", tt.header)).Invoke("act", sdk.None{})
			var f *protocol.Failure
			if !errors.As(err, &f) || f.Kind != tt.kind || f.RetryAfter < tt.least || f.RetryAfter > tt.most {
				t.Errorf("got %+v", f)
			}
		})
	}
}

// A call that wrote something and then failed must not be told apart as "try again": that would write twice.
func TestNothingIsSafeAfterAWrite(t *testing.T) {
	t.Parallel()
	run := func(ctx context.Context, call *sdk.Call, _ sdk.None) (sdk.None, error) {
		if err := call.HTTP.Post(ctx, "/first", nil, nil); err != nil {
			return sdk.None{}, err
		}
		return sdk.None{}, call.HTTP.Get(ctx, "/second", nil, nil)
	}
	upsert := func(ctx context.Context, call *sdk.Call, _ sdk.None) (sdk.None, error) {
		resp, err := call.HTTP.Do(ctx, sdk.HTTPRequest{Method: http.MethodPost, URL: "/upsert", Repeatable: true})
		if err == nil {
			err = sdk.FromResponse(resp)
		}
		if err != nil {
			return sdk.None{}, err
		}
		return sdk.None{}, call.HTTP.Post(ctx, "/once", nil, nil)
	}
	tests := map[string]struct {
		action sdk.Action[sdk.None, sdk.None]
		script []http.HandlerFunc
		want   protocol.FailureKind
	}{
		"a limit after a write that may be repeated": {sdk.Action[sdk.None, sdk.None]{Run: upsert}, []http.HandlerFunc{answer(200, ""), answer(429, "")}, protocol.RateLimited},
		"a write that may be repeated fails":         {sdk.Action[sdk.None, sdk.None]{Run: upsert}, []http.HandlerFunc{answer(503, "")}, protocol.Retryable},
		"what fails after it":                        {sdk.Action[sdk.None, sdk.None]{Run: upsert}, []http.HandlerFunc{answer(200, ""), answer(503, "")}, protocol.Unknown},
		"a read that fails after a write":            {sdk.Action[sdk.None, sdk.None]{Run: run}, []http.HandlerFunc{answer(200, ""), answer(503, "")}, protocol.Unknown},
		"a limit after a write":                      {sdk.Action[sdk.None, sdk.None]{Run: run}, []http.HandlerFunc{answer(200, ""), answer(429, "")}, protocol.Unknown},
		"a limit on the write itself":                {sdk.Action[sdk.None, sdk.None]{Run: run}, []http.HandlerFunc{answer(429, "")}, protocol.RateLimited},
		"the same in an action that may repeat it":   {sdk.Action[sdk.None, sdk.None]{Run: run, Repeatable: true}, []http.HandlerFunc{answer(200, ""), answer(503, "")}, protocol.Retryable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := with(t, tt.action, tt.script...).Invoke("act", sdk.None{})
			if got := kindOf(err); got != tt.want {
				t.Errorf("got %v (%q), want %q", err, got, tt.want)
			}
		})
	}
}

func TestOnlyIdempotentWritesCarryTheKey(t *testing.T) {
	t.Parallel()
	run := func(ctx context.Context, call *sdk.Call, _ sdk.None) (sdk.None, error) {
		if err := call.HTTP.Get(ctx, "/read", nil, nil); err != nil {
			return sdk.None{}, err
		}
		return sdk.None{}, call.HTTP.Post(ctx, "/write", nil, nil)
	}
	for name, tt := range map[string]struct {
		action sdk.Action[sdk.None, sdk.None]
		want   string
	}{
		"idempotent": {sdk.Action[sdk.None, sdk.None]{Run: run, Idempotent: true}, "run_test:step"},
		"repeatable": {sdk.Action[sdk.None, sdk.None]{Run: run, Repeatable: true}, ""},
		"once":       {sdk.Action[sdk.None, sdk.None]{Run: run}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := with(t, tt.action, answer(200, ""), answer(200, ""))
			if _, err := h.Invoke("act", sdk.None{}); err != nil {
				t.Fatal(err)
			}
			sent := h.Gateway.Requests()
			if got := sent[0].Header.Get("Idempotency-Key"); got != "" {
				t.Errorf("the read carries %q", got)
			}
			if got := sent[1].Header.Get("Idempotency-Key"); got != tt.want {
				t.Errorf("the write carries %q, want %q", got, tt.want)
			}
		})
	}
}

func TestHTTPAsData(t *testing.T) {
	t.Parallel()
	type input struct {
		ID    string `json:"id"`
		Queue string `json:"queue"`
		N     int64  `json:"n"`
	}
	in := input{ID: "a/b c", Queue: "", N: 820982911946154508}
	tests := map[string]struct {
		run  sdk.Func[input, map[string]any]
		want string
	}{
		"a path is escaped":              {sdk.Get[input, map[string]any]("/t/{id}"), "GET /api/v2/t/a%2Fb%20c "},
		"an empty parameter is dropped":  {sdk.Get[input, map[string]any]("/t?queue={queue}&n={n}&all=1"), "GET /api/v2/t?n=820982911946154508&all=1 "},
		"a body is what the path leaves": {sdk.Post[input, map[string]any]("/t/{n}"), `POST /api/v2/t/820982911946154508 {"id":"a/b c","queue":""}`},
		"put":                            {sdk.Put[input, map[string]any]("/t/{id}/{queue}"), `PUT /api/v2/t/a%2Fb%20c/ {"n":820982911946154508}`},
		"delete":                         {sdk.Delete[input, map[string]any]("/t/{n}"), "DELETE /api/v2/t/820982911946154508 "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := with(t, sdk.Action[input, map[string]any]{Repeatable: true, Run: tt.run}, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if got := r.Method + " " + r.URL.RequestURI() + " " + string(body); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				_, _ = io.WriteString(w, `{"id":820982911946154508}`)
			})
			result, err := h.Invoke("act", in)
			if err != nil || string(result.Output) != `{"id":820982911946154508}` {
				t.Errorf("got %s, %v", result.Output, err)
			}
		})
	}
}

func TestAnUndeclaredHostIsRefused(t *testing.T) {
	t.Parallel()
	h := with(t, sdk.Action[sdk.None, sdk.None]{Run: func(ctx context.Context, call *sdk.Call, _ sdk.None) (sdk.None, error) {
		return sdk.None{}, call.HTTP.Get(ctx, "https://evil.example.com/", nil, nil)
	}})
	if _, err := h.Invoke("act", sdk.None{}); err == nil || !strings.Contains(err.Error(), "not declared") {
		t.Errorf("got %v", err)
	}
}
