package app

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/httpapi"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// connections lets the API manage connections.
type connections struct{ app *App }

func (c *connections) CreateConnection(ctx context.Context, in httpapi.NewConnection) (api.Connection, error) {
	made, err := c.app.Connections.Create(ctx, connection.Draft{
		WorkspaceID: in.WorkspaceID, Name: in.Name, Connector: in.Connector, Settings: in.Settings,
	})
	if errors.Is(err, store.ErrTaken) {
		return api.Connection{}, api.Conflict("connection-taken", map[string]any{"name": in.Name})
	}
	if err != nil {
		return api.Connection{}, err
	}
	c.app.subscribe(made.ID, false)
	return c.shape(ctx, made, nil)
}

// ChangeConnection stores other settings and then works with them: the provider is asked whether they are good, and for the
// webhooks, which may be another account's now.
func (c *connections) ChangeConnection(ctx context.Context, workspaceID, idOrName string, settings json.RawMessage) (api.Connection, error) {
	changed, err := c.app.Connections.Change(ctx, workspaceID, idOrName, settings)
	if err != nil {
		return api.Connection{}, err
	}
	c.app.intake.Forget(changed.ID)
	var failure *protocol.Failure
	if _, err := c.app.Connections.Test(ctx, workspaceID, changed.ID); err != nil && !errors.As(err, &failure) {
		return api.Connection{}, err
	}
	c.app.subscribe(changed.ID, true)
	return c.Connection(ctx, workspaceID, changed.ID)
}

func (c *connections) ListConnections(ctx context.Context, workspaceID string, p list.Page) ([]api.Connection, error) {
	found, err := c.app.Connections.List(ctx, workspaceID, p)
	if err != nil {
		return nil, err
	}
	held, err := c.app.Store.HeldRuns(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	all := make([]api.Connection, len(found))
	for i, f := range found {
		if all[i], err = c.shape(ctx, f, held); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (c *connections) Connection(ctx context.Context, workspaceID, idOrName string) (api.Connection, error) {
	found, err := c.app.Connections.Get(ctx, workspaceID, idOrName)
	if err != nil {
		return api.Connection{}, err
	}
	held, err := c.app.Store.HeldRuns(ctx, workspaceID)
	if err != nil {
		return api.Connection{}, err
	}
	out, err := c.shape(ctx, found, held)
	if err != nil {
		return out, err
	}
	out.Flows, err = c.using(ctx, found)
	return out, err
}

// using lists the flows whose live version goes through a connection.
func (c *connections) using(ctx context.Context, in connection.Connection) (out []api.UsingFlow, err error) {
	live, err := c.app.Store.LiveSources(ctx, in.WorkspaceID)
	for _, f := range live {
		if doc, _ := flow.Parse(f.Draft); doc != nil && slices.Contains(doc.Connections(), in.Name) {
			out = append(out, api.UsingFlow{Name: f.Name, Title: f.Title, Enabled: f.Enabled})
		}
	}
	return out, err
}

func (c *connections) TestConnection(ctx context.Context, workspaceID, idOrName string) (api.ConnectionCheck, error) {
	identity, err := c.app.Connections.Test(ctx, workspaceID, idOrName)
	var failure *protocol.Failure
	if errors.As(err, &failure) {
		return api.ConnectionCheck{Failure: api.FailureOf(failure)}, nil
	}
	return api.ConnectionCheck{OK: err == nil, Account: identity.Label}, err
}

func (c *connections) Options(ctx context.Context, workspaceID, idOrName string, in api.OptionsQuery) (api.Options, error) {
	if len(in.Input) == 0 {
		in.Input = json.RawMessage("{}")
	}
	page, err := c.app.Connections.ListOptions(ctx, workspaceID, idOrName, protocol.OptionsRequest{Loader: in.List, Input: in.Input, Search: in.Search, Cursor: in.After})
	out := api.Options{Items: page.Options, Next: page.Cursor}
	if out.Items == nil {
		out.Items = []protocol.Option{}
	}
	return out, err
}

func (c *connections) DeleteConnection(ctx context.Context, workspaceID, idOrName string) error {
	found, err := c.app.Connections.Get(ctx, workspaceID, idOrName)
	if err != nil {
		return err
	}
	using, err := c.using(ctx, found)
	if err != nil {
		return err
	}
	var live []string
	for _, f := range using {
		if f.Enabled {
			live = append(live, f.Name)
		}
	}
	if len(live) > 0 {
		return api.Conflict("connection-in-use", map[string]any{"flows": strings.Join(live, ", ")})
	}
	if err := c.app.Store.DeleteConnection(ctx, workspaceID, found.ID); err != nil {
		return err
	}
	c.app.Connections.Forget()
	c.app.intake.Forget(found.ID)
	return nil
}

func (c *connections) AuthorizeConnection(ctx context.Context, workspaceID, idOrName, userID, sessionID string) (httpapi.Authorized, error) {
	a, err := c.app.Connections.Authorize(ctx, workspaceID, idOrName, connection.Person{UserID: userID, SessionID: sessionID})
	var failure *protocol.Failure
	switch {
	case errors.As(err, &failure) && failure.Kind == protocol.Permanent:
		return httpapi.Authorized{}, &api.ConflictError{Detail: failure.Message}
	case failure != nil:
		return httpapi.Authorized{Authorization: api.Authorization{Failure: api.FailureOf(failure)}}, nil
	case err != nil:
		return httpapi.Authorized{}, err
	}
	return httpapi.Authorized{
		Authorization: api.Authorization{URL: a.URL, Connected: a.URL == ""},
		Cookie:        a.Name, Value: a.Browser, Path: connection.CookiePath, Lives: connection.ConsentTime,
	}, nil
}

func (c *connections) CompleteConsent(ctx context.Context, in httpapi.ConsentReturn) (string, error) {
	made, err := c.app.Connections.Complete(ctx, connection.Return{State: in.State, Code: in.Code, Error: in.Error, Cookie: in.Cookie, RequestID: in.RequestID})
	var failure *protocol.Failure
	switch {
	case errors.Is(err, connection.ErrConsent), errors.Is(err, store.ErrNotFound):
		return "", httpapi.ErrNoConsent
	case errors.As(err, &failure):
		return made.Name, &api.ConflictError{Detail: failure.Message}
	case err == nil:
		c.app.listen(made.ID) // what it could not subscribe to before
	}
	return made.Name, err
}

// shape shows a connection without its secrets.
func (c *connections) shape(ctx context.Context, in connection.Connection, held map[string]int) (_ api.Connection, err error) {
	out := api.Connection{
		ID: in.ID, Name: in.Name, Connector: in.Connector, Settings: in.Settings, Account: in.Account,
		Health: string(in.Health), Failure: api.FailureOf(in.Failure), CreatedAt: in.CreatedAt.UTC(),
	}
	if out.Owner, err = c.app.Store.ActorName(ctx, in.WorkspaceID, in.OwnerID); err != nil {
		return out, err
	}
	if in.HeldUntil.After(time.Now()) {
		at := in.HeldUntil.UTC()
		out.HeldUntil = &at
	}
	if out.Token, err = c.token(ctx, in); err != nil {
		return out, err
	}
	if !in.CheckedAt.IsZero() {
		at := in.CheckedAt.UTC()
		out.CheckedAt = &at
	}
	if m, ok := c.app.catalog.Manifest(in.Connector); ok && m.Inbox != nil {
		out.WebhookURL = c.app.callbackURL(in.ID)
	}
	lost, err := c.app.Store.LostAt(ctx, in.ID)
	if err != nil {
		return out, err
	}
	if !lost.IsZero() {
		out.DeafSince = &lost
	}
	out.HeldRuns = held[in.Name]
	subs, err := c.app.Store.SubscriptionsOf(ctx, in.ID)
	for _, sub := range subs {
		out.Subscriptions = append(out.Subscriptions, subscription(sub))
	}
	return out, err
}

// token says what a provider has given for a connection; nil for connectors that need no such thing.
func (c *connections) token(ctx context.Context, in connection.Connection) (*api.ConnectionToken, error) {
	m, ok := c.app.catalog.Manifest(in.Connector)
	if !ok || !m.Auth.HasToken() {
		return nil, nil
	}
	if _, may := m.Auth.Fields.Field(protocol.AccessToken); may { // whoever has filled in a token gets none
		if o, err := c.app.Connections.Open(ctx, in.ID); err != nil || !o.GetsToken() {
			return nil, nil //nolint:nilerr // what keeps it from being opened is its health's to tell
		}
	}
	t, err := c.app.Store.Tokens(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &api.ConnectionToken{Connected: t.Revision > 0, Scopes: strings.Fields(t.Scopes), Failure: api.FailureOf(t.Failure)}
	if m.Auth.OAuth != nil && m.Auth.OAuth.Grant == protocol.GrantCode {
		out.Consent, out.ConnectURL = true, c.app.Settings.ConsoleURL()+"/connections"
	}
	if !t.ExpiresAt.IsZero() {
		at := t.ExpiresAt.UTC()
		out.ExpiresAt = &at
	}
	return out, nil
}

func subscription(in trigger.Subscription) api.Subscription {
	out := api.Subscription{Trigger: in.Trigger, State: "active", Failure: api.FailureOf(in.Failure)}
	if in.EndpointKey != "" {
		out.Input = in.Input
	}
	switch {
	case in.Failure != nil:
		out.State = "failing"
	case in.ExternalID == "":
		out.State = "pending"
	}
	if !in.ExpiresAt.IsZero() {
		at := in.ExpiresAt.UTC()
		out.ExpiresAt = &at
	}
	if !in.DueAt.IsZero() {
		at := in.DueAt.UTC()
		out.DueAt = &at
	}
	return out
}

// callbackURL is where a connection's provider sends its webhooks.
func (a *App) callbackURL(connectionID string) string {
	return a.Settings.HooksURL() + "/hooks/connections/" + connectionID
}
