package httpapi

import (
	"database/sql"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/access/passkeytest"
	"github.com/cordboard/cordboard/core/internal/api"
)

// later lets the last proof of every session be as old as that.
func (c *console) later(ago time.Duration) {
	c.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(c.people.DataDir, "t.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE sessions SET proved_at = ?", time.Now().Add(-ago).UnixMicro()); err != nil {
		c.t.Fatal(err)
	}
}

// asksForProof are the operations that a person does only after a proof, and nobody else is asked for one (reliability.md
// section 7).
var asksForProof = map[string]string{
	"POST /tokens":                        `{"name":"ci","scopes":["read"]}`,
	"PATCH /connections/shop":             `{"settings":{}}`,
	"GET /contacts/cnt_1/export":          "",
	"POST /session/password":              `{"old":"x","password":"x"}`,
	"POST /session/totp":                  `{"password":"x"}`,
	"POST /session/totp/end":              `{"password":"x"}`,
	"POST /session/passkeys/challenge":    `{"password":"x"}`,
	"POST /session/passkeys/psk_1/remove": `{"password":"x"}`,
	"POST /users/usr_1/link":              "",
	"DELETE /users/usr_1/second-factor":   "",
	"PUT /second-factor":                  `{"required_of":"nobody"}`,
	"POST /system/reseal":                 "",
}

func TestAProofIsAskedForAgain(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	asked := func(op string) bool {
		t.Helper()
		method, path, _ := strings.Cut(op, " ")
		status, text := c.do(method, path, asksForProof[op])
		return status == 403 && strings.Contains(text, proofNeeded) && strings.Contains(text, "POST /session/proof")
	}
	c.later(access.ProofLasts + time.Second)
	for op, content := range asksForProof {
		method, path, _ := strings.Cut(op, " ")
		if !asked(op) {
			t.Errorf("%s is done without a proof", op)
		}
		if resp, text := c.bundle.do(t, method, "/api/v1"+path, content, map[string]string{"Authorization": "Bearer " + c.tokens[access.Admin]}); strings.Contains(text, proofNeeded) {
			t.Errorf("%s asks a token: %d", op, resp.StatusCode)
		}
	}
	c.want(200, "GET", "/tokens", "")
	c.later(access.ProofLasts - time.Minute)
	for op := range asksForProof {
		if asked(op) {
			t.Errorf("%s asks too soon", op)
		}
	}

	var spec struct {
		Paths map[string]map[string]struct{ Description string }
	}
	_, text := c.bundle.do(t, "GET", "/api/openapi.json", "", nil)
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, methods := range spec.Paths {
		for _, op := range methods {
			if strings.Contains(op.Description, proofNeeded) {
				said++
			}
		}
	}
	if said != len(asksForProof) {
		t.Errorf("%d operations say that they ask for a proof, want %v", said, slices.Sorted(maps.Keys(asksForProof)))
	}
}

// TestCase88AProofRenewsTheSession proves by whatever the person has, each time under a new cookie.
func TestCase88AProofRenewsTheSession(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	const token = `{"name":"ci","scopes":["read"]}`
	proves := func(content string) {
		t.Helper()
		c.later(access.ProofLasts + time.Second)
		c.want(403, "POST", "/tokens", token, proofNeeded)
		before := c.cookie
		c.want(204, "POST", "/session/proof", content)
		c.isRenewed(before)
		c.want(201, "POST", "/tokens", token)
	}
	c.want(422, "POST", "/session/proof", `{"password":"wrong"}`, `"path":"password"`)
	proves(`{"demo":true}`) // of the demo's own visitor, on the machine itself
	if resp, text := c.bundle.do(t, "POST", "/api/v1/session/proof", `{"demo":true}`, map[string]string{"X-Forwarded-For": "203.0.113.9", "Cookie": c.cookie, consoleHeader: "1"}); resp.StatusCode != 403 {
		t.Errorf("through a proxy: %d %s", resp.StatusCode, text)
	}
	proves(`{"password":"` + password + `"}`)

	var made api.NewTOTP
	if err := json.Unmarshal([]byte(c.want(201, "POST", "/session/totp", `{"password":"`+password+`"}`)), &made); err != nil {
		t.Fatal(err)
	}
	code := func(steps int) string {
		code, err := totp.GenerateCode(made.Secret, time.Now().Add(time.Duration(steps)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	before := c.cookie
	c.want(200, "POST", "/session/totp/confirm", `{"code":"`+code(0)+`"}`)
	c.isRenewed(before)
	c.want(401, "POST", "/session/proof", `{"password":"`+password+`"}`, `"path":"code"`)
	c.want(422, "POST", "/session/proof", `{"password":"`+password+`","code":"1"}`, `"path":"code"`)
	proves(`{"password":"` + password + `","code":"` + code(1) + `"}`)

	before = c.cookie
	device, _ := c.addPasskey("Laptop")
	c.isRenewed(before)
	ceremony, options := c.challenge("/session/passkey/challenge", "")
	proves(passkeyAnswerOf(ceremony, device.Sign(options), ""))
	c.want(422, "POST", "/session/proof", passkeyAnswerOf(ceremony, device.Sign(options), ""), `"path":"credential"`)
	ceremony, options = c.challenge("/session/passkey/challenge", "")
	c.want(422, "POST", "/session/proof", passkeyAnswerOf(ceremony, c.somebodyElse().Sign(options), ""), `"path":"credential"`)

	before = c.cookie
	c.want(204, "POST", "/session/password", `{"old":"`+password+`","password":"another good password"}`)
	c.isRenewed(before)
}

// somebodyElse is the device of another person who signs in by a passkey.
func (c *console) somebodyElse() *passkeytest.Authenticator {
	c.t.Helper()
	var eva api.UserLink
	if err := json.Unmarshal([]byte(c.want(201, "POST", "/users", `{"email":"eva@example.com","role":"operator"}`)), &eva); err != nil {
		c.t.Fatal(err)
	}
	_, link, _ := strings.Cut(eva.Link, "#link=")
	theirs := &console{bundle: c.bundle, t: c.t}
	theirs.want(201, "POST", "/session/link", `{"link":"`+link+`","password":"`+password+`"}`)
	device, _ := theirs.addPasskey("Phone")
	return device
}

// isRenewed checks that the session goes on, and that nobody gets in by its cookie of before.
func (c *console) isRenewed(before string) {
	c.t.Helper()
	if c.cookie == before {
		c.t.Error("the cookie is the same")
	}
	now := c.cookie
	c.cookie = before
	c.want(401, "GET", "/session", "")
	c.cookie = now
	c.want(200, "GET", "/session", "")
}

// TestCase88WhoMayDoMoreSignsInAgain is about a role that another person gives.
func TestCase88WhoMayDoMoreSignsInAgain(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	var bo api.UserLink
	if err := json.Unmarshal([]byte(c.want(201, "POST", "/users", `{"email":"bo@example.com","role":"operator"}`)), &bo); err != nil {
		t.Fatal(err)
	}
	_, link, _ := strings.Cut(bo.Link, "#link=")
	theirs := &console{bundle: c.bundle, t: t}
	theirs.want(201, "POST", "/session/link", `{"link":"`+link+`","password":"`+password+`"}`)
	c.want(200, "PATCH", "/users/"+bo.ID, `{"role":"viewer"}`)
	theirs.want(200, "GET", "/session", "", `"role":"viewer"`)
	c.want(200, "PATCH", "/users/"+bo.ID, `{"role":"builder"}`)
	theirs.want(401, "GET", "/session", "")
	theirs.want(201, "POST", "/session", `{"email":"bo@example.com","password":"`+password+`"}`, `"role":"builder"`)
}
