//go:build linux

package wholepath_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

// hooked starts from a CRM that posts to the flow's own address.
const hooked = `name: hooked
trigger: { on: webhook, with: { auth: AUTH } }
contact: { email: "{{ event.body.contact.email }}" }
steps:
  - id: seen
    set: { deal: "{{ event.body.deal }}", source: "{{ event.headers['x-source'] }}" }
`

// post sends a request to a flow's address and returns the status of the answer.
func post(t *testing.T, url, body string, header http.Header) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Source", "crm")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func hexSignature(secret, body string) http.Header {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return http.Header{"X-Signature": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
}

// standardSignature signs as standardwebhooks.com says, written here a second time so that a mistake shows.
func standardSignature(t *testing.T, secret, id, body string) http.Header {
	t.Helper()
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {standardSignatureAt(t, secret, id, stamp, body)}}
}

func standardSignatureAt(t *testing.T, secret, id, stamp, body string) string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Error(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestAFlowsOwnAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, within)
		apply := func(auth string) api.FlowWebhook {
			t.Helper()
			g.call(t, http.MethodPut, "flows/hooked", []byte(strings.Replace(hooked, "AUTH", auth, 1)), nil)
			var hook api.FlowWebhook
			g.call(t, http.MethodGet, "flows/hooked/webhook", nil, &hook)
			return hook
		}
		newSecret := func() string {
			t.Helper()
			var made api.FlowWebhookSecret
			g.call(t, http.MethodPost, "flows/hooked/webhook/secret", map[string]string{}, &made)
			return made.Secret
		}
		runs := func(n int) []api.Run {
			t.Helper()
			var page api.List[api.Run]
			eventually(t, "the runs have ended", func() (bool, any) {
				g.call(t, http.MethodGet, "runs?flow=hooked", nil, &page)
				ended := 0
				for _, r := range page.Items {
					if r.Status == "succeeded" {
						ended++
					}
				}
				return ended == n && len(page.Items) == n, page
			})
			return page.Items
		}
		const body = `{"contact":{"email":"ana@example.com"},"deal":9007199254740993}`

		hook := apply("hmac_sha256, header: X-Signature, prefix: \"sha256=\", delivery_key: X-Delivery")
		if hook.HasSecret || !strings.HasPrefix(hook.URL, g.hooks+"/hooks/hook_") {
			t.Fatalf("%+v", hook)
		}
		if got := post(t, hook.URL, body, hexSignature("", body)); got != http.StatusUnauthorized {
			t.Errorf("before there is a secret: %d", got)
		}
		first := newSecret()
		signed := hexSignature(first, body)
		signed.Set("X-Delivery", "d-1")
		if got := post(t, hook.URL, body, signed); got != http.StatusOK {
			t.Fatalf("signed: %d", got)
		}
		if got := post(t, hook.URL, body, signed); got != http.StatusOK {
			t.Errorf("a copy: %d", got)
		}
		if got := post(t, hook.URL, body+" ", signed); got != http.StatusUnauthorized {
			t.Errorf("another body under the same signature: %d", got)
		}
		if got := post(t, hook.URL[:len(hook.URL)-1]+"~", body, signed); got != http.StatusNotFound {
			t.Errorf("another address: %d", got)
		}
		var detail json.RawMessage // as it came, because decoding rounds long numbers
		g.call(t, http.MethodGet, "runs/"+runs(1)[0].ID, nil, &detail)
		for _, part := range []string{`"email":"ana@example.com"`, `"deal":9007199254740993`, `"source":"crm"`} {
			if !strings.Contains(string(detail), part) {
				t.Errorf("the run lacks %s: %s", part, detail)
			}
		}

		// A new secret, and the one before for a day.
		second := newSecret()
		for i, secret := range []string{second, first} {
			header := hexSignature(secret, body)
			header.Set("X-Delivery", "r-"+strconv.Itoa(i))
			if got := post(t, hook.URL, body, header); got != http.StatusOK {
				t.Errorf("secret %d of 2: %d", i+1, got)
			}
		}
		runs(3)

		// Another way to prove it, at the same address. What was a secret before is none for it.
		standard := apply("standard_webhooks")
		if standard.URL != hook.URL {
			t.Errorf("the address has changed from %s to %s", hook.URL, standard.URL)
		}
		secret := newSecret()
		eventually(t, "the new way counts", func() (bool, any) {
			got := post(t, hook.URL, body, standardSignature(t, secret, "msg_1", body))
			return got == http.StatusOK, got
		})
		if got := post(t, hook.URL, body, hexSignature(second, body)); got != http.StatusUnauthorized {
			t.Errorf("the old way: %d", got)
		}
		runs(4)
		g.call(t, http.MethodPost, "flows/hooked/disable", nil, nil)

		// What was refused is in the log, without its proof.
		var refused api.List[api.Request]
		eventually(t, "the log tells of it", func() (bool, any) {
			g.call(t, http.MethodGet, "requests?verdict=bad_signature", nil, &refused)
			return len(refused.Items) >= 3, refused
		})
		var one api.RequestDetail
		g.call(t, http.MethodGet, "requests/"+refused.Items[0].ID, nil, &one)
		if one.Flow != "hooked" || one.Body != body || one.Remote == "" || strings.Contains(strings.Join(one.Header["X-Signature"], ""), "sha256=") || len(one.Runs) != 0 {
			t.Errorf("%+v", one)
		}
		var copies api.List[api.Request]
		if g.call(t, http.MethodGet, "requests?verdict=duplicate", nil, &copies); len(copies.Items) != 1 || copies.Items[0].DeliveryKey != "d-1" {
			t.Errorf("%+v", copies)
		}
		post(t, hook.URL, body, standardSignature(t, secret, "msg_2", body))
		runs(4)
	})
}
