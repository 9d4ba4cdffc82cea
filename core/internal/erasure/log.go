package erasure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// LogFile is the name of the file in the data folder that holds a line for each person who was erased. It is written to at
// its end only, and a backup of the database does not hold it.
const LogFile = "erasures.log"

// file is the log of erasures.
type file struct {
	dir string
	mu  sync.Mutex
}

func (f *file) path() string { return filepath.Join(f.dir, LogFile) }

// read returns what is in the log, and how many lines could not be read: a crash may have torn one.
func (f *file) read() (all []Tombstone, torn int, err error) {
	raw, err := os.ReadFile(f.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("log of erasures: %w", err)
	}
	for line := range bytes.Lines(raw) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var t Tombstone
		if json.Unmarshal(line, &t) != nil || t.ID == "" {
			torn++
			continue
		}
		all = append(all, t)
	}
	return all, torn, nil
}

// add writes lines and returns once they are on the disk.
func (f *file) add(all ...Tombstone) (err error) {
	if len(all) == 0 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var lines bytes.Buffer
	if old, err := os.ReadFile(f.path()); err == nil && len(old) > 0 && old[len(old)-1] != '\n' {
		lines.WriteByte('\n') // behind a line that a crash has torn
	}
	for _, t := range all {
		line, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("log of erasures: %w", err)
		}
		lines.Write(append(line, '\n'))
	}
	out, err := os.OpenFile(f.path(), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("log of erasures: %w", err)
	}
	_, err = out.Write(lines.Bytes())
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = syncFolder(f.dir)
	}
	if err != nil {
		return fmt.Errorf("log of erasures: %w", err)
	}
	return nil
}

// syncFolder makes sure that a file which was just made is still there after a power cut.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
