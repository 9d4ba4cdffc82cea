// Package connection keeps what opens an outside service: settings in clear, secrets sealed, and whether they work. It
// is also the one door through which the gateway calls a connector: it hands settings over with handles in place of
// secrets, opens the way out for exactly that call, and looks at what comes back. Storing, running processes and
// sending requests are left to others.
package connection

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Health is whether a connection works, as far as its last use tells.
type Health string

const (
	HealthUnknown Health = "unknown" // never tried
	HealthGood    Health = "good"
	HealthBad     Health = "bad" // Failure says why
	// HealthReconnect is one whose token a person must renew: its calls fail without asking the provider.
	HealthReconnect Health = "needs_reconnect"
)

// Connection is a stored connection with its secrets sealed.
type Connection struct {
	ID          string // con_…
	WorkspaceID string
	Name        string // unique in the workspace; flows name it
	Connector   string
	Settings    json.RawMessage // the fields that are no secrets
	Secrets     []byte          // all secret fields together, sealed; empty if there are none
	KeyID       string          // of the key that sealed them
	Account     string          // whose account it opens, for a person
	OwnerID     string          // usr_… or tok_… of who made it; empty: nobody is known
	Health      Health
	Failure     *protocol.Failure
	CheckedAt   time.Time
	HeldUntil   time.Time // the provider asked for patience until then; zero: it did not
	Revision    int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Store keeps connections. Its own errors for a row that is not there, a name that is taken and a row that has changed
// in between pass through to the caller.
type Store interface {
	InsertConnection(ctx context.Context, c Connection) (Connection, error)
	// ChangeConnection is UpdateConnection for what a person has changed: it is recorded, with the names of the secrets that
	// are new. Where losesToken is set, what the provider has given for the connection goes with it.
	ChangeConnection(ctx context.Context, c Connection, secrets []string, losesToken bool) (Connection, error)
	// UpdateConnection stores settings, secrets, account and health unless the row has changed since c.Revision.
	UpdateConnection(ctx context.Context, c Connection) (Connection, error)
	// SetHealth leaves the revision alone: an edit in progress is not stale because of it. What needs to be reconnected
	// stays so.
	SetHealth(ctx context.Context, id string, health Health, failure *protocol.Failure) error
	// Connection finds a connection of any workspace; webhooks name nothing else.
	Connection(ctx context.Context, id string) (Connection, error)
	ConnectionByName(ctx context.Context, workspaceID, name string) (Connection, error)
	ListConnections(ctx context.Context, workspaceID string, p list.Page) ([]Connection, error)

	TokenStore
}

// Manifests knows what connectors say about themselves.
type Manifests interface {
	Manifest(name string) (protocol.Manifest, bool)
	// PinnedManifest is that of a version, or of the one in use where the version is empty or gone.
	PinnedManifest(name, version string) (protocol.Manifest, bool)
}

// Connectors reaches running connectors.
type Connectors interface {
	// Pinned is a connector in a version, or in the one in use where the version is empty or gone.
	Pinned(name, version string) (protocol.Connector, error)
}
