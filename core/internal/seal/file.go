package seal

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeyFile is the name of the root key's file in the data folder.
const KeyFile = "secret.key"

// FromSettings returns Keys from a setting that holds root keys, the newest first, with commas between them. When it
// is empty the root key is the file in the data folder, which is made, for the owner alone, when it is not there.
func FromSettings(setting, dataDir string) (*Keys, error) {
	if setting != "" {
		return New(strings.Split(setting, ",")...)
	}
	path := filepath.Join(dataDir, KeyFile)
	root, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		root, err = makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	return New(strings.Split(strings.TrimSpace(string(root)), ",")...)
}

// makeKey writes a fresh root key. Of two processes that start at once, both use the key of the one that was first.
func makeKey(path string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	var random [32]byte
	_, _ = rand.Read(random[:])                                  // never fails: crypto/rand ends the program instead
	file, err := os.CreateTemp(filepath.Dir(path), KeyFile+".*") // 0600
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.WriteString(base64.StdEncoding.EncodeToString(random[:]) + "\n")
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, err
	}
	// A link, unlike a rename, never replaces a key that is there.
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(path)
}
