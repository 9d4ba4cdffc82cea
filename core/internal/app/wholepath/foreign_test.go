//go:build linux

package wholepath_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cordboard/cordboard/core/internal/api"
)

// hers is a flow of another workspace. That of Kubla nobody else is to read.
const hers = `name: xanadu-flow
title: The Kubla
trigger: { on: manual }
steps:
  - id: asks
    do: echo.echo
    connection: xanadu-echo
    with: { text: hello }
`

// intruder works the API of one workspace with what it has learnt about another one.
type intruder struct {
	*gateway
	token string

	foreign map[string][]string // names and ids of the other workspace, by what they name
	missing *strings.Replacer   // makes names and ids of nothing out of them
	schemas map[string]schema
}

// operation is what the API's document says about one.
type operation struct {
	OperationID string
	RequestBody struct {
		Content map[string]struct{ Schema schema }
	}
	method, path string
}

// schema is as much of a JSON schema as the API's document uses.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Format               string
	Enum                 []any
	Properties           map[string]schema
	Required             []string
	Items                *schema
	AdditionalProperties any
}

// TestCase85WhatIsOfAnotherWorkspaceIsNotThere asks for it in every path and in generated bodies: each answer is as if the id were
// of nothing, and the other workspace stays as it was.
func TestCase85WhatIsOfAnotherWorkspaceIsNotThere(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		in, operations := newIntruder(t, databases)
		before := in.theirs(t)
		for _, op := range operations {
			if !strings.Contains(op.path, "{") {
				continue
			}
			for _, whats := range slices.Sorted(maps.Keys(in.foreign)) {
				for _, what := range in.foreign[whats] {
					in.tries(t, op, in.filled(op.path, what), []byte("{}"))
				}
			}
		}
		in.tries(t, operation{method: "put", path: "/api/v1/flows/{name}"}, "/api/v1/flows/mine", []byte(strings.Replace(hers, "xanadu-flow", "mine", 1)))
		bodies := slices.DeleteFunc(slices.Clone(operations), func(op operation) bool { _, ok := op.RequestBody.Content["application/json"]; return !ok })
		for _, op := range bodies {
			body := in.value("", op.RequestBody.Content["application/json"].Schema, 0)
			for i := range 8 { // the same ones each time
				sent, err := json.Marshal(body.Example(i))
				if err != nil {
					t.Fatal(err)
				}
				in.tries(t, op, in.filled(op.path, "mine"), sent)
			}
		}
		if after := in.theirs(t); after != before {
			t.Errorf("the other workspace was\n%s\nand is\n%s", before, after)
		}
	})
}

// newIntruder makes two workspaces, in the first of which there is one of everything, and lists what the API does.
func newIntruder(t *testing.T, databases map[string]string) (*intruder, []operation) {
	t.Helper()
	g := newGateway(t, databases, time.Hour)
	post, put := http.MethodPost, http.MethodPut
	var connection api.Connection
	g.call(t, post, "connections", map[string]any{"name": "xanadu-echo", "connector": "echo", "settings": map[string]string{}}, &connection)
	g.call(t, put, "flows/xanadu-flow", []byte(hers), nil)
	var started api.StartedRuns
	g.call(t, post, "flows/xanadu-flow/start", map[string]any{}, &started)
	eventually(t, "the run ends", func() (bool, any) {
		var d api.RunDetail
		g.call(t, http.MethodGet, "runs/"+started.Runs[0].RunID, nil, &d)
		return d.Status == "succeeded" || d.Status == "failed", d
	})
	p := person{g, "+34600111001"}
	g.vendors.buy(t, order{Phone: p.phone})
	wait := p.asked(t)
	var contact api.Contact
	g.call(t, post, "contacts", map[string]any{"phone": "+34600111003", "name": "Kubla"}, &contact)
	g.call(t, put, "fields/xanadu_size", map[string]any{"type": "text", "title": "Kubla"}, nil)
	g.call(t, put, "lists/xanadu-list", map[string]any{"title": "Kubla"}, nil)
	g.call(t, put, "lists/xanadu-list/members/"+contact.ID, nil, nil)
	g.call(t, put, "calendars/xanadu-office", map[string]any{"hours": map[string]any{"mon": []string{"09:00-14:00"}}}, nil)
	var endpoint api.EndpointSecret
	g.call(t, post, "endpoints", map[string]any{"url": g.vendors.url + "/nowhere", "events": []string{"run.cancelled"}, "description": "Kubla"}, &endpoint)
	var token api.NewToken
	g.call(t, post, "tokens", map[string]any{"name": "Kubla", "scopes": []string{"read"}}, &token)
	var user api.UserLink
	g.call(t, post, "users", map[string]string{"email": "kubla@example.com", "role": "viewer"}, &user)
	var requests api.List[api.Request]
	g.call(t, http.MethodGet, "requests", nil, &requests)

	in := &intruder{gateway: g, foreign: map[string][]string{
		"connection": {connection.ID, "xanadu-echo"}, "flow": {"xanadu-flow"}, "run": {started.Runs[0].RunID, wait.RunID}, "wait": {wait.ID}, "contact": {contact.ID, wait.ContactID},
		"field": {"xanadu_size"}, "list": {"xanadu-list"}, "calendar": {"xanadu-office"}, "endpoint": {endpoint.ID}, "token": {token.ID}, "user": {user.ID}, "request": {requests.Items[0].ID},
	}}
	var pairs []string
	for _, whats := range in.foreign {
		for _, what := range whats {
			pairs = append(pairs, what, what[:len(what)-3]+"000")
		}
	}
	in.missing = strings.NewReplacer(pairs...)

	run := func(args ...string) string {
		t.Helper()
		p := start(t, gatewayProgram(), g.env, args...)
		<-p.ended
		return strings.TrimSpace(p.output.String())
	}
	run("user", "create", "--role=owner", "--email=olga@example.com")
	run("workspace", "create", "--name=mine", "--owner=olga@example.com")
	in.token = run("token", "create", "--name=mine", "--workspace=mine", "--scope=admin")
	exchange(t, post, g.api+"/api/v1/connections", in.token, map[string]any{"name": "mine", "connector": "echo", "settings": map[string]string{}}, nil)
	exchange(t, put, g.api+"/api/v1/flows/mine", in.token, []byte(strings.NewReplacer("xanadu-flow", "mine", "xanadu-echo", "mine", "Kubla", "Mine").Replace(hers)), nil)

	var spec struct {
		Paths      map[string]map[string]operation
		Components struct{ Schemas map[string]schema }
	}
	exchange(t, http.MethodGet, g.api+"/api/openapi.json", "", nil, &spec)
	in.schemas = spec.Components.Schemas
	var operations []operation
	for path, methods := range spec.Paths {
		for method, op := range methods {
			op.method, op.path = method, path
			// Connectors are shared, the session is a person's, and the stream has no end.
			if of := strings.Split(path, "/")[3]; of != "connectors" && of != "session" && of != "sessions" && of != "setup" && of != "stream" && of != "workspaces" {
				operations = append(operations, op)
			}
		}
	}
	slices.SortFunc(operations, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return in, operations
}

// filled puts a name or an id in the place of each parameter of a path.
func (in *intruder) filled(path, what string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = what
		}
	}
	return strings.Join(parts, "/")
}

// tries asks for what is nowhere, and then for what is elsewhere.
func (in *intruder) tries(t *testing.T, op operation, path string, body []byte) {
	t.Helper()
	want, _ := in.ask(t, op, in.missing.Replace(path), []byte(in.missing.Replace(string(body))))
	got, text := in.ask(t, op, path, body)
	if want >= 400 && got != want || got == http.StatusInternalServerError || strings.Contains(text, "Kubla") {
		t.Errorf("%s %s %s: %d, and of nothing %d: %s", op.method, path, body, got, want, text)
	}
}

func (in *intruder) ask(t *testing.T, op operation, path string, body []byte) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), strings.ToUpper(op.method), in.api+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+in.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// theirs is all that the first workspace holds.
func (in *intruder) theirs(t *testing.T) string {
	t.Helper()
	var all []string
	for _, path := range []string{"contacts", "lists", "fields", "calendars", "flows", "flows/xanadu-flow/versions", "runs", "waits", "endpoints", "deliveries", "users", "retention", "second-factor"} {
		var held json.RawMessage
		in.call(t, http.MethodGet, path, nil, &held)
		all = append(all, path+" "+string(held))
	}
	return strings.Join(all, "\n")
}

// value generates values of a schema in which names and ids are the other workspace's.
func (in *intruder) value(name string, s schema, depth int) *rapid.Generator[any] {
	if of, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = in.schemas[of]
	}
	kinds, _ := s.Type.([]any)
	kind, ok := s.Type.(string)
	if !ok && len(kinds) > 0 {
		kind, _ = kinds[0].(string)
	}
	switch {
	case len(s.Enum) > 0:
		return rapid.SampledFrom(s.Enum)
	case s.Format == "date-time":
		return rapid.Just[any]("2026-01-02T12:00:00Z")
	case kind == "object":
		return rapid.Custom(func(t *rapid.T) any {
			made := map[string]any{}
			_ = rapid.Bool().Draw(t, "none") // of an object without fields something has to be drawn too
			for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
				if slices.Contains(s.Required, field) || depth < 4 && rapid.Bool().Draw(t, field) {
					made[field] = in.value(field, s.Properties[field], depth+1).Draw(t, field)
				}
			}
			return made
		})
	case kind == "array":
		return rapid.Custom(func(t *rapid.T) any {
			return rapid.SliceOfN(in.value(strings.TrimSuffix(name, "s"), *s.Items, depth+1), 1, 2).Draw(t, name)
		})
	case kind == "integer" || kind == "number":
		return rapid.Map(rapid.IntRange(1, 3), func(n int) any { return n })
	case kind == "boolean":
		return rapid.Map(rapid.Bool(), func(b bool) any { return b })
	}
	var fits, all []any
	for _, whats := range slices.Sorted(maps.Keys(in.foreign)) {
		for _, what := range in.foreign[whats] {
			if all = append(all, what); strings.Contains(name, whats) {
				fits = append(fits, what)
			}
		}
	}
	if len(fits) > 0 {
		return rapid.SampledFrom(fits)
	}
	return rapid.SampledFrom(all)
}
