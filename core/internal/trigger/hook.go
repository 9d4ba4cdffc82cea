package trigger

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// hookPrefix begins the id of a hook, which is also the secret part of its address.
const hookPrefix = "hook"

// overlap is how long a secret stays good after a new one was made.
const overlap = 24 * time.Hour

// Hook is a flow's own address. It stays the same as long as the flow is there.
type Hook struct {
	ID            string // hook_…
	WorkspaceID   string
	FlowID        string
	Declared      protocol.Inbox
	Answers       time.Duration // how long a caller waits for the flow's answer; zero: callers are answered at once
	Secret        seal.Sealed   // empty until one was made
	Previous      seal.Sealed   // the one before
	PreviousUntil time.Time     // the end of the one before
}

// NeedsSecret reports whether the hook takes nothing until it has a secret.
func (h Hook) NeedsSecret() bool { return h.Declared.Verify.Scheme != flow.SchemeNone }

// HookStore keeps hooks.
type HookStore interface {
	// Hook loads a hook whose flow is live with a webhook trigger; else engine.ErrNotFound.
	Hook(ctx context.Context, id string) (Hook, error)
	// FlowHook loads the hook of a flow by the flow's name.
	FlowHook(ctx context.Context, workspaceID, flowName string) (Hook, error)
	// SetHookSecret puts a secret in the place of the one before, which stays good until previousUntil.
	SetHookSecret(ctx context.Context, h Hook, secret seal.Sealed, overlap time.Duration) (Hook, error)
}

// Hooks manages the addresses of flows and their secrets.
type Hooks struct {
	Store HookStore
	Keys  *seal.Keys
	// Changed is told when what the intake knows of a hook is out of date.
	Changed func(hookID string)
}

// SecretError is a secret that can't be used.
type SecretError struct{ Problem string }

func (e *SecretError) Error() string { return "secret " + e.Problem }

func (s *Hooks) place(h Hook) seal.Place {
	return seal.Place{WorkspaceID: h.WorkspaceID, Table: "hooks", RowID: h.ID, Column: "secret"}
}

// Of returns the hook of a flow.
func (s *Hooks) Of(ctx context.Context, workspaceID, flowName string) (Hook, error) {
	return s.Store.FlowHook(ctx, workspaceID, flowName)
}

// SetSecret gives a flow's address a secret: own, or one that is made here if own is empty. The one before stays good
// for a day. The secret is returned and can't be read again.
func (s *Hooks) SetSecret(ctx context.Context, workspaceID, flowName, own string) (Hook, string, error) {
	h, err := s.Store.FlowHook(ctx, workspaceID, flowName)
	if err != nil {
		return Hook{}, "", err
	}
	secret, standard := own, h.Declared.Verify.Scheme == protocol.SchemeStandardWebhooks
	if secret == "" {
		secret = freshSecret(standard)
	}
	if standard {
		if _, err := standardKey(secret); err != nil {
			return Hook{}, "", &SecretError{err.Error()}
		}
	} else if len(secret) < 16 {
		return Hook{}, "", &SecretError{"must have at least 16 characters"}
	}
	sealed, err := s.Keys.Seal(s.place(h), seal.NewSecret(secret))
	if err != nil {
		return Hook{}, "", err
	}
	h, err = s.Store.SetHookSecret(ctx, h, sealed, overlap)
	if err == nil && s.Changed != nil {
		s.Changed(h.ID)
	}
	return h, secret, err
}

func freshSecret(standard bool) string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	if standard {
		return standardPrefix + base64.StdEncoding.EncodeToString(random[:])
	}
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// Inbox implements Inboxes for hooks.
func (s *Hooks) Inbox(ctx context.Context, hookID string) (Inbox, error) {
	h, err := s.Store.Hook(ctx, hookID)
	if errors.Is(err, engine.ErrNotFound) {
		return Inbox{}, ErrNoInbox
	}
	if err != nil {
		return Inbox{}, err
	}
	secret, err := s.open(h, h.Secret)
	if err != nil {
		return Inbox{}, err
	}
	inbox := Inbox{
		WorkspaceID: h.WorkspaceID, ConnectionID: h.ID, Connector: engine.WebhookConnector, Declared: h.Declared, Answers: h.Answers,
		Secret: func(string) string { return secret },
	}
	if time.Now().Before(h.PreviousUntil) {
		inbox.Previous, err = s.open(h, h.Previous)
	}
	return inbox, err
}

func (s *Hooks) open(h Hook, sealed seal.Sealed) (string, error) {
	if len(sealed.Data) == 0 {
		return "", nil
	}
	secret, err := s.Keys.Open(s.place(h), sealed)
	if err != nil {
		return "", fmt.Errorf("secret of %s: %w", h.ID, err)
	}
	return secret.Reveal(), nil
}
