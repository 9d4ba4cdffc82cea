package cli

import (
	"bytes"
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
	"github.com/cordboard/cordboard/core/internal/client"
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

// caller sends the requests of a client with a token, and makes errors of the answers that say no.
type caller struct {
	base  string
	token string
	http  http.Client
}

// gateway returns the REST API's client, with the token to use.
func (r remote) gateway(p *Program) (*client.Client, error) {
	if u, err := url.Parse(r.URL); err != nil || u.Host == "" {
		return nil, usagef("--url: %q is not a URL such as http://127.0.0.1:8080", r.URL)
	}
	c := &caller{base: r.URL, http: http.Client{Timeout: answerWithin}}
	if c.token, _ = p.Env("CORDBOARD_TOKEN"); c.token == "" {
		s, err := config.Load(config.Sources{Env: p.Env})
		if err != nil {
			return nil, err
		}
		c.token, err = access.ReadLocal(s.DataDir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usagef("no token: set CORDBOARD_TOKEN, or CORDBOARD_DATA_DIR to the data folder of the gateway on this machine (%s has no %s)", s.DataDir, access.LocalFile)
		}
		if err != nil {
			return nil, err
		}
	}
	return client.NewClient(r.URL, client.WithHTTPClient(c))
}

// Do implements client.HttpRequestDoer. The error is an *api.Problem when the gateway says no.
func (c *caller) Do(req *http.Request) (*http.Response, error) {
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reach the gateway: %w; is it running at %s?", errors.Unwrap(err), c.base)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	problem := &api.Problem{}
	if json.NewDecoder(resp.Body).Decode(problem) != nil || problem.Status == 0 {
		return nil, fmt.Errorf("%s answered %s; is it a Cordboard gateway?", c.base, resp.Status)
	}
	return nil, problem
}

// answer reads what a call has brought, and gives it also as it came. One without a body is the zero T.
func answer[T any](resp *http.Response, err error) (out T, body []byte, _ error) {
	if err != nil {
		return out, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(resp.Body)
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &out)
	}
	if err != nil {
		return out, nil, fmt.Errorf("read the gateway's answer: %w", err)
	}
	return out, body, nil
}

// Media types.
const (
	asJSON = "application/json"
	asYAML = "application/yaml"
)

// written is a value of package api as the body of a request. The gateway refuses one that can't be written, as empty.
func written(value any) io.Reader {
	raw, _ := json.Marshal(value)
	return bytes.NewReader(raw)
}

// mostListed is how much a page of a list holds.
const mostListed int64 = 200

// some is a parameter, unless it is zero.
func some[T comparable](value T) *T {
	if value == *new(T) {
		return nil
	}
	return &value
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
