package connection_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/connection/oauthtest"
)

// TestATokenGoesWithWhatItWasGivenFor: other settings may be another account's, or another app's.
func TestATokenGoesWithWhatItWasGivenFor(t *testing.T) {
	cases := map[string]struct {
		auth, changes string
		keeps         bool
	}{
		"the app's secret alone":    {"code", `{"client_secret":"another"}`, true},
		"the same as before":        {"code", `{"client_id":"` + oauthtest.ClientID + `","client_secret":"","password":null}`, true},
		"another app":               {"code", `{"client_id":"another"}`, false},
		"another place":             {"code", `{"base":"https://other.example"}`, false},
		"another person signs in":   {"session", `{"user":"another"}`, false},
		"with another password":     {"session", `{"password":"another"}`, false},
		"what signing in needs not": {"session", `{"client_id":"another"}`, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, database string) {
				n := newNode(t, database, auths()[c.auth])
				ws, _ := n.signedIn(t)
				made := n.made(t, ws, &oauthtest.Provider{Server: &httptest.Server{URL: "https://cloud.example"}})
				if err := n.store.Restore(t.Context(), connection.Tokens{ConnectionID: made.ID, Sealed: []byte{1}, KeyID: "k", ObtainedAt: time.Now()}, nil); err != nil {
					t.Fatal(err)
				}
				changed, err := n.Change(t.Context(), ws, made.Name, json.RawMessage(c.changes))
				if err != nil {
					t.Fatal(err)
				}
				tokens, err := n.store.Tokens(t.Context(), made.ID)
				if err != nil || (tokens.Revision > 0) != c.keeps {
					t.Errorf("its tokens are at revision %d, %v", tokens.Revision, err)
				}
				if changed.ID != made.ID || changed.Health != connection.HealthUnknown {
					t.Errorf("it is %+v", changed)
				}
			})
		})
	}
}
