package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/config"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// echo is a connector that needs no connection.
var echo = protocol.Manifest{
	Name: "echo", Auth: protocol.Auth{Kind: protocol.AuthNone},
	Actions: []protocol.Action{{Name: "say", Repeat: protocol.RepeatRead, Input: schema.Type{Kind: schema.Object, Open: true}}},
}

// gateway answers as the REST API does and remembers what it was asked.
type gateway struct {
	*httptest.Server
	asked []string // method, path and body
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{}
	fields := schema.Type{Kind: schema.Object, Fields: []schema.Field{
		{Name: "token", Type: schema.Type{Kind: schema.String}, Secret: true}, {Name: "port", Type: schema.Type{Kind: schema.Integer}},
	}}
	answers := map[string]any{
		"GET /api/v1/flows":                         api.List[api.Flow]{Items: []api.Flow{{Name: "verify", Title: "Verify", Enabled: true, LiveVersionID: "ver_1", UpdatedAt: noon}}, Next: "flow_1"},
		"PUT /api/v1/flows/verify":                  api.Applied{Name: "verify", Changed: true, Version: 3},
		"GET /api/v1/connectors":                    api.List[api.Connector]{Items: []api.Connector{{Name: "whatsapp", Version: "1.0.0", Manifest: protocol.Manifest{Auth: protocol.Auth{Fields: fields}}}, {Name: "echo", Manifest: echo}}},
		"PUT /api/v1/connectors/letters/direct":     api.Connector{Name: "letters", Version: "1.0.0", Direct: true, ConnectorHealth: api.ConnectorHealth{Health: "idle"}, Manifest: protocol.Manifest{Direct: "Speaks SMTP."}},
		"GET /api/v1/calendars":                     api.List[api.Calendar]{Items: []api.Calendar{{Name: "office", CalendarHours: api.CalendarHours{TimeZone: "UTC", Hours: map[string][]string{"thu": {"09:00-10:00"}, "fri": {"09:00-10:00"}}}}}},
		"POST /api/v1/connections":                  api.Connection{ID: "con_1", Name: "wa", Connector: "whatsapp", WebhookURL: "https://h/hooks/connections/con_1"},
		"GET /api/v1/connections/shop":              api.Connection{Name: "shop", Token: &api.ConnectionToken{Consent: true, ConnectURL: "https://c.example.com/connections"}},
		"GET /api/v1/connections/robot":             api.Connection{Name: "robot", Token: &api.ConnectionToken{}},
		"POST /api/v1/connections/robot/authorize":  api.Authorization{Connected: true},
		"GET /api/v1/connections/broken":            api.Connection{Name: "broken", Token: &api.ConnectionToken{Connected: true}},
		"POST /api/v1/connections/broken/authorize": api.Authorization{Failure: &api.Failure{Message: "Correct client ID and secret."}},
		"POST /api/v1/connections/wa/test":          api.ConnectionCheck{OK: true, Account: "Acme"},
		"POST /api/v1/connections/old/test":         api.ConnectionCheck{Failure: &api.Failure{Kind: "unauthorized", Message: "The token has expired."}},
		"GET /api/v1/runs/run_1":                    aRun(),
		"POST /api/v1/repairs/plan":                 api.RepairPlan{Total: 3, Examined: 2, Done: 1, Skipped: 1, Reasons: []api.RepairReason{{Text: "A call is under way.", Count: 1}}, Runs: []api.RepairedRun{{RunID: "run_1", Outcome: "done"}}},
		"POST /api/v1/repairs":                      api.Repair{ID: "rep_1", Action: "retry", State: "running"},
		"GET /api/v1/repairs/rep_1":                 api.Repair{ID: "rep_1", Action: "retry", State: "done", Done: 1, Skipped: 1},
		"GET /api/v1/repairs/rep_1/runs":            api.List[api.RepairedRun]{Items: []api.RepairedRun{{RunID: "run_1", Outcome: "skipped", Detail: "It has not failed."}}},
		"POST /api/v1/waits":                        api.RentedWait{RunID: "run_7", Status: "waiting", Wait: &api.Wait{ID: "wait_7", Step: "answer", State: "open", OpenedAt: noon, Deadline: noon.Add(2 * time.Hour)}},
		"GET /api/v1/waits":                         api.List[api.Wait]{Items: []api.Wait{{ID: "wait_7", RunID: "run_7", State: "open", OpenedAt: noon, Deadline: noon.Add(2 * time.Hour)}}},
		"GET /api/v1/waits/wait_7":                  api.Wait{ID: "wait_7", Step: "answer", State: "open", OpenedAt: noon, Deadline: noon.Add(2 * time.Hour)},
		"POST /api/v1/waits/wait_7/reply":           api.Wait{ID: "wait_7", Step: "answer", State: "replied", ClaimedBy: "api", OpenedAt: noon, Deadline: noon.Add(2 * time.Hour)},
		"GET /api/v1/erasures":                      api.List[api.Erasure]{Items: []api.Erasure{{ID: "ers_1", KeyID: "aabbccdd", Marks: []string{"x"}, ErasedAt: noon}}},
		"POST /api/v1/erasures/again":               api.ErasedAgain{Contacts: 2},
		"POST /api/v1/runs/run_1/replay":            api.Replayed{RunID: "run_2"},
		"GET /api/v1/system":                        aSystem,
	}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.asked = append(g.asked, strings.TrimSpace(r.Method+" "+r.URL.String()+" "+string(body)))
		switch answer := answers[r.Method+" "+r.URL.Path]; {
		case r.Header.Get("Authorization") != "Bearer cb_test":
			refuse(w, &api.Problem{Title: "Unauthorized", Status: 401, Detail: "Send a valid API token."})
		case strings.HasPrefix(r.Header.Get("Accept"), "application/yaml"):
			_, _ = io.WriteString(w, "name: verify\n")
		case strings.Contains(string(body), "whatsap.send"):
			refuse(w, &api.Problem{Status: 422, Errors: []api.Detail{{Path: "steps[0].do", Line: 4, Column: 9, Message: "there is no connector whatsap", Remedy: "did you mean whatsapp?"}}})
		case strings.HasSuffix(r.URL.Path, "/cancel"):
			w.WriteHeader(http.StatusNoContent)
		case answer == nil:
			refuse(w, &api.Problem{Title: "Not Found", Status: 404, Detail: "There is nothing of that name or id here."})
		default:
			_ = json.NewEncoder(w).Encode(answer)
		}
	}))
	t.Cleanup(g.Close)
	return g
}

var aSystem = api.System{
	Version: "1.2.0", Database: api.SystemDatabase{Kind: "sqlite", Version: "3.50.0", Size: 4096, Schema: 41}, Queue: api.SystemQueue{Kind: "redis"}, Backlog: api.SystemBacklog{OpenWaits: 2, Overdue: 1},
	Nodes: []api.Node{{ID: "node_1", StartedAt: noon, SeenAt: noon, Keys: []string{"aabbccdd"}}},
	Keys:  []api.SecretKey{{ID: "aabbccdd", Seals: true, Known: true, Secrets: 7}, {ID: "00000001", Known: true}, {ID: "00000002", Secrets: 1}},
}

func refuse(w http.ResponseWriter, p *api.Problem) {
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

type outcome struct {
	code     int
	out, err string
}

func execute(t *testing.T, p *Program, env map[string]string, stdin string, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	p.In, p.Out, p.Err = strings.NewReader(stdin), &out, &errs
	p.Env = func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	code := p.Run(t.Context(), args)
	return outcome{code, out.String(), errs.String()}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	const sound, broken = "name: verify\nsteps: []\n", "name: verify\nsteps:\n  - id: a\n    do: whatsap.send\n"
	cases := map[string]struct {
		args  []string
		stdin string
		env   map[string]string // added to the token
		code  int
		out   string // in the output
		err   string // in the errors
		asked string // the last thing asked of the gateway
	}{
		"a list":                    {args: []string{"flow", "list"}, out: "verify  Verify  yes   yes      2026-01-02 12:00:00Z\nThere are more: --after=flow_1\n"},
		"the system":                {args: []string{"system", "--output=text"}, out: "Cordboard 1.2.0, sqlite 3.50.0 at schema 41 (4096 bytes), queue: redis, does not answer\n2 questions open, 0 runs waiting, 0 requests unread, 0 deliveries pending, 1 overdue\n\nNODE    SINCE                 SEEN                  KEYS\nnode_1  2026-01-02 12:00:00Z  2026-01-02 12:00:00Z  aabbccdd\n\nKEY       USE         SECRETS\naabbccdd  seals       7\n00000001  opens       0\n00000002  is missing  1\n", asked: "GET /api/v1/system"},
		"a list as JSON":            {args: []string{"flow", "list", "-o", "json"}, out: `"next": "flow_1"`},
		"a sound document":          {args: []string{"flow", "validate", "-"}, stdin: sound, out: "standard input: verify is live as version 3.", asked: "PUT /api/v1/flows/verify?dry_run=true " + strings.TrimSpace(sound)},
		"a document with a problem": {args: []string{"flow", "validate", "-"}, stdin: broken, code: Invalid, err: "standard input:4:9: steps[0].do: there is no connector whatsap; did you mean whatsapp?\n"},
		"a document without a name": {args: []string{"flow", "apply", "-"}, stdin: "steps: []\n", code: Invalid, err: "standard input:1:1: "},
		"a document that is none":   {args: []string{"flow", "apply", "-"}, stdin: "- a\n", code: Invalid, err: "standard input:1:1: "},
		"tests among the documents": {args: []string{"flow", "validate", "a.test.yaml", "-"}, stdin: sound, out: "standard input: verify is live as version 3."},
		"tests alone":               {args: []string{"flow", "apply", "a.test.yaml"}, code: Invalid, err: "a.test.yaml holds tests and no flow; see cordboard flow test"},
		"a file that is not there":  {args: []string{"flow", "apply", "none.yaml"}, code: Invalid, err: "none.yaml"},
		"an export":                 {args: []string{"flow", "export", "verify"}, out: "name: verify\n"},
		"what a repair would do": {
			args: []string{"run", "repair", "retry", "--status=failed", "--dry-run"}, out: "retry would be done to 1 of 2 runs; 1 would stay as they are.\n1 older runs are meant too and were not looked at.\n  1: A call is under way.\n",
			asked: `POST /api/v1/repairs/plan {"action":"retry","status":"failed"}`,
		},
		"a repair":           {args: []string{"run", "repair", "retry", "run_1"}, out: "rep_1 (retry) is done: done to 1 runs; 1 stayed as they are.\nRUN    OUTCOME  NEW RUN  WHY\nrun_1  skipped           It has not failed.\n", asked: "GET /api/v1/repairs/rep_1/runs?limit=200"},
		"a roll over":        {args: []string{"flow", "rollover", "verify", "--parked=move", "--dry-run"}, out: "move would be done to 1 of 2 runs", asked: `POST /api/v1/repairs/plan {"action":"move","flow":"verify","behind":true}`},
		"what is left alone": {args: []string{"flow", "rollover", "verify"}, out: "Runs under way on other versions of verify: 3. They stay there.\n"},
		"a rented wait": {args: []string{"wait", "create", "--connection=wa", "--phone=+34600111222", `--terms={"within":"2h"}`, "--ask=wa.say", `--input={"text":"?"}`, "--reference=42"}, out: "wait_7 of step answer: open",
			asked: `POST /api/v1/waits {"contact":{"phone":"+34600111222"},"connection":"wa","ask":{"action":"wa.say","input":{"text":"?"}},"terms":{"within":"2h"},"reference":"42","data":{}}`},
		"a rented wait without JSON": {args: []string{"wait", "create", "--connection=wa", "--terms=2h"}, code: 2, err: "--terms: this is not JSON"},
		"waits":                      {args: []string{"wait", "list", "--state=open"}, out: "wait_7  open", asked: "GET /api/v1/waits?limit=50&state=open"},
		"a wait":                     {args: []string{"wait", "show", "wait_7"}, out: "wait_7 of step answer: open", asked: "GET /api/v1/waits/wait_7"},
		"who was erased":             {args: []string{"contact", "erasures"}, out: `{"id":"ers_1","key_id":"aabbccdd","marks":["x"],"erased_at":"2026-01-02T12:00:00Z"}` + "\n", asked: "GET /api/v1/erasures"},
		"erased again": {args: []string{"contact", "erase-again", "--from=-"}, stdin: `{"id":"ers_1","workspace_id":"wsp_1","key_id":"aabbccdd","marks":["x"],"erased_at":"2026-01-02T12:00:00Z"}` + "\n", out: "2 contacts were erased again.\n",
			asked: `POST /api/v1/erasures/again {"erasures":[{"id":"ers_1","key_id":"aabbccdd","marks":["x"],"erased_at":"2026-01-02T12:00:00Z"}]}`},
		"what is no erasure":        {args: []string{"contact", "erase-again", "--from=-"}, stdin: "hello\n", code: Invalid, err: "line 1 is no erasure"},
		"a reply":                   {args: []string{"wait", "reply", "wait_7", "--text=yes"}, out: "claimed by api", asked: `POST /api/v1/waits/wait_7/reply {"text":"yes"}`},
		"a replay":                  {args: []string{"run", "replay", "run_1", "--same-version"}, out: "run_2 has begun.\n", asked: `POST /api/v1/runs/run_1/replay {"version":"same"}`},
		"an output that is no JSON": {args: []string{"run", "settle", "run_1", "--as=done", "--yielded=x"}, code: Invalid, err: "--yielded: this is not JSON"},
		"a connection": {
			args: []string{"connection", "create", "--connector=whatsapp", "--name=wa", "--set", "port=443", "--set-env", "token=WA"}, env: map[string]string{"WA": "s3cret"},
			out: "Connection wa (con_1) to whatsapp is open.\nIts webhooks come to https://h/hooks/connections/con_1\n", asked: `POST /api/v1/connections {"connector":"whatsapp","name":"wa","settings":{"port":443,"token":"s3cret"}}`,
		},
		"a secret from the standard input": {
			args: []string{"connection", "create", "--connector=whatsapp", "--name=wa", "--set-file", "token=-"}, stdin: "a,b=c\n",
			asked: `POST /api/v1/connections {"connector":"whatsapp","name":"wa","settings":{"token":"a,b=c"}}`,
		},
		"a connection that a person consents to": {args: []string{"connection", "connect", "shop"}, out: "A person must consent. Open https://c.example.com/connections and press Connect on the card of shop.\n"},
		"a connection of its own":                {args: []string{"connection", "connect", "robot"}, out: "robot is connected.\n"},
		"a connection that is refused":           {args: []string{"connection", "connect", "broken"}, code: Failed, err: "broken is not connected: Correct client ID and secret."},
		"a field that is unknown":                {args: []string{"connection", "create", "--connector=whatsapp", "--name=wa", "--set", "tokn=x"}, code: Invalid, err: `there is no field "tokn"; the fields are: token, port`},
		"a number that is none":                  {args: []string{"connection", "create", "--connector=whatsapp", "--name=wa", "--set", "port=x"}, code: Invalid, err: "port must be written as JSON"},
		"a connector that is not here":           {args: []string{"connection", "create", "--connector=x", "--name=wa"}, code: Invalid, err: `"x" is not installed`},
		"a variable that is not set":             {args: []string{"connection", "create", "--connector=whatsapp", "--name=wa", "--set-env", "token=NOPE"}, code: Invalid, err: "no environment variable NOPE"},
		"a test":                                 {args: []string{"connection", "test", "wa"}, out: "wa works, for Acme.\n"},
		"a test that fails":                      {args: []string{"connection", "test", "old"}, code: Failed, out: "unauthorized: The token has expired.\n", err: "old does not work"},
		"leave to dial":                          {args: []string{"connector", "allow-direct", "letters"}, out: "It dials by itself, past the gateway: Speaks SMTP.", asked: `PUT /api/v1/connectors/letters/direct {"allowed":true}`},
		"leave to dial, taken back":              {args: []string{"connector", "allow-direct", "letters", "--revoke"}, asked: `PUT /api/v1/connectors/letters/direct {"allowed":false}`},
		"leave for a connector that is not here": {args: []string{"connector", "allow-direct", "nobody"}, code: Failed, err: "There is nothing of that name or id here."},
		"a run":                                  {args: []string{"run", "show", "run_1"}, out: "run_1 of verify, version 2: waiting at answer (asking)"},
		"a run that is not there":                {args: []string{"run", "show", "run_2"}, code: Failed, err: "There is nothing of that name or id here."},
		"cancelling":                             {args: []string{"run", "cancel", "run_1", "--reason=no"}, out: "run_1 is cancelled.\n", asked: `POST /api/v1/runs/run_1/cancel {"reason":"no"}`},
		"filters of a list":                      {args: []string{"run", "list", "--status=failed", "--limit=3"}, code: Failed, asked: "GET /api/v1/runs?limit=3&status=failed"},
		"a token that is wrong":                  {args: []string{"flow", "list"}, env: map[string]string{"CORDBOARD_TOKEN": "cb_x"}, code: Failed, err: "Send a valid API token."},
		"no token":                               {args: []string{"flow", "list"}, env: map[string]string{"CORDBOARD_TOKEN": "", "CORDBOARD_DATA_DIR": "/nowhere"}, code: Invalid, err: "no token: set CORDBOARD_TOKEN"},
		"a gateway that is not there":            {args: []string{"flow", "list", "--url=http://127.0.0.1:1"}, code: Failed, err: "is it running at http://127.0.0.1:1?"},
		"a command that is none":                 {args: []string{"frob"}, code: Invalid, err: "See cordboard --help."},
		"a way to print that is none":            {args: []string{"flow", "list", "-o", "xml"}, code: Invalid, err: "--output"},
		"the version":                            {args: []string{"version"}, out: "1.2.3\n"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t)
			env := map[string]string{"CORDBOARD_TOKEN": "cb_test"}
			for k, v := range tt.env {
				env[k] = v
			}
			args := tt.args
			if len(args) > 1 && !strings.Contains(strings.Join(args, " "), "--url") {
				args = append(args, "--url="+g.URL)
			}
			got := execute(t, &Program{Version: "1.2.3"}, env, tt.stdin, args...)
			if got.code != tt.code || !strings.Contains(got.out, tt.out) || !strings.Contains(got.err, tt.err) {
				t.Errorf("code %d, output %q, errors %q; want code %d", got.code, got.out, got.err, tt.code)
			}
			if tt.code == OK && got.err != "" {
				t.Errorf("a success says %q", got.err)
			}
			if tt.asked != "" && (len(g.asked) == 0 || g.asked[len(g.asked)-1] != tt.asked) {
				t.Errorf("asked %q", g.asked)
			}
		})
	}
}

func TestOneBrokenFileOfSeveralPublishesNone(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	dir := t.TempDir()
	first, second := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml")
	for file, content := range map[string]string{first: "name: verify\nsteps: []\n", second: "name: verify\nsteps:\n  - id: a\n    do: whatsap.send\n"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := execute(t, &Program{}, map[string]string{"CORDBOARD_TOKEN": "cb_test"}, "", "flow", "apply", first, second, "--url="+g.URL)
	if got.code != Invalid || got.out != "" || !strings.HasPrefix(got.err, second+":4:9: ") {
		t.Errorf("%+v", got)
	}
	for _, asked := range g.asked {
		if !strings.Contains(asked, "dry_run=true") {
			t.Errorf("published: %s", asked)
		}
	}
}

func TestTheLocalTokenIsFound(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, access.LocalFile), []byte("cb_test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := execute(t, &Program{}, map[string]string{"CORDBOARD_DATA_DIR": dir}, "", "flow", "list", "--url="+g.URL); got.code != OK {
		t.Errorf("%+v", got)
	}
}

func TestSettingsReachTheGateway(t *testing.T) {
	t.Parallel()
	var got config.Settings
	serve := func(_ context.Context, s config.Settings) error { got = s; return nil }
	env := map[string]string{"CORDBOARD_ADDR": "127.0.0.1:1", "CORDBOARD_HOOKS_ADDR": "127.0.0.1:2", "CORDBOARD_SECRET_KEY": "hunter2"}
	result := execute(t, &Program{Serve: serve}, env, "", "serve", "--addr=127.0.0.1:3", "--settle=1s")
	if result.code != OK || got.Addr != "127.0.0.1:3" || got.HooksAddr != "127.0.0.1:2" || got.Settle != time.Second || got.SecretKey.Reveal() != "hunter2" {
		t.Errorf("%+v with %+v", result, got)
	}
	if result := execute(t, &Program{Serve: serve}, env, "", "serve", "--settle=1h"); result.code != Invalid || !strings.Contains(result.err, `--settle: "1h" must be a duration from 0s to 1m`) {
		t.Errorf("%+v", result)
	}
	if result := execute(t, &Program{Serve: serve}, env, "", "serve", "--secret-key=x"); result.code != Invalid {
		t.Errorf("a secret is taken from the arguments: %+v", result)
	}
}

func TestMigrateAndToken(t *testing.T) {
	t.Parallel()
	var did []string
	p := func() *Program {
		return &Program{
			Migrate: func(context.Context, config.Settings) error { did = append(did, "up"); return nil },
			MigrateDown: func(_ context.Context, _ config.Settings, v int64) error {
				did = append(did, "down")
				return errors.New("locked")
			},
			MoveDatabase:    func(_ context.Context, from, to string) (string, error) { return from + " is now " + to + "\n", nil },
			MigrationStatus: func(context.Context, config.Settings) (string, error) { return "at version 8", nil },
			CreateToken: func(_ context.Context, _ config.Settings, _ string, in access.NewToken) (string, error) {
				did = append(did, in.Name+" "+string(in.Scopes[0]))
				return "cb_new", nil
			},
		}
	}
	for _, tt := range []struct {
		args string
		code int
		out  string
	}{
		{"migrate", OK, ""}, {"migrate up", OK, ""}, {"migrate --down-to=3", Failed, ""}, {"migrate status", OK, "at version 8\n"},
		{"migrate --from=a.db --to=postgres://db/b", OK, "a.db is now postgres://db/b\n"}, {"migrate --from=a.db", Invalid, ""}, {"migrate --to=b", Invalid, ""},
		{"migrate --from=a.db --to=b --down-to=3", Invalid, ""},
		{"token create --name=ci --scope=write", OK, "cb_new\n"}, {"token create --name=ci --scope=root", Invalid, ""}, {"token create", Invalid, ""},
	} {
		if got := execute(t, p(), nil, "", strings.Fields(tt.args)...); got.code != tt.code || got.out != tt.out {
			t.Errorf("%s: %+v", tt.args, got)
		}
	}
	if want := "up up down ci write"; strings.Join(did, " ") != want {
		t.Errorf("did %q", did)
	}
}

func TestAuditVerify(t *testing.T) {
	t.Parallel()
	report := access.AuditReport{Workspace: "default", Entries: 2, Head: "2:ab", Problems: []string{}}
	broken := access.AuditReport{Workspace: "default", Entries: 2, Head: "2:ab", Problems: []string{"entry 2 was changed"}}
	for name, tt := range map[string]struct {
		report access.AuditReport
		err    error
		args   string
		code   int
		out    string
		said   string
	}{
		"a log as it was written": {report, nil, "", OK, "default: 2 entries, as they were written; the newest is 2:ab\n", ""},
		"a log that was changed":  {broken, nil, "", Failed, "default: 2 entries, with problems:\n  entry 2 was changed\n", "not as it was written"},
		"a head that has gone":    {report, errors.New("no audit log holds the entry 9:x"), "--head=9:x", Failed, "default: 2 entries", "holds the entry 9:x"},
		"for a program":           {broken, nil, "-o json", Failed, `"problems": [`, ""},
	} {
		var heads []string
		p := &Program{VerifyAudit: func(_ context.Context, _ config.Settings, h []string) ([]access.AuditReport, error) {
			heads = h
			return []access.AuditReport{tt.report}, tt.err
		}}
		got := execute(t, p, nil, "", append([]string{"audit", "verify"}, strings.Fields(tt.args)...)...)
		if got.code != tt.code || !strings.Contains(got.out, tt.out) || !strings.Contains(got.err, tt.said) || tt.said == "" && tt.code == OK && got.err != "" {
			t.Errorf("%s: %+v", name, got)
		}
		if tt.args == "--head=9:x" && (len(heads) != 1 || heads[0] != "9:x") {
			t.Errorf("%s: heads %q", name, heads)
		}
	}
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	t.Parallel()
	for _, command := range []string{
		"serve", "demo", "migrate up", "migrate status", "flow validate", "flow plan", "flow apply", "flow list", "flow export", "flow schema",
		"connection create", "connection test", "connection list", "connector list", "run list", "run show", "run cancel", "token create", "audit verify", "version",
	} {
		got := execute(t, &Program{}, nil, "", append(strings.Fields(command), "--help")...)
		if got.code != OK || !strings.Contains(got.out, "Example") || !strings.Contains(got.out, "cordboard "+strings.Fields(command)[0]) {
			t.Errorf("%s: %+v", command, got)
		}
	}
	if got := execute(t, &Program{}, nil, "", "flow", "schema"); !json.Valid([]byte(got.out)) || !strings.Contains(got.out, "customer_response") {
		t.Errorf("flow schema: %+v", got)
	}
	if got := execute(t, &Program{}, nil, "", "serve", "--help"); !strings.Contains(got.out, "--hooks-addr") || strings.Contains(got.out, "--secret-key") {
		t.Errorf("serve: %s", got.out)
	}
}
