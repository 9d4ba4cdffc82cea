package httpapi

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
)

const demoUser, password = "owner@example.com", "correct horse battery"

// newPeople is a workspace in a real database, and its people: nobody yet.
func newPeople(t *testing.T) (*access.People, string) {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "t.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w, err := db.EnsureWorkspace(t.Context(), "default", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.New(strings.Repeat("k", 40))
	if err != nil {
		t.Fatal(err)
	}
	return &access.People{Store: db, DataDir: dir, Keys: keys, ConsoleURL: "https://cordboard.example.com"}, w.ID
}

// console is a browser: it keeps the cookie.
type console struct {
	bundle
	t      *testing.T
	cookie string
}

func (c *console) do(method, path, content string, header ...string) (int, string) {
	c.t.Helper()
	h := map[string]string{consoleHeader: "1"}
	if c.cookie != "" {
		h["Cookie"] = c.cookie
	}
	for _, name := range header {
		delete(h, name)
	}
	resp, text := c.bundle.do(c.t, method, "/api/v1"+path, content, h)
	if set := resp.Header.Get("Set-Cookie"); set != "" {
		c.cookie, _, _ = strings.Cut(set, ";")
		if !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Strict") || !strings.Contains(set, "Secure") {
			c.t.Errorf("cookie: %s", set)
		}
	}
	return resp.StatusCode, text
}

func (c *console) want(status int, method, path, content string, has ...string) string {
	c.t.Helper()
	got, text := c.do(method, path, content)
	if got != status {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, got, text, status)
	}
	for _, part := range has {
		if !strings.Contains(text, part) {
			c.t.Errorf("%s %s: %s lacks %s", method, path, text, part)
		}
	}
	return text
}

// setUp makes the first owner and signs in.
func setUpConsole(t *testing.T) *console {
	t.Helper()
	c := &console{bundle: setupAPI(t), t: t}
	token, err := c.people.SetUpToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.want(200, "GET", "/setup", "", `"needed":true`)
	c.want(401, "POST", "/setup", `{"token":"x","email":"owner@example.com","password":"`+password+`"}`)
	c.want(422, "POST", "/setup", `{"token":"`+token+`","email":"owner@example.com","password":"123"}`, `"path":"password"`, "at least 12")
	c.want(201, "POST", "/setup", `{"token":"`+token+`","email":"owner@example.com","name":"Olga","password":"`+password+`"}`, `"role":"owner"`, `"scopes":["read","operate","write","admin"]`)
	c.want(200, "GET", "/setup", "", `"needed":false`)
	return c
}

func TestSessionsOfPeople(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	c.want(200, "GET", "/session", "", `"name":"Olga"`)
	c.want(200, "GET", "/setup", "", `"signed_in":true`, `"scopes":["read",`)
	signedIn := c.cookie
	c.want(204, "DELETE", "/session", "")
	if c.cookie != cookieName+"=" {
		t.Errorf("cookie after signing out: %s", c.cookie)
	}
	c.cookie = signedIn
	c.want(401, "GET", "/session", "")
	c.want(200, "GET", "/setup", "", `"signed_in":false`)
	c.want(401, "POST", "/session", `{"email":"owner@example.com","password":"wrong"}`)
	c.want(201, "POST", "/session", `{"email":"owner@example.com","password":"`+password+`"}`)
	c.want(204, "POST", "/session/password", `{"old":"`+password+`","password":"another good password"}`)
	c.want(422, "POST", "/session/password", `{"old":"`+password+`","password":"another good password"}`, `"path":"old"`)
}

func TestASecondFactorIsGivenAndAsked(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	c.want(422, "POST", "/session/totp", `{"password":"wrong"}`, `"path":"password"`)
	_, text := c.do("POST", "/session/totp", `{"password":"`+password+`"}`)
	var made api.NewTOTP
	if err := json.Unmarshal([]byte(text), &made); err != nil || made.Secret == "" {
		t.Fatalf("%s, %v", text, err)
	}
	c.want(422, "POST", "/session/totp/confirm", `{"code":"1"}`, `"path":"code"`)
	code := func(steps int) string {
		code, err := totp.GenerateCode(made.Secret, time.Now().Add(time.Duration(steps)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	c.want(200, "POST", "/session/totp/confirm", `{"code":"`+code(0)+`"}`, `"codes":["`)
	c.want(200, "GET", "/session", "", `"totp":true`)
	c.want(204, "DELETE", "/session", "")
	signIn := `{"email":"owner@example.com","password":"` + password + `"`
	c.want(401, "POST", "/session", signIn+`}`, `"path":"code"`)
	c.want(422, "POST", "/session", signIn+`,"code":"1"}`, `"path":"code"`)
	c.want(201, "POST", "/session", signIn+`,"code":"`+code(1)+`"}`)
	c.want(204, "POST", "/session/totp/end", `{"password":"`+password+`"}`)
	c.want(200, "GET", "/session", "", `"totp":false`)
}

func TestAnotherSiteCannotUseASession(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	if status, text := c.do("POST", "/users", `{"email":"eve@example.com","role":"owner"}`, consoleHeader); status != http.StatusForbidden || !strings.Contains(text, consoleHeader) {
		t.Errorf("without the header: %d %s", status, text)
	}
	if status, _ := c.do("GET", "/users", "", consoleHeader); status != 200 {
		t.Errorf("reading without the header: %d", status)
	}
}

func TestADemoSignsInWithoutAPassword(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	c.want(204, "DELETE", "/session", "")
	resp, text := c.bundle.do(t, "POST", "/api/v1/session", `{"demo":true}`, map[string]string{"X-Forwarded-For": "203.0.113.9"})
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("through a proxy: %d %s", resp.StatusCode, text)
	}
	c.want(201, "POST", "/session", `{"demo":true}`, `"email":"owner@example.com"`)
}

func TestInvitingPeople(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	var made struct{ ID, Link string }
	if err := json.Unmarshal([]byte(c.want(201, "POST", "/users", `{"email":"vera@example.com","role":"viewer"}`, `"invited":true`)), &made); err != nil {
		t.Fatal(err)
	}
	address, link, ok := strings.Cut(made.Link, "#link=")
	if !ok || address != "https://cordboard.example.com/welcome" {
		t.Fatalf("link %s", made.Link)
	}
	vera := &console{bundle: c.bundle, t: t}
	vera.want(201, "POST", "/session/link", `{"link":"`+link+`","password":"`+password+`"}`, `"scopes":["read"]`)
	vera.want(422, "POST", "/session/link", `{"link":"`+link+`","password":"`+password+`"}`, `"path":"link"`)
	vera.want(403, "GET", "/users", "", "scope admin")
	vera.want(403, "POST", "/runs/run_3/cancel", "", "scope operate")
	c.want(200, "GET", "/users", "", `"email":"vera@example.com","name":"vera","role":"viewer","invited":false`)
	c.want(201, "POST", "/users/"+made.ID+"/link", "", "#link=")
	c.want(200, "PATCH", "/users/"+made.ID, `{"role":"operator","name":"Vera"}`, `"role":"operator"`)
	vera.want(201, "POST", "/session", `{"email":"vera@example.com","password":"`+password+`"}`) // as she may do more now
	vera.want(404, "POST", "/runs/run_9/cancel", "")
	c.want(200, "PATCH", "/users/"+made.ID, `{"disabled":true}`, `"disabled":true`)
	vera.want(401, "GET", "/session", "")
	c.want(409, "PATCH", "/users/"+c.id(), `{"role":"viewer"}`, "last owner")
}

// id is the signed-in person's.
func (c *console) id() string {
	var s struct{ User struct{ ID string } }
	if err := json.Unmarshal([]byte(c.want(200, "GET", "/session", "")), &s); err != nil {
		c.t.Fatal(err)
	}
	return s.User.ID
}

func TestCase88SessionsAreEndedByTheirOwnerOrAnAdmin(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	here := c.cookie
	signIn := `{"email":"owner@example.com","password":"` + password + `"}`
	own := func() (all api.List[api.OwnSession]) {
		t.Helper()
		if err := json.Unmarshal([]byte(c.want(200, "GET", "/sessions", "")), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	c.want(201, "POST", "/session", signIn)
	there := c.cookie
	all := own()
	if len(all.Items) != 2 || !all.Items[0].Current || all.Items[1].Current {
		t.Fatalf("%+v", all)
	}
	// Somebody else's are not there.
	var invited api.UserLink
	if err := json.Unmarshal([]byte(c.want(201, "POST", "/users", `{"email":"vera@example.com","role":"admin"}`)), &invited); err != nil {
		t.Fatal(err)
	}
	_, link, _ := strings.Cut(invited.Link, "#link=")
	vera := &console{bundle: c.bundle, t: t}
	vera.want(201, "POST", "/session/link", `{"link":"`+link+`","password":"`+password+`"}`)
	vera.want(404, "DELETE", "/sessions/"+all.Items[0].ID, "")
	var owner api.Session
	if err := json.Unmarshal([]byte(c.want(200, "GET", "/session", "")), &owner); err != nil {
		t.Fatal(err)
	}
	vera.want(422, "DELETE", "/users/"+owner.User.ID+"/sessions", "", `"path":"role"`) // an owner is an owner's matter
	c.want(404, "DELETE", "/users/usr_none/sessions", "")

	c.want(204, "DELETE", "/sessions/"+all.Items[1].ID, "")
	c.cookie = here
	c.want(401, "GET", "/session", "")
	c.cookie = there
	c.want(201, "POST", "/session", signIn)
	c.want(204, "DELETE", "/sessions", "")
	now := c.cookie
	c.cookie = there
	c.want(401, "GET", "/session", "")
	c.cookie = now
	if all := own(); len(all.Items) != 1 || !all.Items[0].Current {
		t.Errorf("%+v", all)
	}
	c.want(204, "DELETE", "/users/"+invited.ID+"/sessions", "")
	vera.want(401, "GET", "/session", "")
}
