package httpapi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/access/passkeytest"
)

// challenge asks for one.
func (c *console) challenge(path, content string) (ceremony string, options []byte) {
	c.t.Helper()
	var asked struct {
		Ceremony string
		Options  json.RawMessage
	}
	if err := json.Unmarshal([]byte(c.want(200, "POST", path, content, `"challenge":"`, `"userVerification":"required"`)), &asked); err != nil {
		c.t.Fatal(err)
	}
	return asked.Ceremony, asked.Options
}

func passkeyAnswerOf(ceremony string, credential []byte, more string) string {
	return `{"ceremony":"` + ceremony + `","credential":` + string(credential) + more + `}`
}

// addPasskey adds one to whoever is signed in.
func (c *console) addPasskey(name string) (device *passkeytest.Authenticator, text string) {
	c.t.Helper()
	device = passkeytest.New(c.t, "https://cordboard.example.com")
	ceremony, options := c.challenge("/session/passkeys/challenge", `{"password":"`+password+`"}`)
	return device, c.want(201, "POST", "/session/passkeys", passkeyAnswerOf(ceremony, device.Make(options), `,"name":"`+name+`"`))
}

func TestAPasskeyIsAddedNamedUsedAndRemoved(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	c.want(200, "GET", "/setup", "", `"passkeys":"https://cordboard.example.com"`)
	c.want(422, "POST", "/session/passkeys/challenge", `{"password":"wrong"}`, `"path":"password"`)
	c.want(422, "POST", "/session/passkeys", `{"ceremony":"x","credential":{},"name":"Laptop"}`, `"path":"credential"`)
	device, text := c.addPasskey("Laptop")
	var made struct {
		ID    string
		Codes []string
	}
	if err := json.Unmarshal([]byte(text), &made); err != nil || !strings.HasPrefix(made.ID, "psk_") || len(made.Codes) != 10 {
		t.Fatalf("%s, %v", text, err)
	}
	c.want(200, "PATCH", "/session/passkeys/"+made.ID, `{"name":"Work laptop"}`, `"name":"Work laptop"`)
	c.want(404, "PATCH", "/session/passkeys/psk_none", `{"name":"Work laptop"}`)
	if list := c.want(200, "GET", "/session/passkeys", "", `"name":"Work laptop"`); strings.Contains(list, "used_at") || strings.Contains(list, "publicKey") {
		t.Errorf("the list says %s", list)
	}
	c.want(200, "GET", "/session", "", `"passkeys":1`)
	c.want(204, "DELETE", "/session", "")

	c.want(401, "POST", "/session", `{"email":"owner@example.com","password":"`+password+`"}`, `"path":"code"`, "passkey")
	ceremony, options := c.challenge("/session/passkey/challenge", "")
	answer := passkeyAnswerOf(ceremony, device.Sign(options), "")
	c.want(201, "POST", "/session/passkey", answer, `"email":"owner@example.com"`)
	here := c.cookie
	c.want(401, "POST", "/session/passkey", answer)
	c.want(401, "POST", "/session/passkey", `{"ceremony":"x","credential":{}}`)
	c.cookie = here
	c.want(200, "GET", "/session/passkeys", "", `"used_at"`)
	c.want(422, "POST", "/session/passkeys/"+made.ID+"/remove", `{"password":"wrong"}`, `"path":"password"`)
	c.want(204, "POST", "/session/passkeys/"+made.ID+"/remove", `{"password":"`+password+`"}`)
	c.want(200, "GET", "/session/passkeys", "", `"items":[]`)
	c.want(201, "POST", "/session", `{"email":"owner@example.com","password":"`+password+`"}`)
}

func TestPasskeysNeedAName(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	c.people.ConsoleURL = "http://192.0.2.1:8080"
	c.want(409, "POST", "/session/passkey/challenge", "", "https and a name", "CORDBOARD_PUBLIC_URL")
	c.want(409, "POST", "/session/passkeys/challenge", `{"password":"`+password+`"}`)
}

// Whoever lacks the second factor that the workspace asks for can set one up, and nothing else.
func TestWhoLacksASecondFactorSetsOneUpFirst(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	c.want(200, "GET", "/second-factor", "", `"required_of":"nobody","default":true`)
	c.want(409, "PUT", "/second-factor", `{"required_of":"admins"}`, "Set up a second factor of your own first")
	c.addPasskey("Laptop")
	c.want(200, "PUT", "/second-factor", `{"required_of":"everybody"}`, `"required_of":"everybody","default":false`)
	var made struct{ Link string }
	if err := json.Unmarshal([]byte(c.want(201, "POST", "/users", `{"email":"vera@example.com","role":"admin"}`)), &made); err != nil {
		t.Fatal(err)
	}
	_, link, _ := strings.Cut(made.Link, "#link=")
	vera := &console{bundle: c.bundle, t: t}
	vera.want(201, "POST", "/session/link", `{"link":"`+link+`","password":"`+password+`"}`, `"lacks_factor":true`)
	vera.want(200, "GET", "/session", "", `"lacks_factor":true`)

	open := map[string]bool{"get-session": true, "prove-session": true, "switch-workspace": true, "leave-workspace": true, "sign-out": true, "begin-totp": true, "confirm-totp": true, "list-passkeys": true, "begin-passkey": true, "add-passkey": true}
	_, text := vera.bundle.do(t, "GET", "/api/openapi.json", "", nil)
	var spec struct {
		Paths map[string]map[string]struct {
			OperationID string
			Security    []map[string][]string
		}
	}
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for path, methods := range spec.Paths {
		for method, op := range methods {
			if len(op.Security[0]) == 0 || op.OperationID == "sign-out" { // public, or the end of this test
				continue
			}
			status, text := vera.do(strings.ToUpper(method), strings.TrimPrefix(strings.NewReplacer("{", "", "}", "").Replace(path), "/api/v1"), "")
			if told := status == 403 && strings.Contains(text, `"path":"second_factor"`); told == open[op.OperationID] {
				t.Errorf("%s: %d %s", op.OperationID, status, text)
			} else if told {
				refused++
			}
		}
	}
	if refused < 50 {
		t.Errorf("only %d operations were tried", refused)
	}
	token := map[string]string{"Authorization": "Bearer " + c.tokens["read"]}
	if resp, text := c.bundle.do(t, "GET", "/api/v1/runs", "", token); resp.StatusCode != 200 {
		t.Errorf("a token: %d %s", resp.StatusCode, text)
	}
	vera.addPasskey("Phone")
	vera.want(200, "GET", "/session", "", `"lacks_factor":false`)
	vera.want(200, "GET", "/users", "")
	vera.want(200, "PUT", "/second-factor", `{"required_of":"default"}`, `"default":true`)
}
