//go:build linux

package wholepath_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/redis/go-redis/v9"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/connection/oauthtest"
)

// canaries are secrets that a test has planted, by what they are. Each must be found nowhere.
type canaries struct {
	mu    sync.Mutex
	known map[string]string
}

// plant makes a secret that stands nowhere else.
func (c *canaries) plant(what string) string {
	secret := "Canary" + rand.Text()
	c.add(what, secret)
	return secret
}

func (c *canaries) add(what, secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[what] = secret
}

// search looks for every canary in what a sink holds, as it is and as it is often written.
func (c *canaries) search(t *testing.T, sink string, held []byte) {
	t.Helper()
	if len(held) == 0 {
		t.Errorf("%s: there is nothing to be searched", sink)
	}
	for what, secret := range c.known {
		for form, text := range map[string]string{
			"": secret, " in base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="),
			" in hex": hex.EncodeToString([]byte(secret)), " in a URL": url.QueryEscape(secret),
		} {
			if i := bytes.Index(held, []byte(text)); i >= 0 {
				t.Errorf("%s holds the %s%s: …%q…", sink, what, form, held[max(0, i-80):min(len(held), i+len(text)+20)])
				break
			}
		}
	}
}

const asking = `name: asking
title: A request with a secret
trigger: { on: manual }
contact: { email: "{{ event.email }}" }
steps:
  - id: ask
    connection: service
    http:
      method: POST
      url: "/{{ event.path }}"
      json: { a: 1 }
`

const erring = `name: erring
title: A call that is refused
trigger: { on: manual }
contact: { email: "ana@example.com" }
steps:
  - id: tag
    do: activecampaign.add_tag
    connection: crm2
    with: { email: "{{ contact.email }}", tag: x }
`

// TestS2CanariesAreFoundNowhere is S2 and case 90: secrets of every kind are planted, used rightly and wrongly on the main
// journeys, and then looked for in every place where something is kept or shown.
func TestS2CanariesAreFoundNowhere(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		planted := &canaries{known: map[string]string{}}
		traces := newCollector(t)
		metricsAddr := freeAddr(t)
		env := map[string]string{
			"CORDBOARD_SECRET_KEY": planted.plant("secret key") + strings.Repeat("k", 16), "CORDBOARD_METRICS_ADDR": metricsAddr, "CORDBOARD_OTLP_ENDPOINT": traces.url,
			"CORDBOARD_ADMIN_EMAIL": "owner@example.com", "CORDBOARD_ADMIN_PASSWORD": planted.plant("owner's password"),
			"CORDBOARD_SMTP_URL": "smtp://mailer:" + planted.plant("password of the mail server") + "@" + freeAddr(t), "CORDBOARD_SMTP_FROM": "cordboard@example.com",
		}
		maps.Copy(env, databases)
		g := newGateway(t, env, time.Second)
		planted.add("token of the command line", g.token)
		stream := newRecorder(t, g)

		g.journeyOfConnections(t, planted)
		g.journeyOfWebhooks(t, planted)
		g.journeyOfPeople(t, planted)
		p := person{g, "+34600111001"}
		g.vendors.buy(t, order{Phone: p.phone})
		p.asked(t)
		p.says(t, "Sí")
		p.isHeard(t, "matched")
		g.call(t, http.MethodPut, "flows/broken-canary", []byte("name: broken-canary\ntrigger: { on: manual }\nsteps:\n  - { id: no, fail: { message: no } }\n"), nil)
		g.call(t, http.MethodPost, "flows/broken-canary/start", map[string]any{}, nil)

		eventually(t, "traces have gone out", func() (bool, any) { return len(traces.all()) > 0, nil })
		planted.search(t, "the API", g.crawl(t))
		planted.search(t, "the stream", stream())
		planted.search(t, "metrics", fetched(t, "http://"+metricsAddr+"/metrics"))
		planted.search(t, "traces", traces.all())
		planted.search(t, "the command line", g.commands(t, planted))
		planted.search(t, "the database", g.dumpDatabase(t))
		if held := g.backup(t); held != nil {
			planted.search(t, "a backup", held)
		}
		if server := g.env["CORDBOARD_REDIS_URL"]; server != "" {
			planted.search(t, "Redis", dumpRedis(t, server))
		}
		planted.search(t, "the log", []byte(g.output.String()))
		_ = g.cmd.Process.Signal(syscall.SIGQUIT) // the Go runtime writes what all goroutines do, and ends
		<-g.ended
		if crash := g.output.String(); !strings.Contains(crash, "goroutine ") {
			t.Error("a crash leaves no trace")
		} else {
			planted.search(t, "what a crash leaves", []byte(crash))
		}
	})
}

// journeyOfConnections uses secrets of connections where they are taken and where they are refused.
func (g *gateway) journeyOfConnections(t *testing.T, planted *canaries) {
	t.Helper()
	post := http.MethodPost
	value := "Bearer " + planted.plant("secret of an HTTP connection")
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Seen", r.Header.Get("X-Service-Key")) // a service that says too much
		if strings.HasPrefix(r.URL.Path, "/v1/refused") {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = fmt.Fprintf(w, `{"message":"the key %s is no good here","path":%q}`, r.Header.Get("X-Service-Key"), r.URL.Path)
	}))
	t.Cleanup(service.Close)
	g.call(t, post, "connections", map[string]any{"name": "service", "connector": "http", "settings": map[string]string{"url": service.URL + "/v1", "header": "X-Service-Key", "value": value}}, nil)
	g.call(t, post, "connections", map[string]any{"name": "crm2", "connector": "activecampaign", "settings": map[string]string{"key": planted.plant("key of a CRM"), "url": g.vendors.url + "/activecampaign"}}, nil)
	for _, name := range []string{"service", "crm2"} {
		g.call(t, post, "connections/"+name+"/test", nil, nil)
	}
	g.call(t, http.MethodPut, "flows/asking", []byte(asking), nil)
	g.call(t, http.MethodPut, "flows/erring", []byte(erring), nil)
	for _, path := range []string{"echoed", "refused"} {
		g.call(t, post, "flows/asking/start", map[string]any{"contact": map[string]string{"email": "ana@example.com"}, "data": map[string]string{"email": "ana@example.com", "path": path}}, nil)
	}
	var started api.StartedRuns
	g.call(t, post, "flows/erring/start", map[string]any{"contact": map[string]string{"email": "ana@example.com"}}, &started)

	provider := oauthtest.New(t, time.Hour)
	planted.add("client's secret of OAuth", oauthtest.ClientSecret)
	g.call(t, post, "connections", map[string]any{"name": "my_cloud", "connector": "cloud", "settings": map[string]string{"base_url": provider.URL, "client_id": oauthtest.ClientID, "client_secret": oauthtest.ClientSecret}}, nil)
	g.call(t, http.MethodPut, "flows/noting", []byte(noting), nil)
	ana := g.signIn(t)
	ana.connects(t)
	first := g.noted(t)
	g.becomes(t, first, "succeeded", "")
	provider.Revoke(true)
	g.becomes(t, g.noted(t), "waiting", "held")
	for i, secret := range provider.Given() {
		planted.add(fmt.Sprintf("token %d of OAuth", i), secret)
	}
	eventually(t, "the requests have ended", func() (bool, any) {
		var runs api.List[api.Run]
		g.call(t, http.MethodGet, "runs?flow=asking", nil, &runs)
		return len(runs.Items) == 2 && !slices.ContainsFunc(runs.Items, func(r api.Run) bool { return r.Status != "succeeded" && r.Status != "failed" }), runs
	})
}

// journeyOfWebhooks shows the right secret in the right place, and in wrong ones.
func (g *gateway) journeyOfWebhooks(t *testing.T, planted *canaries) {
	t.Helper()
	g.call(t, http.MethodPut, "flows/hooked", []byte(strings.Replace(hooked, "AUTH", "token, header: X-Token", 1)), nil)
	token := planted.plant("token of a webhook")
	g.call(t, http.MethodPost, "flows/hooked/webhook/secret", map[string]string{"secret": token}, nil)
	var hook api.FlowWebhook
	g.call(t, http.MethodGet, "flows/hooked/webhook", nil, &hook)
	const body = `{"contact":{"email":"bea@example.com"},"deal":1}`
	if got := post(t, hook.URL, body, http.Header{"X-Token": {token}}); got != http.StatusOK {
		t.Errorf("the right token: %d", got)
	}
	for _, wrong := range []http.Header{{"Authorization": {"Bearer " + token}}, {"X-Token": {" " + token + "x"}}, {"X-Token": {token, token}}} {
		if got := post(t, hook.URL, body, wrong); got != http.StatusUnauthorized {
			t.Errorf("a wrong place: %d", got)
		}
	}
	post(t, hook.URL+"?token="+token, body, http.Header{})
	post(t, hook.URL[:len(hook.URL)-1]+"~?token="+token, body, http.Header{"X-Token": {token}})
	eventually(t, "what was refused is noted", func() (bool, any) {
		var refused api.List[api.Request]
		g.call(t, http.MethodGet, "requests?verdict=bad_signature", nil, &refused)
		return len(refused.Items) == 4, refused
	})
	var made api.EndpointSecret
	g.call(t, http.MethodPost, "endpoints", map[string]any{"url": g.vendors.url + "/nowhere", "events": []string{"*"}}, &made)
	planted.add("secret of an endpoint", made.Secret)
	g.call(t, http.MethodPost, "endpoints/"+made.ID+"/secret", nil, &made)
	planted.add("second secret of an endpoint", made.Secret)
	g.call(t, http.MethodPost, "endpoints/"+made.ID+"/test", nil, nil)
}

// journeyOfPeople signs in by every way, rightly and wrongly.
func (g *gateway) journeyOfPeople(t *testing.T, planted *canaries) {
	t.Helper()
	var token api.NewToken
	g.call(t, http.MethodPost, "tokens", map[string]any{"name": "ci", "scopes": []string{"read"}}, &token)
	planted.add("API token", token.Text)
	var user api.UserLink
	g.call(t, http.MethodPost, "users", map[string]string{"email": "bo@example.com", "role": "viewer"}, &user)
	_, link, _ := strings.Cut(user.Link, "#link=")
	planted.add("link of an invitation", link)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{g, &http.Client{Jar: jar}}
	password := planted.plant("password")
	b.post(t, "session/link", map[string]string{"link": link, "password": password}, nil)
	var made api.NewTOTP
	b.post(t, "session/totp", map[string]string{"password": password}, &made)
	planted.add("secret of a second factor", made.Secret)
	code, err := totp.GenerateCode(made.Secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var recovery api.RecoveryCodes
	b.post(t, "session/totp/confirm", map[string]string{"code": code}, &recovery)
	for i, c := range recovery.Codes {
		planted.add(fmt.Sprintf("recovery code %d", i), c)
	}
	second := planted.plant("second password")
	b.post(t, "session/password", map[string]string{"old": password, "password": second}, nil)
	b.post(t, "session/forgot", map[string]string{"email": "bo@example.com"}, nil) // the mail server is away
	at, err := url.Parse(g.api)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range jar.Cookies(at) {
		planted.add("cookie", c.Value)
	}
	// A token or password in the place of another field, as people paste it.
	for path, body := range map[string]string{"session": `{"email":"` + second + `","password":"` + token.Text + `"}`, "session/link": `{"link":"` + token.Text + `","password":"` + second + `"}`} {
		resp, err := http.Post(g.api+"/api/v1/"+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		planted.search(t, "the refusal of "+path, answer)
	}
	fetched(t, g.api+"/api/v1/flows?token="+token.Text)
}

func fetched(t *testing.T, address string) []byte {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// newRecorder keeps what the gateway streams, heartbeats and all.
func newRecorder(t *testing.T, g *gateway) (held func() []byte) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.api+"/api/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+g.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	var seen output
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(&seen, resp.Body)
	}()
	t.Cleanup(func() { cancel(); <-done; _ = resp.Body.Close() })
	return func() []byte { return []byte(seen.String()) }
}

// crawl reads every page of the API that can be read, of every thing that its lists name.
func (g *gateway) crawl(t *testing.T) (seen []byte) {
	t.Helper()
	var spec struct {
		Paths map[string]map[string]any
	}
	exchange(t, http.MethodGet, g.api+"/api/openapi.json", "", nil, &spec)
	read := func(path string) []byte {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.api+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+g.token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(append(seen, text...), '\n')
		for name, values := range resp.Header {
			seen = append(seen, name+": "+strings.Join(values, ", ")+"\n"...)
		}
		if resp.StatusCode != http.StatusOK {
			return nil
		}
		return text
	}
	named, pages := map[string][]string{}, 0
	for _, path := range slices.Sorted(maps.Keys(spec.Paths)) { // a list comes before what is in it
		if spec.Paths[path]["get"] == nil || strings.HasSuffix(path, "/stream") {
			continue
		}
		before, rest, param := strings.Cut(path, "/{")
		if !param {
			var list struct {
				Items []struct{ ID, Name string }
			}
			text := read(path + "?limit=200")
			if text == nil {
				text = read(path)
			}
			_ = json.Unmarshal(text, &list)
			for _, item := range list.Items {
				named[path] = append(named[path], item.ID, item.Name)
			}
			continue
		}
		_, rest, _ = strings.Cut(rest, "}")
		for _, name := range named[before] {
			if name != "" && !strings.Contains(rest, "{") && read(before+"/"+url.PathEscape(name)+rest) != nil {
				pages++
			}
		}
	}
	if pages < 50 {
		t.Errorf("only %d things were read", pages)
	}
	return seen
}

// dumpDatabase returns every value of every table, and on SQLite the bytes of its files too, where deleted rows may linger.
func (g *gateway) dumpDatabase(t *testing.T) (seen []byte) {
	t.Helper()
	driver, source, list := "pgx", g.env["CORDBOARD_DATABASE_URL"], "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	if source == "" {
		driver, source, list = "sqlite", filepath.Join(g.env["CORDBOARD_DATA_DIR"], "cordboard.db"), "SELECT name FROM sqlite_master WHERE type = 'table'"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows := func(query string) (values [][]any) {
		t.Helper()
		found, err := db.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = found.Close() }()
		columns, err := found.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for found.Next() {
			row, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			if err := found.Scan(into...); err != nil {
				t.Fatal(err)
			}
			values = append(values, row)
		}
		if err := found.Err(); err != nil {
			t.Fatal(err)
		}
		return values
	}
	for _, table := range rows(list) {
		name := fmt.Sprintf("%s", table[0])
		for _, row := range rows(`SELECT * FROM "` + name + `"`) {
			seen = append(seen, "\n"+name+":"...)
			for _, value := range row {
				seen = fmt.Appendf(seen, " %s", value)
			}
		}
	}
	if driver == "sqlite" {
		files, err := filepath.Glob(source + "*")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, raw...)
		}
	}
	return seen
}

// dumpRedis returns every key with what it holds.
func dumpRedis(t *testing.T, server string) (seen []byte) {
	t.Helper()
	options, err := redis.ParseURL(server)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		var held any
		switch client.Type(t.Context(), key).Val() {
		case "string":
			held = client.Get(t.Context(), key).Val()
		case "hash":
			held = client.HGetAll(t.Context(), key).Val()
		case "list":
			held = client.LRange(t.Context(), key, 0, -1).Val()
		case "set":
			held = client.SMembers(t.Context(), key).Val()
		case "zset":
			held = client.ZRange(t.Context(), key, 0, -1).Val()
		}
		seen = fmt.Appendf(seen, "%s: %s\n", key, held)
	}
	return seen
}
