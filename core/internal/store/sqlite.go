package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// openSQLite opens one connection that writes, so that writers queue here and not in the file's lock, and several
// that read beside it, which WAL allows.
func openSQLite(path string, o Options) (pools, error) {
	file, err := sqliteURL(path)
	if err != nil {
		return pools{}, err
	}
	pool := func(size int, parameters url.Values) (*bun.DB, error) {
		u := *file
		query := u.Query()
		for name, values := range parameters {
			query[name] = append(query[name], values...)
		}
		u.RawQuery = query.Encode()
		connector, err := sqlite.NewConnector(u.String())
		if err != nil {
			return nil, fmt.Errorf("open database: %w", err)
		}
		db := sql.OpenDB(keeping{connector})
		db.SetMaxOpenConns(size)
		db.SetMaxIdleConns(size)
		return bun.NewDB(db, textual{sqlitedialect.New()}), nil
	}
	pragmas := []string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}
	write, err := pool(1, url.Values{"_txlock": {"immediate"}, "_pragma": pragmas})
	if err != nil {
		return pools{}, err
	}
	read, err := pool(o.Readers, url.Values{"_pragma": append(pragmas, "query_only(1)")})
	if err != nil {
		return pools{}, errors.Join(err, write.Close())
	}
	return pools{write: write, read: read, migrate: write}, nil
}

func sqliteURL(path string) (*url.URL, error) {
	if !strings.HasPrefix(path, "file:") {
		return &url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}, nil
	}
	u, err := url.Parse(path)
	if err != nil {
		return nil, errors.New("open database: the file URL is not valid")
	}
	return u, nil
}

// Lock claims a SQLite file for one server: it returns an error while another process holds it. The lock ends with
// unlock or with the process, however that dies. It is for serve alone; other commands read beside it.
func Lock(path string) (unlock func() error, err error) {
	u, err := sqliteURL(path)
	if err != nil {
		return nil, err
	}
	name := u.Path
	if name == "" {
		if name, err = url.PathUnescape(u.Opaque); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(name+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock database: %s is in use by another server", name)
		}
		return nil, fmt.Errorf("lock database: %w", err)
	}
	return f.Close, nil
}

// busy reports whether another process held the file for longer than was waited, as a command beside a gateway may: its
// lock is not given in the order in which it is asked for.
func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// processClock stands in for a database clock, to the microsecond like one.
func processClock() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
