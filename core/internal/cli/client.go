package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/config"
)

// remote are the flags of commands that talk to a running gateway.
type remote struct {
	URL    string `name:"url" help:"Where the gateway is. Or CORDBOARD_URL." default:"http://127.0.0.1:8080" env:"CORDBOARD_URL"`
	Output string `short:"o" enum:"text,json" default:"text" help:"How to print: text or json."`
}

// tokenHelp ends the help of commands that talk to a gateway.
const tokenHelp = "\n\nThe token is CORDBOARD_TOKEN, else the one that the gateway on this machine keeps in its data folder."

// answerWithin bounds one request; a connection's test may call its provider.
const answerWithin = 90 * time.Second

// client speaks to the REST API.
type client struct {
	base  string
	token string
	http  *http.Client
}

// client finds the token to use.
func (r remote) client(p *Program) (*client, error) {
	c := &client{base: r.URL, http: &http.Client{Timeout: answerWithin}}
	if token, _ := p.Env("CORDBOARD_TOKEN"); token != "" {
		c.token = token
		return c, nil
	}
	s, err := config.Load(config.Sources{Env: p.Env})
	if err != nil {
		return nil, err
	}
	c.token, err = access.ReadLocal(s.DataDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("no token: set CORDBOARD_TOKEN, or CORDBOARD_DATA_DIR to the data folder of the gateway on this machine (%s has no %s)", s.DataDir, access.LocalFile)
	}
	return c, err
}

// request is one call of the API.
type request struct {
	method string
	path   string // below /api/v1
	query  url.Values
	accept string // media type; empty: JSON
	kind   string // media type of the body
	body   []byte
	key    string // Idempotency-Key; empty: none
}

// call returns the answer's body. The error is an *api.Problem when the gateway says no.
func (c *client) call(ctx context.Context, r request) ([]byte, error) {
	target := c.base + "/api/v1" + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return nil, usagef("--url: %q is not a URL such as http://127.0.0.1:8080", c.base)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	if r.body != nil {
		req.Header.Set("Content-Type", r.kind)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reach the gateway: %w; is it running at %s?", errors.Unwrap(err), c.base)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("read the gateway's answer: %w", err)
	}
	if resp.StatusCode < 300 {
		return body, nil
	}
	problem := &api.Problem{}
	if json.Unmarshal(body, problem) != nil || problem.Status == 0 {
		return nil, fmt.Errorf("%s answered %s; is it a Cordboard gateway?", c.base, resp.Status)
	}
	return nil, problem
}

// get reads one resource.
func get[T any](ctx context.Context, c *client, path string, query url.Values) (out T, body []byte, err error) {
	body, err = c.call(ctx, request{method: http.MethodGet, path: path, query: query})
	if err != nil {
		return out, nil, err
	}
	return decode[T](body)
}

// post sends JSON; a nil value sends no body.
func post[T any](ctx context.Context, c *client, path string, value any) (out T, body []byte, err error) {
	r := request{method: http.MethodPost, path: path, kind: "application/json"}
	if value != nil {
		if r.body, err = json.Marshal(value); err != nil {
			return out, nil, err
		}
	}
	if body, err = c.call(ctx, r); err != nil || len(body) == 0 {
		return out, body, err
	}
	return decode[T](body)
}

func decode[T any](body []byte) (out T, _ []byte, err error) {
	if err := json.Unmarshal(body, &out); err != nil {
		return out, nil, fmt.Errorf("read the gateway's answer: %w", err)
	}
	return out, body, nil
}

// print writes an answer as it came, or rendered for people.
func (r remote) print(p *Program, body []byte, text string) error {
	if r.Output == "json" {
		var indented bytes.Buffer
		if err := json.Indent(&indented, bytes.TrimSpace(body), "", "  "); err != nil {
			return err
		}
		text = indented.String() + "\n"
	}
	_, err := io.WriteString(p.Out, text)
	return err
}
