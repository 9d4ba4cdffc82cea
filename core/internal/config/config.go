// Package config owns the gateway's settings. Settings is their one declaration: the tags of its fields give the
// names, defaults, checks and help from which Load, the program's flags and the reference page are made.
//
// A flag is stronger than the environment, which is stronger than the file. Values are texts until here and typed
// from here on; what they mean is left to the packages that take them.
package config

import (
	"strings"
	"time"
)

// Settings is what a gateway process is told from outside. Each field's env tag names its environment variable;
// the flag and the key in the file are the same name without CORDBOARD_, as --hooks-addr and hooks_addr.
//
// The check tag names an entry of checks. A Secret has no flag, because arguments are shown by ps.
type Settings struct {
	Addr        string `env:"CORDBOARD_ADDR" default:"127.0.0.1:8080" check:"address" help:"Where the console and the API listen."`
	HooksAddr   string `env:"CORDBOARD_HOOKS_ADDR" default:"127.0.0.1:8081" check:"address" help:"Where webhooks come in. Only this address need face the internet."`
	PublicURL   string `env:"CORDBOARD_PUBLIC_URL" check:"url" help:"How people reach the console, such as https://cordboard.example.com. Empty: http:// and the address."`
	HooksPublic string `env:"CORDBOARD_HOOKS_PUBLIC_URL" check:"url" help:"How providers reach the webhook address, such as https://hooks.example.com. Empty: http:// and the address."`

	MetricsAddr string `env:"CORDBOARD_METRICS_ADDR" check:"address?" help:"Where Prometheus reads metrics, such as 127.0.0.1:9090; with a port alone, on this machine only. Empty: nowhere."`

	DatabaseURL Secret   `env:"CORDBOARD_DATABASE_URL" flag:"database-url" check:"database" help:"The database: postgres://… or sqlite:PATH. Empty: SQLite in the data folder."`
	RedisURL    Secret   `env:"CORDBOARD_REDIS_URL" flag:"redis-url" check:"redis" help:"The Redis that keeps alarms: redis://…. Empty: one inside the process."`
	DataDir     string   `env:"CORDBOARD_DATA_DIR" default:"./data" check:"required" help:"The folder for the embedded database, the secret key and the local token."`
	PluginDir   string   `env:"CORDBOARD_PLUGIN_DIR" help:"The folder that holds connectors. Empty: plugins beside the program."`
	Publishers  []string `env:"CORDBOARD_PUBLISHERS" check:"publishers" help:"The public keys of those whose connectors are trusted, with commas between them; cordboard connector key makes one."`
	Unsigned    string   `env:"CORDBOARD_UNSIGNED_CONNECTORS" default:"refuse" check:"refuse|allow" help:"What becomes of a connector's package that none of these publishers has signed. allow is for development. What lies in the plugin folder needs no signature."`
	SecretKey   Secret   `env:"CORDBOARD_SECRET_KEY" help:"The key that seals stored credentials; several with commas, the newest first. Empty: a file in the data folder."`

	AdminEmail    string `env:"CORDBOARD_ADMIN_EMAIL" help:"The e-mail address of the first owner, made at the first start. Empty: a set-up link is printed."`
	AdminPassword Secret `env:"CORDBOARD_ADMIN_PASSWORD" help:"The password of that first owner. Change it after the first sign-in; it is read at the first start only."`

	SMTPURL  Secret `env:"CORDBOARD_SMTP_URL" check:"smtp" help:"The mail server through which alerts and links for new passwords go out: smtp://user:password@host:587 or smtps://…. Empty: no e-mail is sent."`
	SMTPFrom string `env:"CORDBOARD_SMTP_FROM" help:"From whom those e-mails are, such as Cordboard <cordboard@example.com>. Needed with a mail server."`

	EgressAllow []string `env:"CORDBOARD_EGRESS_ALLOW" check:"prefixes" help:"Private networks that connectors may reach, as CIDR prefixes with commas between them."`
	Workers     int      `env:"CORDBOARD_WORKERS" default:"32" check:"1..10000" help:"How many runs this process works on at once."`

	LoopRate    int `env:"CORDBOARD_LOOP_RATE" default:"300" check:"1..100000" help:"How often runs may start one flow within a minute, by events and starts of their own; more look like flows that start each other without end, and fail as loop suspected."`
	ContactRate int `env:"CORDBOARD_CONTACT_RATE" default:"30" check:"1..100000" help:"How often one flow may start for one contact within ten minutes, by what comes from outside; more look like a flow whose effect in another system starts it again, and fail as loop suspected. A flow may say otherwise with contact_rate."`

	APIRate int `env:"CORDBOARD_API_RATE" default:"6000" check:"0..1000000" help:"How many requests a minute each token and each session may make to the API of this process. 0: as many as it likes."`

	Settle time.Duration `env:"CORDBOARD_SETTLE" default:"2s" check:"0s..1m" help:"How long after a deadline a wait still looks for replies that came in time."`
	Grace  time.Duration `env:"CORDBOARD_GRACE" default:"2m" check:"0s..1h" help:"How long overdue waits are held after an outage, so that redelivered replies come first."`

	KeepPayloads   time.Duration `env:"CORDBOARD_KEEP_PAYLOADS" default:"720h" check:"age" help:"How long what people and shops said is kept once no run needs it: webhook requests, inputs and outputs of steps, texts of messages. 0: for ever."`
	KeepRuns       time.Duration `env:"CORDBOARD_KEEP_RUNS" default:"2160h" check:"age" help:"How long ended runs are kept, with their steps, waits, events and messages. 0: for ever."`
	KeepDeliveries time.Duration `env:"CORDBOARD_KEEP_DELIVERIES" default:"720h" check:"age" help:"How long deliveries to outside systems are kept once they have ended, with their attempts. 0: for ever."`
	KeepAudit      time.Duration `env:"CORDBOARD_KEEP_AUDIT" default:"8760h" check:"age" help:"How long the audit log is kept. 0: for ever."`

	OTLPEndpoint string `env:"CORDBOARD_OTLP_ENDPOINT" check:"url" help:"The OpenTelemetry collector that takes traces, over HTTP, such as http://127.0.0.1:4318; they go to /v1/traces there. Empty: nothing is traced."`

	LogFormat string `env:"CORDBOARD_LOG_FORMAT" default:"text" check:"text|json" help:"How log lines are written."`
	LogLevel  string `env:"CORDBOARD_LOG_LEVEL" default:"info" check:"debug|info|warn|error" help:"The least level that is logged."`
}

// MetricsListen is the address on which metrics are read; empty: none.
func (s Settings) MetricsListen() string {
	if strings.HasPrefix(s.MetricsAddr, ":") {
		return "127.0.0.1" + s.MetricsAddr
	}
	return s.MetricsAddr
}

// ConsoleURL is where people reach the console, without a slash at its end.
func (s Settings) ConsoleURL() string { return publicURL(s.PublicURL, s.Addr) }

// HooksURL is where providers reach the webhook listener, without a slash at its end.
func (s Settings) HooksURL() string { return publicURL(s.HooksPublic, s.HooksAddr) }
