package httpapi

import (
	"context"
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
func (r *rest) begun(cookie string, u access.User, err error) (*signedIn, error) {
	if err != nil {
		return nil, err
	}
	return &signedIn{SetCookie: r.cookie(cookie), Body: r.session(u)}, nil
}

func (r *rest) session(u access.User) api.Session {
	return api.SessionOf(u, api.Session{Sandbox: r.Sandbox, Mail: r.SendsMail, Passkeys: access.PasskeyOrigin(r.PublicURL)})
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
	begun := r.begun
	register(r, operation{method: http.MethodGet, path: "/setup", id: "get-setup", summary: "See whether somebody is signed in, or how one can", tag: tag, scope: public},
		func(ctx context.Context, in *sessionCookie) (*body[api.SetUp], error) {
			out := api.SetUp{Demo: r.DemoUser != "", Mail: r.SendsMail, Passkeys: access.PasskeyOrigin(r.PublicURL)}
			if in.Cookie != "" {
				_, u, err := r.People.Session(ctx, in.Cookie)
				if err != nil && !errors.Is(err, access.ErrDenied) {
					return nil, err
				}
				if out.SignedIn = err == nil; out.SignedIn {
					session := r.session(u)
					out.Session = &session
				}
			}
			token, err := r.People.SetUpToken(ctx)
			out.Needed = token != ""
			return answer(out), err
		})
	register(r, operation{method: http.MethodPost, path: "/setup", id: "set-up", summary: "Make the first owner and sign in", tag: tag, scope: public, status: http.StatusCreated},
		func(ctx context.Context, in *setUp) (*signedIn, error) {
			return begun(r.People.SetUp(ctx, in.Body.Token, access.NewUser{WorkspaceID: r.FirstWorkspace, Email: in.Body.Email, Name: in.Body.Name, Password: in.Body.Password}))
		})
	register(r, operation{method: http.MethodPost, path: "/session", id: "sign-in", summary: "Sign in", tag: tag, scope: public, status: http.StatusCreated},
		func(ctx context.Context, in *signIn) (*signedIn, error) {
			if !in.Body.Demo {
				return begun(r.People.SignIn(ctx, in.Body.Email, in.Body.Password, in.Body.Code, in.address))
			}
			if r.DemoUser == "" || !in.here() || in.Forwarded != "" {
				return nil, problem(http.StatusForbidden, "Only a demo, seen from the machine it runs on, signs in without a password.")
			}
			return begun(r.People.SignInAs(ctx, r.DemoUser))
		})
	register(r, operation{method: http.MethodGet, path: "/session", id: "get-session", summary: "See who is signed in", tag: tag, scope: access.Read, withoutFactor: true},
		func(ctx context.Context, in *sessionCookie) (*body[api.Session], error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusNotFound, "A token is nobody's session.")
			}
			_, u, err := r.People.Session(ctx, in.Cookie)
			return answer(r.session(u)), err
		})
	register(r, operation{method: http.MethodDelete, path: "/session", id: "sign-out", summary: "Sign out", tag: tag, scope: access.Read, withoutFactor: true, status: http.StatusNoContent},
		func(ctx context.Context, _ *none) (*signedOut, error) {
			return &signedOut{SetCookie: r.cookie("")}, r.People.SignOut(ctx, caller(ctx).Session.ID)
		})
	register(r, operation{method: http.MethodPost, path: "/session/password", id: "change-password", summary: "Change one's password", tag: tag, scope: access.Read, key: noKey, status: http.StatusNoContent,
		description: "All other sessions of the person end."},
		func(ctx context.Context, in *changePassword) (*none, error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusForbidden, "A token has no password.")
			}
			return nil, r.People.ChangePassword(ctx, caller(ctx), in.Body.Old, in.Body.Password)
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
	register(r, operation{method: http.MethodPost, path: "/session/totp", id: "begin-totp", summary: "Make the secret of a second factor", tag: tag, scope: access.Read, withoutFactor: true, key: noKey, status: http.StatusCreated,
		description: "Signing in asks for codes once a first one has confirmed that the app has the secret."},
		func(ctx context.Context, in *proof) (*body[api.NewTOTP], error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusForbidden, "A token has no password.")
			}
			made, err := r.People.BeginTOTP(ctx, caller(ctx), in.Body.Password)
			return answer(api.NewTOTP(made)), err
		})
	register(r, operation{method: http.MethodPost, path: "/session/totp/confirm", id: "confirm-totp", summary: "Switch a second factor on", tag: tag, scope: access.Read, withoutFactor: true, key: noKey,
		description: "All other sessions of the person end. The recovery codes can't be shown again."},
		func(ctx context.Context, in *confirmTOTP) (*body[api.RecoveryCodes], error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusForbidden, "A token has no second factor.")
			}
			codes, err := r.People.ConfirmTOTP(ctx, caller(ctx), in.Body.Code)
			return answer(api.RecoveryCodes{Codes: codes}), err
		})
	register(r, operation{method: http.MethodPost, path: "/session/totp/end", id: "end-totp", summary: "Switch one's second factor off", tag: tag, scope: access.Read, key: noKey, status: http.StatusNoContent},
		func(ctx context.Context, in *proof) (*none, error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusForbidden, "A token has no password.")
			}
			return nil, r.People.EndTOTP(ctx, caller(ctx), in.Body.Password)
		})
	register(r, operation{method: http.MethodPost, path: "/session/link", id: "use-link", summary: "Set a password by a link and sign in", tag: tag, scope: public, status: http.StatusCreated,
		description: "The link comes from an invitation or from an admin who made a new one. All sessions that the person had end."},
		func(ctx context.Context, in *useLink) (*signedIn, error) {
			return begun(r.People.UseLink(ctx, in.Body.Link, in.Body.Password))
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
