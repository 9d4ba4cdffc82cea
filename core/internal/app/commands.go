package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/core/internal/config"
	"github.com/cordboard/cordboard/core/internal/egress"
	"github.com/cordboard/cordboard/core/internal/host"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Serve runs a gateway until ctx ends.
func Serve(ctx context.Context, s config.Settings) error {
	a, err := New(ctx, s, NewLogger(s))
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	// To the person who starts it and not to the log, which others may read.
	if url, err := a.SetUpURL(ctx); err != nil {
		return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	} else if url != "" {
		fmt.Printf("Nobody can sign in yet. Make the first owner at\n  %s\n", url)
	}
	<-ctx.Done()
	return a.Stop(context.WithoutCancel(ctx))
}

// NewLogger writes log lines as the settings say.
func NewLogger(s config.Settings) *slog.Logger {
	level := slog.LevelInfo
	_ = level.UnmarshalText([]byte(s.LogLevel)) // checked when the settings were loaded
	options := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// withStore opens the database for one command, beside a gateway that may be running.
func withStore(ctx context.Context, s config.Settings, do func(*store.Store) error) (err error) {
	if err := os.MkdirAll(s.DataDir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	opened, err := store.Open(ctx, DatabaseURL(s), store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	return do(opened)
}

// Migrate brings the database to the newest schema.
func Migrate(ctx context.Context, s config.Settings) error {
	return withStore(ctx, s, func(db *store.Store) error { return db.Migrate(ctx) })
}

// MigrateDown takes the database back to a version of the schema.
func MigrateDown(ctx context.Context, s config.Settings, version int64) error {
	return withStore(ctx, s, func(db *store.Store) error { return db.MigrateTo(ctx, version) })
}

// MigrationStatus says in a line whether the database's schema is the one this program needs.
func MigrationStatus(ctx context.Context, s config.Settings) (status string, err error) {
	err = withStore(ctx, s, func(db *store.Store) error {
		if problem := db.Ready(ctx); problem != nil {
			status = "The database is not ready: " + problem.Error() + "\n"
			return nil
		}
		status = "The database has the newest schema.\n"
		return nil
	})
	return status, err
}

// Backup writes all that an embedded database holds into a new file, while a gateway works on it or not.
func Backup(ctx context.Context, s config.Settings, path string) error {
	if isPostgres(DatabaseURL(s)) {
		return store.ErrOwnTools
	}
	return withStore(ctx, s, func(db *store.Store) error { return db.Backup(ctx, path) })
}

// MoveDatabase copies a database, given as a URL or as a SQLite file, into a new one, and says for a person what comes next.
// A SQLite file is renamed once its rows are over there: two gateways on two copies would both message the customers.
func MoveDatabase(ctx context.Context, from, to string) (said string, err error) {
	rows := map[string]int{}
	if err := withBoth(ctx, from, to, func(old, new *store.Store) error {
		if err := errors.Join(old.Migrate(ctx), new.Migrate(ctx)); err != nil {
			return err
		}
		rows, err = store.Copy(ctx, old, new)
		return err
	}); errors.Is(err, store.ErrInUse) {
		return "", fmt.Errorf("%w that --from names: stop it first, and with it all its nodes", err)
	} else if err != nil {
		return "", err
	}
	total := 0
	for _, n := range rows {
		total += n
	}
	said = fmt.Sprintf("Copied %d rows of %d tables.\n", total, len(rows))
	if isPostgres(from) {
		said += "Do not start a gateway on the old database again: its customers would be messaged twice.\n"
	} else {
		old := strings.TrimPrefix(from, "sqlite:")
		if err := os.Rename(old, old+".moved"); err != nil {
			return said, fmt.Errorf("the copy is there, but the old file could not be renamed, and no gateway may start on it again: %w", err)
		}
		said += fmt.Sprintf("The old file is now %s.moved; no gateway should start on it again, or customers would be messaged twice.\n", old)
	}
	return said + "Start the gateway with CORDBOARD_DATABASE_URL set to the new database and with the same data folder and secret key.\n", nil
}

// withBoth opens two databases, of which no gateway may be at work with a SQLite file.
func withBoth(ctx context.Context, from, to string, do func(from, to *store.Store) error) (err error) {
	var opened [2]*store.Store
	for i, url := range []string{from, to} {
		url = strings.TrimPrefix(url, "sqlite:")
		if !isPostgres(url) {
			if _, missing := os.Stat(url); missing != nil && i == 0 {
				return fmt.Errorf("--from: there is no database %s", url)
			}
			unlock, err := store.Lock(url)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, unlock()) }()
		}
		if opened[i], err = store.Open(ctx, url, store.Options{}); err != nil {
			return fmt.Errorf("%s: %w", []string{"--from", "--to"}[i], err)
		}
		defer func() { err = errors.Join(err, opened[i].Close()) }()
	}
	return do(opened[0], opened[1])
}

func isPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// CreateToken makes an API token directly in the database.
func CreateToken(ctx context.Context, s config.Settings, workspace string, in access.NewToken) (text string, err error) {
	err = inWorkspace(ctx, s, workspace, func(ctx context.Context, db *store.Store, w store.Workspace) error {
		in.WorkspaceID = w.ID
		_, text, err = (&access.Tokens{Store: db}).Create(ctx, in)
		return err
	})
	return text, err
}

// InviteUser makes a person directly in the database and returns the address at which they set a password; none for one who
// has an account.
func InviteUser(ctx context.Context, s config.Settings, workspace string, in access.NewUser) (url string, err error) {
	err = inWorkspace(ctx, s, workspace, func(ctx context.Context, db *store.Store, w store.Workspace) error {
		in.WorkspaceID = w.ID
		_, link, err := (&access.People{Store: db, DataDir: s.DataDir}).Invite(ctx, access.Owner, in)
		if link != "" {
			url = welcomeURL(s, link)
		}
		return err
	})
	return url, err
}

// CreateWorkspace makes a workspace directly in the database, whose owner is the person with that address.
func CreateWorkspace(ctx context.Context, s config.Settings, in access.NewWorkspace, owner string) (made access.Membership, err error) {
	err = inWorkspace(ctx, s, "", func(ctx context.Context, db *store.Store, _ store.Workspace) error {
		made, err = (&access.People{Store: db}).MakeWorkspaceFor(ctx, owner, in)
		if errors.Is(err, access.ErrNotFound) {
			err = fmt.Errorf("there is nobody with the address %s who may sign in; make them with cordboard user create", owner)
		}
		return err
	})
	return made, err
}

// ListWorkspaces returns all workspaces, the oldest first.
func ListWorkspaces(ctx context.Context, s config.Settings) (all []access.NewWorkspace, err error) {
	err = withStore(ctx, s, func(db *store.Store) error {
		found, err := db.ListWorkspaces(ctx)
		for _, w := range found {
			all = append(all, access.NewWorkspace{ID: w.ID, Name: w.Name, TimeZone: w.TimeZone})
		}
		return err
	})
	return all, err
}

// inWorkspace lets the command line work in the workspace of a name, or in the first one, which it makes if it is not there.
func inWorkspace(ctx context.Context, s config.Settings, name string, do func(ctx context.Context, db *store.Store, w store.Workspace) error) error {
	return withStore(ctx, s, func(db *store.Store) error {
		if err := db.Migrate(ctx); err != nil {
			return err
		}
		w, err := db.EnsureWorkspace(ctx, WorkspaceName, "UTC")
		if err != nil {
			return err
		}
		if name != "" {
			all, err := db.ListWorkspaces(ctx)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(all, func(w store.Workspace) bool { return w.Name == name })
			if i < 0 {
				return fmt.Errorf("there is no workspace %s; cordboard workspace list names them", name)
			}
			w = all[i]
		}
		return do(onTheCommandLine(ctx, w.ID), db, w)
	})
}

// LinkUser returns an address at which a person sets a new password, for one who has forgotten it.
func LinkUser(ctx context.Context, s config.Settings, email string) (url string, err error) {
	err = withStore(ctx, s, func(db *store.Store) error {
		ctx, u, err := personOf(ctx, db, email)
		if err != nil {
			return err
		}
		_, link, err := (&access.People{Store: db, DataDir: s.DataDir}).Link(ctx, access.Owner, u.WorkspaceID, u.ID)
		url = welcomeURL(s, link)
		return err
	})
	return url, err
}

// RemoveSecondFactor takes a person's second factor away, for one who has lost it and whom nobody else can help.
func RemoveSecondFactor(ctx context.Context, s config.Settings, email string) error {
	return withStore(ctx, s, func(db *store.Store) error {
		ctx, u, err := personOf(ctx, db, email)
		if err != nil {
			return err
		}
		_, err = (&access.People{Store: db}).RemoveSecondFactor(ctx, access.Owner, u.WorkspaceID, u.ID)
		return err
	})
}

// personOf finds a person by the address, and returns a context in which the command line changes them.
func personOf(ctx context.Context, db *store.Store, email string) (context.Context, access.User, error) {
	u, err := db.UserByEmail(ctx, strings.ToLower(email))
	if err != nil {
		return ctx, u, fmt.Errorf("there is nobody with the address %s who may sign in", email)
	}
	return onTheCommandLine(ctx, u.WorkspaceID), u, nil
}

func welcomeURL(s config.Settings, link string) string {
	return s.ConsoleURL() + "/welcome#link=" + link
}

// onTheCommandLine has the audit log say that whoever may read the database's key did it.
func onTheCommandLine(ctx context.Context, workspaceID string) context.Context {
	return access.ActingAs(ctx, access.Actor{WorkspaceID: workspaceID, ID: access.CommandLine})
}

// VerifyAudit checks the audit log of every workspace and that it still holds each of the heads, which an earlier call
// has returned. It changes nothing.
func VerifyAudit(ctx context.Context, s config.Settings, heads []string) (logs []access.AuditReport, err error) {
	missing := slices.Clone(heads)
	err = withStore(ctx, s, func(db *store.Store) error {
		workspaces, err := db.ListWorkspaces(ctx)
		if err != nil {
			return err
		}
		for _, w := range workspaces {
			var chain access.Chain
			err := db.WalkAudit(ctx, w.ID, func(e access.Entry) {
				chain.Add(e)
				missing = slices.DeleteFunc(missing, func(head string) bool { return head == e.Head() })
			})
			if err != nil {
				return err
			}
			logs = append(logs, chain.Report(w.Name))
		}
		return nil
	})
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("no audit log holds the entry %s any more: it was changed or removed", strings.Join(missing, ", "))
	}
	return logs, err
}

// Manifests starts each connector of the plugin folder once and returns what it says about itself. One that does not
// start is logged and left out.
func Manifests(ctx context.Context, s config.Settings) (manifests []protocol.Manifest, err error) {
	s.LogLevel = "error" // that a connector is there is no news on the command line
	known, err := catalog.New(ctx, nil)
	if err != nil {
		return nil, err
	}
	log := NewLogger(s)
	h, err := host.New(ctx, host.Config{
		Dir: pluginDir(s), Catalog: known, Gateway: egress.New(egress.Config{Logger: log}), Logger: log, TrustFolder: true,
	})
	if err != nil {
		return nil, err
	}
	for _, c := range known.List() {
		manifests = append(manifests, c.Manifest)
	}
	return manifests, h.Stop(context.WithoutCancel(ctx))
}
