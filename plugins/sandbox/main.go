// Command sandbox stands in for WhatsApp Cloud API, Shopify, ActiveCampaign and a provider with OAuth 2 on this machine, and
// shows a page on which a person plays the customer. It is for demos, tests and connector authors.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
)

type cli struct {
	Serve serve `cmd:"" help:"Serve the vendors, the admin API and the page."`
}

type serve struct {
	Addr               string        `default:"127.0.0.1:8090" env:"SANDBOX_ADDR" help:"Address to listen on."`
	AllowHTTPCallbacks bool          `default:"true" negatable:"" env:"SANDBOX_ALLOW_HTTP_CALLBACKS" help:"Accept plain-http webhook addresses on loopback."`
	StatusDelay        time.Duration `default:"400ms" env:"SANDBOX_STATUS_DELAY" help:"Time between accepted, sent, delivered and read."`
	RetryUnit          time.Duration `default:"1s" env:"SANDBOX_RETRY_UNIT" help:"First pause before a failed webhook is sent again; later ones double."`
	StrictWindow       bool          `env:"SANDBOX_STRICT_WINDOW" help:"Refuse free-form messages outside the 24-hour window at once, not by webhook."`

	WhatsAppToken         string `name:"whatsapp-token" default:"demo-whatsapp-token" env:"SANDBOX_WHATSAPP_TOKEN" help:"Bearer token."`
	WhatsAppAppSecret     string `name:"whatsapp-app-secret" default:"demo-app-secret" env:"SANDBOX_WHATSAPP_APP_SECRET" help:"Signs webhooks."`
	WhatsAppPhoneNumberID string `name:"whatsapp-phone-number-id" default:"106540352242922" env:"SANDBOX_WHATSAPP_PHONE_NUMBER_ID" help:"Id of the business number."`
	WhatsAppWABAID        string `name:"whatsapp-waba-id" default:"102290129340398" env:"SANDBOX_WHATSAPP_WABA_ID" help:"Id of the business account."`
	ShopifyShop           string `default:"demo-shop" env:"SANDBOX_SHOPIFY_SHOP" help:"The part before .myshopify.com."`
	ShopifyToken          string `default:"shpat_0123456789abcdef0123456789abcdef" env:"SANDBOX_SHOPIFY_TOKEN" help:"Admin API access token."`
	ShopifyClientID       string `default:"demo-client-id" env:"SANDBOX_SHOPIFY_CLIENT_ID" help:"For the client credentials grant."`
	ShopifyClientSecret   string `default:"demo-client-secret" env:"SANDBOX_SHOPIFY_CLIENT_SECRET" help:"Signs webhooks."`
	ActiveCampaignToken   string `name:"activecampaign-token" default:"demo-activecampaign-token" env:"SANDBOX_ACTIVECAMPAIGN_TOKEN" help:"Api-Token."`
	EventAccount          string `default:"609711" env:"SANDBOX_EVENT_ACCOUNT" help:"Account id of ActiveCampaign's event tracking."`
	EventKey              string `default:"demo-event-key" env:"SANDBOX_EVENT_KEY" help:"Key of ActiveCampaign's event tracking."`

	CloudClientID      string        `default:"demo-cloud-client" env:"SANDBOX_CLOUD_CLIENT_ID" help:"Of the app that asks for consent."`
	CloudClientSecret  string        `default:"demo-cloud-secret" env:"SANDBOX_CLOUD_CLIENT_SECRET" help:"Of that app."`
	CloudTokenLifetime time.Duration `default:"1h" env:"SANDBOX_CLOUD_TOKEN_LIFETIME" help:"How long an access token counts."`
}

func main() {
	app := kong.Parse(&cli{}, kong.Name("sandbox"), kong.Description("Stands in for WhatsApp, Shopify and ActiveCampaign on this machine."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app.BindTo(ctx, (*context.Context)(nil))
	app.FatalIfErrorf(app.Run())
}

// Run serves until the context ends.
func (s *serve) Run(ctx context.Context) error {
	box := sandbox.New(sandbox.Config{
		WhatsApp: sandbox.WhatsAppConfig{
			Token: s.WhatsAppToken, AppSecret: s.WhatsAppAppSecret, PhoneNumberID: s.WhatsAppPhoneNumberID, WABAID: s.WhatsAppWABAID,
			StatusDelay: s.StatusDelay, StrictWindow: s.StrictWindow,
		},
		Shopify:           sandbox.ShopifyConfig{Shop: s.ShopifyShop, Token: s.ShopifyToken, ClientID: s.ShopifyClientID, ClientSecret: s.ShopifyClientSecret},
		ActiveCampaign:    sandbox.ActiveCampaignConfig{Token: s.ActiveCampaignToken, EventAccount: s.EventAccount, EventKey: s.EventKey},
		Cloud:             sandbox.CloudConfig{ClientID: s.CloudClientID, ClientSecret: s.CloudClientSecret, Lifetime: s.CloudTokenLifetime},
		DenyHTTPCallbacks: !s.AllowHTTPCallbacks,
		RetryUnit:         s.RetryUnit,
		Log:               slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	defer box.Close()
	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: box.Handler(), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() {
		box.Close() // ends event streams, which Shutdown would wait for
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(grace)
	})
	base := "http://" + listener.Addr().String()
	fmt.Printf("page            %s/\nwhatsapp        %s/whatsapp\nshopify         %s/shopify\nactivecampaign  %s/activecampaign\ncloud           %s/cloud\n", base, base, base, base, base)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
