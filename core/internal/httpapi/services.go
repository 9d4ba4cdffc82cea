package httpapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/erasure"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Every method here takes the workspace of whoever asks, and returns engine.ErrNotFound for what another workspace
// owns, as if it were not there.

// History reads what happened.
type History interface {
	ListRuns(ctx context.Context, workspaceID string, filter inspect.RunFilter, p list.Page) ([]inspect.ListedRun, error)
	// Identities lists how a contact is recognised.
	Identities(ctx context.Context, contactID string) ([]string, error)
	RunDetail(ctx context.Context, workspaceID, runID string) (inspect.RunDetail, error)
	ListWaits(ctx context.Context, workspaceID string, f inspect.WaitFilter, p list.Page) ([]run.Wait, error)
	// Wait loads a wait of any workspace; the caller compares.
	Wait(ctx context.Context, waitID string) (run.Wait, error)
	// ListMessages returns one contact's messages, or all of them when contactID is empty.
	ListMessages(ctx context.Context, workspaceID, contactID string, p list.Page) ([]conversation.Message, error)
	SearchContacts(ctx context.Context, workspaceID string, f inspect.ContactFilter, p list.Page) ([]conversation.Contact, error)
	ContactByID(ctx context.Context, workspaceID, contactID string) (conversation.Contact, error)
	ListEvents(ctx context.Context, workspaceID string, p list.Page) ([]event.Event, error)
	Event(ctx context.Context, workspaceID, eventID string) (event.Event, error)
}

// Flows reads flows.
type Flows interface {
	ListFlows(ctx context.Context, workspaceID string, p list.Page) ([]inspect.Flow, error)
	// Activity tells what flows have done since then, by their ids.
	Activity(ctx context.Context, workspaceID string, flowIDs []string, since time.Time) (map[string]inspect.Activity, error)
	Flow(ctx context.Context, workspaceID, name string) (inspect.Flow, error)
	ListVersions(ctx context.Context, workspaceID, flowName string, p list.Page) ([]inspect.PublishedVersion, error)
	VersionNumbered(ctx context.Context, workspaceID, flowName string, number int) (inspect.PublishedVersion, error)
}

// Publisher changes flows. Its errors are flow.Problems when the document is not sound.
type Publisher interface {
	Apply(ctx context.Context, in publish.Document) (publish.Result, error)
	// SaveDraft keeps a document, sound or not, and says what is wrong with it.
	SaveDraft(ctx context.Context, d publish.Draft) (publish.Saved, error)
	// Play tries a document on a virtual clock.
	Play(ctx context.Context, workspaceID string, source []byte, sc flowtest.Scenario) (flowtest.Trace, error)
	// Preview computes an expression with values to try it with.
	Preview(ctx context.Context, in publish.Preview) (any, error)
	// TestStep tries one step of a document with values that are given, and makes its call if asked to.
	TestStep(ctx context.Context, in publish.StepTest) (publish.StepTested, error)
	SetEnabled(ctx context.Context, workspaceID, name string, enabled bool) (inspect.Flow, error)
	File(ctx context.Context, workspaceID, name string, f publish.Filing) (inspect.Flow, error)
}

var _ Publisher = (*publish.Publisher)(nil)

// Runs acts on runs.
type Runs interface {
	// Cancel ends a run. A conflict says that it had ended before.
	Cancel(ctx context.Context, workspaceID, runID, reason string) error
	// Retry takes up a failed run at the step that failed. A conflict says why it can't be.
	Retry(ctx context.Context, workspaceID, runID string) error
	// Replay begins a run anew, on the version that it followed if same, else on the live one. A second ask with the same key
	// finds the first one's run. A *run.RefusedError says why it can't be.
	Replay(ctx context.Context, workspaceID, runID, key string, same bool) (newRunID string, err error)
	// Settle says what became of a call. The error is a *run.RefusedError for a run without one whose outcome is not known
	// and a *flow.InputError for an output that can't be.
	Settle(ctx context.Context, workspaceID, runID string, in run.Settle) error
	// Resume lets a paused run go on. A conflict says that it is not paused.
	Resume(ctx context.Context, workspaceID, runID string) error
	// CheckStart says what Start would refuse, and begins nothing.
	CheckStart(ctx context.Context, workspaceID, flowName string, in api.Start) error
	// Start begins a run of a flow's live version. A second start with the same key finds the first one's run. The
	// error is a *flow.InputError for input that can't be used and a conflict for a flow that takes no events.
	Start(ctx context.Context, workspaceID, flowName, key string, in api.Start) (api.Started, error)
}

// Contacts changes what is known of people.
type Contacts interface {
	// AddContact finds the contact with this phone number or e-mail address, or makes one, and changes them. An
	// *api.InputError says that there is none to find them by, or what is wrong with the change.
	AddContact(ctx context.Context, workspaceID string, c protocol.Contact, change run.ContactChange) (conversation.Contact, error)
	ChangeContact(ctx context.Context, workspaceID, contactID string, change run.ContactChange) (conversation.Contact, error)
	// MergeContacts makes one contact of two, or says what would come of it. An *api.InputError says that they are one.
	MergeContacts(ctx context.Context, workspaceID, contactID, otherID string, dry bool) (engine.Merge, error)
	// EraseContact ends a contact's runs and takes what tells of them out of every table.
	EraseContact(ctx context.Context, workspaceID, contactID string) error
	// Tombstones returns a page of what is kept of those who were erased, newest first.
	Tombstones(ctx context.Context, workspaceID string, p list.Page) ([]erasure.Tombstone, error)
	// EraseAgain erases whom tombstones name, and returns how many that were.
	EraseAgain(ctx context.Context, workspaceID string, all []erasure.Tombstone) (found int, err error)
}

// Lists keeps a workspace's lists of contacts.
type Lists interface {
	Lists(ctx context.Context, workspaceID string) ([]conversation.List, error)
	SaveList(ctx context.Context, workspaceID, name, title string) error
	// DeleteList removes a list and everybody from it. A conflict names the flows that use it.
	DeleteList(ctx context.Context, workspaceID, name string) error
}

// Waits acts on waits.
type Waits interface {
	// Answer claims a wait for its contact. The error is a conflict for one that is over; a second answer
	// with the same key gets the first one's result.
	Answer(ctx context.Context, workspaceID, waitID, key string, in api.Answer) (run.Wait, error)
	// TimeOut takes a wait for unanswered now. The error is a conflict for one that is over.
	TimeOut(ctx context.Context, workspaceID, waitID string) (run.Wait, error)
}

// Hooks manages the addresses of flows. Its errors are engine.ErrNotFound and *trigger.SecretError.
type Hooks interface {
	Of(ctx context.Context, workspaceID, flowName string) (trigger.Hook, error)
	// SetSecret returns the secret, which can't be read again; an empty own has one made.
	SetSecret(ctx context.Context, workspaceID, flowName, own string) (h trigger.Hook, secret string, err error)
}

var _ Hooks = (*trigger.Hooks)(nil)

// Endpoints manages outside addresses that are told what happens. Its errors are *delivery.InputError.
type Endpoints interface {
	Create(ctx context.Context, workspaceID string, d delivery.Draft) (e delivery.Endpoint, secret string, err error)
	Endpoint(ctx context.Context, workspaceID, endpointID string) (delivery.Endpoint, error)
	List(ctx context.Context, workspaceID string, p list.Page) ([]delivery.Endpoint, error)
	Change(ctx context.Context, workspaceID, endpointID string, d delivery.Draft) (delivery.Endpoint, error)
	Rotate(ctx context.Context, workspaceID, endpointID string) (e delivery.Endpoint, secret string, err error)
	Delete(ctx context.Context, workspaceID, endpointID string) error
	Test(ctx context.Context, workspaceID, endpointID string) (deliveryID string, err error)
	Recover(ctx context.Context, workspaceID, endpointID string, since time.Time) (int, error)
	// Missed counts what Recover would send.
	Missed(ctx context.Context, workspaceID, endpointID string, since time.Time) (int, error)
	Deliveries(ctx context.Context, workspaceID string, f delivery.Filter, p list.Page) ([]delivery.Delivery, error)
	Delivery(ctx context.Context, workspaceID, deliveryID string) (delivery.Delivery, error)
	Resend(ctx context.Context, workspaceID, deliveryID string) error
}

var _ Endpoints = (*delivery.Endpoints)(nil)

// Connectors manages what is installed. Its errors are *api.InputError for a package or a version that can't be used, and
// engine.ErrNotFound.
type Connectors interface {
	Connectors(ctx context.Context) ([]api.Connector, error)
	// Install reads a connector's package.
	Install(ctx context.Context, parcel []byte) (api.Connector, error)
	// Choose makes an installed version the one that takes new calls.
	Choose(ctx context.Context, name, version string) (api.Connector, error)
	// AllowDirect lets a connector dial by itself, or no more.
	AllowDirect(ctx context.Context, name string, allowed bool) (api.Connector, error)
	// Restart ends the back-off or the quarantine of a connector.
	Restart(ctx context.Context, name string) (api.Connector, error)
}

// NewConnection is what a person fills in.
type NewConnection struct {
	WorkspaceID string
	Name        string
	Connector   string
	Settings    json.RawMessage // an object in the shape of the manifest's Auth.Fields, secrets in clear
}

// Connections manages connections. Its errors are *api.InputError and *flow.InputError for settings that can't be
// used, and *api.ConflictError for a name that is taken or a connection that flows need.
type Connections interface {
	CreateConnection(ctx context.Context, in NewConnection) (api.Connection, error)
	ListConnections(ctx context.Context, workspaceID string, p list.Page) ([]api.Connection, error)
	// Connection finds one by id or by name, with its subscriptions.
	Connection(ctx context.Context, workspaceID, idOrName string) (api.Connection, error)
	// ChangeConnection gives fields other values and tests the connection, whose health then says how that went.
	ChangeConnection(ctx context.Context, workspaceID, idOrName string, settings json.RawMessage) (api.Connection, error)
	TestConnection(ctx context.Context, workspaceID, idOrName string) (api.ConnectionCheck, error)
	// Options asks the provider for what a field may hold.
	Options(ctx context.Context, workspaceID, idOrName string, in api.OptionsQuery) (api.Options, error)
	DeleteConnection(ctx context.Context, workspaceID, idOrName string) error
	// AuthorizeConnection sets out to get a connection's token on behalf of a person in a session, or of a token (no session).
	AuthorizeConnection(ctx context.Context, workspaceID, idOrName, userID, sessionID string) (Authorized, error)
	// CompleteConsent ends what AuthorizeConnection began and returns the connection's name. The error is ErrNoConsent, or
	// a conflict for what the provider says.
	CompleteConsent(ctx context.Context, in ConsentReturn) (name string, err error)
}

// Tokens makes, checks and ends API tokens.
type Tokens interface {
	Verify(ctx context.Context, text string) (access.Token, error)
	Create(ctx context.Context, in access.NewToken) (t access.Token, text string, err error)
	List(ctx context.Context, workspaceID string, p list.Page) ([]access.Token, error)
	Revoke(ctx context.Context, workspaceID, tokenID string) error
}

var _ Tokens = (*access.Tokens)(nil)

// Audit reads what people and tokens did.
type Audit interface {
	// ListAudit returns a page of a workspace's audit log, newest first.
	ListAudit(ctx context.Context, workspaceID string, f access.AuditFilter, p list.Page) ([]access.Entry, error)
}

// People signs in, invites and changes those who use the console. Its errors are access.ErrDenied, access.ErrCodeNeeded,
// *access.ThrottledError and *access.InputError.
type People interface {
	Session(ctx context.Context, cookie string) (access.Session, access.User, error)
	// Look is Session for one who does nothing: the session ends when it would without it.
	Look(ctx context.Context, cookie string) (access.Session, access.User, error)
	SignIn(ctx context.Context, email, password, code, from string) (cookie string, u access.User, err error)
	SignInAs(ctx context.Context, email string) (cookie string, u access.User, err error)
	SignOut(ctx context.Context, sessionID string) error
	ChangePassword(ctx context.Context, c access.Caller, old, password string) error
	MuteAlerts(ctx context.Context, c access.Caller, mute bool) (access.User, error)
	// Prove and ProveByPasskey take the proof that a person is still there; ProveAsVisitor takes the one of a demo for it.
	Prove(ctx context.Context, c access.Caller, password, code string) (cookie string, err error)
	ProveByPasskey(ctx context.Context, c access.Caller, ceremony string, credential []byte) (cookie string, err error)
	ProveAsVisitor(ctx context.Context, c access.Caller, email string) (cookie string, err error)
	// Renew gives the caller's session a new cookie.
	Renew(ctx context.Context, c access.Caller) (cookie string, err error)
	UseLink(ctx context.Context, link, password string) (cookie string, u access.User, err error)
	Sessions(ctx context.Context, c access.Caller) ([]access.Session, error)
	EndOwn(ctx context.Context, c access.Caller, sessionID string) error
	EndOthers(ctx context.Context, c access.Caller) error
	SignOutUser(ctx context.Context, by access.Role, workspaceID, userID string) error
	// Forgot has a link for a new password sent, if anybody has that address. The error is access.ErrNoMail where none is sent.
	Forgot(ctx context.Context, email, from string) error
	BeginTOTP(ctx context.Context, c access.Caller, password string) (access.NewTOTP, error)
	ConfirmTOTP(ctx context.Context, c access.Caller, code string) (recovery []string, err error)
	EndTOTP(ctx context.Context, c access.Caller, password string) error
	BeginPasskey(ctx context.Context, c access.Caller, password string) (access.PasskeyChallenge, error)
	AddPasskey(ctx context.Context, c access.Caller, ceremony, name string, credential []byte) (made access.Passkey, recovery []string, err error)
	ListPasskeys(ctx context.Context, c access.Caller) ([]access.Passkey, error)
	RenamePasskey(ctx context.Context, c access.Caller, passkeyID, name string) (access.Passkey, error)
	RemovePasskey(ctx context.Context, c access.Caller, passkeyID, password string) error
	BeginSignIn(ctx context.Context) (access.PasskeyChallenge, error)
	SignInByPasskey(ctx context.Context, ceremony string, credential []byte, from string) (cookie string, u access.User, err error)
	Policy(ctx context.Context, workspaceID string) (access.SecondFactorPolicy, error)
	SetPolicy(ctx context.Context, c access.Caller, of access.RequiredOf) (access.SecondFactorPolicy, error)

	SetUpToken(ctx context.Context) (string, error)
	SetUp(ctx context.Context, token string, in access.NewUser) (cookie string, u access.User, err error)

	Memberships(ctx context.Context, userID string) ([]access.Membership, error)
	Switch(ctx context.Context, c access.Caller, workspaceID string) (cookie string, u access.User, err error)
	Leave(ctx context.Context, c access.Caller, workspaceID string) error
	Remove(ctx context.Context, by access.Role, workspaceID, userID string) error
	MakeWorkspace(ctx context.Context, c access.Caller, first string, in access.NewWorkspace) (access.Membership, error)

	Invite(ctx context.Context, by access.Role, in access.NewUser) (u access.User, link string, err error)
	List(ctx context.Context, workspaceID string, p list.Page) ([]access.User, error)
	Change(ctx context.Context, by access.Role, workspaceID, userID string, c access.Change) (access.User, error)
	Link(ctx context.Context, by access.Role, workspaceID, userID string) (u access.User, link string, err error)
	RemoveSecondFactor(ctx context.Context, by access.Role, workspaceID, userID string) (access.User, error)
}

var _ People = (*access.People)(nil)
