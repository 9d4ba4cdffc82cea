// Package oauthtest is a provider that gives tokens by OAuth 2, for tests: it checks what providers check (client, PKCE,
// redirect address), takes each code and each refresh token once, and serves an API that wants its newest access token.
package oauthtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// The client that the provider knows.
const (
	ClientID     = "client-1"
	ClientSecret = "client-secret-of-the-test"
	User         = "ana"
	Password     = "password-of-ana"
)

// Provider is a running one.
type Provider struct {
	*httptest.Server
	Secrets []string // every token and code that it gave

	mu        sync.Mutex
	lifetime  time.Duration
	codes     map[string]url.Values // what the page was asked with
	refresh   string                // the one that counts
	access    map[string]bool       // those that the API takes
	calls     map[string]int
	meanwhile func(grant string)
	answer    func(w http.ResponseWriter) bool
}

// New starts a provider whose access tokens live so long; zero: it does not say.
func New(t testing.TB, lifetime time.Duration) *Provider {
	p := &Provider{lifetime: lifetime, codes: map[string]url.Values{}, access: map[string]bool{}, calls: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("POST /login", p.login)
	mux.HandleFunc("/api/", p.api)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// Calls is how often something was asked for: a grant type, "login", "api" or "refused".
func (p *Provider) Calls(what string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[what]
}

// Given lists every code and token that was given.
func (p *Provider) Given() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.Secrets...)
}

// Meanwhile is called when a token has been given and before the answer leaves.
func (p *Provider) Meanwhile(f func(grant string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.meanwhile = f
}

// Answer lets f answer requests for tokens instead, as long as it returns true.
func (p *Provider) Answer(f func(w http.ResponseWriter) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = f
}

// Revoke makes the API refuse all access tokens; withConsent the refresh token too.
func (p *Provider) Revoke(withConsent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.access)
	if withConsent {
		p.refresh = ""
	}
}

func (p *Provider) secret(kind string) string {
	text := kind + "-" + rand.Text()
	p.Secrets = append(p.Secrets, text)
	return text
}

// authorize is the page of a person who consents at once.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" {
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	code := p.secret("code")
	p.codes[code] = q
	p.mu.Unlock()
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func refuse(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": "words of the provider"})
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	answer := p.answer
	p.mu.Unlock()
	if answer != nil && answer(w) {
		return
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != ClientID || secret != ClientSecret {
		refuse(w, "invalid_client")
		return
	}
	kind := r.PostFormValue("grant_type")
	p.mu.Lock()
	meanwhile := p.meanwhile
	p.calls[kind]++
	ok := kind == "client_credentials"
	switch kind {
	case "authorization_code":
		asked, known := p.codes[r.PostFormValue("code")]
		delete(p.codes, r.PostFormValue("code"))
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		ok = known && asked.Get("redirect_uri") == r.PostFormValue("redirect_uri") && asked.Get("code_challenge") == base64.RawURLEncoding.EncodeToString(sum[:])
	case "refresh_token":
		ok = p.refresh != "" && r.PostFormValue("refresh_token") == p.refresh
	}
	if !ok {
		p.calls["refused"]++
		p.mu.Unlock()
		refuse(w, "invalid_grant")
		return
	}
	out := map[string]any{"access_token": p.give(), "token_type": "Bearer"}
	if p.lifetime > 0 {
		out["expires_in"] = int(p.lifetime.Seconds())
	}
	if kind != "client_credentials" {
		p.refresh = p.secret("refresh")
		out["refresh_token"] = p.refresh
	}
	p.mu.Unlock()
	if meanwhile != nil {
		meanwhile(kind)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

// give makes an access token; the ones before stay good, as with most providers.
func (p *Provider) give() string {
	access := p.secret("access")
	p.access[access] = true
	return access
}

func (p *Provider) login(w http.ResponseWriter, r *http.Request) {
	var in map[string]string
	_ = json.NewDecoder(r.Body).Decode(&in)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls["login"]++
	if in["user"] != User || in["password"] != Password {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{"token": p.give()}})
}

// api echoes the header, as careless providers do.
func (p *Provider) api(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls["api"]++
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); !ok || !p.access[token] {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"label": "Ana", "you_sent": r.Header.Get("Authorization")})
}
