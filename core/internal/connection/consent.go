package connection

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// ConsentTime is how long a person may take on the provider's page.
const ConsentTime = 10 * time.Minute

// ErrConsent is returned for a return from a provider's page that nobody here set out on, or too late, or in another
// browser.
var ErrConsent = errors.New("the consent is not known here, has been used or is too old")

// Consent is a person on their way to a provider's page. Secrets are kept as hashes.
type Consent struct {
	StateHash    string
	ConnectionID string
	WorkspaceID  string
	SessionID    string // of the person
	UserID       string
	BrowserHash  string // of the cookie that their browser got
	Verifier     []byte // sealed
	KeyID        string
}

// consents keeps them.
type consents interface {
	InsertConsent(ctx context.Context, c Consent, lives time.Duration) error
	// TakeConsent removes a consent and returns it. ok is false for one that is not there, is over, or whose session is.
	TakeConsent(ctx context.Context, stateHash string) (c Consent, ok bool, err error)
}

// Person is who asks for a consent, in which session.
type Person struct{ UserID, SessionID string }

// Authorization is what is to be done next. URL and Browser are empty if nobody has to consent: then the connection has
// its token.
type Authorization struct {
	URL     string // of the provider's page
	Name    string // of the cookie that the person's browser must bring back
	Browser string // its value
}

// Authorize sets out to get a connection's first token, or another one in place of what it has. The error is a
// *protocol.Failure if the provider gives none.
func (s *Service) Authorize(ctx context.Context, workspaceID, idOrName string, by Person) (Authorization, error) {
	c, err := s.Get(ctx, workspaceID, idOrName)
	if err != nil {
		return Authorization{}, err
	}
	o, err := s.open(ctx, c.ID)
	if err != nil {
		return Authorization{}, err
	}
	if !o.GetsToken() {
		return Authorization{}, gateway(protocol.Permanent, "The connector %s signs in with what is in the settings; there is nothing to connect.", o.Connector)
	}
	if !o.consents() {
		asking, cancel := context.WithTimeout(ctx, renewTime)
		defer cancel()
		g, err := s.obtain(asking, o)
		if err != nil {
			return Authorization{}, err
		}
		return Authorization{}, s.restore(ctx, o, g)
	}
	if by.SessionID == "" {
		return Authorization{}, gateway(protocol.Permanent, "A person must consent in a browser. Open %s in the console and press Connect.", o.Name)
	}
	config, err := s.client(o)
	if err != nil {
		return Authorization{}, err
	}
	page, err := url.Parse(config.Endpoint.AuthURL)
	if err == nil {
		err = s.allow(page)
	}
	if err != nil {
		return Authorization{}, gateway(protocol.Unauthorized, "The settings of %s do not make an allowed address of the provider's page.", o.Name)
	}
	params, err := o.expandAll(o.Manifest.Auth.OAuth.Params)
	if err != nil {
		return Authorization{}, err
	}
	state, browser, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	consent := Consent{
		StateHash: hashed(state), ConnectionID: o.ID, WorkspaceID: o.WorkspaceID, SessionID: by.SessionID, UserID: by.UserID, BrowserHash: hashed(browser),
	}
	sealed, err := s.keys.Seal(verifierPlace(consent), seal.NewSecret(verifier))
	if err != nil {
		return Authorization{}, err
	}
	consent.Verifier, consent.KeyID = sealed.Data, sealed.KeyID
	if err := s.store.InsertConsent(ctx, consent, ConsentTime); err != nil {
		return Authorization{}, fmt.Errorf("authorize connection %s: %w", o.Name, err)
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	for name, value := range params {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	return Authorization{URL: config.AuthCodeURL(state, options...), Name: cookieOf(state), Browser: browser}, nil
}

// CookiePath is where the cookie of a consent is sent.
const CookiePath = "/oauth"

// cookieOf is the name of a consent's cookie: several may be under way in one browser.
func cookieOf(state string) string { return "cordboard_oauth_" + hashed(state)[:12] }

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func verifierPlace(c Consent) seal.Place {
	return seal.Place{WorkspaceID: c.WorkspaceID, Table: "oauth_consents", RowID: c.StateHash, Column: "verifier"}
}

// Return is what a person's browser brings back from the provider's page.
type Return struct {
	State, Code string
	Error       string              // what the provider says instead of a code
	RequestID   string              // of the request to the gateway
	Cookie      func(string) string // the value of the browser's cookie of that name
}

// Complete exchanges what came back for tokens and returns the connection. The error is ErrConsent, or a
// *protocol.Failure for what the provider says.
func (s *Service) Complete(ctx context.Context, in Return) (Connection, error) {
	if in.State == "" {
		return Connection{}, ErrConsent
	}
	consent, ok, err := s.store.TakeConsent(ctx, hashed(in.State))
	if err != nil {
		return Connection{}, fmt.Errorf("complete a consent: %w", err)
	}
	browser := hashed(in.Cookie(cookieOf(in.State)))
	if !ok || subtle.ConstantTimeCompare([]byte(browser), []byte(consent.BrowserHash)) != 1 {
		return Connection{}, ErrConsent
	}
	ctx = access.ActingAs(ctx, access.Actor{WorkspaceID: consent.WorkspaceID, ID: consent.UserID, RequestID: in.RequestID})
	o, err := s.open(ctx, consent.ConnectionID)
	if err != nil {
		return Connection{}, err
	}
	if in.Code == "" {
		message := "The provider gave no consent."
		if in.Error == "access_denied" {
			message = "The consent was denied on the provider's page."
		}
		f := gateway(protocol.Unauthorized, "%s", message)
		f.Source = protocol.FromProvider
		return o.Connection, f
	}
	config, err := s.client(o)
	if err != nil {
		return o.Connection, err
	}
	verifier, err := s.keys.Open(verifierPlace(consent), seal.Sealed{KeyID: consent.KeyID, Data: consent.Verifier})
	if err != nil {
		return o.Connection, fmt.Errorf("complete a consent: %w", err)
	}
	params, err := o.expandAll(o.Manifest.Auth.OAuth.TokenParams)
	if err != nil {
		return o.Connection, err
	}
	options := []oauth2.AuthCodeOption{oauth2.VerifierOption(verifier.Reveal())}
	for name, value := range params {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	asking, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, s.http), renewTime)
	defer cancel()
	g, err := s.granted(config.Exchange(asking, in.Code, options...))
	if err != nil {
		return o.Connection, err
	}
	if g.scopes == "" {
		g.scopes = strings.Join(o.Manifest.Auth.OAuth.Scopes, " ") // RFC 6749, 5.1: left out if they are what was asked for
	}
	return o.Connection, s.restore(ctx, o, g)
}

// restore stores the tokens of a connection that works from now on.
func (s *Service) restore(ctx context.Context, o Opened, g grant) error {
	defer s.Forget()
	t, err := s.shutToken(o.Connection, 0, g, s.now())
	if err != nil {
		return err
	}
	news, err := s.news(ctx, o.Connection, event.ConnectionRestored, nil)
	if err != nil {
		return err
	}
	if err := s.store.Restore(ctx, t, news); err != nil {
		return fmt.Errorf("connect %s: %w", o.Name, err)
	}
	s.tell(news)
	return nil
}
