package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/access/accesstest"
	"github.com/cordboard/cordboard/core/internal/live"
	"github.com/cordboard/cordboard/core/internal/repeat"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
)

type bundle struct {
	url    string
	tokens map[access.Scope]string
	people *access.People
	behind *gateway
	seen   *sync.Map // what the observer was told

	repeats   *repeat.Requests
	live      *live.Hub
	server    *Server
	workspace string // of the people
}

func (b bundle) observe(method, route string, status int, took time.Duration) {
	if took > 0 {
		b.seen.Store(fmt.Sprint(method, " ", route, " ", status), true)
	}
}

func setupAPI(t *testing.T, change ...func(*APIConfig)) bundle {
	t.Helper()
	tokens := &access.Tokens{Store: new(accesstest.Store)}
	b := bundle{tokens: map[access.Scope]string{}, seen: &sync.Map{}}
	for _, scope := range access.Scopes() {
		_, text, err := tokens.Create(t.Context(), access.NewToken{WorkspaceID: "ws_1", Name: string(scope), Scopes: []access.Scope{scope}})
		if err != nil {
			t.Fatal(err)
		}
		b.tokens[scope] = text
	}
	g := newGateway()
	people, first := newPeople(t)
	b.behind, b.people, b.workspace = g, people, first
	console := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "console "+r.URL.Path) })
	keys, err := seal.New(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	b.live = live.New(silent())
	b.repeats = &repeat.Requests{Store: people.Store.(*store.Store), Keys: keys}
	config := APIConfig{
		History: g, Flows: g, Publisher: g, Runs: g, Waits: g, Renter: g, Repairs: g, Contacts: g, Calendars: people.Store.(*store.Store), Lists: people.Store.(*store.Store), Retention: g, Fields: people.Store.(*store.Store), Connectors: g, Connections: g, Audit: g, Stats: g, Requests: g, Repeats: b.repeats, Live: b.live, beat: beat{recheck: 20 * time.Millisecond, beat: 50 * time.Millisecond, life: time.Hour}, Tokens: tokens, Console: console, Version: "test",
		Hooks: g, HooksURL: "https://hooks.example.com",
		People: people, FirstWorkspace: first, DemoUser: demoUser,
		PublicURL: "https://cordboard.example.com", Ready: func(context.Context) error { return nil }, Observe: b.observe, Log: silent(),
	}
	for _, c := range change {
		c(&config)
	}
	b.server = NewAPI(config)
	b.url = "http://" + listen(t, b.server)
	return b
}

func (b bundle) do(t *testing.T, method, path, content string, header map[string]string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.url+path, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if content != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func TestAPI(t *testing.T) {
	t.Parallel()
	const yaml = "application/yaml"
	cases := map[string]struct {
		method, path string
		content      string
		header       map[string]string
		scope        access.Scope // of the token; empty: admin
		status       int
		has          []string
		hasNot       []string
	}{
		"what a repair would do":                   {method: "POST", path: "/repairs/plan", content: `{"action":"cancel","runs":["run_3"]}`, scope: access.Operate, status: 200, has: []string{`"total":1`, `"text":"ws_1 cancel"`}},
		"a repair":                                 {method: "POST", path: "/repairs", content: `{"action":"cancel","runs":["run_3"]}`, scope: access.Operate, status: 201, has: []string{`"id":"rep_1","action":"cancel","state":"running"`}},
		"a repair by who only looks (84)":          {method: "POST", path: "/repairs", content: `{"action":"cancel","runs":["run_3"]}`, scope: access.Read, status: 403},
		"an unknown repair":                        {method: "POST", path: "/repairs", content: `{"action":"mend","runs":["run_3"]}`, status: 422, has: []string{`"path":"action"`}},
		"what a repair did":                        {method: "GET", path: "/repairs/rep_1/runs", scope: access.Read, status: 200, has: []string{`"run_id":"run_2","outcome":"skipped","detail":"It has ended already."`}},
		"a repair that is not there":               {method: "GET", path: "/repairs/rep_9/runs", status: 404},
		"repairs":                                  {method: "GET", path: "/repairs", scope: access.Read, status: 200, has: []string{`"done":1,"skipped":1`}},
		"a replay":                                 {method: "POST", path: "/runs/run_2/replay", header: map[string]string{"Idempotency-Key": "k"}, scope: access.Operate, status: 201, has: []string{`"run_id":"run_4 k false"`}},
		"a replay on the same version":             {method: "POST", path: "/runs/run_2/replay", content: `{"version":"same"}`, status: 201, has: []string{` true"`}},
		"a replay of another workspace's run (85)": {method: "POST", path: "/runs/run_9/replay", status: 404},
		"nothing to settle":                        {method: "POST", path: "/runs/run_1/settle", content: `{"as":"done","output":{"n":1}}`, scope: access.Operate, status: 409, has: []string{"is known"}},
		"a timeout now":                            {method: "POST", path: "/waits/wait_1/timeout", scope: access.Operate, status: 200, has: []string{`"id":"wait_1"`}},
		"a timeout of another's wait (85)":         {method: "POST", path: "/waits/wait_9/timeout", status: 404},
		"runs, newest first":                       {method: "GET", path: "/runs", status: 200, has: []string{`"items":[{"id":"run_3","flow":"verify","flow_version":2,"status":"waiting"`}, hasNot: []string{"run_9", "next"}},
		"a page of runs says how to go on":         {method: "GET", path: "/runs?limit=2", status: 200, has: []string{`"next":"run_2"`}, hasNot: []string{"run_1\""}},
		"the next page of runs":                    {method: "GET", path: "/runs?limit=2&after=run_2", status: 200, has: []string{"run_1"}, hasNot: []string{"run_2\"", "next"}},
		"runs of a state":                          {method: "GET", path: "/runs?status=failed", status: 200, has: []string{"run_1"}, hasNot: []string{"run_2\"", "run_3\""}},
		"runs of a flow":                           {method: "GET", path: "/runs?flow=verify", status: 200, has: []string{"run_1"}},
		"runs by all else":                         {method: "GET", path: "/runs?phase=asking&version=2&failure=permanent&since=2026-01-02T12:00:00Z&until=2026-01-02T13:00:00Z&longer_than_seconds=90", status: 200, has: []string{`"id":"run_1"`}, hasNot: []string{"run_2\"", "run_3\""}},
		"a failure that is none":                   {method: "GET", path: "/runs?failure=bad", status: 422, has: []string{`"path":"query.failure"`}},
		"a time that is none":                      {method: "GET", path: "/runs?since=yesterday", status: 422, has: []string{`"path":"query.since"`}},
		"runs of another workspace's flow":         {method: "GET", path: "/runs?flow=theirs", status: 404},
		"a state that is none":                     {method: "GET", path: "/runs?status=done", status: 422, has: []string{`"path":"query.status"`}},
		"a limit beyond the limit":                 {method: "GET", path: "/runs?limit=1000", status: 422, has: []string{`"path":"query.limit"`}},
		"a misspelt filter":                        {method: "GET", path: "/runs?stauts=failed", status: 422, has: []string{"stauts"}},
		"a run with its timeline":                  {method: "GET", path: "/runs/run_3", status: 200, has: []string{`"timeline":[`, `"text":"Started by shop.order_paid."`, `"kind":"wait"`, `9007199254740993`, `"phone":"+34600000000"`}},
		"another workspace's run":                  {method: "GET", path: "/runs/run_9", status: 404, has: []string{`"status":404`}},
		"a run that is not there":                  {method: "GET", path: "/runs/run_x", status: 404},
		"starting a flow keeps numbers whole": {method: "POST", path: "/flows/verify/start", content: `{"data":{"n":9007199254740993}}`, header: map[string]string{"Idempotency-Key": "k"}, status: 201,
			has: []string{`{"runs":[{"run_id":"flow_1 k#0 {\"n\":9007199254740993}","fresh":true}]}`}},
		"answering for a contact":            {method: "POST", path: "/waits/wait_1/reply", content: `{"text":"yes"}`, header: map[string]string{"Idempotency-Key": "k"}, status: 200, has: []string{`"id":"wait_1"`, `"reply_id":"k yes"`}},
		"answering what is over":             {method: "POST", path: "/waits/wait_1/reply", content: `{"text":"late"}`, status: 409, has: []string{"closed as no_response"}},
		"answering with nothing":             {method: "POST", path: "/waits/wait_1/reply", content: `{}`, status: 422, has: []string{`"path":"text"`}},
		"answering another workspace's wait": {method: "POST", path: "/waits/wait_9/reply", content: `{"text":"yes"}`, status: 404},
		"answering with a reader's token":    {method: "POST", path: "/waits/wait_1/reply", content: `{"text":"yes"}`, scope: access.Read, status: 403, has: []string{"scope operate"}},
		"renting a wait": {method: "POST", path: "/waits", content: `{"contact":{"phone":"+34600111222"},"connection":"wa","terms":{"within":"2h"},"data":{"n":9007199254740993}}`, header: map[string]string{"Idempotency-Key": "k"}, status: 201,
			has: []string{`"run_id":"run_5"`, `"status":"waiting"`, `"fresh":true`, `"id":"wait_2"`, `"reference":"ws_1 k +34600111222 {\"within\":\"2h\"}"`, `"data":{"n":9007199254740993}`}},
		"renting what can't be":            {method: "POST", path: "/waits", content: `{"contact":{"phone":"+34600111222"},"connection":"sms","terms":{}}`, status: 422, has: []string{`"path":"connection"`, "There can't be such a wait."}},
		"renting with a misspelt field":    {method: "POST", path: "/waits", content: `{"contact":{"phnoe":"1"},"connection":"wa","terms":{}}`, status: 422, has: []string{"phnoe"}},
		"renting a wait without a contact": {method: "POST", path: "/waits", content: `{"connection":"wa","terms":{}}`, status: 422, has: []string{"contact"}},
		"renting a wait without terms":     {method: "POST", path: "/waits", content: `{"contact":{"phone":"+34600111222"},"connection":"wa"}`, status: 422, has: []string{"terms"}},
		"renting with a reader's token":    {method: "POST", path: "/waits", content: `{"contact":{"phone":"+34600111222"},"connection":"wa","terms":{}}`, scope: access.Read, status: 403, has: []string{"scope operate"}},
		"starting a batch": {method: "POST", path: "/flows/verify/start", content: `{"batch":[{"data":{"a":1}},{"data":{"a":2}}]}`, status: 201,
			has: []string{`flow_1  {\"a\":1}`, `flow_1  {\"a\":2}`}},
		"a batch says which entry is wrong": {method: "POST", path: "/flows/verify/start", content: `{"batch":[{},{"contact":{"phone":"600"}}]}`, status: 422,
			has: []string{`"path":"batch[1].contact.phone"`}},
		"a batch beside data":                {method: "POST", path: "/flows/verify/start", content: `{"data":{},"batch":[{}]}`, status: 422, has: []string{"move them into the batch"}},
		"starting another workspace's flow":  {method: "POST", path: "/flows/theirs/start", content: `{}`, status: 404},
		"starting with a reader's token":     {method: "POST", path: "/flows/verify/start", content: `{}`, scope: access.Read, status: 403, has: []string{"scope operate"}},
		"starting with a misspelt field":     {method: "POST", path: "/flows/verify/start", content: `{"dta":{}}`, status: 422, has: []string{"dta"}},
		"retrying a failed run":              {method: "POST", path: "/runs/run_1/retry", status: 204},
		"retrying what has not failed":       {method: "POST", path: "/runs/run_2/retry", status: 409, has: []string{"has not failed"}},
		"retrying another workspace's run":   {method: "POST", path: "/runs/run_9/retry", status: 404},
		"retrying with a reader's token":     {method: "POST", path: "/runs/run_1/retry", scope: access.Read, status: 403, has: []string{"scope operate"}},
		"cancelling a run":                   {method: "POST", path: "/runs/run_3/cancel", content: `{"reason":"test"}`, status: 204},
		"cancelling without a reason":        {method: "POST", path: "/runs/run_3/cancel", status: 204},
		"cancelling what has ended":          {method: "POST", path: "/runs/run_2/cancel", status: 409, has: []string{"The run has ended."}},
		"cancelling another workspace's run": {method: "POST", path: "/runs/run_9/cancel", status: 404},
		"cancelling with a reader's token":   {method: "POST", path: "/runs/run_3/cancel", scope: access.Read, status: 403, has: []string{"scope operate"}},

		"waits":                    {method: "GET", path: "/waits?state=open", status: 200, has: []string{"wait_1"}, hasNot: []string{"wait_9"}},
		"a wait with its timeline": {method: "GET", path: "/waits/wait_1", status: 200, has: []string{`"events":[{"at":"2026-01-02T12:00:00Z","kind":"opened"}]`}},
		"another workspace's wait": {method: "GET", path: "/waits/wait_9", status: 404},

		"flows":                             {method: "GET", path: "/flows", status: 200, has: []string{`"name":"verify"`, `"trigger":"shop.order_paid","live_version":2,"changed_by":"Ana","last_run":{"id":"run_3","status":"failed","created_at":"2026-01-02T12:00:00Z"},"last_day":{"succeeded":200,"failed":40,"waiting":30,"running":20,"cancelled":10,"newest":true}`}, hasNot: []string{"theirs", "source"}},
		"a flow":                            {method: "GET", path: "/flows/verify", status: 200, has: []string{`"source":"name: verify\n"`}},
		"a flow as the document it is":      {method: "GET", path: "/flows/verify", header: map[string]string{"Accept": yaml}, status: 200, has: []string{"name: verify\n"}, hasNot: []string{"source", "{"}},
		"versions":                          {method: "GET", path: "/flows/verify/versions", status: 200, has: []string{`"number":2,"live":true`, `"number":1,"live":false`}},
		"one version":                       {method: "GET", path: "/flows/verify/versions/1", status: 200, has: []string{`"number":1,"live":false`}},
		"a name that is escaped":            {method: "GET", path: "/flows/%76erify/versions/1", status: 200, has: []string{`"number":1`}},
		"a version that is not there":       {method: "GET", path: "/flows/verify/versions/9", status: 404},
		"versions of a flow not there":      {method: "GET", path: "/flows/other/versions", status: 404},
		"applying YAML":                     {method: "PUT", path: "/flows/verify", content: "name: verify\n", header: map[string]string{"Content-Type": yaml}, status: 200, has: []string{`"changed":true,"version":3`}},
		"applying JSON":                     {method: "PUT", path: "/flows/verify", content: `{"name":"verify"}`, status: 200, has: []string{`"version":3`}},
		"a dry run":                         {method: "PUT", path: "/flows/verify?dry_run=true", content: "name: verify\n", status: 200, has: []string{`"dry_run":true,"changed":false`}},
		"a document with problems":          {method: "PUT", path: "/flows/verify", content: "broken", status: 422, has: []string{`{"path":"steps[0].with.to","line":12,"column":7,"message":"there is no such field","remedy":"did you mean phone?"}`}},
		"applying with a reader's token":    {method: "PUT", path: "/flows/verify", content: "a", scope: access.Read, status: 403},
		"a new flow keeps its problems":     {method: "POST", path: "/flows", content: `{"name":"fresh","source":"broken"}`, status: 201, has: []string{`"revision":1`, `"line":12`}},
		"a new flow whose name is taken":    {method: "POST", path: "/flows", content: `{"name":"verify","source":"a"}`, status: 409, has: []string{"Choose another"}},
		"saving a draft":                    {method: "PUT", path: "/flows/verify/draft?revision=1", content: "a", header: map[string]string{"Content-Type": yaml}, status: 200, has: []string{`"revision":2`, `"problems":[]`}},
		"saving an old draft":               {method: "PUT", path: "/flows/verify/draft?revision=7", content: "a", status: 409, has: []string{"Load it again"}},
		"saving a draft of no flow":         {method: "PUT", path: "/flows/theirs/draft?revision=1", content: "a", status: 404},
		"saving a draft without a revision": {method: "PUT", path: "/flows/verify/draft", content: "a", status: 422, has: []string{"revision"}},
		"trying a flow":                     {method: "POST", path: "/flows/try", content: `{"source":"a","script":[{"at_seconds":1.5,"say":"yes"}]}`, scope: access.Read, status: 200, has: []string{`"steps":[{"id":"a"`, `"heard":[{"at":1.5,"text":"yes","disposition":"matched"}]`, `"ended_at":60`}},
		"trying a broken flow":              {method: "POST", path: "/flows/try", content: `{"source":"broken"}`, status: 422, has: []string{`"line":12`}},
		"trying two things at once":         {method: "POST", path: "/flows/try", content: `{"source":"a","script":[{"at_seconds":1,"say":"yes","cancel":"no"}]}`, status: 422, has: []string{`"path":"script[0]"`}},
		"trying what a person does to it":   {method: "POST", path: "/flows/try", content: `{"source":"a","script":[{"at_seconds":1,"takeover":"Hi"}]}`, status: 200, has: []string{`"pauses":[{"from":1}]`}},
		"trying how a question goes on":     {method: "POST", path: "/flows/try", content: `{"source":"a","script":[{"at_seconds":1,"takeover":"Hi"},{"at_seconds":9,"resume":"b"}]}`, status: 200, has: []string{`"pauses":[{"from":1,"to":9}]`}},
		"trying with too small an event":    {method: "POST", path: "/flows/try", content: `{"source":"needs a phone","event":{}}`, status: 422, has: []string{`"path":"event"`, "no such key: phone", "remedy"}},
		"trying with an event that is none": {method: "POST", path: "/flows/try", content: `{"source":"a","event":[1]}`, status: 422, has: []string{`"path":"event"`}},
		"a preview":                         {method: "POST", path: "/expressions/preview", content: `{"source":"a","step":"ask","expression":"event.id","values":{"event":{"id":7}}}`, scope: access.Read, status: 200, has: []string{`{"value":{"event":{"id":7},"step":"ask","template":false}}`}},
		"a preview of a wrong expression":   {method: "POST", path: "/expressions/preview", content: `{"source":"a","expression":"wrong"}`, status: 422, has: []string{`{"path":"expression","message":"there is no wrong","remedy":"did you mean event?"}`}},
		"a preview that fails":              {method: "POST", path: "/expressions/preview", content: `{"source":"a","expression":"null.x"}`, status: 422, has: []string{`{"path":"expression","message":"x is null"}`}},
		"what a step would send":            {method: "POST", path: "/flows/verify/steps/ask/test", content: `{}`, scope: access.Write, status: 200, has: []string{`"status":"active","input":{"source":"name: verify"},"repeat":"once","called":false}`}},
		"a step that is called":             {method: "POST", path: "/flows/verify/steps/ask/test", content: `{"source":"a","call":true,"values":{"event":{}}}`, scope: access.Write, status: 200, has: []string{`"output":{"id":7},"repeat":"once","called":true,"duration_ms":1.5`}},
		"a test of a wrong step":            {method: "POST", path: "/flows/verify/steps/broken/test", content: `{}`, status: 422, has: []string{`"path":"steps[0].with.to"`}},
		"a test of another's flow":          {method: "POST", path: "/flows/theirs/steps/ask/test", content: `{}`, status: 404},
		"a test by a reader":                {method: "POST", path: "/flows/verify/steps/ask/test", content: `{"call":true}`, scope: access.Read, status: 403},
		"a flow's own address":              {method: "GET", path: "/flows/verify/webhook", status: 200, has: []string{`"url":"https://hooks.example.com/hooks/hook_1","auth":"token","header":"X-Token","has_secret":false`}},
		"the address of another's flow":     {method: "GET", path: "/flows/theirs/webhook", status: 404},
		"a new secret":                      {method: "POST", path: "/flows/verify/webhook/secret", content: `{}`, status: 201, has: []string{`"secret":"made"`}},
		"a secret that is too short":        {method: "POST", path: "/flows/verify/webhook/secret", content: `{"secret":"short"}`, status: 422, has: []string{`"path":"secret"`, "at least 16"}},
		"a new secret by a reader":          {method: "POST", path: "/flows/verify/webhook/secret", content: `{}`, scope: access.Read, status: 403},
		"disabling":                         {method: "POST", path: "/flows/verify/disable", status: 200, has: []string{`"enabled":false`}},
		"tagging":                           {method: "PATCH", path: "/flows/verify", content: `{"tags":["vip"," orders  es","vip"]}`, status: 200, has: []string{`"tags":["orders es","vip"]`}, hasNot: []string{"archived"}},
		"archiving":                         {method: "PATCH", path: "/flows/verify", content: `{"archived":true}`, status: 200, has: []string{`"archived":true`}},
		"an empty tag":                      {method: "PATCH", path: "/flows/verify", content: `{"tags":["a"," "]}`, status: 422, has: []string{`"path":"tags[1]"`, "write 1 to 40"}},
		"tagging another's flow":            {method: "PATCH", path: "/flows/theirs", content: `{"tags":[]}`, status: 404},
		"tagging by an operator":            {method: "PATCH", path: "/flows/verify", content: `{"tags":[]}`, scope: access.Operate, status: 403},
		"a compressed document":             {method: "PUT", path: "/flows/verify", content: "x", header: map[string]string{"Content-Encoding": "gzip"}, status: 415},
		"connectors":                        {method: "GET", path: "/connectors", status: 200, has: []string{`"name":"whatsapp"`, `"health":"running"`}},
		"connections":                       {method: "GET", path: "/connections", status: 200, has: []string{`"name":"wa"`}},
		"a connection by name":              {method: "GET", path: "/connections/wa", status: 200, has: []string{`"id":"con_1"`}},
		"a connection by id":                {method: "GET", path: "/connections/con_1", status: 200, has: []string{`"name":"wa"`}},
		"testing a connection":              {method: "POST", path: "/connections/wa/test", status: 200, has: []string{`{"ok":true,"account":"Acme"}`}},
		"what a field may hold":             {method: "POST", path: "/connections/wa/options", content: `{"list":"templates","search":"x","input":{"n":1}}`, status: 200, has: []string{`{"items":[{"value":"a","label":"x{\"n\":1}"}],"next":"2"}`}},
		"a list that nobody has":            {method: "POST", path: "/connections/wa/options", content: `{"list":"other"}`, status: 422, has: []string{"no such list"}},
		"changing a connection":             {method: "PATCH", path: "/connections/wa", content: `{"settings":{"site":"b","extra":null}}`, status: 200, has: []string{`"id":"con_1"`, `"settings":{"extra":null,"site":"b"}`}},
		"changing nothing about one":        {method: "PATCH", path: "/connections/wa", content: `{}`, status: 422, has: []string{"settings"}},
		"changing one that is not there":    {method: "PATCH", path: "/connections/none", content: `{"settings":{}}`, status: 404},
		"deleting a connection":             {method: "DELETE", path: "/connections/wa", status: 204},
		"a new connection":                  {method: "POST", path: "/connections", content: `{"name":"wa2","connector":"whatsapp","settings":{"token":"s3cret","n":1}}`, status: 201, has: []string{"webhook_url"}, hasNot: []string{"s3cret"}},
		"a connection whose name is taken":  {method: "POST", path: "/connections", content: `{"name":"wa","connector":"whatsapp","settings":{"a":1}}`, status: 409},
		"a connection without its settings": {method: "POST", path: "/connections", content: `{"name":"wa3","connector":"whatsapp"}`, status: 422, has: []string{`"path":"settings.token"`}},
		"a connector that is not installed": {method: "POST", path: "/connections", content: `{"name":"x","connector":"nope"}`, status: 422, has: []string{`"path":"connector"`, `"remedy":"see cordboard connector list"`}},
		"a name that is no name":            {method: "POST", path: "/connections", content: `{"name":"A B","connector":"whatsapp"}`, status: 422, has: []string{`"path":"name"`}},
		"a field that is unknown":           {method: "POST", path: "/connections", content: `{"name":"a","connector":"whatsapp","secret":"hunter2"}`, status: 422, has: []string{`"path":"secret"`}, hasNot: []string{"hunter2"}},
		"a body that is no JSON":            {method: "POST", path: "/connections", content: `{`, status: 400},

		"contacts":                    {method: "GET", path: "/contacts", status: 200, has: []string{"cnt_1"}, hasNot: []string{"cnt_9"}},
		"a contact":                   {method: "GET", path: "/contacts/cnt_1", status: 200, has: []string{"+34600000000"}},
		"another workspace's contact": {method: "GET", path: "/contacts/cnt_9", status: 404},
		"a contact's messages":        {method: "GET", path: "/messages?contact=cnt_1", status: 200, has: []string{"msg_2"}, hasNot: []string{"msg_1"}},
		"events":                      {method: "GET", path: "/events", status: 200, has: []string{"evt_1"}, hasNot: []string{"evt_9"}},
		"another workspace's event":   {method: "GET", path: "/events/evt_9", status: 404},

		"contacts by what they have":  {method: "GET", path: "/contacts?search=34600", status: 200, has: []string{"cnt_1"}},
		"contacts that nobody is":     {method: "GET", path: "/contacts?search=999", status: 200, has: []string{`"items":[]`}},
		"a contact's waits":           {method: "GET", path: "/waits?contact=cnt_1", status: 200, has: []string{"wait_1"}},
		"another contact's waits":     {method: "GET", path: "/waits?contact=cnt_2", status: 200, has: []string{`"items":[]`}},
		"a journey, newest first":     {method: "GET", path: "/contacts/cnt_1/journey?limit=2", status: 200, has: []string{`{"kind":"run","at":"2026-01-02T12:00:00Z","run":{"id":"run_3"`, `"message":{"id":"msg_2"`, `"next":"2"`}, hasNot: []string{"wait_1", "run_2"}},
		"the rest of a journey":       {method: "GET", path: "/contacts/cnt_1/journey?limit=3&after=2", status: 200, has: []string{`"wait":{"id":"wait_1"`, `"id":"run_1"`}, hasNot: []string{"run_2", "msg_2", "next"}},
		"another workspace's journey": {method: "GET", path: "/contacts/cnt_9/journey", status: 404},

		"figures of a week":           {method: "GET", path: "/stats?period=week&time_zone=Europe/Madrid", scope: access.Read, status: 200, has: []string{`"time_zone":"Europe/Madrid"`, `"succeeded":168`, `"open":3`, `"now":{"runs":{"queued":0,"running":0,"waiting":7`, `"id":"wait_ws_1"`, `"name":"Ana"`, `"failures":3,"run_id":"run_ws_1","step":"tag"`, "no such tag"}},
		"figures of a day":            {method: "GET", path: "/stats?period=day", status: 200, has: []string{`"succeeded":1,`, `"succeeded":24`}},
		"figures of an hour":          {method: "GET", path: "/stats?period=hour", status: 200, has: []string{`"before":{`, `"took":{"half_seconds":60,"most_seconds":120,"runs":2}`}},
		"figures of some days":        {method: "GET", path: "/stats?since=2026-03-27T23:00:00Z&until=2026-03-31T22:00:00Z&time_zone=Europe/Madrid", status: 200, has: []string{`"since":"2026-03-28T00:00:00+01:00","until":"2026-04-01T00:00:00+02:00"`, `"succeeded":23`, `"before":{"from":"2026-03-24T00:00:00+01:00"`}},
		"figures of the future":       {method: "GET", path: "/stats?since=2026-03-28T00:00:00Z&until=2026-03-01T00:00:00Z", status: 422, has: []string{`"path":"query.until"`, "not after since"}},
		"figures of a year":           {method: "GET", path: "/stats?since=2025-03-28T00:00:00Z&until=2026-03-28T00:00:00Z", status: 422, has: []string{`"path":"query.until"`, "92 days"}},
		"figures until a day":         {method: "GET", path: "/stats?until=2026-03-28T00:00:00Z", status: 422, has: []string{`"path":"query.until"`, "give since too"}},
		"figures of no time zone":     {method: "GET", path: "/stats?time_zone=Mars/Olympus", status: 422, has: []string{`"path":"query.time_zone"`, "Europe/Madrid"}},
		"figures of a strange period": {method: "GET", path: "/stats?period=year", status: 422},
		"how people answer":           {method: "GET", path: "/questions", scope: access.Read, status: 200, has: []string{`"complete":true,"waits":2`, `"flow":"verify","step":"answer","asked":2`, `"decided":2,"late":0,"rate":0.5,"limit_seconds":3600,"half_seconds":60,"most_seconds":60,"curve":[{"seconds":60,"answers":1}]`}},
		"how people answer one flow":  {method: "GET", path: "/questions?flow=verify", status: 200, has: []string{`"flow":"verifyflow_1"`}},
		"questions of another's flow": {method: "GET", path: "/questions?flow=theirs", status: 404},

		"webhook requests":                  {method: "GET", path: "/requests", scope: access.Read, status: 200, has: []string{`"id":"req_3","connection_id":"con_1","connector":"shop"`, `"verdict":"received"`, `"verdict":"failed","failure":"is no JSON"`, `"flow":"verify"`}, hasNot: []string{"hook_secret"}},
		"webhook requests that failed":      {method: "GET", path: "/requests?verdict=failed&connection=con_1", status: 200, has: []string{"req_2"}, hasNot: []string{"req_1", "req_3"}},
		"a webhook request":                 {method: "GET", path: "/requests/req_1", status: 200, has: []string{`"header":{"X-A":["b"]}`, `"body":"{}","encoding":"text"`, `"id":"evt_1"`, `"id":"msg_2"`}, hasNot: []string{"hook_secret"}},
		"a webhook request that is no text": {method: "GET", path: "/requests/req_2", status: 200, has: []string{`"body":"/w==","encoding":"base64"`}},
		"a webhook request that is not":     {method: "GET", path: "/requests/req_9", status: 404},
		"reading a request again":           {method: "POST", path: "/requests/req_2/read", status: 202},
		"reading one again before it was":   {method: "POST", path: "/requests/req_3/read", status: 409, has: []string{"about to be read"}},
		"reading again with a reader's":     {method: "POST", path: "/requests/req_2/read", scope: access.Read, status: 403},

		"what roles may do":             {method: "GET", path: "/roles", scope: access.Read, status: 200, has: []string{`{"role":"operator","scopes":["read","operate"]}`, `{"role":"owner","scopes":["read","operate","write","admin"]}`, `{"summary":"Check, save and publish a flow","scope":"write"}`}, hasNot: []string{"Make the first owner", `"public"`}},
		"tokens":                        {method: "GET", path: "/tokens", status: 200, has: []string{`"hint":"cb_…`}, hasNot: []string{"hash", `"token"`}},
		"a new token":                   {method: "POST", path: "/tokens", content: `{"name":"ci","scopes":["read"]}`, status: 201, has: []string{`"token":"cb_`}},
		"a token with an unknown scope": {method: "POST", path: "/tokens", content: `{"name":"ci","scopes":["root"]}`, status: 422, has: []string{`"path":"scopes"`}},
		"tokens with a writer's token":  {method: "GET", path: "/tokens", scope: access.Write, status: 403},
		"a token that is not there":     {method: "DELETE", path: "/tokens/tok_x", status: 404},

		"what was done":                       {method: "GET", path: "/audit", status: 200, has: []string{`{"items":[{"number":3,"at":"2026-01-02T12:00:00Z","actor":"usr_1","action":"token.revoke","resource":"tok_1","request_id":"http_1","before":{"name":"ci"},"hash":"ab"}`}, hasNot: []string{"next", "after"}},
		"a page of what was done":             {method: "GET", path: "/audit?limit=2", status: 200, has: []string{`"number":2`, `"next":"2"`}, hasNot: []string{`"number":1`}},
		"the next page of it":                 {method: "GET", path: "/audit?limit=2&after=2", status: 200, has: []string{`"number":1`}, hasNot: []string{`"number":2`, "next"}},
		"what one person did to one thing":    {method: "GET", path: "/audit?actor=a&action=b&resource=c&since=2026-01-02T11:00:00Z", status: 200, has: []string{`"action":"a b c 2026-01-02 11:00:00 +0000 UTC"`}},
		"an audit page that is none":          {method: "GET", path: "/audit?after=x", status: 422, has: []string{`"path":"query.after"`}},
		"an audit page before the first":      {method: "GET", path: "/audit?after=0", status: 422, has: []string{`"path":"query.after"`}},
		"how long things are kept":            {method: "GET", path: "/retention", scope: access.Read, status: 200, has: []string{`"chosen":{"runs":30}`, `"installation":{"requests":30,"payloads":30,"messages":30,"runs":90,"deliveries":30,"audit":365}`}},
		"choosing how long":                   {method: "PUT", path: "/retention", content: `{"runs":0,"audit":400}`, status: 200, has: []string{`"chosen":{"runs":0,"audit":400}`}},
		"choosing it with a writer's":         {method: "PUT", path: "/retention", content: `{}`, scope: access.Write, status: 403},
		"choosing too short a time":           {method: "PUT", path: "/retention", content: `{"messages":6}`, status: 422, has: []string{`"path":"messages"`, "6 days is not between 7 and 3650"}},
		"choosing a time for what is none":    {method: "PUT", path: "/retention", content: `{"mesages":9}`, status: 422, has: []string{"mesages"}},
		"choosing less than live flows need":  {method: "PUT", path: "/retention", content: `{"runs":9}`, status: 409, has: []string{"verify"}},
		"what was done, with a writer's":      {method: "GET", path: "/audit", scope: access.Write, status: 403},
		"no token":                            {method: "GET", path: "/runs", header: map[string]string{"Authorization": ""}, status: 401, has: []string{`"status":401`}},
		"a token that is none":                {method: "GET", path: "/runs", header: map[string]string{"Authorization": "Bearer cb_x"}, status: 401},
		"another scheme":                      {method: "GET", path: "/runs", header: map[string]string{"Authorization": "Basic YTpi"}, status: 401},
		"a path that is none":                 {method: "GET", path: "/nothing", status: 404},
		"a method that is none":               {method: "DELETE", path: "/runs", status: 404},
		"a name that is not ours":             {method: "GET", path: "/runs", header: map[string]string{"Host": "evil.example"}, status: 421},
		"our public name":                     {method: "GET", path: "/runs", header: map[string]string{"Host": "cordboard.example.com"}, status: 200},
		"a forwarded name counts for nothing": {method: "GET", path: "/runs", header: map[string]string{"Host": "evil.example", "X-Forwarded-Host": "cordboard.example.com"}, status: 421},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupAPI(t)
			if tt.scope == "" {
				tt.scope = access.Admin
			}
			header := map[string]string{"Authorization": "Bearer " + b.tokens[tt.scope]}
			for k, v := range tt.header {
				header[k] = v
			}
			resp, text := b.do(t, tt.method, "/api/v1"+tt.path, tt.content, header)
			if resp.StatusCode != tt.status {
				t.Fatalf("status = %d %s, want %d", resp.StatusCode, text, tt.status)
			}
			for _, part := range tt.has {
				if !strings.Contains(text, part) {
					t.Errorf("%s is not in %s", part, text)
				}
			}
			for _, part := range tt.hasNot {
				if strings.Contains(text, part) {
					t.Errorf("%s is in %s", part, text)
				}
			}
			if ct := resp.Header.Get("Content-Type"); tt.status >= 400 && ct != problemType {
				t.Errorf("an error is %s", ct)
			}
			if resp.Header.Get("Cache-Control") != "no-store" && tt.status != 421 && tt.status != 413 {
				t.Errorf("the answer may be cached: %v", resp.Header)
			}
		})
	}
}

func TestRevokingCountsAtOnce(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	admin := map[string]string{"Authorization": "Bearer " + b.tokens[access.Admin]}
	_, text := b.do(t, "POST", "/api/v1/tokens", `{"name":"ci","scopes":["read"]}`, admin)
	var made struct{ ID, Token string }
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		t.Fatal(err)
	}
	use := map[string]string{"Authorization": "bearer " + made.Token}
	if resp, text := b.do(t, "GET", "/api/v1/runs", "", use); resp.StatusCode != 200 {
		t.Fatalf("the new token: %d %s", resp.StatusCode, text)
	}
	if resp, _ := b.do(t, "DELETE", "/api/v1/tokens/"+made.ID, "", admin); resp.StatusCode != 204 {
		t.Fatalf("revoking: %d", resp.StatusCode)
	}
	if resp, _ := b.do(t, "GET", "/api/v1/runs", "", use); resp.StatusCode != 401 {
		t.Errorf("the revoked token: %d", resp.StatusCode)
	}
}

// Each operation of the document lets in exactly those who hold its scope; what is public is listed here.
func TestAuthorisationMatrix(t *testing.T) {
	t.Parallel()
	b := setupAPI(t, func(c *APIConfig) { c.beat.life = time.Millisecond }) // the whole of a stream is read too
	open := map[string]bool{"get /api/v1/setup": true, "post /api/v1/setup": true, "post /api/v1/session": true, "post /api/v1/session/link": true, "post /api/v1/session/forgot": true, "post /api/v1/session/passkey": true, "post /api/v1/session/passkey/challenge": true}
	_, text := b.do(t, "GET", "/api/openapi.json", "", nil)
	var spec struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Security []map[string][]string
			Summary  string
		}
	}
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	if spec.OpenAPI != "3.1.0" || len(spec.Paths) < 20 {
		t.Errorf("OpenAPI %s with %d paths", spec.OpenAPI, len(spec.Paths))
	}
	for path, methods := range spec.Paths {
		for method, op := range methods {
			name := method + " " + path
			if op.Summary == "" {
				t.Errorf("%s has no summary", name)
			}
			try := func(header map[string]string) int {
				resp, _ := b.do(t, strings.ToUpper(method), strings.NewReplacer("{", "", "}", "").Replace(path), "", header)
				return resp.StatusCode
			}
			if open[name] {
				if got := try(nil); got == 401 || got == 403 {
					t.Errorf("%s is public, and refuses with %d", name, got)
				}
				continue
			}
			if got := try(nil); got != 401 {
				t.Errorf("%s without a token: %d", name, got)
			}
			if len(op.Security) != 2 || len(op.Security[0]["token"]) != 1 || !slices.Equal(op.Security[0]["token"], op.Security[1]["session"]) {
				t.Errorf("%s: %+v", name, op.Security)
				continue
			}
			need := slices.Index(access.Scopes(), access.Scope(op.Security[0]["token"][0]))
			for rank, scope := range access.Scopes() {
				refused := try(map[string]string{"Authorization": "Bearer " + b.tokens[scope]}) == 403
				if want := rank < need; refused != want && !(method == "post" && strings.HasPrefix(path, "/api/v1/session/")) {
					t.Errorf("%s with scope %s: refused %v", name, scope, refused)
				}
			}
		}
	}
}

func TestDocsNeedNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	for path, kind := range map[string]string{"/api/docs": "text/html", "/api/docs/docs.js": "text/javascript", "/api/docs/docs.css": "text/css"} {
		resp, text := b.do(t, "GET", path, "", nil)
		if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), kind) || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %v", path, resp.StatusCode, resp.Header)
		}
		if strings.Contains(text, "http://") || strings.Contains(text, "https://") || strings.Contains(text, "innerHTML") {
			t.Errorf("%s reaches elsewhere or writes markup", path)
		}
	}
}

func TestConsole(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	for path, want := range map[string]string{"/": "console /", "/runs/run_1": "console /runs/run_1"} {
		if resp, text := b.do(t, "GET", path, "", nil); resp.StatusCode != 200 || text != want || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %s", path, resp.StatusCode, text)
		}
	}
	if _, text := b.do(t, "GET", "/healthz", "", map[string]string{"Host": "probe.internal"}); text != "ok\n" {
		t.Errorf("health says %q", text)
	}
}

func TestRequestsAreObservedByTheirPattern(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	read := map[string]string{"Authorization": "Bearer " + b.tokens[access.Read]}
	for _, path := range []string{"/api/v1/runs/run_1", "/api/v1/runs/run_x", "/api/nothing", "/somewhere"} {
		b.do(t, "GET", path, "", read)
	}
	b.do(t, "GET", "/api/v1/runs", "", map[string]string{"Host": "evil.example"})
	var seen []string
	b.seen.Range(func(key, _ any) bool { seen = append(seen, key.(string)); return true })
	slices.Sort(seen)
	if want := []string{"GET / 200", "GET / 421", "GET /api 404", "GET /api/v1/runs/:id 200", "GET /api/v1/runs/:id 404"}; !slices.Equal(seen, want) {
		t.Errorf("seen %q, want %q", seen, want)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	for i := range 20 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			want := []string{"run_1", "run_2", "run_3"}[i%3]
			if _, text := b.do(t, "GET", "/api/v1/runs/"+want, "", map[string]string{"Authorization": "Bearer " + b.tokens[access.Read]}); !strings.HasPrefix(text, `{"id":"`+want) {
				t.Errorf("asked for %s, got %.60s", want, text)
			}
		})
	}
}

func TestABatchWithOneWrongEntryBeginsNothing(t *testing.T) {
	t.Parallel()
	b := setupAPI(t)
	resp, text := b.do(t, http.MethodPost, "/api/v1/flows/verify/start", `{"batch":[{},{"contact":{"phone":"600"}}]}`,
		map[string]string{"Authorization": "Bearer " + b.tokens[access.Admin]})
	if resp.StatusCode != http.StatusUnprocessableEntity || b.behind.starts != 0 {
		t.Errorf("%s, %d begun: %s", resp.Status, b.behind.starts, text)
	}
}

var update = flag.Bool("update", false, "write the files that hold what the API says about itself")

// Clients are generated from the document, so it is kept where they find it.
func TestOpenAPIDocument(t *testing.T) {
	t.Parallel()
	const page = "../../docs/openapi.json"
	_, text := setupAPI(t).do(t, "GET", "/api/openapi.json", "", nil)
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	if *update {
		if err := os.WriteFile(page, indented.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, indented.Bytes()) {
		t.Errorf("%s is not what the API says; run: go test ./core/internal/httpapi -run TestOpenAPIDocument -update", page)
	}
}
