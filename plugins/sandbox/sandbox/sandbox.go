// Package sandbox stands in for WhatsApp Cloud API, Shopify Admin GraphQL and ActiveCampaign v3 inside one
// HTTP handler. It answers as the vendors do, checks what they check, and signs, sends and repeats their
// webhooks. An admin API and a page under the same handler let a test or a person play the customer.
//
// It keeps everything in memory and shares nothing with the gateway, so a mistake there cannot hide here.
package sandbox

import (
	"log/slog"
	"net/http"
	"time"
)

// Config sets up a Sandbox. Its zero value works: every credential then has the published demo default.
type Config struct {
	WhatsApp       WhatsAppConfig
	Shopify        ShopifyConfig
	ActiveCampaign ActiveCampaignConfig
	Cloud          CloudConfig

	// DenyHTTPCallbacks refuses plain-http webhook addresses even on loopback, as the vendors do everywhere.
	DenyHTTPCallbacks bool
	// RetryUnit is the first pause before a failed webhook is sent again; later pauses double it.
	// Zero means one second.
	RetryUnit time.Duration
	// Now is the clock to start from; nil means time.Now. Advance moves it on.
	Now func() time.Time
	// Log receives one line per webhook attempt that failed; nil discards them.
	Log *slog.Logger
}

// Sandbox is the vendors, a cloud whose accounts are opened by consent, and the controls over them. Its methods may be called from any goroutine.
type Sandbox struct {
	cfg     Config
	clock   *clock
	out     *outbox
	changes *changes

	whatsApp       *whatsApp
	shopify        *shopify
	activeCampaign *activeCampaign
	cloud          *cloud
}

// New makes a Sandbox. It listens nowhere by itself: serve Handler, and Close it when done.
func New(cfg Config) *Sandbox {
	cfg.WhatsApp.setDefaults()
	cfg.Shopify.setDefaults()
	cfg.ActiveCampaign.setDefaults()
	cfg.Cloud.setDefaults()
	if cfg.RetryUnit == 0 {
		cfg.RetryUnit = time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	changes := newChanges()
	clock := newClock(cfg.Now)
	out := newOutbox(clock, changes, cfg.Log)
	env := env{clock: clock, out: out, changes: changes, retryUnit: cfg.RetryUnit, allowHTTP: !cfg.DenyHTTPCallbacks}
	return &Sandbox{
		cfg: cfg, clock: clock, out: out, changes: changes,
		whatsApp:       newWhatsApp(cfg.WhatsApp, env),
		shopify:        newShopify(cfg.Shopify, env),
		activeCampaign: newActiveCampaign(cfg.ActiveCampaign, env),
		cloud:          newCloud(cfg.Cloud, env),
	}
}

// Handler serves the vendors under /whatsapp, /shopify, /activecampaign, its tracking host under /trackcmp, and /cloud, the
// admin API under /sandbox/ and the page at /.
func (s *Sandbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/whatsapp/", http.StripPrefix("/whatsapp", s.whatsApp.handler()))
	mux.Handle("/shopify/", http.StripPrefix("/shopify", s.shopify.handler()))
	mux.Handle("/activecampaign/", http.StripPrefix("/activecampaign", s.activeCampaign.handler()))
	mux.Handle("/trackcmp/", http.StripPrefix("/trackcmp", s.activeCampaign.trackingHandler()))
	mux.Handle("/cloud/", http.StripPrefix("/cloud", s.cloud.handler()))
	mux.Handle("/sandbox/", guardAdmin(s.adminHandler()))
	mux.Handle("/", pageHandler())
	return mux
}

// Close stops timers and webhook deliveries and waits for those under way.
func (s *Sandbox) Close() {
	s.changes.close()
	s.out.close()
	s.clock.close()
}

// Reset forgets messages, orders, contacts, scripted failures, pending webhooks and the delivery log, and
// puts the clock back. Registered callbacks stay, so a connected gateway need not subscribe again.
func (s *Sandbox) Reset() {
	// The vendors come first: work already running finds nothing to report there, and what it has reported
	// goes with the outbox.
	s.whatsApp.reset()
	s.shopify.reset()
	s.activeCampaign.reset()
	s.cloud.reset()
	s.clock.reset()
	s.out.reset()
	s.changes.notify()
}

// Now is the sandbox's time: the real one plus every Advance.
func (s *Sandbox) Now() time.Time { return s.clock.now() }

// Advance moves the sandbox's time on, which closes service windows, refills rate limits and sends the
// webhooks that became due.
func (s *Sandbox) Advance(d time.Duration) {
	s.clock.advance(d)
	s.changes.notify()
}

// Hold keeps back every webhook from now on, as if the way to the gateway were cut. Release lets them go.
func (s *Sandbox) Hold() { s.out.hold() }

// Release sends the webhooks held back, oldest first, with the bodies and timestamps they were made with.
func (s *Sandbox) Release() { s.out.release() }

// Revoke takes back what a person has consented to in the cloud: its tokens count no more.
func (s *Sandbox) Revoke() { s.cloud.revoke() }

// Expire ends the access tokens of the cloud now; the refresh token counts on if it is to be renewable.
func (s *Sandbox) Expire(renewable bool) { s.cloud.expire(renewable) }

// Deliveries lists webhooks, oldest first, with every attempt made so far.
func (s *Sandbox) Deliveries() []Delivery { return s.out.list() }

// Redeliver sends a webhook again, byte for byte, as a vendor's late duplicate. Copies below one mean one.
func (s *Sandbox) Redeliver(id string, copies int) error { return s.out.redeliver(id, copies) }

// env is what each vendor borrows from the Sandbox.
type env struct {
	clock     *clock
	out       *outbox
	changes   *changes
	retryUnit time.Duration
	allowHTTP bool
}

// gaps is n growing pauses between attempts, doubling from the retry unit.
func (e env) gaps(n int) []time.Duration {
	gaps := make([]time.Duration, n)
	for i, d := 0, e.retryUnit; i < n; i, d = i+1, d*2 {
		gaps[i] = d
	}
	return gaps
}
