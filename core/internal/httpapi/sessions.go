package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

// signedIn is an answer that begins or ends a session.
type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      api.Session
}

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

// renewed is an answer with which a session goes on under a new cookie.
type renewed[T any] struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      T
}

// renew gives the caller's session a new cookie, since from now on it is worth more (case 88).
func renew[T any](ctx context.Context, r *rest, out T, err error) (*renewed[T], error) {
	if err != nil {
		return nil, err
	}
	cookie, err := r.People.Renew(ctx, caller(ctx))
	return &renewed[T]{SetCookie: r.cookie(cookie), Body: out}, err
}

// cookie is the session's cookie; an empty value removes it. It lives as long as the browser does: the gateway
// decides when the session is over.
func (r *rest) cookie(value string) http.Cookie {
	c := http.Cookie{Name: cookieName, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: strings.HasPrefix(r.PublicURL, "https:")}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// Origin is where a request comes from.
type Origin struct{ address string }

// Resolve implements huma.Resolver.
func (o *Origin) Resolve(c huma.Context) []error {
	o.address, _, _ = net.SplitHostPort(c.RemoteAddr())
	return nil
}

// here reports whether the request comes from this machine and no proxy has brought it.
func (o *Origin) here() bool {
	ip, err := netip.ParseAddr(o.address)
	return err == nil && ip.Unmap().IsLoopback()
}

type signIn struct {
	Origin
	Forwarded string `header:"X-Forwarded-For" hidden:"true"`
	Body      struct {
		Email    string `json:"email,omitempty" maxLength:"254"`
		Password string `json:"password,omitempty" maxLength:"1000"`
		Code     string `json:"code,omitempty" maxLength:"20" doc:"Of the app or a recovery code, for who has a second factor: without it the answer is 401 with an error at code."`
		Demo     bool   `json:"demo,omitempty" doc:"Instead of both, if GET /setup says that this is a demo."`
	}
}

// begun answers to somebody who has signed in, or has failed to.
func (r *rest) begun(ctx context.Context) func(cookie string, u access.User, err error) (*signedIn, error) {
	return func(cookie string, u access.User, err error) (*signedIn, error) {
		if err != nil {
			return nil, err
		}
		out, err := r.session(ctx, u)
		return &signedIn{SetCookie: r.cookie(cookie), Body: out}, err
	}
}

func (r *rest) session(ctx context.Context, u access.User) (api.Session, error) {
	all, err := r.People.Memberships(ctx, u.ID)
	s := api.Session{Sandbox: r.Sandbox, Visitor: r.DemoUser != "" && u.Email == r.DemoUser, Mail: r.SendsMail, Passkeys: access.PasskeyOrigin(r.PublicURL), Workspace: u.WorkspaceID, Workspaces: each(all, api.MembershipOf)}
	for _, m := range all {
		s.MakesWorkspaces = s.MakesWorkspaces || m.WorkspaceID == r.FirstWorkspace && m.Role == access.Owner
	}
	return api.SessionOf(u, s), err
}

type sessionCookie struct {
	Cookie string `cookie:"cordboard_session" hidden:"true"`
}

type setUp struct {
	Body struct {
		Token    string `json:"token" minLength:"1" maxLength:"200" doc:"As printed when the gateway started."`
		Email    string `json:"email" minLength:"1" maxLength:"254"`
		Name     string `json:"name,omitempty" maxLength:"100"`
		Password string `json:"password" minLength:"1" maxLength:"1000"`
	}
}

type useLink struct {
	Body struct {
		Link     string `json:"link" minLength:"1" maxLength:"200" doc:"What follows #link= in the address."`
		Password string `json:"password" minLength:"1" maxLength:"1000"`
	}
}

type forgot struct {
	Origin
	Body struct {
		Email string `json:"email" minLength:"1" maxLength:"254"`
	}
}

type changePassword struct {
	Body struct {
		Old      string `json:"old" minLength:"1" maxLength:"1000"`
		Password string `json:"password" minLength:"1" maxLength:"1000"`
	}
}

type prove struct {
	Origin
	Forwarded string `header:"X-Forwarded-For" hidden:"true"`
	Body      struct {
		Password   string          `json:"password,omitempty" maxLength:"1000"`
		Code       string          `json:"code,omitempty" maxLength:"20" doc:"Of the app or a recovery code, for who has a second factor: without it the answer is 401 with an error at code."`
		Ceremony   string          `json:"ceremony,omitempty" maxLength:"4000" doc:"Instead of both: as it came with the challenge of POST /session/passkey/challenge."`
		Credential json.RawMessage `json:"credential,omitempty" doc:"With it: the browser's answer, as PublicKeyCredential.toJSON() gives it."`
		Demo       bool            `json:"demo,omitempty" doc:"Instead of all, if GET /setup says that this is a demo."`
	}
}

// proveSession takes whichever proof there is.
func (r *rest) proveSession(ctx context.Context, in *prove) (*signedOut, error) {
	who := caller(ctx)
	if who.Session.ID == "" {
		return nil, problem(http.StatusForbidden, "A token has nothing to prove.")
	}
	cookie, err := "", error(nil)
	switch {
	case in.Body.Demo && (r.DemoUser == "" || !in.here() || in.Forwarded != ""):
		err = problem(http.StatusForbidden, "Only a demo, seen from the machine it runs on, asks for no proof.")
	case in.Body.Demo:
		cookie, err = r.People.ProveAsVisitor(ctx, who, r.DemoUser)
	case in.Body.Ceremony != "":
		cookie, err = r.People.ProveByPasskey(ctx, who, in.Body.Ceremony, in.Body.Credential)
	default:
		cookie, err = r.People.Prove(ctx, who, in.Body.Password, in.Body.Code)
	}
	if err != nil {
		return nil, err
	}
	return &signedOut{SetCookie: r.cookie(cookie)}, nil
}

type proof struct {
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"1000"`
	}
}

type setAlerts struct {
	Body struct {
		On bool `json:"on" doc:"Whether alerts come by e-mail."`
	}
}

type confirmTOTP struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"20" doc:"As the app shows it."`
	}
}

func (r *rest) sessions() {
	const tag = "Sessions"
	register(r, operation{method: http.MethodGet, path: "/setup", id: "get-setup", summary: "See whether somebody is signed in, or how one can", tag: tag, scope: public},
		func(ctx context.Context, in *sessionCookie) (*body[api.SetUp], error) {
			out := api.SetUp{Demo: r.DemoUser != "", Mail: r.SendsMail, Passkeys: access.PasskeyOrigin(r.PublicURL)}
			if in.Cookie != "" {
				_, u, err := r.People.Session(ctx, in.Cookie)
				if err != nil && !errors.Is(err, access.ErrDenied) {
					return nil, err
				}
				if out.SignedIn = err == nil; out.SignedIn {
					session, err := r.session(ctx, u)
					if err != nil {
						return nil, err
					}
					out.Session = &session
				}
			}
			token, err := r.People.SetUpToken(ctx)
			out.Needed = token != ""
			return answer(out), err
		})
	register(r, operation{method: http.MethodPost, path: "/setup", id: "set-up", summary: "Make the first owner and sign in", tag: tag, scope: public, status: http.StatusCreated},
		func(ctx context.Context, in *setUp) (*signedIn, error) {
			return r.begun(ctx)(r.People.SetUp(ctx, in.Body.Token, access.NewUser{WorkspaceID: r.FirstWorkspace, Email: in.Body.Email, Name: in.Body.Name, Password: in.Body.Password}))
		})
	register(r, operation{method: http.MethodPost, path: "/session", id: "sign-in", summary: "Sign in", tag: tag, scope: public, status: http.StatusCreated},
		func(ctx context.Context, in *signIn) (*signedIn, error) {
			if !in.Body.Demo {
				return r.begun(ctx)(r.People.SignIn(ctx, in.Body.Email, in.Body.Password, in.Body.Code, in.address))
			}
			if r.DemoUser == "" || !in.here() || in.Forwarded != "" {
				return nil, problem(http.StatusForbidden, "Only a demo, seen from the machine it runs on, signs in without a password.")
			}
			return r.begun(ctx)(r.People.SignInAs(ctx, r.DemoUser))
		})
	register(r, operation{method: http.MethodGet, path: "/session", id: "get-session", summary: "See who is signed in", tag: tag, scope: access.Read, withoutFactor: true},
		func(ctx context.Context, in *sessionCookie) (*body[api.Session], error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusNotFound, "A token is nobody's session.")
			}
			_, u, err := r.People.Session(ctx, in.Cookie)
			if err != nil {
				return nil, err
			}
			out, err := r.session(ctx, u)
			return answer(out), err
		})
	register(r, operation{method: http.MethodDelete, path: "/session", id: "sign-out", summary: "Sign out", tag: tag, scope: access.Read, withoutFactor: true, status: http.StatusNoContent},
		func(ctx context.Context, _ *none) (*signedOut, error) {
			return &signedOut{SetCookie: r.cookie("")}, r.People.SignOut(ctx, caller(ctx).Session.ID)
		})
	register(r, operation{method: http.MethodPost, path: "/session/proof", id: "prove-session", summary: "Prove that it is still you", tag: tag, scope: access.Read, withoutFactor: true, key: noKey, status: http.StatusNoContent,
		description: "For the next 15 minutes the session may do what asks for a proof. It goes on under a new cookie. 422 for a wrong password."}, r.proveSession)
	register(r, operation{method: http.MethodPost, path: "/session/password", id: "change-password", summary: "Change one's password", tag: tag, scope: access.Read, proved: true, key: noKey, status: http.StatusNoContent,
		description: "All other sessions of the person end, and this one goes on under a new cookie."},
		func(ctx context.Context, in *changePassword) (*signedOut, error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusForbidden, "A token has no password.")
			}
			if err := r.People.ChangePassword(ctx, caller(ctx), in.Body.Old, in.Body.Password); err != nil {
				return nil, err
			}
			cookie, err := r.People.Renew(ctx, caller(ctx))
			return &signedOut{SetCookie: r.cookie(cookie)}, err
		})
	register(r, operation{method: http.MethodPut, path: "/session/alerts", id: "set-alerts", summary: "Switch alerts by e-mail on or off", tag: tag, scope: access.Read,
		description: "They go to owners and admins who have not switched them off, when runs of a flow fail, a connection needs attention or an endpoint was disabled."},
		func(ctx context.Context, in *setAlerts) (*body[api.User], error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusForbidden, "A token has no e-mail address.")
			}
			u, err := r.People.MuteAlerts(ctx, caller(ctx), !in.Body.On)
			return answer(api.UserOf(u)), err
		})
	register(r, operation{method: http.MethodPost, path: "/session/totp", id: "begin-totp", summary: "Make the secret of a second factor", tag: tag, scope: access.Read, withoutFactor: true, proved: true, key: noKey, status: http.StatusCreated,
		description: "Signing in asks for codes once a first one has confirmed that the app has the secret."},
		func(ctx context.Context, in *proof) (*body[api.NewTOTP], error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusForbidden, "A token has no password.")
			}
			made, err := r.People.BeginTOTP(ctx, caller(ctx), in.Body.Password)
			return answer(api.NewTOTP(made)), err
		})
	register(r, operation{method: http.MethodPost, path: "/session/totp/confirm", id: "confirm-totp", summary: "Switch a second factor on", tag: tag, scope: access.Read, withoutFactor: true, key: noKey,
		description: "All other sessions of the person end, and this one goes on under a new cookie. The recovery codes can't be shown again."},
		func(ctx context.Context, in *confirmTOTP) (*renewed[api.RecoveryCodes], error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusForbidden, "A token has no second factor.")
			}
			codes, err := r.People.ConfirmTOTP(ctx, caller(ctx), in.Body.Code)
			return renew(ctx, r, api.RecoveryCodes{Codes: codes}, err)
		})
	register(r, operation{method: http.MethodPost, path: "/session/totp/end", id: "end-totp", summary: "Switch one's second factor off", tag: tag, scope: access.Read, proved: true, key: noKey, status: http.StatusNoContent},
		func(ctx context.Context, in *proof) (*none, error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusForbidden, "A token has no password.")
			}
			return nil, r.People.EndTOTP(ctx, caller(ctx), in.Body.Password)
		})
	register(r, operation{method: http.MethodPost, path: "/session/link", id: "use-link", summary: "Set a password by a link and sign in", tag: tag, scope: public, status: http.StatusCreated,
		description: "The link comes from an invitation or from an admin who made a new one. All sessions that the person had end."},
		func(ctx context.Context, in *useLink) (*signedIn, error) {
			return r.begun(ctx)(r.People.UseLink(ctx, in.Body.Link, in.Body.Password))
		})
	register(r, operation{method: http.MethodPost, path: "/session/forgot", id: "forgot-password", summary: "Have a link for a new password sent by e-mail", tag: tag, scope: public, status: http.StatusAccepted,
		description: "The answer is the same whether anybody here has that address. The link is good once, for 15 minutes. 409 where no mail server is set: then an admin makes a link."},
		func(ctx context.Context, in *forgot) (*none, error) {
			return nil, r.People.Forgot(ctx, in.Body.Email, in.address)
		})
	register(r, operation{method: http.MethodGet, path: "/sessions", id: "list-sessions", summary: "List the browsers in which one is signed in", tag: tag, scope: access.Read,
		description: "The newest first; at most 200. A token has none."},
		func(ctx context.Context, _ *none) (*body[api.List[api.OwnSession]], error) {
			who := caller(ctx)
			out := api.List[api.OwnSession]{Items: []api.OwnSession{}}
			if who.Session.ID == "" {
				return answer(out), nil
			}
			found, err := r.People.Sessions(ctx, who)
			for _, s := range found {
				out.Items = append(out.Items, api.OwnSessionOf(s, who.Session.ID))
			}
			return answer(out), err
		})
	register(r, operation{method: http.MethodDelete, path: "/sessions/{id}", id: "end-session", summary: "Sign out of another browser", tag: tag, scope: access.Read, status: http.StatusNoContent},
		func(ctx context.Context, in *IDPath) (*none, error) {
			return nil, r.People.EndOwn(ctx, caller(ctx), in.ID)
		})
	register(r, operation{method: http.MethodDelete, path: "/sessions", id: "end-other-sessions", summary: "Sign out of all other browsers", tag: tag, scope: access.Read, status: http.StatusNoContent},
		func(ctx context.Context, _ *none) (*none, error) {
			return nil, r.People.EndOthers(ctx, caller(ctx))
		})
}
