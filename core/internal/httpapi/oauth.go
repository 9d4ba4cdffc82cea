package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

// Authorized is what is to be done to connect a connection. Cookie is empty if nobody has to consent.
type Authorized struct {
	api.Authorization
	Cookie, Value string // of the browser that must come back
	Path          string // where the cookie is sent
	Lives         time.Duration
}

// ConsentReturn is what a person's browser brings back from a provider's page.
type ConsentReturn struct {
	State, Code, Error string
	Cookie             func(name string) string
	RequestID          string
}

// ErrNoConsent is returned for a return that nobody here set out on, or too late, or in another browser.
var ErrNoConsent = errors.New("no such consent")

type authorized struct {
	SetCookie []string `header:"Set-Cookie"`
	Body      api.Authorization
}

func (r *rest) authorize(ctx context.Context, in *ConnectionPath) (*authorized, error) {
	who := caller(ctx)
	a, err := r.Connections.AuthorizeConnection(ctx, workspace(ctx), in.Connection, who.ID, who.Session.ID)
	if err != nil {
		return nil, err
	}
	out := &authorized{Body: a.Authorization}
	if a.Cookie != "" {
		// Lax, because the provider's page leads back here; it opens nothing but the end of this consent.
		c := http.Cookie{Name: a.Cookie, Value: a.Value, Path: a.Path, MaxAge: int(a.Lives.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(r.PublicURL, "https:")}
		out.SetCookie = []string{c.String()}
	}
	return out, nil
}

// consentWords are what the page says after a consent.
type consentWords struct{ Language, Title, Connected, Failed, Unknown, Back string }

var consentLanguages = map[string]consentWords{
	"en": {"en", "Connection", "is connected. You can close this window.", "is not connected.", "This consent is not known here, has been used, is older than ten minutes or began in another browser. Press Connect again.", "To the connections"},
	"es": {"es", "Conexión", "está conectada. Ya puedes cerrar esta ventana.", "no está conectada.", "Este permiso no se conoce aquí, ya se ha usado, tiene más de diez minutos o empezó en otro navegador. Pulsa Conectar de nuevo.", "A las conexiones"},
	"it": {"it", "Connessione", "è collegata. Puoi chiudere questa finestra.", "non è collegata.", "Questo consenso non è noto qui, è già stato usato, ha più di dieci minuti o è iniziato in un altro browser. Premi di nuovo Collega.", "Alle connessioni"},
}

const consentStyle = `body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem}:root{color-scheme:light dark}h1{font-size:1.25rem}`

var consentPage = template.Must(template.New("consent").Parse(`<!doctype html>
<html lang="{{.Words.Language}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Words.Title}}</title><style>` + consentStyle + `</style></head>
<body><main><h1>{{if .Unknown}}{{.Words.Unknown}}{{else if .Failure}}{{.Name}} {{.Words.Failed}}{{else}}{{.Name}} {{.Words.Connected}}{{end}}</h1>
{{with .Failure}}<p>{{.}}</p>{{end}}<p><a href="/connections" rel="noopener">{{.Words.Back}}</a></p></main></body></html>
`))

// consentCSP lets the page use its own style and nothing else.
var consentCSP = func() string {
	sum := sha256.Sum256([]byte(consentStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
}()

// callback ends a consent: the provider has sent a person's browser back. It needs no session, whose cookie browsers keep
// back from a request that another site leads to; the consent knows whose it is.
func (c APIConfig) callback(ctx *fiber.Ctx) error {
	words := consentLanguages["en"]
	if known, ok := consentLanguages[ctx.AcceptsLanguages("en", "es", "it")]; ok {
		words = known
	}
	name, err := c.Connections.CompleteConsent(ctx.UserContext(), ConsentReturn{
		State: ctx.Query("state"), Code: ctx.Query("code"), Error: ctx.Query("error"), RequestID: ctx.GetRespHeader(requestIDHeader),
		Cookie: func(name string) string {
			value := ctx.Cookies(name)
			if value != "" {
				ctx.Cookie(&fiber.Cookie{Name: name, Path: strings.TrimSuffix(ctx.Path(), "/callback"), MaxAge: -1, HTTPOnly: true})
			}
			return value
		},
	})
	page := struct {
		Words         consentWords
		Name, Failure string
		Unknown       bool
	}{Words: words, Name: name}
	status := fiber.StatusOK
	var refused *api.ConflictError
	switch {
	case errors.Is(err, ErrNoConsent):
		page.Unknown, status = true, fiber.StatusBadRequest
	case errors.As(err, &refused):
		page.Failure, status = refused.Detail, fiber.StatusConflict
	case err != nil:
		return err
	}
	var out bytes.Buffer
	if err := consentPage.Execute(&out, page); err != nil {
		return err
	}
	ctx.Set("Content-Security-Policy", consentCSP)
	ctx.Set("Referrer-Policy", "no-referrer") // the address holds the code
	ctx.Set(fiber.HeaderCacheControl, "no-store")
	ctx.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return ctx.Status(status).Send(out.Bytes())
}

// consents registers what connects connections.
func (r *rest) consents() {
	register(r, operation{method: http.MethodPost, path: "/connections/{connection}/authorize", id: "authorize-connection", summary: "Connect or reconnect a connection", tag: "Connections", scope: access.Write, key: noKey,
		description: "For connectors whose token comes from the provider. Where a person must consent, url is the provider's page, to be opened by the same browser within ten minutes; that needs a session, not an API token. Else the token is asked for at once."},
		r.authorize)
}
