//go:build linux

package wholepath_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/access/passkeytest"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/connection/oauthtest"
)

// changesNothing are the operations that are no GET and leave no entry: they only ask, or leave one where there is a mail server, which the tests of access look at.
var changesNothing = []string{"forgot-password", "list-options", "plan-repair", "preview-expression", "test-connection", "try-flow"}

const unsendable = `name: unsendable
title: A template that is not there
trigger: { on: manual }
contact: { phone: "+34600111999" }
steps:
  - id: send
    do: whatsapp.send_template
    connection: wa
    with: { to: "{{ contact.phone }}", template: nowhere, language: es }
`

const riddle = `name: riddle
title: A call that breaks off
trigger: { on: manual }
steps:
  - id: broken
    do: echo.panic
    connection: echo
`

func TestEachChangeThroughTheAPIIsInTheAuditLog(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, time.Hour)
		tried := slices.Clone(changesNothing)
		var seen int64
		var log api.List[api.AuditEntry]
		// does calls an operation and expects one entry, the one of that action.
		does := func(operation, action, method, path string, body, into any) {
			t.Helper()
			tried = append(tried, operation)
			g.call(t, method, path, body, into)
			g.call(t, http.MethodGet, "audit?action="+action, nil, &log)
			if len(log.Items) == 0 || log.Items[0].Number <= seen || !strings.HasPrefix(log.Items[0].Actor, "tok_") || !strings.HasPrefix(log.Items[0].RequestID, "http_") || log.Items[0].Resource == "" {
				t.Errorf("%s: %+v", operation, log.Items)
				return
			}
			seen = log.Items[0].Number
		}
		post, patch, put, remove := http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete

		var connection api.Connection
		does("create-connection", "connection.create", post, "connections", map[string]any{"name": "wa2", "connector": "activecampaign", "settings": map[string]string{"key": "demo-activecampaign-token", "url": g.vendors.url + "/activecampaign"}}, &connection)
		if connection.Owner != "command line of this machine" {
			t.Errorf("the connection is %q's", connection.Owner)
		}
		provider := oauthtest.New(t, time.Hour)
		g.call(t, post, "connections", map[string]any{"name": "robot", "connector": "robot", "settings": map[string]string{"base_url": provider.URL, "client_id": oauthtest.ClientID, "client_secret": oauthtest.ClientSecret}}, nil)
		does("authorize-connection", "connection.connect", post, "connections/robot/authorize", nil, nil)
		does("change-connection", "connection.change", patch, "connections/wa2", map[string]any{"settings": map[string]any{"key": "demo-activecampaign-token"}}, nil)
		does("delete-connection", "connection.delete", remove, "connections/wa2", nil, nil)

		var installed api.Connector
		does("install-connector", "connector.install", post, "connectors", packed(t, "activecampaign", ""), &installed)
		does("choose-connector-version", "connector.choose", post, "connectors/activecampaign/choose", map[string]string{"version": installed.Version}, nil)
		does("allow-connector-direct", "connector.direct", put, "connectors/activecampaign/direct", map[string]bool{"allowed": false}, nil)
		does("restart-connector", "connector.restart", post, "connectors/activecampaign/restart", nil, nil)

		var draft api.Draft
		does("create-flow", "flow.create", post, "flows", map[string]string{"name": "unsendable", "source": "x"}, &draft)
		does("save-draft", "flow.save_draft", put, "flows/unsendable/draft?revision=1", []byte("y"), nil)
		does("apply-flow", "flow.publish", put, "flows/unsendable", []byte(unsendable), nil)
		does("disable-flow", "flow.disable", post, "flows/unsendable/disable", nil, nil)
		does("test-step", "flow.test_step", post, "flows/unsendable/steps/send/test", map[string]any{"call": true, "values": map[string]any{"contact": map[string]any{"phone": "+34600111998"}}}, nil)
		does("file-flow", "flow.file", patch, "flows/unsendable", map[string]any{"tags": []string{"orders"}}, nil)
		does("enable-flow", "flow.enable", post, "flows/unsendable/enable", nil, nil)
		g.call(t, put, "flows/hooked", []byte(strings.Replace(hooked, "AUTH", "token, header: X-Token", 1)), nil)
		does("set-flow-webhook-secret", "flow.set_webhook_secret", post, "flows/hooked/webhook/secret", map[string]string{}, nil)

		// Somebody wants to know, so that there is something to recover.
		g.call(t, post, "endpoints", map[string]any{"url": g.vendors.url + "/nowhere", "events": []string{"run.*"}}, nil)
		var started api.StartedRuns
		does("start-flow", "run.start", post, "flows/unsendable/start", map[string]any{}, &started)
		run := "runs/" + started.Runs[0].RunID
		fails := func() {
			t.Helper()
			eventually(t, "the run fails", func() (bool, any) {
				var d api.RunDetail
				g.call(t, http.MethodGet, run, nil, &d)
				return d.Status == "failed", d
			})
		}
		fails()
		does("retry-run", "run.retry", post, run+"/retry", nil, nil)
		fails()
		p := person{g, "+34600111001"}
		g.vendors.buy(t, order{Phone: p.phone})
		wait := p.asked(t)
		does("answer-wait", "wait.answer", post, "waits/"+wait.ID+"/reply", map[string]string{"text": "yes"}, nil)
		does("create-wait", "wait.create", post, "waits", map[string]any{"contact": map[string]string{"phone": "+34600111005"}, "connection": "wa", "terms": map[string]any{"within": "1h"}}, nil)
		q := person{g, "+34600111002"}
		g.vendors.buy(t, order{Phone: q.phone})
		does("cancel-run", "run.cancel", post, "runs/"+q.asked(t).RunID+"/cancel", map[string]string{"reason": "test"}, nil)
		does("replay-run", "run.replay", post, run+"/replay", nil, nil)
		s := person{g, "+34600111004"}
		g.vendors.buy(t, order{Phone: s.phone})
		does("time-out-wait", "wait.timeout", post, "waits/"+s.asked(t).ID+"/timeout", nil, nil)
		g.call(t, post, "connections", map[string]any{"name": "echo", "connector": "echo", "settings": map[string]string{}}, nil)
		g.call(t, put, "flows/riddle", []byte(riddle), nil)
		g.call(t, post, "flows/riddle/start", map[string]any{}, &started)
		run = "runs/" + started.Runs[0].RunID
		fails()
		does("settle-run", "run.settle", post, run+"/settle", map[string]any{"as": "done"}, nil)
		var repair api.Repair
		does("start-repair", "repair.start", post, "repairs", map[string]any{"action": "cancel", "flow": "riddle"}, &repair)
		eventually(t, "the repair ends", func() (bool, any) {
			g.call(t, http.MethodGet, "repairs/"+repair.ID, nil, &repair)
			return repair.State == "done" && repair.Skipped == 1, repair
		})
		// One that nobody can take up before it is stopped is in the engine's tests; here it has ended by itself.
		tried = append(tried, "stop-repair")
		g.call(t, http.MethodGet, "audit?action=repair.end", nil, &log)
		if len(log.Items) != 1 || !strings.HasPrefix(log.Items[0].Actor, "tok_") {
			t.Errorf("the end of the repair left %+v", log.Items)
		}
		seen = log.Items[0].Number

		tried = append(tried, "resume-run") // only what a person writes past the gateway pauses a run

		var contact api.Contact
		does("create-contact", "contact.change", post, "contacts", map[string]any{"phone": "+34600111003", "add_tags": []string{"vip"}}, &contact)
		does("save-field", "field.save", put, "fields/size", map[string]any{"type": "text"}, nil)
		does("change-contact", "contact.change", patch, "contacts/"+contact.ID, map[string]any{"consent": "unsubscribed", "fields": map[string]any{"size": "M"}}, &contact)
		if !slices.Equal(contact.Tags, []string{"vip"}) || contact.Consent != "unsubscribed" {
			t.Errorf("the contact is %+v", contact)
		}

		var other api.Contact
		g.call(t, post, "contacts", map[string]any{"email": "other@example.com"}, &other)
		does("merge-contact", "contact.merge", post, "contacts/"+contact.ID+"/merge", map[string]any{"contact": other.ID}, nil)
		does("save-list", "list.save", put, "lists/vip", map[string]any{"title": "Best"}, nil)
		does("add-list-member", "contact.change", put, "lists/vip/members/"+contact.ID, nil, nil)
		does("remove-list-member", "contact.change", remove, "lists/vip/members/"+contact.ID, nil, nil)
		does("delete-list", "list.delete", remove, "lists/vip", nil, nil)
		does("delete-field", "field.delete", remove, "fields/size", nil, nil)
		does("erase-contact", "contact.erase", remove, "contacts/"+contact.ID, nil, nil)
		var erasures api.List[api.Erasure]
		g.call(t, http.MethodGet, "erasures", nil, &erasures)
		does("erase-again", "contact.erase", post, "erasures/again", map[string]any{"erasures": []api.Erasure{{ID: "ers_again", KeyID: erasures.Items[0].KeyID, Marks: erasures.Items[0].Marks, ErasedAt: time.Now()}}}, nil)
		does("save-calendar", "calendar.save", put, "calendars/office", map[string]any{"hours": map[string]any{"mon": []string{"09:00-14:00"}}}, nil)
		does("save-retention", "retention.save", put, "retention", map[string]any{"runs": 30}, nil)
		does("delete-calendar", "calendar.delete", remove, "calendars/office", nil, nil)

		var endpoint api.EndpointSecret
		does("create-endpoint", "endpoint.create", post, "endpoints", map[string]any{"url": g.vendors.url + "/nowhere", "events": []string{"*"}}, &endpoint)
		at := "endpoints/" + endpoint.ID
		does("change-endpoint", "endpoint.change", patch, at, map[string]any{"description": "CRM"}, nil)
		does("rotate-endpoint-secret", "endpoint.set_secret", post, at+"/secret", nil, nil)
		var sent api.DeliveryID
		does("test-endpoint", "endpoint.send", post, at+"/test", nil, &sent)
		does("recover-endpoint", "endpoint.recover", post, at+"/recover", map[string]any{"since": time.Now().Add(-time.Hour)}, nil)
		does("resend-delivery", "delivery.resend", post, "deliveries/"+sent.ID+"/resend", nil, nil)
		does("delete-endpoint", "endpoint.delete", remove, at, nil, nil)

		var requests api.List[api.Request]
		g.call(t, http.MethodGet, "requests?verdict=read", nil, &requests)
		does("read-request", "request.read_again", post, "requests/"+requests.Items[0].ID+"/read", nil, nil)

		var token api.NewToken
		does("create-token", "token.create", post, "tokens", map[string]any{"name": "ci", "scopes": []string{"read"}}, &token)
		does("revoke-token", "token.revoke", remove, "tokens/"+token.ID, nil, nil)
		var user api.UserLink
		does("invite-user", "user.create", post, "users", map[string]string{"email": "bo@example.com", "role": "viewer"}, &user)
		does("change-user", "user.change", patch, "users/"+user.ID, map[string]string{"name": "Bo"}, nil)
		does("make-user-link", "user.change", post, "users/"+user.ID+"/link", nil, &user)

		ana := g.signIn(t)
		var people api.List[api.User]
		g.call(t, http.MethodGet, "users", nil, &people)
		does("end-user-sessions", "session.end_others", remove, "users/"+people.Items[0].ID+"/sessions", nil, nil)
		if resp, err := ana.client.Get(g.api + "/api/v1/session"); err != nil || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("who was signed out is answered %+v, %v", resp, err)
		}

		// What a person does with a session.
		tried = append(tried, g.workSession(t, user)...)
		tried = append(tried, g.workWorkspaces(t)...)
		does("remove-user-second-factor", "user.change", remove, "users/"+user.ID+"/second-factor", nil, nil)
		does("set-second-factor", "workspace.change", put, "second-factor", map[string]string{"required_of": "admins"}, nil)
		g.call(t, http.MethodGet, "audit?limit=200", nil, &log)
		var did []string
		for _, e := range slices.Backward(log.Items) {
			if e.Actor == user.ID {
				did = append(did, e.Action)
			}
		}
		if want := []string{"user.change", "session.begin", "session.begin", "session.end", "session.begin", "session.end_others", "user.change", "session.prove",
			"user.change", "user.change", "user.change", "user.change", "user.change", "user.change", // alerts
			"user.change", "user.change", "user.change", "session.begin", "user.change", "session.end_others", "session.end"}; !slices.Equal(did, want) {
			t.Errorf("the person did %q, want %q", did, want)
		}
		does("remove-user", "user.remove", remove, "users/"+user.ID, nil, nil)
		does("reseal-secrets", "secrets.reseal", post, "system/reseal", nil, nil)
		missing := slices.DeleteFunc(g.changes(t), func(operation string) bool { return slices.Contains(tried, operation) })
		if len(missing) > 0 {
			t.Errorf("nothing is known of what these leave in the audit log: %q", missing)
		}
		check := exec.Command(gatewayProgram(), "audit", "verify")
		check.Env = os.Environ()
		for name, value := range g.env {
			check.Env = append(check.Env, name+"="+value)
		}
		if out, err := check.CombinedOutput(); err != nil || !strings.Contains(string(out), "as they were written; the newest is ") {
			t.Errorf("%v: %s", err, out)
		}
	})
}

// changes lists the operations that are no GET.
func (g *gateway) changes(t *testing.T) (operations []string) {
	t.Helper()
	var spec struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	exchange(t, http.MethodGet, g.api+"/api/openapi.json", "", nil, &spec)
	for _, methods := range spec.Paths {
		for method, op := range methods {
			if method != "get" {
				operations = append(operations, op.OperationID)
			}
		}
	}
	slices.Sort(operations)
	return operations
}

// workSession has an invited person set a password, sign in, change the password, switch a second factor on, and sign out. The first owner is made
// by the same way as a session begins, so set-up is counted among the operations it returns.
func (g *gateway) workSession(t *testing.T, u api.UserLink) []string {
	t.Helper()
	cookie := ""
	send := func(method, path, body string) (answer []byte) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, g.api+"/api/v1/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Cordboard-Console", "1")
		req.Header.Set("Cookie", cookie)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			t.Fatalf("%s %s: %s", method, path, resp.Status)
		}
		if set := resp.Cookies(); len(set) > 0 {
			cookie = set[0].Name + "=" + set[0].Value
		}
		if answer, err = io.ReadAll(resp.Body); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	_, link, _ := strings.Cut(u.Link, "#link=")
	send(http.MethodPost, "session/link", `{"link":"`+link+`","password":"correct horse battery"}`)
	send(http.MethodPost, "session", `{"email":"bo@example.com","password":"correct horse battery"}`)
	var own api.List[api.OwnSession]
	if err := json.Unmarshal(send(http.MethodGet, "sessions", ""), &own); err != nil || len(own.Items) != 2 || !own.Items[0].Current {
		t.Fatalf("%+v, %v", own, err)
	}
	send(http.MethodDelete, "sessions/"+own.Items[1].ID, "")
	send(http.MethodPost, "session", `{"email":"bo@example.com","password":"correct horse battery"}`)
	send(http.MethodDelete, "sessions", "")
	send(http.MethodPost, "session/password", `{"old":"correct horse battery","password":"battery horse correct"}`)
	send(http.MethodPost, "session/proof", `{"password":"battery horse correct"}`)
	confirm := func() {
		var made api.NewTOTP
		if err := json.Unmarshal(send(http.MethodPost, "session/totp", `{"password":"battery horse correct"}`), &made); err != nil {
			t.Fatal(err)
		}
		code, err := totp.GenerateCode(made.Secret, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		send(http.MethodPost, "session/totp/confirm", `{"code":"`+code+`"}`)
	}
	confirm()
	send(http.MethodPost, "session/totp/end", `{"password":"battery horse correct"}`)
	confirm()
	send(http.MethodPut, "session/alerts", `{"on":false}`)
	g.workPasskeys(t, send)
	send(http.MethodDelete, "session", "")
	return []string{"prove-session", "begin-passkey", "add-passkey", "rename-passkey", "remove-passkey", "begin-passkey-sign-in", "sign-in-by-passkey",
		"end-session", "end-other-sessions", "set-alerts", "use-link", "sign-in", "change-password", "begin-totp", "confirm-totp", "end-totp", "sign-out", "set-up"}
}

// workWorkspaces has an owner, who was made on the command line, make a workspace, go there, come back and leave the first one.
func (g *gateway) workWorkspaces(t *testing.T) []string {
	t.Helper()
	join := func(email string) *browser {
		t.Helper()
		p := start(t, gatewayProgram(), g.env, "user", "create", "--role=owner", "--email="+email)
		<-p.ended
		_, link, ok := strings.Cut(strings.TrimSpace(p.output.String()), "#link=")
		if !ok {
			t.Fatalf("it said: %s", p.output.String())
		}
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		b := &browser{g, &http.Client{Jar: jar}}
		b.post(t, "session/link", map[string]string{"link": link, "password": "correct horse battery"}, nil)
		return b
	}
	join("otto@example.com")
	olga := join("olga@example.com")
	var made api.Membership
	olga.post(t, "workspaces", map[string]string{"name": "shop"}, &made)
	var session api.Session
	olga.post(t, "session/workspace", map[string]string{"workspace": made.ID}, &session)
	i := slices.IndexFunc(session.Workspaces, func(m api.Membership) bool { return m.ID != made.ID })
	if i < 0 || len(session.Workspaces) != 2 {
		t.Fatalf("she is in %+v", session.Workspaces)
	}
	first := session.Workspaces[i].ID
	olga.post(t, "session/workspace", map[string]string{"workspace": first}, nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, g.api+"/api/v1/session/workspaces/"+first, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Cordboard-Console", "1")
	resp, err := olga.client.Do(req)
	if err != nil || resp.StatusCode != http.StatusNoContent {
		t.Fatalf("leaving: %+v, %v", resp, err)
	}
	_ = resp.Body.Close()
	var log api.List[api.AuditEntry]
	g.call(t, http.MethodGet, "audit?limit=20&actor="+session.User.ID, nil, &log)
	did := map[string]bool{}
	for _, e := range log.Items {
		did[e.Action] = true
	}
	for _, action := range []string{"workspace.create", "session.switch", "user.remove"} {
		if !did[action] {
			t.Errorf("%s is not in the audit log: %+v", action, log.Items)
		}
	}
	return []string{"create-workspace", "switch-workspace", "leave-workspace"}
}

// workPasskeys has a person add a passkey, sign in with it, rename it and remove it.
func (g *gateway) workPasskeys(t *testing.T, send func(method, path, body string) []byte) {
	t.Helper()
	challenge := func(path, body string) (ceremony string, options []byte) {
		t.Helper()
		var asked struct {
			Ceremony string
			Options  json.RawMessage
		}
		if err := json.Unmarshal(send(http.MethodPost, path, body), &asked); err != nil {
			t.Fatal(err)
		}
		return asked.Ceremony, asked.Options
	}
	device := passkeytest.New(t, access.PasskeyOrigin(g.api))
	ceremony, options := challenge("session/passkeys/challenge", `{"password":"battery horse correct"}`)
	var made api.NewPasskey
	if err := json.Unmarshal(send(http.MethodPost, "session/passkeys", `{"name":"Laptop","ceremony":"`+ceremony+`","credential":`+string(device.Make(options))+`}`), &made); err != nil {
		t.Fatal(err)
	}
	send(http.MethodPatch, "session/passkeys/"+made.ID, `{"name":"Work laptop"}`)
	ceremony, options = challenge("session/passkey/challenge", "")
	send(http.MethodPost, "session/passkey", `{"ceremony":"`+ceremony+`","credential":`+string(device.Sign(options))+`}`)
	send(http.MethodPost, "session/passkeys/"+made.ID+"/remove", `{"password":"battery horse correct"}`)
	send(http.MethodDelete, "sessions", "")
}
