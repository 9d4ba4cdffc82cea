// Package app puts the gateway together: New opens what it stands on, Start begins to work, Stop ends it in the
// order in which nothing is lost. It runs in the program and, in tests, inside theirs.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
	_ "time/tzdata" // the zones of people, on machines that know none

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
	"github.com/cordboard/cordboard/core/internal/host"
	"github.com/cordboard/cordboard/core/internal/httpapi"
	"github.com/cordboard/cordboard/core/internal/live"
	"github.com/cordboard/cordboard/core/internal/metrics"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/repeat"
	"github.com/cordboard/cordboard/core/internal/retention"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/tracing"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

// Version is the gateway's, set when it is built for a release.
var Version = "0.1.0-dev"

// WorkspaceName is the workspace that a new installation begins with.
const WorkspaceName = "default"

// graceful is how long Stop waits for calls under way before it cancels them.
const graceful = 20 * time.Second

// App is one gateway process. Its parts are exported for tests and measurements; everyone else uses its addresses.
type App struct {
	Settings    config.Settings
	Store       *store.Store
	Workspace   store.Workspace
	Tokens      *access.Tokens
	People      *access.People
	Connections *connection.Service
	Publisher   *publish.Publisher
	Engine      *engine.Engine
	follower    *follower
	Host        *host.Host

	demoUser string // who a visitor of the demo is; empty: this is none
	sandbox  string // where the demo plays the vendors

	node    string
	log     *slog.Logger
	unlock  func() error
	catalog *catalog.Catalog
	egress  *egress.Gateway
	clock   *alarm.Clock
	types   *types
	intake  *trigger.Intake
	refused *trigger.Refusals
	answers *trigger.Answers
	hooksOf *trigger.Hooks
	subs    *trigger.Subscriptions
	poller  *trigger.Poller
	sender  *delivery.Sender
	outside *delivery.Endpoints
	repeats *repeat.Requests
	pruner  *retention.Pruner
	erased  *erasure.Keeper
	teller  *alert.Teller
	live    *live.Hub
	api     *httpapi.Server
	hooks   *httpapi.Server

	tracing       *tracing.Tracing // nil: nothing is traced
	metrics       *metrics.Metrics // nil: nothing is counted
	metricsServer *http.Server

	apiListener, hooksListener, metricsListener net.Listener

	running context.Context // ends when Stop begins to wait for the loops
	loops   context.CancelFunc
	sending context.Context // ends when Stop begins: attempts under way may take as long as all else
	hush    context.CancelFunc
	wait    sync.WaitGroup
}

// Ready reports why the gateway can't work, or nil.
func (a *App) Ready(ctx context.Context) error {
	if err := a.Store.Ready(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

// Start begins to take webhooks and requests, then to wake what is due.
func (a *App) Start(ctx context.Context) error {
	if err := a.Tokens.EnsureLocal(ctx, a.Workspace.ID, a.Settings.DataDir); err != nil {
		return err
	}
	if err := a.eraseAgain(ctx); err != nil {
		return fmt.Errorf("erase who was erased before: %w", err)
	}
	for name, server := range map[string]struct {
		*httpapi.Server
		net.Listener
	}{"api": {a.api, a.apiListener}, "hooks": {a.hooks, a.hooksListener}} {
		a.wait.Go(func() {
			if err := server.Serve(server.Listener); err != nil {
				a.log.Error("a listener stopped", "listener", name, "error", err)
			}
		})
	}
	if a.metricsServer != nil {
		a.wait.Go(func() {
			if err := a.metricsServer.Serve(a.metricsListener); !errors.Is(err, http.ErrServerClosed) {
				a.log.Error("a listener stopped", "listener", "metrics", "error", err)
			}
		})
	}
	// Replies that providers send again are taken from here on; what is due fires only after it is known whether
	// there was an outage.
	if err := a.Store.RegisterNode(ctx, a.node, a.unlock != nil); err != nil {
		return fmt.Errorf("register node: %w", err)
	}
	if err := a.Store.SetNodeKeys(ctx, a.node, a.People.Keys.Known()); err != nil {
		return fmt.Errorf("register node: %w", err)
	}
	a.wait.Go(func() { a.heartbeat(a.running) })
	a.wait.Go(func() { a.subs.Run(a.running) })
	a.wait.Go(func() { a.poller.Run(a.running) })
	a.wait.Go(func() { a.sender.Run(a.sending) })
	a.wait.Go(func() { a.pruner.Run(a.running) })
	a.wait.Go(func() { a.erased.Run(a.running) })
	a.wait.Go(func() { a.teller.Run(a.running) })
	a.wait.Go(func() { a.live.Run(a.running) })
	if a.People.Mailer != nil {
		a.wait.Go(func() { a.People.Mailer.Run(a.running) })
	}
	a.wait.Go(func() { a.refused.Run(a.running) })
	if a.Store.Shared() {
		a.wait.Go(func() { a.listenToNodes(a.running) })
		a.wait.Go(func() { a.follower.run(a.running) })
	}
	if err := a.clock.Start(ctx); err != nil {
		return err
	}
	a.log.Info("gateway is up", "api", a.APIAddr(), "hooks", a.HooksAddr(), "node", a.node)
	return nil
}

// eraseAgain erases whom a restored backup has brought back and goes on with erasures that broke off, before anybody can see
// these people and before their answers are taken.
func (a *App) eraseAgain(ctx context.Context) error {
	left, err := a.erased.Prepare(ctx)
	if err != nil || left == 0 {
		return err
	}
	a.log.Info("people who were erased are erased again before anything else", "erasures", left)
	// Known to the others as alive: the runs that end may lead to calls, which nobody must take for lost.
	if err := a.Store.RegisterNode(ctx, a.node, a.unlock != nil); err != nil {
		return err
	}
	beating, stop := context.WithCancel(a.running)
	defer stop()
	a.wait.Go(func() { a.heartbeat(beating) })
	return a.erased.Resume(ctx)
}

// heartbeat says each second that this node is alive.
func (a *App) heartbeat(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := a.Store.Heartbeat(ctx, a.node); err != nil && ctx.Err() == nil {
				a.log.Error("heartbeat", "error", err)
			}
		}
	}
}

// listenToNodes passes on what other nodes have changed to those who look at it here.
func (a *App) listenToNodes(ctx context.Context) {
	for ctx.Err() == nil {
		if err := a.Store.Listen(ctx, a.node, a.live.Take, a.follower.wake); ctx.Err() == nil {
			a.log.Warn("what other nodes change is not seen at once", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
		}
	}
}

// listen is told when what a connection has to listen to may have changed. Providers are asked in the background: they
// may call back before they answer.
func (a *App) listen(connectionID string) {
	if connectionID == "" {
		return
	}
	a.wait.Go(func() { a.subscribe(connectionID, false) })
}

// subscribe brings a connection's subscriptions in step with what is needed.
func (a *App) subscribe(connectionID string, afresh bool) {
	if err := a.subs.Reconcile(a.running, connectionID, afresh); err != nil && a.running.Err() == nil {
		a.log.Error("subscriptions", "connection_id", connectionID, "error", err)
	}
}

// hears notes whether a connection has what its provider must be asked for (R6).
func (a *App) hears(ctx context.Context, connectionID string, hears bool) error {
	if hears {
		return a.Store.Heard(ctx, connectionID)
	}
	return a.Store.NotHeard(ctx, connectionID)
}

// APIAddr is where the console and the API listen.
func (a *App) APIAddr() string { return a.apiListener.Addr().String() }

// HooksAddr is where webhooks come in.
func (a *App) HooksAddr() string { return a.hooksListener.Addr().String() }

// Stop ends the gateway: first nothing new comes in, then what is under way comes to its end, at most for graceful.
func (a *App) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, graceful)
	defer cancel()
	a.hush()
	err := errors.Join(a.hooks.Shutdown(ctx), a.api.Shutdown(ctx))
	a.clock.Stop(ctx)
	a.Engine.Stop(ctx)
	a.loops()
	if a.metricsServer != nil { // last, so that the end is seen
		err = errors.Join(err, a.metricsServer.Close())
	}
	a.wait.Wait()
	leave, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer done()
	return errors.Join(err, a.Store.LeaveNode(leave, a.node), a.close(leave))
}

// close closes what New opened.
func (a *App) close(ctx context.Context) (err error) {
	for _, l := range []net.Listener{a.apiListener, a.hooksListener, a.metricsListener} {
		if l != nil {
			_ = l.Close()
		}
	}
	if a.Host != nil {
		err = a.Host.Stop(ctx)
	}
	if a.egress != nil {
		a.egress.CloseIdle()
	}
	if a.tracing != nil {
		if err := a.tracing.Stop(ctx); err != nil { // a collector that is away holds nobody up
			a.log.Warn("the last spans were not sent", "error", err)
		}
	}
	if a.Store != nil {
		err = errors.Join(err, a.Store.Close())
	}
	if a.unlock != nil {
		err = errors.Join(err, a.unlock())
	}
	return err
}
