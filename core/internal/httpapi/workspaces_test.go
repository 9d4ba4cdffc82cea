package httpapi

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/cordboard/cordboard/core/internal/api"
)

// made is what an answer holds.
func made[T any](c *console, text string) (out T) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		c.t.Fatalf("%s: %v", text, err)
	}
	return out
}

// join has somebody who was invited set a password.
func (c *console) join(u api.UserLink) *console {
	c.t.Helper()
	_, link, _ := strings.Cut(u.Link, "#link=")
	theirs := &console{bundle: c.bundle, t: c.t}
	theirs.want(201, "POST", "/session/link", `{"link":"`+link+`","password":"`+password+`"}`)
	return theirs
}

func (c *console) goes(workspace string) {
	c.t.Helper()
	before := c.cookie
	c.want(200, "POST", "/session/workspace", `{"workspace":"`+workspace+`"}`, `"workspace":"`+workspace+`"`)
	c.isRenewed(before)
}

// TestOnePersonInSeveralWorkspaces goes from one to another, lands where they were last, and loses one without the other.
func TestOnePersonInSeveralWorkspaces(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	first := made[api.Session](c, c.want(200, "GET", "/session", "", `"makes_workspaces":true`)).Workspace
	c.want(422, "POST", "/workspaces", `{"name":"Shop","time_zone":"Nowhere/Land"}`, `"path":"time_zone"`)
	shop := made[api.Membership](c, c.want(201, "POST", "/workspaces", `{"name":"Shop","time_zone":"Europe/Madrid"}`, `"role":"owner"`)).ID
	c.want(422, "POST", "/workspaces", `{"name":"Shop"}`, `"path":"name"`)

	bo := made[api.UserLink](c, c.want(201, "POST", "/users", `{"email":"bo@example.com","role":"builder"}`))
	theirs := c.join(bo)
	theirs.want(404, "POST", "/session/workspace", `{"workspace":"`+shop+`"}`)
	theirs.want(403, "POST", "/workspaces", `{"name":"Mine"}`)

	c.goes(shop)
	c.want(200, "GET", "/users", "", `"email":"owner@example.com"`)
	c.want(404, "PATCH", "/users/"+bo.ID, `{"role":"admin"}`) // who is nobody's here is not there
	c.want(404, "DELETE", "/users/"+bo.ID, "")
	again := made[api.UserLink](c, c.want(201, "POST", "/users", `{"email":"bo@example.com","role":"viewer"}`, `"role":"viewer"`))
	if again.ID != bo.ID || again.Link != "" {
		t.Errorf("who has an account was invited as %+v", again)
	}
	c.want(422, "POST", "/users", `{"email":"bo@example.com","role":"viewer"}`, `"path":"email"`, "here already")
	c.want(409, "POST", "/users/"+bo.ID+"/link", "", "other workspaces")
	c.want(409, "DELETE", "/users/"+bo.ID+"/second-factor", "", "other workspaces")
	c.want(409, "PATCH", "/users/"+bo.ID, `{"name":"Bob"}`, "other workspaces")

	theirs.want(200, "GET", "/session", "", `"workspace":"`+first+`"`, `"name":"Shop","role":"viewer"`, `"role":"builder"`, `"makes_workspaces":false`)
	theirs.goes(shop)
	theirs.want(403, "POST", "/runs/run_9/cancel", "") // the role is the one here
	elsewhere := &console{bundle: c.bundle, t: t}
	elsewhere.want(201, "POST", "/session", `{"email":"bo@example.com","password":"`+password+`"}`, `"workspace":"`+shop+`"`)
	elsewhere.goes(first)
	elsewhere.want(404, "POST", "/runs/run_9/cancel", "")

	c.want(204, "DELETE", "/users/"+bo.ID, "")
	theirs.want(401, "GET", "/session", "")
	elsewhere.want(200, "GET", "/session", "", `"workspace":"`+first+`"`)
	elsewhere.want(404, "POST", "/session/workspace", `{"workspace":"`+shop+`"}`)
	theirs.want(201, "POST", "/session", `{"email":"bo@example.com","password":"`+password+`"}`, `"workspace":"`+first+`"`)

	c.want(409, "DELETE", "/session/workspaces/"+shop, "", "last owner")
	c.want(409, "DELETE", "/session/workspaces/"+first, "", "last owner")
	theirs.want(404, "DELETE", "/session/workspaces/"+shop, "")
	theirs.want(204, "DELETE", "/session/workspaces/"+first, "")
	theirs.want(401, "GET", "/session", "")
	theirs.want(401, "POST", "/session", `{"email":"bo@example.com","password":"`+password+`"}`)
}

// TestWhatIsMeantForOneWorkspaceIsNotDoneInAnother is about two tabs of a browser, of which one has gone elsewhere.
func TestWhatIsMeantForOneWorkspaceIsNotDoneInAnother(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	first := made[api.Session](c, c.want(200, "GET", "/session", "")).Workspace
	shop := made[api.Membership](c, c.want(201, "POST", "/workspaces", `{"name":"Shop"}`)).ID
	c.goes(shop)
	for workspace, status := range map[string]int{first: 409, shop: 201, "": 201} {
		resp, text := c.bundle.do(t, "POST", "/api/v1/users", `{"email":"x`+workspace+`@example.com","role":"viewer"}`, map[string]string{"Cookie": c.cookie, consoleHeader: "1", workspaceHeader: workspace})
		if resp.StatusCode != status || status == 409 && !strings.Contains(text, otherWorkspace) {
			t.Errorf("from a page of %q: %d %s", workspace, resp.StatusCode, text)
		}
	}
}

// TestASecondFactorIsThePersons counts in every workspace, wherever it was set up.
func TestASecondFactorIsThePersons(t *testing.T) {
	t.Parallel()
	c := setUpConsole(t)
	first := made[api.Session](c, c.want(200, "GET", "/session", "")).Workspace
	shop := made[api.Membership](c, c.want(201, "POST", "/workspaces", `{"name":"Shop"}`)).ID
	c.goes(shop)
	secret := made[api.NewTOTP](c, c.want(201, "POST", "/session/totp", `{"password":"`+password+`"}`)).Secret
	code := func(steps int) string {
		code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(steps)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	c.want(200, "POST", "/session/totp/confirm", `{"code":"`+code(0)+`"}`)
	c.goes(first)
	signIn := `{"email":"owner@example.com","password":"` + password + `"`
	c.want(401, "POST", "/session", signIn+`}`, `"path":"code"`)
	c.want(201, "POST", "/session", signIn+`,"code":"`+code(1)+`"}`, `"workspace":"`+first+`"`)
}
