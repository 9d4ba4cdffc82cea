package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

type signInByPasskey struct {
	Origin
	Body struct {
		Ceremony   string          `json:"ceremony" minLength:"1" maxLength:"4000" doc:"As it came with the challenge."`
		Credential json.RawMessage `json:"credential" doc:"The browser's answer, as PublicKeyCredential.toJSON() gives it."`
	}
}

type addPasskey struct {
	Body struct {
		Ceremony   string          `json:"ceremony" minLength:"1" maxLength:"4000" doc:"As it came with the challenge."`
		Credential json.RawMessage `json:"credential" doc:"The browser's answer, as PublicKeyCredential.toJSON() gives it."`
		Name       string          `json:"name" minLength:"1" maxLength:"100" doc:"To tell it from the others."`
	}
}

type renamePasskey struct {
	IDPath
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100"`
	}
}

type removePasskey struct {
	IDPath
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"1000"`
	}
}

// passkeys registers what people do with theirs. A token has none.
func (r *rest) passkeys() {
	const tag = "Sessions"
	person := func(ctx context.Context) (access.Caller, error) {
		who := caller(ctx)
		if who.Session.ID == "" {
			return who, problem(http.StatusForbidden, "A token has no passkeys.")
		}
		return who, nil
	}
	register(r, operation{method: http.MethodPost, path: "/session/passkey/challenge", id: "begin-passkey-sign-in", summary: "Get the challenge that a passkey answers to sign in", tag: tag, scope: public},
		func(ctx context.Context, _ *none) (*body[api.PasskeyChallenge], error) {
			c, err := r.People.BeginSignIn(ctx)
			return answer(api.PasskeyChallengeOf(c)), err
		})
	register(r, operation{method: http.MethodPost, path: "/session/passkey", id: "sign-in-by-passkey", summary: "Sign in by a passkey", tag: tag, scope: public, status: http.StatusCreated,
		description: "It stands for password and second factor. Each challenge is good once."},
		func(ctx context.Context, in *signInByPasskey) (*signedIn, error) {
			return r.begun(ctx)(r.People.SignInByPasskey(ctx, in.Body.Ceremony, in.Body.Credential, in.address))
		})
	register(r, operation{method: http.MethodGet, path: "/session/passkeys", id: "list-passkeys", summary: "List one's passkeys", tag: tag, scope: access.Read, withoutFactor: true,
		description: "The oldest first; at most 20. A token has none."},
		func(ctx context.Context, _ *none) (*body[api.List[api.Passkey]], error) {
			out := api.List[api.Passkey]{Items: []api.Passkey{}}
			who, err := person(ctx)
			if err != nil {
				return answer(out), nil
			}
			keys, err := r.People.ListPasskeys(ctx, who)
			for _, k := range keys {
				out.Items = append(out.Items, api.PasskeyOf(k))
			}
			return answer(out), err
		})
	register(r, operation{method: http.MethodPost, path: "/session/passkeys/challenge", id: "begin-passkey", summary: "Get the challenge that a new passkey answers", tag: tag, scope: access.Read, proved: true, key: noKey, withoutFactor: true},
		func(ctx context.Context, in *proof) (*body[api.PasskeyChallenge], error) {
			who, err := person(ctx)
			if err != nil {
				return nil, err
			}
			c, err := r.People.BeginPasskey(ctx, who, in.Body.Password)
			return answer(api.PasskeyChallengeOf(c)), err
		})
	register(r, operation{method: http.MethodPost, path: "/session/passkeys", id: "add-passkey", summary: "Add a passkey", tag: tag, scope: access.Read, key: noKey, status: http.StatusCreated, withoutFactor: true,
		description: "From then on a password alone does not sign the person in. All their other sessions end, and this one goes on under a new cookie."},
		func(ctx context.Context, in *addPasskey) (*renewed[api.NewPasskey], error) {
			who, err := person(ctx)
			if err != nil {
				return nil, err
			}
			made, recovery, err := r.People.AddPasskey(ctx, who, in.Body.Ceremony, in.Body.Name, in.Body.Credential)
			return renew(ctx, r, api.NewPasskey{Passkey: api.PasskeyOf(made), Codes: recovery}, err)
		})
	register(r, operation{method: http.MethodPatch, path: "/session/passkeys/{id}", id: "rename-passkey", summary: "Rename one of one's passkeys", tag: tag, scope: access.Read},
		func(ctx context.Context, in *renamePasskey) (*body[api.Passkey], error) {
			named, err := r.People.RenamePasskey(ctx, caller(ctx), in.ID, in.Body.Name)
			return answer(api.PasskeyOf(named)), err
		})
	register(r, operation{method: http.MethodPost, path: "/session/passkeys/{id}/remove", id: "remove-passkey", summary: "Remove one of one's passkeys", tag: tag, scope: access.Read, proved: true, key: noKey, status: http.StatusNoContent},
		func(ctx context.Context, in *removePasskey) (*none, error) {
			who, err := person(ctx)
			if err != nil {
				return nil, err
			}
			return nil, r.People.RemovePasskey(ctx, who, in.ID, in.Body.Password)
		})
}
