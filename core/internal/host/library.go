package host

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// library is a folder that keeps each file under its checksum. What is in it never changes; empty, it keeps nothing.
type library string

func (l library) path(name, sum string) string { return filepath.Join(string(l), sum, name) }

// add takes a copy of a file whose checksum is known, unless it is there.
func (l library) add(p program) (program, error) {
	kept := program{name: p.name, path: l.path(p.name, p.sha256), sha256: p.sha256}
	if _, err := os.Lstat(kept.path); err == nil {
		return kept, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return program{}, fmt.Errorf("library of connectors: %w", err)
	}
	if err := l.copy(p, kept.path); err != nil {
		return program{}, fmt.Errorf("library of connectors: %w", err)
	}
	return kept, nil
}

// copy writes the copy under another name first, so that no part of a file is ever taken for the whole.
func (l library) copy(p program, to string) (err error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	from, err := os.Open(p.path)
	if err != nil {
		return err
	}
	defer from.Close()
	// A process that is begun meanwhile would hold the file open for writing for a moment, in which the system runs it for nobody.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	part, err := os.CreateTemp(filepath.Dir(to), ".part-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part.Name())
		}
	}()
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(part, hash), from)
	if err == nil && hex.EncodeToString(hash.Sum(nil)) != p.sha256 {
		err = ErrChanged
	}
	if err = errors.Join(err, part.Chmod(0o555), part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), to)
}
