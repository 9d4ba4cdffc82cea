package connection

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Config says what a Service works with. All but Logger, Subscribers, Announced and Now must be set.
type Config struct {
	Store      Store
	Manifests  Manifests
	Connectors Connectors
	Tickets    Tickets
	Keys       *seal.Keys
	Client     *http.Client           // for requests for tokens, to addresses that people typed
	Allow      func(u *url.URL) error // refuses addresses that the gateway does not connect to
	Callback   string                 // where providers send people back to
	// Subscribers lists the outside endpoints that want a type of event; nil: nobody wants anything.
	Subscribers func(ctx context.Context, workspaceID, eventType string) (endpoints []string, wanted bool, err error)
	Announced   func() // is called when an event for them is durable
	Now         func() time.Time
	Logger      *slog.Logger
}

// Service manages connections and makes calls with them. It is safe for concurrent use.
type Service struct {
	store      Store
	manifests  Manifests
	connectors Connectors
	tickets    Tickets
	keys       *seal.Keys
	handles    *handles
	log        *slog.Logger
	ids        recent[named, string]
	opened     recent[string, Opened]
	held       holds

	http        *http.Client
	allow       func(u *url.URL) error
	callback    string
	subscribers func(ctx context.Context, workspaceID, eventType string) ([]string, bool, error)
	announced   func()
	now         func() time.Time
	renewing    singleflight.Group // by connection and revision of its tokens
}

// named is a name in a workspace.
type named struct{ workspaceID, name string }

// Forget makes the next use of any connection read it again. It is called when a connection changes.
func (s *Service) Forget() {
	s.ids.forget()
	s.opened.forget()
}

// New returns a Service.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{
		http: cfg.Client, allow: cfg.Allow, callback: cfg.Callback, subscribers: cfg.Subscribers, announced: cfg.Announced, now: cfg.Now,
		store: cfg.Store, manifests: cfg.Manifests, connectors: cfg.Connectors, tickets: cfg.Tickets, keys: cfg.Keys,
		handles: newHandles(), log: cmp.Or(cfg.Logger, slog.Default()),
	}
}

// Draft is what a person fills in.
type Draft struct {
	WorkspaceID string
	Name        string
	Connector   string
	Settings    json.RawMessage // an object in the shape of the manifest's Auth.Fields, secrets in clear
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)

// Create stores a new connection; it is not tried yet. Settings that cannot be used are a *flow.InputError with all
// problems, and secrets that the connector wants made up are made up.
func (s *Service) Create(ctx context.Context, in Draft) (Connection, error) {
	var problems []schema.Problem
	if !nameForm.MatchString(in.Name) {
		problems = append(problems, schema.Problem{Path: "name", Message: "must be lower-case letters, digits, hyphens and underscores"})
	}
	manifest, ok := s.manifests.Manifest(in.Connector)
	if !ok {
		problems = append(problems, schema.Problem{Path: "connector", Message: "is not installed"})
	}
	values, err := fill(manifest.Auth.Fields, in.Settings, nil)
	if input := new(flow.InputError); ok && errors.As(err, &input) {
		problems = append(problems, input.Problems...)
	}
	if len(problems) > 0 {
		return Connection{}, &flow.InputError{Problems: problems}
	}
	if err != nil {
		return Connection{}, err
	}
	c := Connection{ID: id.New("con"), WorkspaceID: in.WorkspaceID, Name: in.Name, Connector: in.Connector, Health: HealthUnknown}
	if err := shut(s.keys, &c, manifest.Auth.Fields, values, nil); err != nil {
		return Connection{}, err
	}
	stored, err := s.store.InsertConnection(ctx, c)
	if err != nil {
		return Connection{}, fmt.Errorf("create connection %s: %w", in.Name, err)
	}
	return stored, nil
}

// Change gives some of a connection's fields other values: null takes one away, a secret left empty stays as it is, and so
// do fields that changes does not name. The connection is not tried with them yet. A token that the provider gave for what
// the connection was before goes.
func (s *Service) Change(ctx context.Context, workspaceID, idOrName string, changes json.RawMessage) (Connection, error) {
	c, err := s.Get(ctx, workspaceID, idOrName)
	if err != nil {
		return Connection{}, err
	}
	manifest, ok := s.manifests.Manifest(c.Connector)
	if !ok {
		return Connection{}, &flow.InputError{Problems: []schema.Problem{{Path: "connection", Message: "is one of " + c.Connector + ", which is not installed"}}}
	}
	known, err := unshut(s.keys, c)
	if err != nil && !errors.Is(err, seal.ErrWrongKey) && !errors.Is(err, seal.ErrDamaged) {
		return Connection{}, fmt.Errorf("change connection %s: %w", c.Name, err)
	} // secrets that are lost are what a person now enters again
	values, err := fill(manifest.Auth.Fields, changed(c.Settings, changes), known)
	if err != nil {
		return Connection{}, err
	}
	was := opens(manifest.Auth, c.Settings, known)
	secrets := renewed(manifest.Auth.Fields, values, known)
	var before json.RawMessage
	if in := manifest.Inbox; in != nil && in.Verify.Scheme.IsHMAC() { // a token stands in what is sent, and a leaked one ends at once
		before = outgoing(in.Verify.Secret, values, known, time.Now())
	}
	if err := shut(s.keys, &c, manifest.Auth.Fields, values, before); err != nil {
		return Connection{}, err
	}
	c.Health, c.Failure = HealthUnknown, nil
	defer s.Forget()
	stored, err := s.store.ChangeConnection(ctx, c, secrets, opens(manifest.Auth, encode(values), nil) != was)
	if err != nil {
		return Connection{}, fmt.Errorf("change connection %s: %w", c.Name, err)
	}
	return stored, nil
}

// Get finds a connection of a workspace by id or by name.
func (s *Service) Get(ctx context.Context, workspaceID, idOrName string) (Connection, error) {
	if !id.Valid("con", idOrName) {
		return s.store.ConnectionByName(ctx, workspaceID, idOrName)
	}
	c, err := s.store.Connection(ctx, idOrName)
	if err == nil && c.WorkspaceID != workspaceID {
		return s.store.ConnectionByName(ctx, workspaceID, idOrName) // the store's own way of saying that it is not there
	}
	return c, err
}

// List returns a page of a workspace's connections, newest first.
func (s *Service) List(ctx context.Context, workspaceID string, p list.Page) ([]Connection, error) {
	return s.store.ListConnections(ctx, workspaceID, p)
}

// ConnectionID returns the id of the connection that a flow names.
func (s *Service) ConnectionID(ctx context.Context, workspaceID, name string) (string, error) {
	return s.ids.get(named{workspaceID, name}, func() (string, error) {
		c, err := s.store.ConnectionByName(ctx, workspaceID, name)
		return c.ID, err
	})
}

// Open returns a connection of any workspace with its secrets in reach.
func (s *Service) Open(ctx context.Context, connectionID string) (Opened, error) {
	return s.opened.get(connectionID, func() (Opened, error) { return s.open(ctx, connectionID) })
}

func (s *Service) open(ctx context.Context, connectionID string) (Opened, error) {
	c, err := s.store.Connection(ctx, connectionID)
	if err != nil {
		return Opened{}, fmt.Errorf("connection %s: %w", connectionID, err)
	}
	manifest, ok := s.manifests.Manifest(c.Connector)
	if !ok {
		return Opened{}, gateway(protocol.Retryable, "The connector %s is not installed.", c.Connector)
	}
	secret, err := unshut(s.keys, c)
	if err != nil {
		s.log.ErrorContext(ctx, "connection not opened", "connection_id", c.ID, "error", err)
		return Opened{}, gateway(protocol.Unauthorized, "The secrets of the connection %s cannot be opened; enter them again.", c.Name)
	}
	o := Opened{Connection: c, Manifest: manifest, handles: s.handles, secrets: make(map[string]seal.Secret, len(secret)), shared: &shapes{}}
	if raw := secret[formerly]; raw != nil {
		var before former
		_ = json.Unmarshal(raw, &before) // written by outgoing
		o.former, o.until = seal.NewSecret(before.Secret), before.Until
		delete(secret, formerly)
	}
	for field, value := range secret {
		var text string
		_ = json.Unmarshal(value, &text) // secret fields are strings; anything else is no secret to use
		o.secrets[field] = seal.NewSecret(text)
	}
	if o.GetsToken() {
		o.token, err = s.openToken(ctx, c)
		if errors.Is(err, seal.ErrWrongKey) || errors.Is(err, seal.ErrDamaged) {
			s.log.ErrorContext(ctx, "token not opened", "connection_id", c.ID, "error", err)
			err = nil // as if there were none: a person connects again
		}
	}
	return o, err
}

// Grant returns what calls of a connection may use on their way out.
func (s *Service) Grant(ctx context.Context, connectionID string) (Grant, error) {
	o, err := s.Open(ctx, connectionID)
	if err != nil {
		return Grant{}, err
	}
	return s.grant(o), nil
}

// grant is Opened.Grant with the way to another token.
func (s *Service) grant(o Opened) Grant {
	g := o.Grant()
	if o.GetsToken() {
		g.Renew = func(ctx context.Context, refused string) (string, error) { return s.replace(ctx, o.ID, refused) }
	}
	return g
}

// Test asks the provider whether a connection works and notes the answer. A *protocol.Failure is such an answer too.
func (s *Service) Test(ctx context.Context, workspaceID, idOrName string) (protocol.Identity, error) {
	c, err := s.Get(ctx, workspaceID, idOrName)
	if err != nil {
		return protocol.Identity{}, err
	}
	var identity protocol.Identity
	_, err = s.call(ctx, c.ID, protocol.Call{Attempt: 1}, func(connector protocol.Connector, call protocol.Call) (err error) {
		identity, err = connector.CheckConnection(ctx, call)
		return err
	})
	var f *protocol.Failure
	if err != nil && !errors.As(err, &f) {
		return protocol.Identity{}, err
	}
	if account := cmp.Or(identity.Label, identity.ID); err == nil && account != "" && account != c.Account {
		c.Account = account
		defer s.Forget()
		if _, err := s.store.UpdateConnection(ctx, c); err != nil {
			s.log.WarnContext(ctx, "account of a connection not stored", "connection_id", c.ID, "error", err)
		}
	}
	health := HealthGood
	if f != nil {
		health = HealthBad
	} else if c.Health != HealthGood {
		if err := s.store.WakeHeld(ctx, c.ID); err != nil {
			s.log.WarnContext(ctx, "held runs not woken", "connection_id", c.ID, "error", err)
		}
	}
	defer s.Forget()
	if noted := s.store.SetHealth(ctx, c.ID, health, f); noted != nil {
		return identity, errors.Join(err, fmt.Errorf("test connection %s: %w", c.Name, noted))
	}
	return identity, err
}

func gateway(kind protocol.FailureKind, format string, args ...any) *protocol.Failure {
	return &protocol.Failure{Kind: kind, Message: fmt.Sprintf(format, args...), Source: protocol.FromGateway}
}
