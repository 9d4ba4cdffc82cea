package api

import "time"

// System is how the installation stands: what it runs on, how it works and what it is sealed with.
type System struct {
	Version  string         `json:"version" doc:"Of the gateway that answers."`
	Nodes    []Node         `json:"nodes" doc:"The gateways that work on the database, the oldest first."`
	Database SystemDatabase `json:"database"`
	Queue    SystemQueue    `json:"queue"`
	Backlog  SystemBacklog  `json:"backlog" doc:"What waits to be done, in all workspaces."`
	Keys     []SecretKey    `json:"keys" doc:"The keys that seal secrets, the one that seals first. The others open what was sealed before."`
	Mail     SystemMail     `json:"mail"`
	Address  SystemAddress  `json:"address"`
}

// Node is a gateway process.
type Node struct {
	ID        string    `json:"id"`
	Current   bool      `json:"current" doc:"It is the one that answers."`
	StartedAt time.Time `json:"started_at"`
	SeenAt    time.Time `json:"seen_at" doc:"Its last sign of life."`
	Keys      []string  `json:"keys" doc:"The ids of the secret keys that it knows, the one that it seals with first."`
}

// SystemDatabase is where everything is kept.
type SystemDatabase struct {
	Kind    string `json:"kind" enum:"sqlite,postgres"`
	Version string `json:"version"`
	Size    int64  `json:"size_bytes"`
	Schema  int64  `json:"schema" doc:"The number of its newest migration."`
}

// SystemQueue is what wakes what is due.
type SystemQueue struct {
	Kind    string `json:"kind" enum:"embedded,redis"`
	Healthy bool   `json:"healthy" doc:"False: it does not answer. The database is then looked through for what is due, which may be late by seconds."`
}

// SystemBacklog counts what waits to be done.
type SystemBacklog struct {
	OpenWaits         int64 `json:"open_waits" doc:"Questions that wait for an answer."`
	WaitingRuns       int64 `json:"waiting_runs" doc:"Runs that go on by themselves at a time."`
	UnreadRequests    int64 `json:"unread_requests" doc:"Webhook requests that were taken and not read yet."`
	PendingDeliveries int64 `json:"pending_deliveries" doc:"Deliveries to outside systems that are not done."`
	Overdue           int64 `json:"overdue" doc:"Runs and waits whose time has come."`
}

// SecretKey is a key that seals secrets. What it is never leaves the gateway.
type SecretKey struct {
	ID      string `json:"id" doc:"Its fingerprint, from which it can't be told."`
	Seals   bool   `json:"seals" doc:"New secrets are sealed with it."`
	Known   bool   `json:"known" doc:"The gateway that answers has it. False: what it sealed can't be opened."`
	Secrets int    `json:"secrets" doc:"How many stored secrets are sealed with it."`
}

// SystemMail is how e-mail goes out.
type SystemMail struct {
	Sends bool   `json:"sends" doc:"There is a mail server."`
	From  string `json:"from,omitempty" doc:"From whom its e-mails are."`
}

// SystemAddress is under which addresses the gateway is known, and which it may reach itself.
type SystemAddress struct {
	Console string   `json:"console"`
	Hooks   string   `json:"hooks" doc:"Under which providers reach it."`
	Allowed []string `json:"allowed" doc:"The private networks that connectors and webhooks may reach."`
}

// Resealed is what came of sealing secrets with the newest key.
type Resealed struct {
	Secrets int      `json:"secrets" doc:"How many were sealed anew."`
	Stuck   []string `json:"stuck" doc:"Secrets that no key opens, each with the reason."`
}
