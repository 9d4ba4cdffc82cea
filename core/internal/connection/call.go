package connection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Invocation is one attempt of a step's call.
type Invocation struct {
	WorkspaceID    string
	ConnectionID   string // empty for connectors without auth
	Connector      string
	Version        string // of the connector; empty: the one in use
	Action         string
	Input          json.RawMessage
	RunID          string
	StepID         string
	Attempt        int
	IdempotencyKey string
	Hops           int                    // how many runs led to it, itself included
	Timeout        time.Duration          // zero: the context's
	Log            func(protocol.LogLine) // may be nil
}

// Invoke makes one call of an action and returns what it exchanged with the provider, on an error too. An error is a
// *protocol.Failure, or anything else for a call whose outcome is not known. An output that does not fit what the
// action declares is a failure; what was sent to a person is returned all the same, so that nobody loses sight of it.
func (s *Service) Invoke(ctx context.Context, in Invocation) (protocol.Result, []Exchange, error) {
	if in.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, in.Timeout)
		defer cancel()
	}
	o, err := s.openFor(ctx, in)
	if err != nil {
		return protocol.Result{}, nil, err
	}
	action, ok := o.Manifest.Action(in.Action)
	if !ok && o.serves == "" {
		return protocol.Result{}, nil, gateway(protocol.Permanent, "The connector %s has no action %s.", in.Connector, in.Action)
	}
	if err := s.held.refuse(in.ConnectionID, o.HeldUntil); err != nil {
		return protocol.Result{}, nil, err
	}
	call := protocol.Call{RunID: in.RunID, StepID: in.StepID, Attempt: in.Attempt, IdempotencyKey: in.IdempotencyKey}
	var result protocol.Result
	exchanges, err := s.with(ctx, o, call, func(connector protocol.Connector, call protocol.Call) (err error) {
		result, err = connector.Invoke(ctx, protocol.Invocation{Call: call, Action: in.Action, Input: in.Input}, o.said(in.Log))
		return err
	})
	s.notice(ctx, o, err)
	s.patience(ctx, in.ConnectionID, err)
	if err != nil {
		return protocol.Result{}, exchanges, err
	}
	if err := fits(action.Output, result.Output); err != nil {
		return protocol.Result{Sent: result.Sent}, exchanges, err
	}
	return result, exchanges, nil
}

// patience notes that a provider asked for it, here and for the other nodes.
func (s *Service) patience(ctx context.Context, connectionID string, err error) {
	wait := s.held.note(connectionID, err)
	if wait == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.store.Hold(ctx, connectionID, wait); err != nil {
		s.log.WarnContext(ctx, "hold of a connection not stored", "connection_id", connectionID, "error", err)
	}
}

// openFor opens the connection of an invocation, which must be of its workspace and its connector.
func (s *Service) openFor(ctx context.Context, in Invocation) (Opened, error) {
	if in.Connector == flow.HTTPConnector {
		return s.openForHTTP(ctx, in)
	}
	if in.ConnectionID == "" {
		manifest, ok := s.manifests.PinnedManifest(in.Connector, in.Version)
		if !ok {
			return Opened{}, gateway(protocol.Retryable, "The connector %s is not installed.", in.Connector)
		}
		return Opened{Connection: Connection{Connector: in.Connector}, Manifest: manifest, handles: s.handles}, nil
	}
	o, err := s.Open(ctx, in.ConnectionID)
	if err == nil {
		o.Manifest, _ = s.manifests.PinnedManifest(o.Connector, in.Version)
	}
	if err == nil && (o.WorkspaceID != in.WorkspaceID || o.Connector != in.Connector) {
		return Opened{}, gateway(protocol.Permanent, "The connection is not one of this workspace to %s.", in.Connector)
	}
	return o, err
}

// openForHTTP opens whichever connection an http step names, whose hosts and credentials it then has; without one it has no
// credentials and may reach any host.
func (s *Service) openForHTTP(ctx context.Context, in Invocation) (o Opened, err error) {
	o = Opened{handles: s.handles}
	if in.ConnectionID != "" {
		o, err = s.Open(ctx, in.ConnectionID)
		if err == nil && o.WorkspaceID != in.WorkspaceID {
			err = gateway(protocol.Permanent, "The connection is not one of this workspace.")
		}
	}
	o.serves, o.hops = in.Connector, in.Hops
	return o, err
}

// fits checks an output against its declaration. An action that declares nothing may return anything.
func fits(declared schema.Type, output json.RawMessage) error {
	if declared.Kind == "" || declared.Kind == schema.Any {
		return nil
	}
	if len(output) == 0 {
		output = json.RawMessage("null")
	}
	problems := declared.Check(output, "output")
	if len(problems) == 0 {
		return nil
	}
	return &protocol.Failure{
		Kind: protocol.Permanent, Source: protocol.FromConnector,
		Message: fmt.Sprintf("The connector's answer is not what it declares: %s %s.", problems[0].Path, problems[0].Message),
	}
}

// notice keeps a connection's health in step with its use: refused credentials show at once, and so does their renewal.
func (s *Service) notice(ctx context.Context, o Opened, err error) {
	var f *protocol.Failure
	health := HealthGood
	if errors.As(err, &f) && f.Kind == protocol.Unauthorized {
		if f.Source == protocol.FromGateway {
			return // the provider was not asked
		}
		health = HealthBad
	} else if err != nil {
		return
	}
	if o.ID == "" || o.Health == health {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	defer s.Forget()
	if err := s.store.SetHealth(ctx, o.ID, health, f); err != nil {
		s.log.WarnContext(ctx, "health of a connection not stored", "connection_id", o.ID, "error", err)
	}
}

// Receive lets the connector read one verified webhook request. Its Call is filled in here.
func (s *Service) Receive(ctx context.Context, connectionID string, in protocol.Webhook) ([]protocol.Event, []Exchange, error) {
	o, err := s.Open(ctx, connectionID)
	if err != nil {
		return nil, nil, err
	}
	var events []protocol.Event
	exchanges, err := s.with(ctx, o, protocol.Call{Attempt: 1}, func(connector protocol.Connector, call protocol.Call) (err error) {
		in.Call = call
		events, err = connector.Receive(ctx, in)
		return err
	})
	if err == nil {
		err = known(o.Manifest, events)
	}
	if err != nil {
		return nil, exchanges, err
	}
	return events, exchanges, nil
}

// Fetch reads one page of a poll trigger. The request's Call is filled in here.
func (s *Service) Fetch(ctx context.Context, connectionID string, in protocol.FetchRequest) (protocol.Page, []Exchange, error) {
	o, err := s.Open(ctx, connectionID)
	if err != nil {
		return protocol.Page{}, nil, err
	}
	if err := s.held.refuse(o.ID, o.HeldUntil); err != nil {
		return protocol.Page{}, nil, err
	}
	var page protocol.Page
	exchanges, err := s.with(ctx, o, protocol.Call{Attempt: 1}, func(connector protocol.Connector, call protocol.Call) (err error) {
		in.Call = call
		page, err = connector.Fetch(ctx, in)
		return err
	})
	s.notice(ctx, o, err)
	s.patience(ctx, o.ID, err)
	if err == nil {
		err = known(o.Manifest, page.Events)
	}
	if err != nil {
		return protocol.Page{}, exchanges, err
	}
	return page, exchanges, nil
}

// known refuses events of triggers that the connector does not declare: no flow could name them.
func known(m protocol.Manifest, events []protocol.Event) error {
	for _, e := range events {
		if _, ok := m.Trigger(e.Trigger); !ok {
			return &protocol.Failure{
				Kind: protocol.Permanent, Source: protocol.FromConnector,
				Message: fmt.Sprintf("The connector %s reports an event of a trigger that it does not declare: %.64q.", m.Name, e.Trigger),
			}
		}
	}
	return nil
}

// Subscribe asks the provider to send a trigger's webhooks to an address of the connection. If the connector's requests
// prove themselves by a token in the query, the token is added to the address as it leaves. The request's Call is filled in
// here.
func (s *Service) Subscribe(ctx context.Context, connectionID string, in protocol.SubscribeRequest) (protocol.Subscription, []Exchange, error) {
	o, err := s.Open(ctx, connectionID)
	if err != nil {
		return protocol.Subscription{}, nil, err
	}
	if in.CallbackURL, err = o.callback(in.CallbackURL); err != nil {
		return protocol.Subscription{}, nil, err
	}
	var subscription protocol.Subscription
	exchanges, err := s.with(ctx, o, protocol.Call{Attempt: 1}, func(connector protocol.Connector, call protocol.Call) (err error) {
		in.Call = call
		subscription, err = connector.Subscribe(ctx, in)
		return err
	})
	s.notice(ctx, o, err)
	return subscription, exchanges, err
}

// callback adds the handle of the token to an address.
func (o Opened) callback(address string) (string, error) {
	if o.Manifest.Inbox == nil || o.Manifest.Inbox.Verify.Scheme != protocol.SchemeToken || o.Manifest.Inbox.Verify.Query == "" {
		return address, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("callback address: %w", err)
	}
	query := u.Query()
	query.Set(o.Manifest.Inbox.Verify.Query, o.handles.of(o.ID, o.Manifest.Inbox.Verify.Secret))
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// Unsubscribe ends a subscription at the provider. The request's Call is filled in here.
func (s *Service) Unsubscribe(ctx context.Context, connectionID string, in protocol.UnsubscribeRequest) ([]Exchange, error) {
	return s.call(ctx, connectionID, protocol.Call{Attempt: 1}, func(connector protocol.Connector, call protocol.Call) error {
		in.Call = call
		return connector.Unsubscribe(ctx, in)
	})
}

// ListOptions fills a dropdown of a workspace's connection. The request's Call is filled in here.
func (s *Service) ListOptions(ctx context.Context, workspaceID, idOrName string, in protocol.OptionsRequest) (protocol.OptionsPage, error) {
	c, err := s.Get(ctx, workspaceID, idOrName)
	if err != nil {
		return protocol.OptionsPage{}, err
	}
	var page protocol.OptionsPage
	_, err = s.call(ctx, c.ID, protocol.Call{Attempt: 1}, func(connector protocol.Connector, call protocol.Call) (err error) {
		in.Call = call
		page, err = connector.ListOptions(ctx, in)
		return err
	})
	return page, err
}

// call makes one call with a stored connection.
func (s *Service) call(ctx context.Context, connectionID string, call protocol.Call, f func(protocol.Connector, protocol.Call) error) ([]Exchange, error) {
	o, err := s.Open(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	return s.with(ctx, o, call, f)
}

// with makes one call under a ticket of its own, which is worthless once the call has ended.
func (s *Service) with(ctx context.Context, o Opened, call protocol.Call, f func(protocol.Connector, protocol.Call) error) ([]Exchange, error) {
	name, version := o.Connector, o.Manifest.Version
	if o.serves != "" {
		name, version = o.serves, ""
	}
	connector, err := s.connectors.Pinned(name, version)
	if err != nil {
		return nil, gateway(protocol.Retryable, "The connector cannot be called: %v.", err)
	}
	if o, err = s.fresh(ctx, o); err != nil {
		return nil, err
	}
	grant := s.grant(o)
	ticket, done := s.tickets.Open(grant)
	call.Ticket, call.ConnectionID, call.Settings = ticket, o.ID, o.shape().handed
	defer done() // also when f panics; once more is harmless
	err = f(connector, call)
	return done(), readable(o.hider(grant), err)
}

// said passes on the lines of a call without the secrets that a connector which dials by itself holds.
func (o Opened) said(log func(protocol.LogLine)) func(protocol.LogLine) {
	if o.Manifest.Direct == "" || log == nil {
		return log
	}
	hide := o.hider(o.Grant())
	return func(l protocol.LogLine) {
		l.Message = hide.Replace(l.Message)
		log(l)
	}
}

// hider puts dots in place of the handles of secrets and, where the connector holds them, of the secrets themselves.
func (o Opened) hider(grant Grant) *strings.Replacer {
	var pairs []string
	for handle, secret := range grant.Secrets {
		pairs = append(pairs, handle, "•••")
		if o.Manifest.Direct != "" {
			pairs = append(pairs, secret, "•••")
		}
	}
	return strings.NewReplacer(pairs...)
}

// readable hides in a failure, which people read, what is not theirs to see.
func readable(hide *strings.Replacer, err error) error {
	var f *protocol.Failure
	if !errors.As(err, &f) {
		return err
	}
	out := *f
	out.Message, out.Detail = hide.Replace(out.Message), hide.Replace(out.Detail)
	return &out
}
