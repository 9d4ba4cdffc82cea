package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// CloudConfig is the app that the cloud's provider knows.
type CloudConfig struct {
	ClientID     string        // default demo-cloud-client
	ClientSecret string        // default demo-cloud-secret
	Lifetime     time.Duration // of an access token; zero means an hour
}

func (c *CloudConfig) setDefaults() {
	setDefault(&c.ClientID, "demo-cloud-client")
	setDefault(&c.ClientSecret, "demo-cloud-secret")
	setDefault(&c.Lifetime, time.Hour)
}

// codeLife is how long a code waits for being exchanged.
const codeLife = time.Minute

// cloud is a provider whose accounts are opened by OAuth 2 with PKCE: a page on which a person allows or denies, tokens
// that end, and refresh tokens that count once (RFC 9700 section 4.14.2): a second use ends the whole consent.
type cloud struct {
	cfg CloudConfig
	env env

	mu       sync.Mutex
	codes    map[string]consent   // what was allowed and has not been exchanged
	access   map[string]time.Time // until when each counts
	refresh  string               // the one that counts; empty: nobody has consented
	used     map[string]bool      // refresh tokens of before
	consents int
	renewals int // refresh tokens that were taken
	refusals int // and refused
	notes    []object
}

// consent is what a person has allowed.
type consent struct {
	redirect, challenge, scope string
	until                      time.Time
}

func newCloud(cfg CloudConfig, env env) *cloud {
	c := &cloud{cfg: cfg, env: env}
	c.reset()
	return c
}

func (c *cloud) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.codes, c.access, c.used, c.refresh, c.notes = map[string]consent{}, map[string]time.Time{}, map[string]bool{}, "", nil
	c.consents, c.renewals, c.refusals = 0, 0, 0
}

// revoke takes the consent back, as a person does in the account's settings.
func (c *cloud) revoke() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
}

// expire lets the access tokens end now, and with renewable false the refresh token too.
func (c *cloud) expire(renewable bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.access)
	if !renewable {
		c.refresh = ""
	}
}

// renewed is how often a refresh token was taken, how often one was refused, and how many access tokens count.
func (c *cloud) renewed() object {
	c.mu.Lock()
	defer c.mu.Unlock()
	live := 0
	for _, until := range c.access {
		if c.env.clock.now().Before(until) {
			live++
		}
	}
	return object{"renewals": c.renewals, "refusals": c.refusals, "live": live, "notes": len(c.notes)}
}

// end makes every token worthless. The caller holds mu.
func (c *cloud) end() {
	clear(c.access)
	c.refresh = ""
}

func (c *cloud) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oauth/authorize", c.ask)
	mux.HandleFunc("POST /oauth/authorize", c.decide)
	mux.HandleFunc("POST /oauth/token", c.token)
	mux.HandleFunc("GET /api/me", c.authorized(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, object{"id": "acc_1", "label": "Ana’s notes"})
	}))
	mux.HandleFunc("POST /api/notes", c.authorized(c.write))
	mux.HandleFunc("GET /api/notes", c.authorized(func(w http.ResponseWriter, _ *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		writeJSON(w, http.StatusOK, object{"notes": append([]object{}, c.notes...)})
	}))
	return mux
}

var consentPage = template.Must(template.New("consent").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Cloud</title>
<h1>Cloud</h1>
<p>May the app <b>{{.Client}}</b> use your account? It asks for: {{.Scope}}.</p>
<form method="post">
{{range $name, $values := .Query}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">
{{end}}{{end}}<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form></html>
`))

// asked checks what the page was opened with. Before the client and the address are known to be good, nobody is sent back.
func (c *cloud) asked(q url.Values) (back *url.URL, problem string) {
	back, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case q.Get("client_id") != c.cfg.ClientID:
		return nil, "The client_id is not that of an app."
	case err != nil || back.Host == "" || back.Scheme != "https" && back.Scheme != "http" || back.Fragment != "":
		return nil, "The redirect_uri is not an address."
	case q.Get("response_type") != "code":
		return nil, "The response_type must be code."
	case q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "":
		return nil, "PKCE with S256 is wanted."
	}
	return back, ""
}

func (c *cloud) ask(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if _, problem := c.asked(q); problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = consentPage.Execute(w, struct {
		Client, Scope string
		Query         url.Values
	}{q.Get("client_id"), q.Get("scope"), q})
}

func (c *cloud) decide(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form can't be read.", http.StatusBadRequest)
		return
	}
	back, problem := c.asked(r.PostForm)
	if problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	answer := back.Query()
	answer.Set("state", r.PostForm.Get("state"))
	if r.PostForm.Get("decision") == "allow" {
		code := randomHex(16)
		c.mu.Lock()
		c.codes[code] = consent{
			redirect: r.PostForm.Get("redirect_uri"), challenge: r.PostForm.Get("code_challenge"), scope: r.PostForm.Get("scope"), until: c.env.clock.now().Add(codeLife),
		}
		c.mu.Unlock()
		answer.Set("code", code)
	} else {
		answer.Set("error", "access_denied")
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

func (c *cloud) token(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if basic { // RFC 6749 section 2.3.1: each was encoded first
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	refuse := func(status int, code, description string) {
		writeJSON(w, status, object{"error": code, "error_description": description})
	}
	if subtle.ConstantTimeCompare([]byte(id+"\x00"+secret), []byte(c.cfg.ClientID+"\x00"+c.cfg.ClientSecret)) != 1 {
		refuse(http.StatusUnauthorized, "invalid_client", "The client is not known or its secret is wrong.")
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	scope := "notes.read notes.write"
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		code := r.PostFormValue("code")
		given, ok := c.codes[code]
		delete(c.codes, code)
		hash := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		switch {
		case !ok || c.env.clock.now().After(given.until):
			refuse(http.StatusBadRequest, "invalid_grant", "The code is not known, was used or is too old.")
			return
		case given.redirect != r.PostFormValue("redirect_uri"):
			refuse(http.StatusBadRequest, "invalid_grant", "The redirect_uri is not that of the consent.")
			return
		case given.challenge != base64.RawURLEncoding.EncodeToString(hash[:]):
			refuse(http.StatusBadRequest, "invalid_grant", "The code_verifier does not fit the challenge.")
			return
		}
		c.end()
		c.consents++
		scope = given.scope
	case "refresh_token":
		switch old := r.PostFormValue("refresh_token"); {
		case c.used[old]:
			c.end()
			c.refusals++
			refuse(http.StatusBadRequest, "invalid_grant", "The refresh token was used before, so the consent is over.")
			return
		case old == "" || old != c.refresh:
			c.refusals++
			refuse(http.StatusBadRequest, "invalid_grant", "The refresh token is not known.")
			return
		default:
			c.used[old] = true
			c.renewals++
		}
	default:
		refuse(http.StatusBadRequest, "unsupported_grant_type", "It takes authorization_code and refresh_token.")
		return
	}
	access := "cloud_access_" + randomHex(16)
	c.refresh = "cloud_refresh_" + randomHex(16)
	c.access[access] = c.env.clock.now().Add(c.cfg.Lifetime)
	writeJSON(w, http.StatusOK, object{
		"access_token": access, "token_type": "Bearer", "expires_in": int(c.cfg.Lifetime.Seconds()), "refresh_token": c.refresh, "scope": scope,
	})
}

// authorized lets calls with a token that counts through.
func (c *cloud) authorized(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		c.mu.Lock()
		until, known := c.access[token]
		c.mu.Unlock()
		if !bearer || !known || !c.env.clock.now().Before(until) {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			writeJSON(w, http.StatusUnauthorized, object{"error": "invalid_token"})
			return
		}
		serve(w, r)
	}
}

func (c *cloud) write(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text string `json:"text"`
	}
	body, err := readBody(r)
	if err != nil || json.Unmarshal(body, &in) != nil || in.Text == "" {
		writeJSON(w, http.StatusUnprocessableEntity, object{"error": "text is missing"})
		return
	}
	c.mu.Lock()
	note := object{"id": strconv.Itoa(len(c.notes) + 1), "text": in.Text}
	c.notes = append(c.notes, note)
	c.mu.Unlock()
	writeJSON(w, http.StatusCreated, note)
}
