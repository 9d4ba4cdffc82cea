package delivery

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/seal"
)

// console is the folder whose node_modules hold the libraries that receivers use.
const console = "../../../web"

// received is a request as its receiver sees it, with the secret that the receiver knows.
type received struct {
	Secret  string            `json:"secret"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// receive sends a delivery and returns what arrived.
func receive(t *testing.T, at time.Time, body string, secrets ...string) received {
	t.Helper()
	got := received{Headers: map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got.Body = string(raw)
		for name := range r.Header {
			got.Headers[strings.ToLower(name)] = r.Header.Get(name)
		}
	}))
	defer server.Close()
	keys, err := seal.New(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	e := Endpoint{ID: "ep_1", WorkspaceID: "ws_1", URL: server.URL}
	for i, sealed := range []*seal.Sealed{&e.Secret, &e.Previous}[:len(secrets)] {
		if *sealed, err = keys.Seal(place(e), seal.NewSecret(secrets[i])); err != nil {
			t.Fatal(err)
		}
	}
	if len(secrets) > 1 {
		e.PreviousUntil = at.Add(time.Hour)
	}
	s := Sender{Keys: keys, Client: server.Client()}
	resp, err := s.post(t.Context(), Delivery{EventID: "evt_01J9Z8", Payload: []byte(body)}, e, at)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return got
}

// with returns a copy that differs in one header.
func (r received) with(header, value string) received {
	headers := map[string]string{header: value}
	for name, value := range r.Headers {
		if name != header {
			headers[name] = value
		}
	}
	r.Headers = headers
	return r
}

func (r received) knowing(secret string) received {
	r.Secret = secret
	return r
}

// Case 82 with it: what is sent while a secret is changed verifies with either.
func TestTheOfficialLibrariesVerifyWhatIsSent(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	for _, library := range []string{"standardwebhooks", "svix"} {
		if _, err := os.Stat(filepath.Join(console, "node_modules", library)); err != nil {
			t.Skip("the libraries are not there; run npm --prefix web ci, as make test does")
		}
	}
	const body = `{"type":"run.failed","data":{"name":"Zoë 🧡","n":12345678901234567890,"text":"a\r\nb\u0000"}}`
	secret, _ := newSecret(V1)
	before, _ := newSecret(V1)
	stranger, _ := newSecret(V1)
	private, _ := newSecret(V1A)
	now := time.Now()
	sent := receive(t, now, body, secret).knowing(secret)
	rotated := receive(t, now, body, secret, before)
	tampered := sent
	tampered.Body = strings.Replace(body, "failed", "ended", 1)
	tests := []struct {
		name    string
		request received
		valid   bool
	}{
		{"as sent", sent, true},
		{"an empty object", receive(t, now, "{}", secret).knowing(secret), true},
		{"by a clock that is four minutes behind", receive(t, now.Add(-4*time.Minute), body, secret).knowing(secret), true},
		{"by a clock that is four minutes ahead", receive(t, now.Add(4*time.Minute), body, secret).knowing(secret), true},
		{"while secrets change, with the new one", rotated.knowing(secret), true},
		{"while secrets change, with the one before", rotated.knowing(before), true},
		{"beside a signature with a public key", receive(t, now, body, private, secret).knowing(secret), true},
		{"a public key's signature alone, which they do not know", receive(t, now, body, private).knowing(secret), false},
		{"with another secret", sent.knowing(stranger), false},
		{"another body", tampered, false},
		{"another id", sent.with("webhook-id", "evt_2"), false},
		{"another time", sent.with("webhook-timestamp", strconv.FormatInt(now.Add(time.Minute).Unix(), 10)), false},
		{"no signature", sent.with("webhook-signature", ""), false},
		{"six minutes old", receive(t, now.Add(-6*time.Minute), body, secret).knowing(secret), false},
		{"six minutes ahead", receive(t, now.Add(6*time.Minute), body, secret).knowing(secret), false},
	}
	var requests []received
	for _, test := range tests {
		requests = append(requests, test.request)
	}
	verdicts := judged(t, requests)
	for i, test := range tests {
		if len(verdicts[i]) != 2 {
			t.Errorf("%s: judged by %d libraries", test.name, len(verdicts[i]))
		}
		for library, refusal := range verdicts[i] {
			if (refusal == "") != test.valid {
				t.Errorf("%s: %s says %q, want valid: %v", test.name, library, refusal, test.valid)
			}
		}
	}
}

// judged asks each library for its verdict on each request.
func judged(t *testing.T, requests []received) []map[string]string {
	t.Helper()
	source, err := os.ReadFile("testdata/oracles.mjs")
	if err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	// The text is given and not the file: what a module imports is looked for beside the file, else in the folder.
	node := exec.CommandContext(t.Context(), "node", "--input-type=module", "--eval", string(source))
	var stderr bytes.Buffer
	node.Dir, node.Stdin, node.Stderr = console, bytes.NewReader(in), &stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.Bytes())
	}
	var verdicts []map[string]string
	if err := json.Unmarshal(out, &verdicts); err != nil || len(verdicts) != len(requests) {
		t.Fatalf("node printed %q: %v", out, err)
	}
	return verdicts
}
