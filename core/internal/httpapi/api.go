package httpapi

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

// APIConfig says what the console and API listener works with.
type APIConfig struct {
	History        History
	Flows          Flows
	Publisher      Publisher
	Runs           Runs
	Waits          Waits
	Renter         Renter
	Repairs        Repairs
	Contacts       Contacts
	Calendars      Calendars
	Retention      Retention
	Lists          Lists
	Fields         Fields
	Connectors     Connectors
	Connections    Connections
	Hooks          Hooks
	Endpoints      Endpoints
	HooksURL       string // under which senders reach the webhook listener
	Audit          Audit
	Stats          Stats
	Requests       Requests
	Repeats        Repeats
	Live           Live
	RatePerMinute  int // how many requests a token or session may make; 0: as many as it likes
	Tokens         Tokens
	People         People
	FirstWorkspace string // whose owner the first person becomes
	System         System
	Sandbox        string // of a demo: where its shop, phone and CRM are
	SendsMail      bool   // there is a mail server
	DemoUser       string // e-mail address of whom a visitor from this very machine is signed in as; empty: nobody
	Ready          ReadyFunc
	Degraded       DegradedFunc // nil: it never is
	PublicURL      string       // under which people reach this listener
	Version        string       // of the gateway
	Console        http.Handler // everything outside /api; nil: there is no console
	Observe        ObserveFunc  // nil: nobody wants to know
	beat           beat         // of streams; zero: streamBeat
	Log            *slog.Logger
}

// answerWithin bounds a request to the API, calls to providers included.
const answerWithin = 60 * time.Second

// NewAPI returns the listener for the console and the REST API.
func NewAPI(c APIConfig) *Server {
	s := newServer(c.Log, c.Observe, 0, fiber.DefaultMethods...)
	s.health(c.Ready, c.Degraded)
	s.app.Use(onlyHosts(c.PublicURL), securityHeaders)
	s.app.Use("/api", ownFilesOnly, bounded, plainBody)
	docs(s.app)
	newREST(s, c)
	s.app.Get("/oauth/callback", bounded, c.callback)
	s.app.Use("/api", func(*fiber.Ctx) error { return problem(fiber.StatusNotFound, "The API has no such page.") })
	if c.Console != nil {
		s.app.Use(adaptor.HTTPHandler(c.Console))
	}
	return s
}

// securityHeaders keep pages out of other sites' frames and windows. Which scripts and styles a page may use is said by
// whoever serves it: two policies would both apply.
func securityHeaders(c *fiber.Ctx) error {
	c.Set("Referrer-Policy", "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	return c.Next()
}

// ownFilesOnly lets the API's pages use nothing but files of this gateway.
func ownFilesOnly(c *fiber.Ctx) error {
	c.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'")
	return c.Next()
}

// bounded gives every request to the API a deadline and keeps its answer out of caches.
func bounded(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), answerWithin)
	defer cancel()
	c.SetUserContext(ctx)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Next()
}

// rest is the REST API: the operations are registered by one file per resource.
type rest struct {
	APIConfig
	api    huma.API
	policy *api.Policy // what each operation asks for
	quota  quota

	open    streams
	closing <-chan struct{}
}

func newREST(s *Server, c APIConfig) {
	config := huma.DefaultConfig("Cordboard", c.Version)
	config.Info.Description = "Flows, runs, waits, connections and what was said. Lists are paged by limit and after; errors are RFC 9457 problems. A token or session may make so many requests a minute, as the RateLimit headers say; then it gets 429 with Retry-After."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/api/openapi", "", ""
	config.CreateHooks = nil // no $schema in answers
	config.RejectUnknownQueryParameters = true
	config.Formats = formats
	config.OnAddOperation = append(config.OnAddOperation, explain)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "An API token, as made by cordboard token create."},
		"session": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "The console's session; what changes something needs the header " + consoleHeader + ": 1 too."},
	}
	r := &rest{APIConfig: c, api: humafiber.New(s.app, config), quota: quota{perMinute: c.RatePerMinute}, closing: s.closing}
	r.policy = api.NewPolicy()
	r.beat = cmp.Or(c.beat, streamBeat)
	r.flows()
	r.expressions()
	r.runs()
	r.waits()
	r.rentedWaits()
	r.repairs()
	r.conversations()
	r.erasures()
	r.calendars()
	r.retention()
	r.lists()
	r.fields()
	r.connectors()
	r.connections()
	r.consents()
	r.tokens()
	r.endpoints()
	r.sessions()
	r.passkeys()
	r.users()
	r.workspaces()
	r.audit()
	r.stream()
	r.stats()
	r.requests()
	r.system()
}

// operation is one method on one path.
type operation struct {
	method, path string
	id, summary  string
	description  string
	tag          string
	status       int // of success; zero: 200, or 204 without a body
	scope        access.Scope
	key          keyRule // of a POST
	maxBody      int64   // zero: bodyLimit
	// proved asks a person who they are once more, if that was not proved within access.ProofLasts. Tokens are not asked.
	proved bool
	// withoutFactor leaves it to those too who have yet to set up a second factor.
	withoutFactor bool
}

// register adds an operation. Nothing is reachable without a scope: the caller must hold it, unless it is public.
func register[I, O any](r *rest, op operation, handle func(ctx context.Context, in *I) (*O, error)) {
	if op.scope == "" {
		panic(op.id + " says nobody who may do it")
	}
	security := []map[string][]string{{"token": {string(op.scope)}}, {"session": {string(op.scope)}}}
	r.policy.Add(op.tag, op.summary, op.scope)
	if op.scope == public {
		security = []map[string][]string{{}}
	}
	if op.proved {
		op.description = strings.TrimSpace(op.description + " A person who signed in or proved who they are more than 15 minutes ago gets 403 of the type " + proofNeeded + ", and does so by POST /session/proof.")
	}
	middlewares, parameters := huma.Middlewares{r.require(op)}, []*huma.Param(nil)
	if op.method == http.MethodPost && op.scope != public && op.key == keepAnswer {
		middlewares, parameters = append(middlewares, r.once), append(parameters, keyParameter())
	}
	huma.Register(r.api, huma.Operation{
		OperationID: op.id, Method: op.method, Path: "/api/v1" + op.path, Summary: op.summary, Description: op.description,
		Tags: []string{op.tag}, DefaultStatus: op.status, MaxBodyBytes: cmp.Or(op.maxBody, bodyLimit),
		Security:    security,
		Middlewares: middlewares, Parameters: parameters,
	}, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, problemOf(ctx, r.Log, err)
		}
		return out, nil
	})
}
