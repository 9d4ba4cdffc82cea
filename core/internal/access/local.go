package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// LocalFile is the name of the file in the data folder that holds the token of this machine's command line.
const LocalFile = "cli.token"

// EnsureLocal makes sure that the data folder holds a token that is valid, so that commands on the same machine work
// without being set up. Whoever may read the folder may read the secret key as well, so this grants nothing new.
func (s *Tokens) EnsureLocal(ctx context.Context, workspaceID, dataDir string) error {
	text, err := ReadLocal(dataDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		switch _, err := s.Verify(ctx, text); {
		case err == nil:
			return nil
		case !errors.Is(err, ErrDenied): // the file outlived its database: then the token is made anew
			return err
		}
	}
	_, text, err = s.Create(ctx, NewToken{WorkspaceID: workspaceID, Name: "command line of this machine", Scopes: []Scope{Admin}})
	if err != nil {
		return err
	}
	return writePrivate(dataDir, LocalFile, text)
}

// ReadLocal returns the token of this machine's command line; fs.ErrNotExist if there is none.
func ReadLocal(dataDir string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(dataDir, LocalFile))
	if err != nil {
		return "", fmt.Errorf("local token: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// writePrivate replaces a file of the data folder as a whole, readable by its owner alone.
func writePrivate(dataDir, name, text string) error {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	file, err := os.CreateTemp(dataDir, name+".*") // 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = file.WriteString(text + "\n")
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(dataDir, name))
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
