package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	cloudBack     = "http://127.0.0.1:8080/oauth/callback"
	cloudVerifier = "a-verifier-of-a-client-that-is-long-enough-for-it"
)

// page is what a client opens the page of consent with.
func cloudPage(change url.Values) url.Values {
	hash := sha256.Sum256([]byte(cloudVerifier))
	q := url.Values{
		"client_id": {"demo-cloud-client"}, "redirect_uri": {cloudBack}, "response_type": {"code"}, "state": {"s-1"}, "scope": {"notes.read"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(hash[:])}, "code_challenge_method": {"S256"},
	}
	for name, values := range change {
		q[name] = values
	}
	return q
}

// consented decides on the page and returns what the browser brings back.
func (r *rig) consented(decision string) url.Values {
	r.t.Helper()
	q := cloudPage(url.Values{"decision": {decision}})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(r.url+"/cloud/oauth/authorize", q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil || !strings.HasPrefix(back.String(), cloudBack+"?") {
		r.t.Fatalf("status %d leads to %v, %v", resp.StatusCode, back, err)
	}
	return back.Query()
}

// token asks for tokens; the values stand over those that are right.
func (r *rig) token(change url.Values) (status int, answer map[string]any) {
	r.t.Helper()
	form := url.Values{"client_id": {"demo-cloud-client"}, "client_secret": {"demo-cloud-secret"}, "redirect_uri": {cloudBack}, "code_verifier": {cloudVerifier}}
	for name, values := range change {
		form[name] = values
	}
	resp, err := http.PostForm(r.url+"/cloud/oauth/token", form)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// me is how the API answers a token.
func (r *rig) me(token any) int {
	r.t.Helper()
	req, _ := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+"/cloud/api/me", nil)
	req.Header.Set("Authorization", "Bearer "+token.(string))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestCloudGivesTokensToWhoHasConsent(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	resp, err := http.Get(r.url + "/cloud/oauth/authorize?" + cloudPage(nil).Encode())
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != 200 || !strings.Contains(string(page), `value="allow"`) || !strings.Contains(string(page), "notes.read") {
		t.Errorf("the page: %d %s", resp.StatusCode, page)
	}
	if back := r.consented("deny"); back.Get("error") != "access_denied" || back.Get("state") != "s-1" || back.Has("code") {
		t.Errorf("denied: %v", back)
	}
	back := r.consented("allow")
	if back.Get("state") != "s-1" {
		t.Errorf("allowed: %v", back)
	}
	exchange := url.Values{"grant_type": {"authorization_code"}, "code": {back.Get("code")}}
	status, given := r.token(exchange)
	if status != 200 || given["scope"] != "notes.read" || given["expires_in"] != 3600.0 || r.me(given["access_token"]) != 200 {
		t.Fatalf("got %d %v", status, given)
	}
	if status, again := r.token(exchange); status != 400 || again["error"] != "invalid_grant" {
		t.Errorf("a code twice: %d %v", status, again)
	}
	r.Advance(time.Hour)
	if got := r.me(given["access_token"]); got != 401 {
		t.Errorf("a token that has ended: %d", got)
	}
}

func TestCloudTakesARefreshTokenOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	_, first := r.token(url.Values{"grant_type": {"authorization_code"}, "code": {r.consented("allow").Get("code")}})
	refresh := func(token any) (int, map[string]any) {
		return r.token(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.(string)}})
	}
	status, second := refresh(first["refresh_token"])
	if status != 200 || second["refresh_token"] == first["refresh_token"] || r.me(second["access_token"]) != 200 {
		t.Fatalf("renewed: %d %v", status, second)
	}
	if status, again := refresh(first["refresh_token"]); status != 400 || again["error"] != "invalid_grant" {
		t.Errorf("an old one: %d %v", status, again)
	}
	if got := r.me(second["access_token"]); got != 401 {
		t.Errorf("after a second use the consent still counts: %d", got)
	}
	if status, _ := refresh(second["refresh_token"]); status != 400 {
		t.Errorf("after a second use the next one still counts: %d", status)
	}
}

func TestCloudRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	code := func() url.Values {
		return url.Values{"grant_type": {"authorization_code"}, "code": {r.consented("allow").Get("code")}}
	}
	for name, c := range map[string]struct {
		change url.Values
		want   string
	}{
		"a wrong secret":       {url.Values{"client_secret": {"x"}}, "invalid_client"},
		"another verifier":     {url.Values{"code_verifier": {"x"}}, "invalid_grant"},
		"another address":      {url.Values{"redirect_uri": {"https://evil.example/"}}, "invalid_grant"},
		"a grant of no sort":   {url.Values{"grant_type": {"password"}}, "unsupported_grant_type"},
		"no refresh token":     {url.Values{"grant_type": {"refresh_token"}}, "invalid_grant"},
		"a code that is wrong": {url.Values{"code": {"x"}}, "invalid_grant"},
	} {
		form := code()
		for k, v := range c.change {
			form[k] = v
		}
		if _, answer := r.token(form); answer["error"] != c.want {
			t.Errorf("%s: %v, want %s", name, answer, c.want)
		}
	}
	old := code()
	r.Advance(2 * time.Minute)
	if _, answer := r.token(old); answer["error"] != "invalid_grant" {
		t.Errorf("an old code: %v", answer)
	}
	for name, change := range map[string]url.Values{
		"without PKCE": {"code_challenge": {""}}, "PKCE in clear": {"code_challenge_method": {"plain"}}, "another app": {"client_id": {"x"}},
		"no address": {"redirect_uri": {"javascript:alert(1)"}}, "a token at once": {"response_type": {"token"}},
	} {
		resp, err := http.Get(r.url + "/cloud/oauth/authorize?" + cloudPage(change).Encode())
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 400 {
			t.Errorf("%s: the page says %d", name, resp.StatusCode)
		}
	}
	_, given := r.token(code())
	r.Revoke()
	if got := r.me(given["access_token"]); got != 401 {
		t.Errorf("after the consent was taken back: %d", got)
	}
}
