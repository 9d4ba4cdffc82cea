package access_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/access/accesstest"
	"github.com/cordboard/cordboard/core/internal/list"
)

func setup(t *testing.T) (*access.Tokens, *accesstest.Store) {
	t.Helper()
	store := new(accesstest.Store)
	return &access.Tokens{Store: store}, store
}

func create(t *testing.T, tokens *access.Tokens, in access.NewToken) (access.Token, string) {
	t.Helper()
	token, text, err := tokens.Create(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return token, text
}

func TestOnlyTheHashIsStored(t *testing.T) {
	t.Parallel()
	tokens, store := setup(t)
	token, text := create(t, tokens, access.NewToken{WorkspaceID: "ws", Name: "ci", Scopes: []access.Scope{access.Read}})
	if !strings.HasPrefix(text, "cb_") || len(text) < 40 || !strings.HasSuffix(text, token.Last4) {
		t.Errorf("text %q with last four %q", text, token.Last4)
	}
	stored, err := store.ListTokens(t.Context(), "ws", list.Page{})
	if err != nil || len(stored) != 1 {
		t.Fatal(stored, err)
	}
	if bytes.Contains(stored[0].Hash, []byte(text[3:])) || len(stored[0].Hash) != 32 {
		t.Errorf("hash is %x", stored[0].Hash)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		expires time.Duration
		revoke  bool
		later   time.Duration
		garble  func(string) string
		want    error
	}{
		"a fresh token":          {},
		"a token before it ends": {expires: time.Hour, later: time.Hour - time.Minute},
		"a token after its end":  {expires: time.Hour, later: time.Hour, want: access.ErrDenied},
		"a revoked token":        {revoke: true, want: access.ErrDenied},
		"another text":           {garble: func(s string) string { return s[:len(s)-1] + "~" }, want: access.ErrDenied},
		"no text":                {garble: func(string) string { return "" }, want: access.ErrDenied},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens, store := setup(t)
			in := access.NewToken{WorkspaceID: "ws", Name: "ci", Scopes: []access.Scope{access.Write}}
			if tt.expires > 0 {
				in.ExpiresAt = time.Now().Add(tt.expires)
			}
			made, text := create(t, tokens, in)
			if tt.revoke {
				if err := tokens.Revoke(t.Context(), "ws", made.ID); err != nil {
					t.Fatal(err)
				}
			}
			if tt.garble != nil {
				text = tt.garble(text)
			}
			store.Pass(tt.later)
			got, err := tokens.Verify(t.Context(), text)
			if !errors.Is(err, tt.want) || err == nil && got.ID != made.ID {
				t.Errorf("verify = %v, %v, want %v", got.ID, err, tt.want)
			}
		})
	}
}

func TestScopesHoldTheWeaker(t *testing.T) {
	t.Parallel()
	for has, allows := range map[access.Scope][4]bool{access.Read: {true}, access.Operate: {true, true}, access.Write: {true, true, true}, access.Admin: {true, true, true, true}, "other": {}} {
		token := access.Token{Scopes: []access.Scope{has}}.Caller()
		for i, need := range access.Scopes() {
			if token.Allows(need) != allows[i] {
				t.Errorf("%s allows %s = %v", has, need, !allows[i])
			}
		}
		if token.Allows("") || token.Allows("other") {
			t.Errorf("%s allows what is not a scope", has)
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		in    access.NewToken
		field string
	}{
		"no name":            {access.NewToken{Scopes: []access.Scope{access.Read}}, "name"},
		"no scope":           {access.NewToken{Name: "a"}, "scopes"},
		"an unknown scope":   {access.NewToken{Name: "a", Scopes: []access.Scope{"root"}}, "scopes"},
		"an end in the past": {access.NewToken{Name: "a", Scopes: []access.Scope{access.Read}, ExpiresAt: time.Now()}, "expires_at"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens, _ := setup(t)
			_, _, err := tokens.Create(t.Context(), tt.in)
			var input *access.InputError
			if !errors.As(err, &input) || input.Field != tt.field {
				t.Errorf("error = %v, want field %s", err, tt.field)
			}
		})
	}
}

func TestAnotherWorkspaceCannotRevoke(t *testing.T) {
	t.Parallel()
	tokens, _ := setup(t)
	made, text := create(t, tokens, access.NewToken{WorkspaceID: "ws", Name: "ci", Scopes: []access.Scope{access.Read}})
	if err := tokens.Revoke(t.Context(), "other", made.ID); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("error = %v, want not found", err)
	}
	if _, err := tokens.Verify(t.Context(), text); err != nil {
		t.Errorf("the token was revoked: %v", err)
	}
}

func TestUseIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	tokens, store := setup(t)
	_, text := create(t, tokens, access.NewToken{WorkspaceID: "ws", Name: "ci", Scopes: []access.Scope{access.Read}})
	for range 3 {
		if _, err := tokens.Verify(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	if store.Touches() != 1 {
		t.Errorf("noted %d times, want once", store.Touches())
	}
}

func TestLocalToken(t *testing.T) {
	t.Parallel()
	tokens, store := setup(t)
	dir := filepath.Join(t.TempDir(), "data")
	for range 2 { // the second start finds the first one's token
		if err := tokens.EnsureLocal(t.Context(), "ws", dir); err != nil {
			t.Fatal(err)
		}
	}
	made, _ := store.ListTokens(t.Context(), "ws", list.Page{})
	if len(made) != 1 {
		t.Fatalf("%d tokens were made, want 1", len(made))
	}
	info, err := os.Stat(filepath.Join(dir, access.LocalFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file is %v, %v", info.Mode(), err)
	}
	if err := tokens.Revoke(t.Context(), "ws", made[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := tokens.EnsureLocal(t.Context(), "ws", dir); err != nil {
		t.Fatal(err)
	}
	text, err := access.ReadLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tokens.Verify(t.Context(), text); err != nil || !got.Caller().Allows(access.Admin) {
		t.Errorf("the new token is %v, %v", got, err)
	}
}
