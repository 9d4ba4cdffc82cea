package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/alarm"
	"github.com/cordboard/cordboard/core/internal/alert"
	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/core/internal/config"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/egress"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/erasure"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/host"
	"github.com/cordboard/cordboard/core/internal/httpapi"
	"github.com/cordboard/cordboard/core/internal/httpstep"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/live"
	"github.com/cordboard/cordboard/core/internal/metrics"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/repeat"
	"github.com/cordboard/cordboard/core/internal/retention"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/tracing"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

// New opens the database, brings its schema up to date, finds the connectors and takes the addresses. Nothing works
// until Start. When it fails, what it had opened is closed.
func New(ctx context.Context, s config.Settings, log *slog.Logger) (*App, error) {
	return open(ctx, &App{Settings: s, log: log})
}

func open(ctx context.Context, a *App) (_ *App, err error) {
	a.node = id.New("node")
	if a.Settings.MetricsListen() != "" {
		a.metrics = metrics.New(Version)
	}
	if endpoint := a.Settings.OTLPEndpoint; endpoint != "" {
		if a.tracing, err = tracing.New(ctx, endpoint, Version, a.log); err != nil {
			return nil, err
		}
	}
	a.running, a.loops = context.WithCancel(context.WithoutCancel(ctx))
	a.sending, a.hush = context.WithCancel(a.running)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close(context.WithoutCancel(ctx)))
		}
	}()
	if err := os.MkdirAll(a.Settings.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := a.openStore(ctx); err != nil {
		return nil, err
	}
	keys, err := seal.FromSettings(a.Settings.SecretKey.Reveal(), a.Settings.DataDir)
	if err != nil {
		return nil, err
	}
	a.People.Keys = keys
	if err := keys.Check(ctx, a.Store); err != nil {
		return nil, err
	}
	if err := a.openConnectors(ctx, keys); err != nil {
		return nil, err
	}
	if err := a.openEngine(); err != nil {
		return nil, err
	}
	return a, a.openListeners()
}

func (a *App) openStore(ctx context.Context) (err error) {
	url := DatabaseURL(a.Settings)
	if !isPostgres(url) {
		if a.unlock, err = store.Lock(url); err != nil {
			return err
		}
	}
	if a.Store, err = store.Open(ctx, url, store.Options{}); err != nil {
		return err
	}
	if err := a.Store.Migrate(ctx); err != nil {
		return err
	}
	if a.Workspace, err = a.Store.EnsureWorkspace(ctx, WorkspaceName, "UTC"); err != nil {
		return fmt.Errorf("first workspace: %w", err)
	}
	a.Tokens = &access.Tokens{Store: a.Store}
	a.People = &access.People{Store: a.Store, DataDir: a.Settings.DataDir, ConsoleURL: a.Settings.ConsoleURL(), RequiredOf: access.DefaultRequiredOf(a.Settings.ConsoleURL())}
	return a.ensureOwner(ctx)
}

// ensureOwner makes the first owner if the settings name one and nobody is there.
func (a *App) ensureOwner(ctx context.Context) error {
	if a.Settings.AdminEmail == "" {
		return nil
	}
	_, err := a.People.EnsureOwner(ctx, access.NewUser{WorkspaceID: a.Workspace.ID, Email: a.Settings.AdminEmail, Password: a.Settings.AdminPassword.Reveal()})
	var input *access.InputError
	switch {
	case errors.Is(err, access.ErrDenied):
		return nil
	case errors.As(err, &input) && input.Field == "email":
		return fmt.Errorf("CORDBOARD_ADMIN_EMAIL: %s", input.Problem)
	case errors.As(err, &input):
		return fmt.Errorf("CORDBOARD_ADMIN_PASSWORD: %s", input.Problem)
	}
	return err
}

// SetUpURL is where the first owner is made; empty once somebody is there.
func (a *App) SetUpURL(ctx context.Context) (string, error) {
	token, err := a.People.SetUpToken(ctx)
	if token == "" {
		return "", err
	}
	return a.Settings.ConsoleURL() + "/setup#token=" + token, nil
}

// DatabaseURL is where the settings put the database.
func DatabaseURL(s config.Settings) string {
	if url := s.DatabaseURL.Reveal(); url != "" {
		return strings.TrimPrefix(url, "sqlite:")
	}
	return filepath.Join(s.DataDir, "cordboard.db")
}

func (a *App) openConnectors(ctx context.Context, keys *seal.Keys) (err error) {
	if a.catalog, err = catalog.New(ctx, a.Store); err != nil {
		return err
	}
	a.catalog.BuiltIn(httpstep.Manifest)
	var allowed []netip.Prefix
	for _, p := range a.Settings.EgressAllow {
		prefix, err := netip.ParsePrefix(p)
		if err != nil {
			return fmt.Errorf("CORDBOARD_EGRESS_ALLOW: %w", err)
		}
		allowed = append(allowed, prefix)
	}
	a.egress = egress.New(egress.Config{AllowedNets: allowed, Logger: a.log})
	hosting := host.Config{Dir: pluginDir(a.Settings), Library: library(a.Settings), Catalog: a.catalog, Gateway: a.egress, Logger: a.log, TrustFolder: true}
	var deliveries delivery.Store = a.Store
	if a.metrics != nil {
		hosting.Started, hosting.Crashed = a.metrics.ConnectorStarted, a.metrics.ConnectorCrashed
		hosting.Faulted = func(connector string, fault host.Fault) { a.metrics.ConnectorFault(connector, string(fault)) }
		deliveries = a.metrics.Deliveries(deliveries)
	}
	a.Host, err = host.New(ctx, hosting)
	if err != nil {
		return err
	}
	a.follower = newFollower(a)
	a.hooksOf = &trigger.Hooks{Store: a.Store, Keys: keys, Changed: func(hookID string) { a.intake.Forget(hookID) }}
	a.sender = &delivery.Sender{Store: deliveries, Keys: keys, Client: a.egress.Client(), Log: a.log}
	a.outside = &delivery.Endpoints{Store: a.Store, Keys: keys, Allow: a.egress.Allows, Due: a.sender.Due}
	a.sender.Subscribers = a.outside.Subscribers
	a.pruner = &retention.Pruner{Store: a.Store, Log: a.log, Ages: a.ages(), Keys: repeat.Kept}
	a.teller = &alert.Teller{Store: a.Store, Subscribers: a.outside.Subscribers, Announced: a.sender.Due, ConsoleURL: a.Settings.ConsoleURL(), Log: a.log}
	if server := a.Settings.SMTPURL.Reveal(); server != "" {
		if a.teller.Mail, err = alert.NewMail(server, a.Settings.SMTPFrom); err != nil {
			return err
		}
		a.People.Mailer = access.NewMailer(func(ctx context.Context, l access.Letter) error {
			return a.teller.Mail.Send(ctx, alert.Letter{ID: id.New("mail"), Recipient: l.Recipient, Subject: l.Subject, Body: l.Body})
		}, a.log)
	}
	a.repeats = &repeat.Requests{Store: a.Store, Keys: keys}
	a.Connections = connection.New(connection.Config{
		Store: a.Store, Manifests: a.catalog, Connectors: connectors{a.Host, httpstep.Connector{Gateway: a.egress}}, Tickets: a.egress, Keys: keys, Logger: a.log,
		Client: a.egress.Client(), Allow: a.egress.Allows, Callback: a.oauthCallback(), Subscribers: a.outside.Subscribers, Announced: func() { a.sender.Due() },
	})
	return nil
}

// oauthCallback is where providers send people back to.
func (a *App) oauthCallback() string { return a.Settings.ConsoleURL() + "/oauth/callback" }

// pluginDir is the folder of the connectors: the one that is set, or plugins beside the program.
func pluginDir(s config.Settings) string {
	if s.PluginDir != "" {
		return s.PluginDir
	}
	program, err := os.Executable()
	if err != nil {
		return "plugins"
	}
	return filepath.Join(filepath.Dir(program), "plugins")
}

func (a *App) openEngine() (err error) {
	a.live = live.New(a.log)
	if a.Store.Shared() {
		a.live.Broadcast = func(ctx context.Context, c live.Changes) error { return a.Store.Notify(ctx, a.node, c) }
	}
	a.subs = &trigger.Subscriptions{
		Store: a.Store, Provider: provider{a.Connections, a.callbackURL}, Hears: a.hears, Log: a.log,
		Triggers: func(ctx context.Context, connectionID string) ([]flow.Trigger, error) {
			return a.Engine.Triggers(ctx, connectionID)
		},
	}
	a.types = &types{catalog: a.catalog, connections: a.Connections, flows: a.Store.FlowNames, calendars: a.Store.Calendars, lists: a.Store.ListNames, fields: a.Store.Fields, retention: retentions{a.Store, a.ages()}}
	a.Publisher = &publish.Publisher{
		Store: a.Store, Types: a.types.of, Calendars: a.Store.Calendars, ConnectionID: a.Connections.ConnectionID, Changed: a.listen,
		Trials: publish.Trials{Calls: caller{a.Connections}, Recognise: a.Store.Recognise, Record: a.Store.Record},
	}
	a.clock, err = alarm.New(alarm.Config{RedisURL: a.Settings.RedisURL.Reveal(), Concurrency: a.Settings.Workers, MaxPerSecond: 200, Logger: a.log},
		due{a.Store, func(ctx context.Context) ([]engine.Alarm, error) { return a.Engine.Unmade(ctx) }}, func(ctx context.Context, al alarm.Alarm) error {
			if a.metrics != nil {
				a.metrics.Alarm(string(al.Kind), al.At)
			}
			return a.Engine.Handle(ctx, engine.Alarm{Kind: engine.Kind(al.Kind), ID: al.ID, Revision: al.Revision, At: al.At})
		})
	if err != nil {
		return err
	}
	durable := a.live.Store(a.Store)
	var connectors engine.Connectors = caller{a.Connections}
	if a.metrics != nil {
		durable, connectors = a.metrics.Store(durable), a.metrics.Connectors(connectors)
		a.metrics.WatchBacklog(func(ctx context.Context) (metrics.Backlog, error) {
			b, err := a.Store.Backlog(ctx)
			return metrics.Backlog(b), err
		}, a.log)
		a.metrics.WatchAlarms(func() metrics.Alarms { return metrics.Alarms(a.clock.Stats()) }, a.clock.Healthy)
	}
	a.answers = trigger.NewAnswers(trigger.AnswersConfig{Store: a.Store, Log: a.log})
	if a.tracing != nil {
		durable, connectors = a.tracing.Store(durable), a.tracing.Connectors(connectors)
	}
	a.Engine = engine.New(engine.Config{
		Node: a.node, Store: durable, Connectors: connectors, Compile: a.types.compile, SetAlarms: a.setAlarms,
		Subscribers: a.outside.Subscribers, Announced: a.sender.Due, Answered: a.answers.Look,
		Settle: a.Settings.Settle, Grace: a.Settings.Grace, LoopRate: a.Settings.LoopRate, KeepRuns: a.Settings.KeepRuns, ContactRate: a.Settings.ContactRate, Workers: a.Settings.Workers, Logger: a.log,
		Crowded: func() bool { return a.intake.IsCrowded() },
	})
	a.erased = erasure.New(a.Store, a.People.Keys, a.Engine.Erase, a.Settings.DataDir, a.log)
	a.poller = &trigger.Poller{Store: a.Store, Fetch: fetch(a.Connections, a.Store), Take: takePage(a.Engine), Log: a.log}
	a.refused = trigger.NewRefusals(a.Store, a.countRefused(), a.log)
	a.intake = trigger.NewIntake(trigger.IntakeConfig{
		Answers: a.answers, Refused: a.refused,
		Inboxes: inboxes{a.Connections, a.hooksOf}, Store: requests{a.Store, a.tracing}, Log: a.log,
		Ready: func(r trigger.Request) { a.Engine.Read(engine.Request(r)) },
	})
	if a.metrics != nil {
		a.metrics.WatchWebhooks(a.intake.UnderWay)
	}
	return nil
}

// countRefused counts webhooks that were not kept, if anything is counted.
func (a *App) countRefused() func(v trigger.Verdict) {
	if a.metrics == nil {
		return nil
	}
	return func(v trigger.Verdict) { a.metrics.Refused(string(v)) }
}

func (a *App) setAlarms(ctx context.Context, alarms ...engine.Alarm) {
	a.clock.Set(ctx, clockAlarms(alarms)...)
}

func (a *App) openListeners() (err error) {
	if a.apiListener, err = net.Listen("tcp", a.Settings.Addr); err != nil {
		return fmt.Errorf("CORDBOARD_ADDR: %w", err)
	}
	if a.hooksListener, err = net.Listen("tcp", a.Settings.HooksAddr); err != nil {
		return fmt.Errorf("CORDBOARD_HOOKS_ADDR: %w", err)
	}
	if a.metrics != nil {
		if a.metricsListener, err = net.Listen("tcp", a.Settings.MetricsListen()); err != nil {
			return fmt.Errorf("CORDBOARD_METRICS_ADDR: %w", err)
		}
		pages := http.NewServeMux()
		pages.Handle("GET /metrics", a.metrics.Handler())
		a.metricsServer = &http.Server{Handler: pages, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	}
	a.hooks = httpapi.NewHooks(httpapi.HooksConfig{Intake: a.intake, Ready: a.Ready, Degraded: a.clock.Healthy, Observe: a.observe("hooks"), Log: a.log})
	a.api = httpapi.NewAPI(httpapi.APIConfig{
		History: a.Store, Flows: a.Store, Publisher: a.Publisher, Runs: runs{a.Engine, a.Store}, Waits: runs{a.Engine, a.Store}, Renter: renter{runs{a.Engine, a.Store}, a.Publisher}, Repairs: runs{a.Engine, a.Store}, Contacts: contacts{runs{a.Engine, a.Store}, a.erased}, Calendars: kept{a.Store, a.types}, Retention: kept{a.Store, a.types}, Lists: kept{a.Store, a.types}, Fields: kept{a.Store, a.types},
		Connectors: &installed{a}, Connections: &connections{a}, Audit: a.Store, Repeats: a.repeats, Live: a.live, RatePerMinute: a.Settings.APIRate, Tokens: a.Tokens, Ready: a.Ready, Degraded: a.clock.Healthy,
		Stats: a.Store, Requests: requestLog{a.Store, a.Engine}, Hooks: a.hooksOf, Endpoints: a.outside, HooksURL: a.Settings.HooksURL(),
		People: a.People, FirstWorkspace: a.Workspace.ID, DemoUser: a.demoUser, Sandbox: a.sandbox, SendsMail: a.teller.Mail != nil,
		PublicURL: a.Settings.ConsoleURL(), Version: Version, Console: console(), Observe: a.observe("api"), Log: a.log,
	})
	return nil
}

// observe counts the requests of a listener, if anything is counted.
func (a *App) observe(listener string) httpapi.ObserveFunc {
	if a.metrics == nil {
		return nil
	}
	return func(method, route string, status int, took time.Duration) {
		a.metrics.Request(listener, method, route, status, took)
	}
}
